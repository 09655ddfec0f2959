// Written by tables.py from tests/golden/unicode.json; do not edit.
package distilbertmobile.core

/** What BERT's normalizer does with each character, in base 36; Unicode.kt reads it. */
internal object UnicodeTables {
    const val DROPPED =
        "0+8 2+1 1+h 2n+w d 11u+5 m 5c 1d 3cu 1ks+4 q+4 1d+4 1+9 11u8+4xr 16n 6x+2 1 3b3 xya+3 43z+7 h406 u+2n 1egw+1ek" +
        "d 2+1ekd"

    const val SPACES =
        "9+1 2 i 3j 4bj 1vj+a t+1 5 1b 334"

    const val IDEOGRAPHS =
        "a9s+533 1s+g73 hkw+e7 1fk0+wyn w+3dr 74+49b 85s+f3"

    const val MARKS =
        "lc+1r 2 2+16 7n+4 7d+18 1 1+1 1+1 1 20+a 1c+k g 2t+6 2+5 2+1 1+3 z u+q 2j+a 1m+8 y+3 1+8 1+2 1+4 17+2 3r+v 1j " +
        "1 4+7 4 3+6 a+1 t 1m 4+3 8 k+1 t+1 1l 4+1 4+1 2+2 3 u+1 3 b+1 1l 4+4 1+1 4 k+1 t 1m 2 1+3 8 8 b+1 u 1p c 1e 1p" +
        "+2 5+1 2+3 7+1 b+1 t 1m 2 6 5+1 k+1 t 1r+3 8 k+1 2u 7+2 1 2i 2+6 c+7 2q 2+5 1+1 b+5 22+1 r 1 1 1j+1 1 2 1+5 1 " +
        "1+2 1+1 5+5 1+3 1+3 1+3 1+3 1+3 1+b 1+2 9 2u+3 1+5 1+1 2+1 p+1 4+2 g+3 d 2+1 6 f jj+2 qa+2 t+2 t+1 u+1 1s+1 1+" +
        "6 8 2+a 9 19+2 4b 3a+2 4+1 9 6+2 63+1 2 1m 1+6 1 1 2+7 6+9 2 1c+d 1u+3 1c 1+4 1 5 14+8 c+1 w+3 2+1 1+2 1k 1+1 " +
        "3 1+2 1m+7 2+1 48+2 1+c 1+6 4 6 3+1 5i+1h 6+3 k0+c 4 3+b 2da+2 3x 2o+v fe+3 2z+1 n9w 4+9 w+1 28+1 7k 3 4 p+1 4" +
        "d r+h 1g+7 p+a 1a+2 1c 2+3 2 14 1v+5 2+1 2+1 c 8 1b 1f 1+2 2+1 5+1 1 16+1 8 6m 2 4 fn4 kh+f g+f r1 6a 45+4 1ae" +
        "+2 1+1 5+3 14+2 4 4l+1 10a 1i+e 1k+2 1d+3 2+1 1x+2 10+4 1 2+4 1q c+1 1g+8 b+2 2q+2 2 1+1 4n 3+7 l+1 1m 3 11+6 " +
        "3+4 8u+5 1 4+1 1+1 6m+3 6+1 1+1 r+1 2d+7 2 1+1 2y 1 2+5 1 2t+2 2+3 1+4 gjo+4 1n+6 uw+3 f7u+1 43s+2 h+7 2+6 u+3" +
        " 44+2 1iz+1i 4+1d 8 e m+4 1+e 2sg+6 gzl5+6n"

    const val PUNCTUATION =
        "x+e a+6 q+5 q+3 y 5 3 a+1 3 3 ji 8 cy+5 15+1 1f 1 2 2 18+1 k+1 1+1 d 2+1 22+3 2u 17+d 6h+2 1i+e v 79+1 a an lf" +
        " 2i a+1 4o+e 1 11+3 1z 22+4 4+1 33+5 4r h0+8 47 h8+1 18+1 26+2 1z+1 4d+2 1+2 11+a 8p+1 60+1 3k+6 1+5 4s+6 4b+3" +
        " 1n+4 1q+1 1s+7 b n0+n 8+j 1+c 1+b u+1 e+1 hl+3 t+1 u5+d 27+1 v+9 b7+l 1r+3 w+1 l7+3 1+1 34 3z+1a 1+i ce+2 4+9" +
        " 2+b g c 2q 2i mwy+1 7h+2 2r a 37+5 ak+3 2e+1 14+2 1 1d+1 1b 2p+c g+1 3g+3 3i+1 g+1 6x g2a+1 5s+9 m+y 1+d 1 4 " +
        "1+1 45+2 1+5 1+3 a+1 3+1 q+2 1 r 1 1+6 be+2 ik 1c bi kn 5j v 7k+8 12 34+6 1u+6 2h+3 x6+6 31+1 1+3 3i+3 1c+1 27" +
        "+4 3 d 1+2 2g+5 2z f0 6y+m 2x+2 6w+2 2lt+4 dtl+1 3p 1t+4 8 g2i 5wn+4"

    const val DECOMPOSITIONS =
        "5c=1t,lc 0=1t,ld 0=1t,le 0=1t,lf 0=1t,lk 0=1t,lm 1=1v,mf 0=1x,lc 0=1x,ld 0=1x,le 0=1x,lk 0=21,lc 0=21,ld 0=21," +
        "le 0=21,lk 1=26,lf 0=27,lc 0=27,ld 0=27,le 0=27,lf 0=27,lk 2=2d,lc 0=2d,ld 0=2d,le 0=2d,lk 0=2h,ld 2=2p,lc 0=2" +
        "p,ld 0=2p,le 0=2p,lf 0=2p,lk 0=2p,lm 1=2r,mf 0=2t,lc 0=2t,ld 0=2t,le 0=2t,lk 0=2x,lc 0=2x,ld 0=2x,le 0=2x,lk 1" +
        "=32,lf 0=33,lc 0=33,ld 0=33,le 0=33,lf 0=33,lk 2=39,lc 0=39,ld 0=39,le 0=39,lk 0=3d,ld 1=3d,lk 0=1t,lg 0=2p,lg" +
        " 0=1t,li 0=2p,li 0=1t,mg 0=2p,mg 0=1v,ld 0=2r,ld 0=1v,le 0=2r,le 0=1v,lj 0=2r,lj 0=1v,lo 0=2r,lo 0=1w,lo 0=2s," +
        "lo 2=1x,lg 0=2t,lg 0=1x,li 0=2t,li 0=1x,lj 0=2t,lj 0=1x,mg 0=2t,mg 0=1x,lo 0=2t,lo 0=1z,le 0=2v,le 0=1z,li 0=2" +
        "v,li 0=1z,lj 0=2v,lj 0=1z,mf 0=2v,mf 0=20,le 0=2w,le 2=21,lf 0=2x,lf 0=21,lg 0=2x,lg 0=21,li 0=2x,li 0=21,mg 0" +
        "=2x,mg 0=21,lj 3=22,le 0=2y,le 0=23,mf 0=2z,mf 1=24,ld 0=30,ld 0=24,mf 0=30,mf 0=24,lo 0=30,lo 4=26,ld 0=32,ld" +
        " 0=26,mf 0=32,mf 0=26,lo 0=32,lo 3=27,lg 0=33,lg 0=27,li 0=33,li 0=27,ln 0=33,ln 2=2a,ld 0=36,ld 0=2a,mf 0=36," +
        "mf 0=2a,lo 0=36,lo 0=2b,ld 0=37,ld 0=2b,le 0=37,le 0=2b,mf 0=37,mf 0=2b,lo 0=37,lo 0=2c,mf 0=38,mf 0=2c,lo 0=3" +
        "8,lo 2=2d,lf 0=39,lf 0=2d,lg 0=39,lg 0=2d,li 0=39,li 0=2d,lm 0=39,lm 0=2d,ln 0=39,ln 0=2d,mg 0=39,mg 0=2f,le 0" +
        "=3b,le 0=2h,le 0=3d,le 0=2h,lk 0=2i,ld 0=3e,ld 0=2i,lj 0=3e,lj 0=2i,lo 0=3e,lo x=27,m3 0=33,m3 d=2d,m3 0=39,m3" +
        " s=1t,lo 0=2p,lo 0=21,lo 0=2x,lo 0=27,lo 0=33,lo 0=2d,lo 0=39,lo 0=2d,lk,lg 0=39,lk,lg 0=2d,lk,ld 0=39,lk,ld 0" +
        "=2d,lk,lo 0=39,lk,lo 0=2d,lk,lc 0=39,lk,lc 1=1t,lk,lg 0=2p,lk,lg 0=1t,lj,lg 0=2p,lj,lg 0=5i,lg 0=6e,lg 2=1z,lo" +
        " 0=2v,lo 0=23,lo 0=2z,lo 0=27,mg 0=33,mg 0=27,mg,lg 0=33,mg,lg 0=c7,lo 0=ia,lo 0=2y,lo 3=1z,ld 0=2v,ld 2=26,lc" +
        " 0=32,lc 0=1t,lm,ld 0=2p,lm,ld 0=5i,ld 0=6e,ld 0=60,ld 0=6w,ld 0=1t,lr 0=2p,lr 0=1t,lt 0=2p,lt 0=1x,lr 0=2t,lr" +
        " 0=1x,lt 0=2t,lt 0=21,lr 0=2x,lr 0=21,lt 0=2x,lt 0=27,lr 0=33,lr 0=27,lt 0=33,lt 0=2a,lr 0=36,lr 0=2a,lt 0=36," +
        "lt 0=2d,lr 0=39,lr 0=2d,lt 0=39,lt 0=2b,me 0=37,me 0=2c,me 0=38,me 2=20,lo 0=2w,lo 6=1t,lj 0=2p,lj 0=1x,mf 0=2" +
        "t,mf 0=27,lk,lg 0=33,lk,lg 0=27,lf,lg 0=33,lf,lg 0=27,lj 0=33,lj 0=27,lj,lg 0=33,lj,lg 0=2h,lg 0=3d,lg 7g=lc 0" +
        "=ld 1=lv 0=lk,ld 1b=jd 9=1n 6=4o,ld 0=pd,ld 0=53 0=ph,ld 0=pj,ld 0=pl,ld 1=pr,ld 1=px,ld 0=q1,ld 0=qh,lk,ld p=" +
        "pl,lk 0=px,lk 0=q9,ld 0=qd,ld 0=qf,ld 0=qh,ld 0=qt,lk,ld p=qh,lk 0=qt,lk 0=qn,ld 0=qt,ld 0=qx,ld 4=r6,ld 0=r6," +
        "lk 17=t1,lc 0=t1,lk 1=sz,ld 3=sm,lk 4=t6,ld 0=t4,lc 0=tf,li a=t4,li v=u0,li m=tx,lc 0=tx,lk 1=tv,ld 3=uu,lk 4=" +
        "u2,ld 0=u0,lc 0=ub,li n=vo,lr 0=vp,lr 21=t2,li 0=ty,li d=sw,li 0=ts,li 0=sw,lk 0=ts,lk 2=t1,li 0=tx,li 2=yg,lk" +
        " 0=yh,lk 0=t2,lk 0=ty,lk 0=t3,lk 0=tz,lk 2=t4,lg 0=u0,lg 0=t4,lk 0=u0,lk 0=ta,lk 0=u6,lk 2=yw,lk 0=yx,lk 0=tp," +
        "lk 0=ul,lk 0=tf,lg 0=ub,lg 0=tf,lk 0=ub,lk 0=tf,ln 0=ub,ln 0=tj,lk 0=uf,lk 2=tn,lk 0=uj,lk 88=17r,18z 0=17r,19" +
        "0 0=18o,190 0=17r,191 0=18q,190 49=1cl,190 1=1c1,190 g=1ci,190 gl=1t4,1to 7=1tc,1to 2=1tf,1to z=1sl,1to 0=1sm," +
        "1to 0=1sn,1to 0=1ss,1to 0=1sx,1to 0=1sy,1to 0=1t7,1to 0=1tb,1to 2z=1xj,1xa 0=1xj,1xz f=1wh,1x8 0=1wi,1x8 1=1wv" +
        ",1x8 2b=20i,20s 2=20o,20s y=1zq,20s 0=1zr,20s 0=1zw,20s 2=20b,20s 6h=287,28m 2=287,27y 0=287,28n f=275,27w 0=2" +
        "76,27w 1i=2aa,2c7 1h=2bq,2bi 0=2br,2bi 0=2bq,2c7 3f=2fa,2fq 3b=2in,2j9 6=2iu,2j9 0=2iu,2ja 1=2iu,2iq 0=2iu,2iq" +
        ",2j9 3i=2me,2m6 0=2mf,2m6 0=2me,2mv 3x=2qh,2q2 1=2qh,2q7 0=2qh,2q7,2q2 0=2qh,2qn 9w=30i,33r 9=30s,33r 4=30x,33" +
        "r 4=312,33r 4=317,33r c=30g,33p 9=31t,31u 1=31t,31w 0=33m,328 1=33n,328 8=31t,328 h=32q,33r 9=330,33r 4=335,33" +
        "r 4=33a,33r 4=33f,33r c=32o,33p 30=36t,372 25b=5c5,5dh 1=5c7,5dh 1=5c9,5dh 1=5cb,5dh 1=5cd,5dh 3=5ch,5dh 14=5d" +
        "m,5dh 1=5do,5dh 2=5dq,5dh 0=5dr,5dh 1=5du,5dh jg=1t,md 0=2p,md 0=1u,lj 0=2q,lj 0=1u,mb 0=2q,mb 0=1u,mp 0=2q,mp" +
        " 0=1v,mf,ld 0=2r,mf,ld 0=1w,lj 0=2s,lj 0=1w,mb 0=2s,mb 0=1w,mp 0=2s,mp 0=1w,mf 0=2s,mf 0=1w,ml 0=2s,ml 0=1x,lg" +
        ",lc 0=2t,lg,lc 0=1x,lg,ld 0=2t,lg,ld 0=1x,ml 0=2t,ml 0=1x,mo 0=2t,mo 0=1x,mf,li 0=2t,mf,li 0=1y,lj 0=2u,lj 0=1" +
        "z,lg 0=2v,lg 0=20,lj 0=2w,lj 0=20,mb 0=2w,mb 0=20,lk 0=2w,lk 0=20,mf 0=2w,mf 0=20,mm 0=2w,mm 0=21,mo 0=2x,mo 0" +
        "=21,lk,ld 0=2x,lk,ld 0=23,ld 0=2z,ld 0=23,mb 0=2z,mb 0=23,mp 0=2z,mp 0=24,mb 0=30,mb 0=24,mb,lg 0=30,mb,lg 0=2" +
        "4,mp 0=30,mp 0=24,ml 0=30,ml 0=25,ld 0=31,ld 0=25,lj 0=31,lj 0=25,mb 0=31,mb 0=26,lj 0=32,lj 0=26,mb 0=32,mb 0" +
        "=26,mp 0=32,mp 0=26,ml 0=32,ml 0=27,lf,ld 0=33,lf,ld 0=27,lf,lk 0=33,lf,lk 0=27,lg,lc 0=33,lg,lc 0=27,lg,ld 0=" +
        "33,lg,ld 0=28,ld 0=34,ld 0=28,lj 0=34,lj 0=2a,lj 0=36,lj 0=2a,mb 0=36,mb 0=2a,mb,lg 0=36,mb,lg 0=2a,mp 0=36,mp" +
        " 0=2b,lj 0=37,lj 0=2b,mb 0=37,mb 0=2b,ld,lj 0=37,ld,lj 0=2b,lo,lj 0=37,lo,lj 0=2b,mb,lj 0=37,mb,lj 0=2c,lj 0=3" +
        "8,lj 0=2c,mb 0=38,mb 0=2c,mp 0=38,mp 0=2c,ml 0=38,ml 0=2d,mc 0=39,mc 0=2d,mo 0=39,mo 0=2d,ml 0=39,ml 0=2d,lf,l" +
        "d 0=39,lf,ld 0=2d,lg,lk 0=39,lg,lk 0=2e,lf 0=3a,lf 0=2e,mb 0=3a,mb 0=2f,lc 0=3b,lc 0=2f,ld 0=3b,ld 0=2f,lk 0=3" +
        "b,lk 0=2f,lj 0=3b,lj 0=2f,mb 0=3b,mb 0=2g,lj 0=3c,lj 0=2g,lk 0=3c,lk 0=2h,lj 0=3d,lj 0=2i,le 0=3e,le 0=2i,mb 0" +
        "=3e,mb 0=2i,mp 0=3e,mp 0=2w,mp 0=38,lk 0=3b,lm 0=3d,lm 1=an,lj 4=1t,mb 0=2p,mb 0=1t,ll 0=2p,ll 0=1t,le,ld 0=2p" +
        ",le,ld 0=1t,le,lc 0=2p,le,lc 0=1t,le,ll 0=2p,le,ll 0=1t,le,lf 0=2p,le,lf 0=1t,mb,le 0=2p,mb,le 0=1t,li,ld 0=2p" +
        ",li,ld 0=1t,li,lc 0=2p,li,lc 0=1t,li,ll 0=2p,li,ll 0=1t,li,lf 0=2p,li,lf 0=1t,mb,li 0=2p,mb,li 0=1x,mb 0=2t,mb" +
        " 0=1x,ll 0=2t,ll 0=1x,lf 0=2t,lf 0=1x,le,ld 0=2t,le,ld 0=1x,le,lc 0=2t,le,lc 0=1x,le,ll 0=2t,le,ll 0=1x,le,lf " +
        "0=2t,le,lf 0=1x,mb,le 0=2t,mb,le 0=21,ll 0=2x,ll 0=21,mb 0=2x,mb 0=27,mb 0=33,mb 0=27,ll 0=33,ll 0=27,le,ld 0=" +
        "33,le,ld 0=27,le,lc 0=33,le,lc 0=27,le,ll 0=33,le,ll 0=27,le,lf 0=33,le,lf 0=27,mb,le 0=33,mb,le 0=27,m3,ld 0=" +
        "33,m3,ld 0=27,m3,lc 0=33,m3,lc 0=27,m3,ll 0=33,m3,ll 0=27,m3,lf 0=33,m3,lf 0=27,m3,mb 0=33,m3,mb 0=2d,mb 0=39," +
        "mb 0=2d,ll 0=39,ll 0=2d,m3,ld 0=39,m3,ld 0=2d,m3,lc 0=39,m3,lc 0=2d,m3,ll 0=39,m3,ll 0=2d,m3,lf 0=39,m3,lf 0=2" +
        "d,m3,mb 0=39,m3,mb 0=2h,lc 0=3d,lc 0=2h,mb 0=3d,mb 0=2h,ll 0=3d,ll 0=2h,lf 0=3d,lf 6=q9,lv 0=q9,lw 0=q9,lv,lc " +
        "0=q9,lw,lc 0=q9,lv,ld 0=q9,lw,ld 0=q9,lv,n6 0=q9,lw,n6 0=pd,lv 0=pd,lw 0=pd,lv,lc 0=pd,lw,lc 0=pd,lv,ld 0=pd,l" +
        "w,ld 0=pd,lv,n6 0=pd,lw,n6 0=qd,lv 0=qd,lw 0=qd,lv,lc 0=qd,lw,lc 0=qd,lv,ld 0=qd,lw,ld 2=ph,lv 0=ph,lw 0=ph,lv" +
        ",lc 0=ph,lw,lc 0=ph,lv,ld 0=ph,lw,ld 2=qf,lv 0=qf,lw 0=qf,lv,lc 0=qf,lw,lc 0=qf,lv,ld 0=qf,lw,ld 0=qf,lv,n6 0=" +
        "qf,lw,n6 0=pj,lv 0=pj,lw 0=pj,lv,lc 0=pj,lw,lc 0=pj,lv,ld 0=pj,lw,ld 0=pj,lv,n6 0=pj,lw,n6 0=qh,lv 0=qh,lw 0=q" +
        "h,lv,lc 0=qh,lw,lc 0=qh,lv,ld 0=qh,lw,ld 0=qh,lv,n6 0=qh,lw,n6 0=pl,lv 0=pl,lw 0=pl,lv,lc 0=pl,lw,lc 0=pl,lv,l" +
        "d 0=pl,lw,ld 0=pl,lv,n6 0=pl,lw,n6 0=qn,lv 0=qn,lw 0=qn,lv,lc 0=qn,lw,lc 0=qn,lv,ld 0=qn,lw,ld 2=pr,lv 0=pr,lw" +
        " 0=pr,lv,lc 0=pr,lw,lc 0=pr,lv,ld 0=pr,lw,ld 2=qt,lv 0=qt,lw 0=qt,lv,lc 0=qt,lw,lc 0=qt,lv,ld 0=qt,lw,ld 0=qt," +
        "lv,n6 0=qt,lw,n6 1=px,lw 1=px,lw,lc 1=px,lw,ld 1=px,lw,n6 0=qx,lv 0=qx,lw 0=qx,lv,lc 0=qx,lw,lc 0=qx,lv,ld 0=q" +
        "x,lw,ld 0=qx,lv,n6 0=qx,lw,n6 0=q1,lv 0=q1,lw 0=q1,lv,lc 0=q1,lw,lc 0=q1,lv,ld 0=q1,lw,ld 0=q1,lv,n6 0=q1,lw,n" +
        "6 0=q9,lc 0=q9,ld 0=qd,lc 0=qd,ld 0=qf,lc 0=qf,ld 0=qh,lc 0=qh,ld 0=qn,lc 0=qn,ld 0=qt,lc 0=qt,ld 0=qx,lc 0=qx" +
        ",ld 2=q9,lv,n9 0=q9,lw,n9 0=q9,lv,lc,n9 0=q9,lw,lc,n9 0=q9,lv,ld,n9 0=q9,lw,ld,n9 0=q9,lv,n6,n9 0=q9,lw,n6,n9 " +
        "0=pd,lv,n9 0=pd,lw,n9 0=pd,lv,lc,n9 0=pd,lw,lc,n9 0=pd,lv,ld,n9 0=pd,lw,ld,n9 0=pd,lv,n6,n9 0=pd,lw,n6,n9 0=qf" +
        ",lv,n9 0=qf,lw,n9 0=qf,lv,lc,n9 0=qf,lw,lc,n9 0=qf,lv,ld,n9 0=qf,lw,ld,n9 0=qf,lv,n6,n9 0=qf,lw,n6,n9 0=pj,lv," +
        "n9 0=pj,lw,n9 0=pj,lv,lc,n9 0=pj,lw,lc,n9 0=pj,lv,ld,n9 0=pj,lw,ld,n9 0=pj,lv,n6,n9 0=pj,lw,n6,n9 0=qx,lv,n9 0" +
        "=qx,lw,n9 0=qx,lv,lc,n9 0=qx,lw,lc,n9 0=qx,lv,ld,n9 0=qx,lw,ld,n9 0=qx,lv,n6,n9 0=qx,lw,n6,n9 0=q1,lv,n9 0=q1," +
        "lw,n9 0=q1,lv,lc,n9 0=q1,lw,lc,n9 0=q1,lv,ld,n9 0=q1,lw,ld,n9 0=q1,lv,n6,n9 0=q1,lw,n6,n9 0=q9,li 0=q9,lg 0=q9" +
        ",lc,n9 0=q9,n9 0=q9,ld,n9 1=q9,n6 0=q9,n6,n9 0=pd,li 0=pd,lg 0=pd,lc 0=pd,ld 0=pd,n9 1=qh 2=4o,n6 0=qf,lc,n9 0" +
        "=qf,n9 0=qf,ld,n9 1=qf,n6 0=qf,n6,n9 0=ph,lc 0=ph,ld 0=pj,lc 0=pj,ld 0=pj,n9 0=69r,lc 0=69r,ld 0=69r,n6 0=qh,l" +
        "i 0=qh,lg 0=qh,lk,lc 0=qh,lk,ld 2=qh,n6 0=qh,lk,n6 0=pl,li 0=pl,lg 0=pl,lc 0=pl,ld 1=6bi,lc 0=6bi,ld 0=6bi,n6 " +
        "0=qt,li 0=qt,lg 0=qt,lk,lc 0=qt,lk,ld 0=qp,lv 0=qp,lw 0=qt,n6 0=qt,lk,n6 0=px,li 0=px,lg 0=px,lc 0=px,ld 0=pt," +
        "lw 0=4o,lc 0=4o,ld 0=2o 2=qx,lc,n9 0=qx,n9 0=qx,ld,n9 1=qx,n6 0=qx,n6,n9 0=pr,lc 0=pr,ld 0=q1,lc 0=q1,ld 0=q1," +
        "n9 0=50 2=6bm 0=6bn 84=q1 3=23 0=1t,lm 32=6mo,mw 0=6mq,mw i=6ms,mw u=6og,mw 0=6ok,mw 0=6oi,mw 1g=6pv,mw 4=6q0," +
        "mw 2=6q3,mw n=6qr,mw 1=6qt,mw q=6rg,mw 2=6rn,mw 2=6rp,mw 1=6rs,mw m=1p,mw 1=6sh,mw a=6rx,mw 0=1o,mw 0=1q,mw 0=" +
        "6sk,mw 0=6sl,mw 2=6sy,mw 0=6sz,mw 2=6t2,mw 0=6t3,mw 6=6t6,mw 0=6t7,mw 2=6te,mw 0=6tf,mw 2=6ti,mw 0=6tj,mw y=6u" +
        "a,mw 0=6ug,mw 0=6uh,mw 0=6uj,mw 1c=6t8,mw 0=6t9,mw 0=6tt,mw 0=6tu,mw 6=6uq,mw 0=6ur,mw 0=6us,mw 0=6ut,mw 1n=9h" +
        "k 0=9hl 1ip=8gt,mw 12n=9jf,9ll 1=9jh,9ll 1=9jj,9ll 1=9jl,9ll 1=9jn,9ll 1=9jp,9ll 1=9jr,9ll 1=9jt,9ll 1=9jv,9ll" +
        " 1=9jx,9ll 1=9jz,9ll 1=9k1,9ll 2=9k4,9ll 1=9k6,9ll 1=9k8,9ll 6=9kf,9ll 0=9kf,9lm 1=9ki,9ll 0=9ki,9lm 1=9kl,9ll" +
        " 0=9kl,9lm 1=9ko,9ll 0=9ko,9lm 1=9kr,9ll 0=9kr,9lm m=9ja,9ll 9=9lp,9ll d=9m3,9ll 1=9m5,9ll 1=9m7,9ll 1=9m9,9ll" +
        " 1=9mb,9ll 1=9md,9ll 1=9mf,9ll 1=9mh,9ll 1=9mj,9ll 1=9ml,9ll 1=9mn,9ll 1=9mp,9ll 2=9ms,9ll 1=9mu,9ll 1=9mw,9ll" +
        " 6=9n3,9ll 0=9n3,9lm 1=9n6,9ll 0=9n6,9lm 1=9n9,9ll 0=9n9,9lm 1=9nc,9ll 0=9nc,9lm 1=9nf,9ll 0=9nf,9lm m=9ly,9ll" +
        " 2=9nz,9ll 0=9o0,9ll 0=9o1,9ll 0=9o2,9ll 3=9od,9ll 13i9=rpk 0=kc4 0=s7e 0=rt4 0=lw1 0=fg2 0=gkl 0=vj0 0=vj0 0=" +
        "hn5 0=ssx 0=gw7 0=hmw 0=jcm 0=ne1 0=p6t 0=qin 0=qt6 0=r20 0=sjz 0=kxu 0=ljv 0=mah 0=mvy 0=q4d 0=sq2 0=uep 0=fi" +
        "a 0=ghh 0=l50 0=mjf 0=qi5 0=v8e 0=ifk 0=m3v 0=qfh 0=r50 0=jih 0=pnc 0=qvz 0=iq2 0=kd3 0=lm2 0=mpo 0=slq 0=fpi " +
        "0=g53 0=gda 0=jwk 0=l3n 0=mj4 0=nhj 0=pa9 0=qh2 0=qjg 0=s1b 0=tv6 0=upb 0=v7e 0=nt8 0=nzz 0=otc 0=q15 0=t1g 0=" +
        "vb3 0=rfa 0=hjz 0=iro 0=okg 0=pdq 0=mle 0=nuy 0=rsy 0=ttj 0=hjs 0=i8y 0=kyb 0=lp6 0=lxr 0=oq7 0=oxj 0=tor 0=gc" +
        "y 0=pe3 0=g64 0=g5o 0=o4c 0=ou6 0=q29 0=tpx 0=rk0 0=jin 0=kxu 0=rge 0=fg9 0=i5j 0=iz6 0=mtj 0=n74 0=gev 0=nwb " +
        "0=fr3 0=iw9 0=ff1 0=lho 0=k1k 0=opu 0=gjn 0=hge 0=ni9 0=q4p 0=re2 0=la2 0=sds 0=lfs 0=jjy 0=put 0=jog 0=n6t 0=" +
        "fji 0=g2x 0=g5l 0=kn5 0=oo7 0=prj 0=rf6 0=ssv 0=gdx 0=gn6 0=ho3 0=ir0 0=k3p 0=m4e 0=nxm 0=tkd 0=ui2 0=vbr 0=vd" +
        "a 0=gbf 0=kau 0=l87 0=sbm 0=ino 0=j9s 0=jcw 0=jve 0=lyb 0=mdl 0=n0p 0=o22 0=ovo 0=pdb 0=s9y 0=q9a 0=sgz 0=t3e " +
        "0=g7r 0=gbn 0=gql 0=ma0 0=r0i 0=re2 0=iq1 0=iyd 0=jnf 0=l9q 0=oji 0=mt1 0=fl0 0=h6h 0=i5j 0=iii 0=izg 0=muq 0=" +
        "mzt 0=p7e 0=pc6 0=svo 0=tti 0=tvs 0=u1k 0=fpn 0=o1a 0=ss4 0=trs 0=j4x 0=fie 0=fyy 0=i5q 0=i7z 0=k2h 0=kxu 0=mh" +
        "a 0=ncy 0=q9o 0=sjg 0=vil 0=k94 0=tny 0=gax 0=kfv 0=kj7 0=lkx 0=luk 0=mx5 0=n6h 0=nsb 0=opc 0=u3i 0=g31 0=je6 " +
        "0=tq0 0=fu3 0=ie1 0=lpm 0=sa2 0=ivf 0=j7o 0=kk7 0=mtj 0=tqe 0=g89 0=glr 0=i91 0=k5v 0=kem 0=ko8 0=lid 0=mx2 0=" +
        "naa 0=p6h 0=r0v 0=r1d 0=sss 0=tsy 0=gfz 0=lve 0=gm5 0=mhc 0=n14 0=qgq 0=tr7 0=uvr 0=vbz 0=kgn 0=lor 0=pns 0=o9" +
        "7 0=obk 0=olu 0=mo0 0=m8p 0=riw 0=fk0 0=px2 0=g8q 0=g7b 0=ip2 0=jir 0=onq 0=i2t 0=ljy 0=kac 0=saj 0=qx8 0=tot " +
        "0=r63 0=iqb 0=g1s 0=gxs 2=hga 1=k8k 2=g66 0=mqy 0=ngq 0=ny4 0=nz2 0=nz9 0=o0f 0=tw6 0=on2 0=p8d 1=qhe 1=rg8 2=" +
        "shk 0=sn1 3=u7j 0=u7w 0=u94 0=v5g 0=sm6 0=trr 0=fqm 0=fzb 0=g25 0=gcp 0=gdg 0=ggh 0=gwt 0=gzq 0=h2g 0=hfk 0=hi" +
        "g 0=i90 0=i9a 0=j2s 0=j8o 0=j9q 0=jci 0=k0f 0=k4i 0=k9d 0=kn9 0=lmf 0=lqy 0=lya 0=mem 0=mjv 0=mxu 0=ntd 0=ny6 " +
        "0=nyh 0=nyg 0=nyo 0=nyu 0=nz1 0=o0d 0=o0e 0=o5c 0=o75 0=og0 0=ovo 0=ow9 0=oxt 0=p6a 0=pad 0=pnx 0=prt 0=prt 0=" +
        "q53 0=r2o 0=r6e 0=rgh 0=ri1 0=rtf 0=ruw 0=sdy 0=shk 0=tsz 0=u0v 0=u2j 0=j1x 0=36cu 0=pp4 2=ffq 0=g51 0=g2w 0=f" +
        "pc 0=g1x 0=g3k 0=gcn 0=ge2 0=gwt 0=gut 0=gwp 0=gyq 0=hga 0=hir 0=hms 0=hn8 0=huq 0=i08 0=iqa 0=iqh 0=iuh 0=iwd" +
        " 0=j4o 0=j7y 0=j60 0=j9q 0=j8g 0=jci 0=jec 0=jpg 0=jrw 0=jte 0=k0m 0=k8k 0=kd3 0=kd7 0=keu 0=l89 0=la2 0=lkx 0" +
        "=lwb 0=lvv 0=lya 0=m5a 0=mem 0=nmv 0=mk5 0=mnj 0=mqy 0=n01 0=n46 0=n5n 0=nbx 0=nbz 0=ngq 0=nh7 0=nhw 0=nka 0=n" +
        "k0 0=nv0 0=o8h 0=og0 0=ol7 0=orf 0=ovo 0=p4u 0=pad 0=pxu 0=q27 0=qrd 0=r41 0=r5y 0=r6e 0=ren 0=rg8 0=rez 0=rgh" +
        " 0=rge 0=rfx 0=ri1 0=rka 0=ruw 0=sag 0=sj6 0=srd 0=sxi 0=tq4 0=tsz 0=tw6 0=tzv 0=u0v 0=u17 0=u2j 0=umq 0=vj0 0" +
        "=313e 0=3138 0=33dh 0=brx 0=cns 0=cop 0=39e1 0=3bgw 0=3i6r 0=vgj 0=vim 1v=15l,14k 1=16a,14n a=161,14x 0=161,14" +
        "y 0=161,14s,14x 0=161,14s,14y 0=15c,14n 0=15c,14o 0=15c,14s 0=15d,14s 0=15e,14s 0=15f,14s 0=15g,14s 0=15h,14s " +
        "0=15i,14s 1=15k,14s 0=15l,14s 0=15m,14s 0=15n,14s 0=15o,14s 1=15q,14s 1=15s,14s 0=15t,14s 1=15v,14s 0=15w,14s " +
        "1=15y,14s 0=15z,14s 0=160,14s 0=161,14s 0=162,14s 0=15h,14p 0=15d,14v 0=15n,14v 0=15w,14v 47f=1huh,1hve 1=1huj" +
        ",1hve e=1hut,1hve 3m=1hyp,1hyf 0=1hyq,1hyf ez=1idj,1ida 0=1idj,1idz a6=1int,1inu 0=1int,1ink 1=1int,1inx 6z=1i" +
        "uw,1iun 0=1iux,1iun 112a=2jx3,2jxh 0=2jx4,2jxh 0=2jx4,2jxh,2jxq 0=2jx4,2jxh,2jxr 0=2jx4,2jxh,2jxs 0=2jx4,2jxh," +
        "2jxt 0=2jx4,2jxh,2jxu 2e=2jzt,2jxh 0=2jzu,2jxh 0=2jzt,2jxh,2jxq 0=2jzu,2jxh,2jxq 0=2jzt,2jxh,2jxr 0=2jzu,2jxh," +
        "2jxr 1m4f=fgd 0=fg8 0=fgh 0=2tcy 0=fog 0=fqm 0=fqz 0=fsy 0=fwa 0=fx5 0=fzb 0=fyn 0=ae6 0=2ud6 0=g25 0=g2c 0=g2" +
        "s 0=g3b 0=2u58 0=aex 0=g2v 0=g3x 0=2u6j 0=g47 0=g4k 0=fkc 0=g4s 0=g51 0=3ly7 0=g6t 0=g77 0=afz 0=g8r 0=g92 0=g" +
        "aa 0=gaf 0=ahh 0=gcn 0=gcp 0=gdg 0=ge2 0=ged 0=gee 0=gev 0=gg9 0=ggh 0=ggq 0=ghf 0=ghp 0=ghr 0=ghr 0=ghr 0=2v5" +
        "8 0=m7k 0=gju 0=gkf 0=2vdv 0=gkr 0=gkx 0=gli 0=gpq 0=gmw 0=gnc 0=go8 0=gpu 0=gs6 0=gsw 0=gur 0=gv7 0=gw4 0=gw4" +
        " 0=gwp 0=gx7 0=gxf 0=gxu 0=h7a 0=gzq 0=h7b 0=h1t 0=h2s 0=g7b 0=hke 0=hce 0=hdg 0=he5 0=haj 0=hf6 0=hf5 0=hik 0" +
        "=2x9g 0=hki 0=hkn 0=hl2 0=hlm 0=hlu 0=hnm 0=2xm0 0=2xnu 0=hrg 0=hsr 0=ht3 0=hqw 0=huu 0=aum 0=av0 0=hzc 0=i0u " +
        "0=i0u 0=2y88 0=i4j 0=i54 0=i5j 0=i5v 0=2yhk 0=i67 0=i6e 0=itv 0=i76 0=ayp 0=i8w 0=i9a 0=ibk 0=ia5 0=2z1g 0=if7" +
        " 0=2z1i 0=ige 0=igb 0=igs 0=ijl 0=ijm 0=b3j 0=ikd 0=ilk 0=im5 0=ind 0=b4y 0=2zr7 0=b5o 0=ipc 0=ipf 0=ipi 0=iq2" +
        " 0=3pg2 0=iri 0=3035 0=3035 0=poh 0=isi 0=isi 0=b7r 0=335k 0=3cgq 0=iua 0=iuj 0=b8j 0=ivu 0=ix9 0=ixj 0=iyh 0=" +
        "j29 0=bay 0=ba4 0=j2s 0=30t0 0=j47 0=j7s 0=j7w 0=j7y 0=j7w 0=j96 0=j9q 0=jaq 0=jac 0=jan 0=jby 0=jci 0=jcm 0=j" +
        "dc 0=jdn 0=jfh 0=jht 0=jis 0=jm8 0=31n0 0=jlp 0=jjw 0=jmw 0=jnn 0=jqc 0=31td 0=js2 0=jph 0=jop 0=bhq 0=ju1 0=j" +
        "um 0=jvh 0=juf 0=bjg 0=k0f 0=k18 0=32mi 0=k4j 0=kc8 0=k7d 0=bo9 0=k9d 0=bns 0=bms 0=g42 0=g45 0=kcg 0=k9o 0=pf" +
        "1 0=deh 0=kd3 0=kd7 0=kdd 0=kf2 0=ker 0=33cz 0=bpl 0=kje 0=kg5 0=klu 0=kn9 0=33hp 0=kni 0=kkf 0=kr8 0=brx 0=ks" +
        "i 0=kv7 0=kx6 0=l2g 0=33xf 0=l3v 0=bvc 0=l5t 0=34br 0=l78 0=bwu 0=l82 0=l9b 0=la2 0=la3 0=34p9 0=2yvf 0=34sa 0" +
        "=le6 0=354s 0=lhb 0=lhp 0=lev 0=ljq 0=lku 0=lmf 0=lkx 0=lm1 0=lmg 0=lmt 0=357i 0=lkk 0=lrj 0=lta 0=c37 0=lvv 0" +
        "=lvr 0=35jl 0=lq1 0=m0e 0=35ni 0=35ou 0=m2u 0=m61 0=m5a 0=m57 0=c5y 0=m6i 0=m7x 0=m7r 0=m99 0=2u5h 0=mdh 0=368" +
        "z 0=mfw 0=36i3 0=mjs 0=mk5 0=mkw 0=36yw 0=mm8 0=mmt 0=3779 0=37dg 0=mt6 0=mtn 0=cdo 0=mud 0=ce0 0=ce0 0=myv 0=" +
        "mzg 0=n01 0=n0l 0=n2i 0=cgr 0=n50 0=386u 0=n5q 0=389e 0=n74 0=2zrz 0=nbk 0=38v5 0=38vs 0=38zo 0=cn0 0=cnc 0=nh" +
        "w 0=394j 0=394i 0=395l 0=396b 0=nj2 0=nj3 0=nj3 0=nka 0=cop 0=nm3 0=cp2 0=cra 0=39r1 0=nri 0=nt8 0=nv0 0=ctf 0" +
        "=3a5i 0=nyu 0=3a8q 0=3a9x 0=o0f 0=o2z 0=cvj 0=o5c 0=o5m 0=o5r 0=3at8 0=3b1j 0=3b1j 0=oa6 0=d1e 0=3b8r 0=og6 0=" +
        "og9 0=d2f 0=3beo 0=onm 0=d5s 0=oo8 0=oo3 0=oow 0=3c06 0=orn 0=d8h 0=ouf 0=ow2 0=oxx 0=d9w 0=3ciw 0=3cjr 0=dax " +
        "0=3cnt 0=p6i 0=3cqm 0=p79 0=pa2 0=pad 0=3d22 0=3d43 0=pcw 0=3d7s 0=pdc 0=33a7 0=ded 0=pf6 0=phf 0=dfv 0=pj2 0=" +
        "hx1 0=3dlz 0=3dmd 0=33bn 0=33bw 0=poh 0=pok 0=sda 0=dij 0=psh 0=psb 0=pst 0=gc3 0=ptd 0=ptf 0=ptp 0=puu 0=3ebg" +
        " 0=put 0=pwd 0=pyb 0=q0d 0=pwj 0=q0t 0=q1z 0=q53 0=pxv 0=q16 0=q18 0=q1o 0=3eie 0=3eqz 0=3emt 0=dnv 0=q9d 0=q9" +
        "f 0=qae 0=3g0a 0=qck 0=3f3g 0=dp9 0=dpd 0=3f75 0=3ff6 0=dpn 0=qj4 0=qjg 0=qjr 0=qjt 0=qll 0=qko 0=qoe 0=qn6 0=" +
        "qrd 0=qp4 0=qqz 0=qrq 0=dsn 0=qu9 0=qv5 0=dtl 0=qxs 0=qxv 0=3giv 0=r13 0=r1a 0=dv9 0=r22 0=aez 0=3gz2 0=3h46 0" +
        "=dz2 0=dzb 0=rds 0=rfx 0=rka 0=rpx 0=3hrc 0=rsb 0=rsx 0=rvf 0=rxz 0=3i9b 0=2upw 0=s0b 0=rzw 0=s1c 0=2uvy 0=s7o" +
        " 0=sag 0=3jki 0=3jl9 0=sk4 0=smp 0=snl 0=3ju6 0=snv 0=svs 0=t07 0=t08 0=sxo 0=t89 0=t91 0=3ksa 0=tjf 0=ej9 0=t" +
        "kn 0=3l2v 0=eli 0=ts3 0=iia 0=tur 0=3ltx 0=3lzu 0=epa 0=epi 0=u00 0=3mdm 0=er6 0=3mhi 0=u17 0=u17 0=u21 0=3mpi" +
        " 0=u76 0=eur 0=u95 0=ucn 0=ude 0=uf2 0=ez2 0=3nsg 0=umq 0=uv4 0=v0d 0=f66 0=f71 0=v3b 0=3owe 0=f7c 0=3oxx 0=3p" +
        "5a 0=3p8x 0=vcr 0=f9y 0=veh 0=vem 0=vet 0=vf3 0=vfa 0=vgb 0=3pxc"

    const val LOWER =
        "1t=2p 0=2q 0=2r 0=2s 0=2t 0=2u 0=2v 0=2w 0=2x 0=2y 0=2z 0=30 0=31 0=32 0=33 0=34 0=35 0=36 0=37 0=38 0=39 0=3a" +
        " 0=3b 0=3c 0=3d 0=3e 2t=68 0=69 0=6a 0=6b 0=6c 0=6d 0=6e 0=6f 0=6g 0=6h 0=6i 0=6j 0=6k 0=6l 0=6m 0=6n 0=6o 0=6" +
        "p 0=6q 0=6r 0=6s 0=6t 0=6u 1=6w 0=6x 0=6y 0=6z 0=70 0=71 0=72 x=75 1=77 1=79 1=7b 1=7d 1=7f 1=7h 1=7j 1=7l 1=7" +
        "n 1=7p 1=7r 1=7t 1=7v 1=7x 1=7z 1=81 1=83 1=85 1=87 1=89 1=8b 1=8d 1=8f 1=2x,lj 1=8j 1=8l 1=8n 2=8q 1=8s 1=8u " +
        "1=8w 1=8y 1=90 1=92 1=94 2=97 1=99 1=9b 1=9d 1=9f 1=9h 1=9j 1=9l 1=9n 1=9p 1=9r 1=9t 1=9v 1=9x 1=9z 1=a1 1=a3 " +
        "1=a5 1=a7 1=a9 1=ab 1=ad 1=af 1=73 0=ai 1=ak 1=am 3=gj 0=ar 1=at 1=gk 0=aw 1=gm 0=gn 0=b0 2=d9 0=gp 0=gr 0=b6 " +
        "1=gw 0=gz 1=h5 0=h4 0=bd 3=hb 0=he 1=hh 0=bl 1=bn 1=bp 1=hs 0=bs 1=hv 2=bx 1=i0 0=c0 1=i2 0=i3 0=c4 1=c6 1=ia " +
        "0=c9 3=cd 7=cm 0=cm 1=cp 0=cp 1=cs 0=cs 1=cu 1=cw 1=cy 1=d0 1=d2 1=d4 1=d6 1=d8 2=db 1=dd 1=df 1=dh 1=dj 1=dl " +
        "1=dn 1=dp 1=dr 2=dv 0=dv 1=dx 1=b9 0=cf 0=e1 1=e3 1=e5 1=e7 1=e9 1=eb 1=ed 1=ef 1=eh 1=ej 1=el 1=en 1=ep 1=er " +
        "1=et 1=ev 1=ex 1=ez 1=f1 1=f3 1=bi 1=f7 1=f9 1=fb 1=fd 1=ff 1=fh 1=fj 1=fl 1=fn 7=8rp 0=fw 1=be 0=8rq 2=g2 1=a" +
        "o 0=i1 0=i4 0=g7 1=g9 1=gb 1=gd 1=gf 81=oh 1=oj 3=on 8=s3 6=q4 1=q5 0=q6 0=q7 1=r0 1=r1 0=r2 1=q9 0=qa 0=qb 0=" +
        "qc 0=qd 0=qe 0=qf 0=qg 0=qh 0=qi 0=qj 0=qk 0=ql 0=qm 0=qn 0=qo 0=qp 1=qr 0=qs 0=qt 0=qu 0=qv 0=qw 0=qx 0=qy 0=" +
        "qz z=rb 8=rd 1=rf 1=rh 1=rj 1=rl 1=rn 1=rp 1=rr 1=rt 1=rv 1=rx 1=rz 5=qg 2=s8 1=s2 0=sb 2=or 0=os 0=ot 0=uo 0=" +
        "up 0=uq 0=ur 0=us 0=ut 0=uu 0=uv 0=uw 0=ux 0=uy 0=uz 0=v0 0=v1 0=v2 0=v3 0=ts 0=tt 0=tu 0=tv 0=tw 0=tx 0=ty 0=" +
        "tz 0=u0 0=u1 0=u2 0=u3 0=u4 0=u5 0=u6 0=u7 0=u8 0=u9 0=ua 0=ub 0=uc 0=ud 0=ue 0=uf 0=ug 0=uh 0=ui 0=uj 0=uk 0=" +
        "ul 0=um 0=un 1c=v5 1=v7 1=v9 1=vb 1=vd 1=vf 1=vh 1=vj 1=vl 1=vn 1=vp 1=vr 1=vt 1=vv 1=vx 1=vz 1=w1 9=wb 1=wd 1" +
        "=wf 1=wh 1=wj 1=wl 1=wn 1=wp 1=wr 1=wt 1=wv 1=wx 1=wz 1=x1 1=x3 1=x5 1=x7 1=x9 1=xb 1=xd 1=xf 1=xh 1=xj 1=xl 1" +
        "=xn 1=xp 1=xr 1=y7 0=xu 1=xw 1=xy 1=y0 1=y2 1=y4 1=y6 2=y9 1=yb 1=yd 1=yf 1=yh 1=yj 1=yl 1=yn 1=yp 1=yr 1=yt 1" +
        "=yv 1=yx 1=yz 1=z1 1=z3 1=z5 1=z7 1=z9 1=zb 1=zd 1=zf 1=zh 1=zj 1=zl 1=zn 1=zp 1=zr 1=zt 1=zv 1=zx 1=zz 1=101 " +
        "1=103 1=105 1=107 1=109 1=10b 1=10d 1=10f 1=10h 1=10j 1=10l 1=10n 1=10p 1=10r 1=10t 1=10v 2=129 0=12a 0=12b 0=" +
        "12c 0=12d 0=12e 0=12f 0=12g 0=12h 0=12i 0=12j 0=12k 0=12l 0=12m 0=12n 0=12o 0=12p 0=12q 0=12r 0=12s 0=12t 0=12" +
        "u 0=12v 0=12w 0=12x 0=12y 0=12z 0=130 0=131 0=132 0=133 0=134 0=135 0=136 0=137 0=138 0=139 0=13a 289=8w0 0=8w" +
        "1 0=8w2 0=8w3 0=8w4 0=8w5 0=8w6 0=8w7 0=8w8 0=8w9 0=8wa 0=8wb 0=8wc 0=8wd 0=8we 0=8wf 0=8wg 0=8wh 0=8wi 0=8wj " +
        "0=8wk 0=8wl 0=8wm 0=8wn 0=8wo 0=8wp 0=8wq 0=8wr 0=8ws 0=8wt 0=8wu 0=8wv 0=8ww 0=8wx 0=8wy 0=8wz 0=8x0 0=8x1 1=" +
        "8x3 5=8x9 k2=xv4 0=xv5 0=xv6 0=xv7 0=xv8 0=xv9 0=xva 0=xvb 0=xvc 0=xvd 0=xve 0=xvf 0=xvg 0=xvh 0=xvi 0=xvj 0=x" +
        "vk 0=xvl 0=xvm 0=xvn 0=xvo 0=xvp 0=xvq 0=xvr 0=xvs 0=xvt 0=xvu 0=xvv 0=xvw 0=xvx 0=xvy 0=xvz 0=xw0 0=xw1 0=xw2" +
        " 0=xw3 0=xw4 0=xw5 0=xw6 0=xw7 0=xw8 0=xw9 0=xwa 0=xwb 0=xwc 0=xwd 0=xwe 0=xwf 0=xwg 0=xwh 0=xwi 0=xwj 0=xwk 0" +
        "=xwl 0=xwm 0=xwn 0=xwo 0=xwp 0=xwq 0=xwr 0=xws 0=xwt 0=xwu 0=xwv 0=xww 0=xwx 0=xwy 0=xwz 0=xx0 0=xx1 0=xx2 0=x" +
        "x3 0=xx4 0=xx5 0=xx6 0=xx7 0=xx8 0=xx9 0=xxa 0=xxb 0=3y0 0=3y1 0=3y2 0=3y3 0=3y4 0=3y5 1oz=5my 6=3bk 0=3bl 0=3" +
        "bm 0=3bn 0=3bo 0=3bp 0=3bq 0=3br 0=3bs 0=3bt 0=3bu 0=3bv 0=3bw 0=3bx 0=3by 0=3bz 0=3c0 0=3c1 0=3c2 0=3c3 0=3c4" +
        " 0=3c5 0=3c6 0=3c7 0=3c8 0=3c9 0=3ca 0=3cb 0=3cc 0=3cd 0=3ce 0=3cf 0=3cg 0=3ch 0=3ci 0=3cj 0=3ck 0=3cl 0=3cm 0" +
        "=3cn 0=3co 0=3cp 0=3cq 2=3ct 0=3cu 0=3cv 8w=5xd 1=5xf 1=5xh 1=5xj 1=5xl 1=5xn 1=5xp 1=5xr 1=5xt 1=5xv 1=5xx 1=" +
        "5xz 1=5y1 1=5y3 1=5y5 1=5y7 1=5y9 1=5yb 1=5yd 1=5yf 1=5yh 1=5yj 1=5yl 1=5yn 1=5yp 1=5yr 1=5yt 1=5yv 1=5yx 1=5y" +
        "z 1=5z1 1=5z3 1=5z5 1=5z7 1=5z9 1=5zb 1=5zd 1=5zf 1=5zh 1=5zj 1=5zl 1=5zn 1=5zp 1=5zr 1=5zt 1=5zv 1=5zx 1=5zz " +
        "1=601 1=603 1=605 1=607 1=609 1=60b 1=60d 1=60f 1=60h 1=60j 1=60l 1=60n 1=60p 1=60r 1=60t 1=60v 1=60x 1=60z 1=" +
        "611 1=613 1=615 1=617 1=619 1=61b 1=61d 1=61f 1=61h 9=67 1=61t 1=61v 1=61x 1=61z 1=621 1=623 1=625 1=627 1=629" +
        " 1=62b 1=62d 1=62f 1=62h 1=62j 1=62l 1=62n 1=62p 1=62r 1=62t 1=62v 1=62x 1=62z 1=631 1=633 1=635 1=637 1=639 1" +
        "=63b 1=63d 1=63f 1=63h 1=63j 1=63l 1=63n 1=63p 1=63r 1=63t 1=63v 1=63x 1=63z 1=641 1=643 1=645 1=647 1=649 1=6" +
        "4b 1=64d 1=64f 9=64g 0=64h 0=64i 0=64j 0=64k 0=64l 0=64m 0=64n 8=64w 0=64x 0=64y 0=64z 0=650 0=651 a=65c 0=65d" +
        " 0=65e 0=65f 0=65g 0=65h 0=65i 0=65j 8=65s 0=65t 0=65u 0=65v 0=65w 0=65x 0=65y 0=65z 8=668 0=669 0=66a 0=66b 0" +
        "=66c 0=66d b=66p 1=66r 1=66t 1=66v 8=674 0=675 0=676 0=677 0=678 0=679 0=67a 0=67b o=680 0=681 0=682 0=683 0=6" +
        "84 0=685 0=686 0=687 8=68g 0=68h 0=68i 0=68j 0=68k 0=68l 0=68m 0=68n 8=68w 0=68x 0=68y 0=68z 0=690 0=691 0=692" +
        " 0=693 8=69c 0=69d 0=67k 0=67l 0=69f b=67m 0=67n 0=67o 0=67p 0=69v b=6a8 0=6a9 0=67q 0=67r c=6ao 0=6ap 0=67u 0" +
        "=67v 0=6at b=67s 0=67t 0=67w 0=67x 0=6b7 89=qx 3=2z 0=6d 6=6ku 19=6ls 0=6lt 0=6lu 0=6lv 0=6lw 0=6lx 0=6ly 0=6l" +
        "z 0=6m0 0=6m1 0=6m2 0=6m3 0=6m4 0=6m5 0=6m6 0=6m7 j=6mc mq=79s 0=79t 0=79u 0=79v 0=79w 0=79x 0=79y 0=79z 0=7a0" +
        " 0=7a1 0=7a2 0=7a3 0=7a4 0=7a5 0=7a6 0=7a7 0=7a8 0=7a9 0=7aa 0=7ab 0=7ac 0=7ad 0=7ae 0=7af 0=7ag 0=7ah 1f4=8q8" +
        " 0=8q9 0=8qa 0=8qb 0=8qc 0=8qd 0=8qe 0=8qf 0=8qg 0=8qh 0=8qi 0=8qj 0=8qk 0=8ql 0=8qm 0=8qn 0=8qo 0=8qp 0=8qq 0" +
        "=8qr 0=8qs 0=8qt 0=8qu 0=8qv 0=8qw 0=8qx 0=8qy 0=8qz 0=8r0 0=8r1 0=8r2 0=8r3 0=8r4 0=8r5 0=8r6 0=8r7 0=8r8 0=8" +
        "r9 0=8ra 0=8rb 0=8rc 0=8rd 0=8re 0=8rf 0=8rg 0=8rh 0=8ri 0=8rj 1c=8rl 1=h7 0=5tp 0=hp 2=8rs 1=8ru 1=8rw 1=gh 0" +
        "=hd 0=gg 0=gi 1=8s3 2=8s6 8=fz 0=g0 0=8sh 1=8sj 1=8sl 1=8sn 1=8sp 1=8sr 1=8st 1=8sv 1=8sx 1=8sz 1=8t1 1=8t3 1=" +
        "8t5 1=8t7 1=8t9 1=8tb 1=8td 1=8tf 1=8th 1=8tj 1=8tl 1=8tn 1=8tp 1=8tr 1=8tt 1=8tv 1=8tx 1=8tz 1=8u1 1=8u3 1=8u" +
        "5 1=8u7 1=8u9 1=8ub 1=8ud 1=8uf 1=8uh 1=8uj 1=8ul 1=8un 1=8up 1=8ur 1=8ut 1=8uv 1=8ux 1=8uz 1=8v1 1=8v3 1=8v5 " +
        "1=8v7 8=8vg 1=8vi 4=8vn nyl=wu9 1=wub 1=wud 1=wuf 1=wuh 1=wuj 1=wul 1=wun 1=wup 1=wur 1=wut 1=wuv 1=wux 1=wuz " +
        "1=wv1 1=wv3 1=wv5 1=wv7 1=wv9 1=wvb 1=wvd 1=wvf 1=wvh j=ww1 1=ww3 1=ww5 1=ww7 1=ww9 1=wwb 1=wwd 1=wwf 1=wwh 1=" +
        "wwj 1=wwl 1=wwn 1=wwp 1=wwr 3r=x0j 1=x0l 1=x0n 1=x0p 1=x0r 1=x0t 1=x0v 3=x0z 1=x11 1=x13 1=x15 1=x17 1=x19 1=x" +
        "1b 1=x1d 1=x1f 1=x1h 1=x1j 1=x1l 1=x1n 1=x1p 1=x1r 1=x1t 1=x1v 1=x1x 1=x1z 1=x21 1=x23 1=x25 1=x27 1=x29 1=x2b" +
        " 1=x2d 1=x2f 1=x2h 1=x2j 1=x2l 1=x2n a=x2y 1=x30 1=5tl 0=x33 1=x35 1=x37 1=x39 1=x3b 4=x3g 1=h1 2=x3l 1=x3n 3=" +
        "x3r 1=x3t 1=x3v 1=x3x 1=x3z 1=x41 1=x43 1=x45 1=x47 1=x49 1=h2 0=gs 0=gx 0=h8 0=h6 1=im 0=hz 0=il 0=xub 0=x4l " +
        "1=x4n 1=x4p 1=x4r 1=x4t 1=x4v 1=x4x 1=x4z 1=x3o 0=hu 0=5u6 0=x54 1=x56 1=h0 0=x59 1=x5b 1=x5d 1=x5f 1=x5h 1=x5" +
        "j 1=x5l 1=x5n 1=bf o=x6e h7v=1ef5 0=1ef6 0=1ef7 0=1ef8 0=1ef9 0=1efa 0=1efb 0=1efc 0=1efd 0=1efe 0=1eff 0=1efg" +
        " 0=1efh 0=1efi 0=1efj 0=1efk 0=1efl 0=1efm 0=1efn 0=1efo 0=1efp 0=1efq 0=1efr 0=1efs 0=1eft 0=1efu xx=1fe0 0=1" +
        "fe1 0=1fe2 0=1fe3 0=1fe4 0=1fe5 0=1fe6 0=1fe7 0=1fe8 0=1fe9 0=1fea 0=1feb 0=1fec 0=1fed 0=1fee 0=1fef 0=1feg 0" +
        "=1feh 0=1fei 0=1fej 0=1fek 0=1fel 0=1fem 0=1fen 0=1feo 0=1fep 0=1feq 0=1fer 0=1fes 0=1fet 0=1feu 0=1fev 0=1few" +
        " 0=1fex 0=1fey 0=1fez 0=1ff0 0=1ff1 0=1ff2 0=1ff3 3s=1fiw 0=1fix 0=1fiy 0=1fiz 0=1fj0 0=1fj1 0=1fj2 0=1fj3 0=1" +
        "fj4 0=1fj5 0=1fj6 0=1fj7 0=1fj8 0=1fj9 0=1fja 0=1fjb 0=1fjc 0=1fjd 0=1fje 0=1fjf 0=1fjg 0=1fjh 0=1fji 0=1fjj 0" +
        "=1fjk 0=1fjl 0=1fjm 0=1fjn 0=1fjo 0=1fjp 0=1fjq 0=1fjr 0=1fjs 0=1fjt 0=1fju 0=1fjv 4c=1fo7 0=1fo8 0=1fo9 0=1fo" +
        "a 0=1fob 0=1foc 0=1fod 0=1foe 0=1fof 0=1fog 0=1foh 1=1foj 0=1fok 0=1fol 0=1fom 0=1fon 0=1foo 0=1fop 0=1foq 0=1" +
        "for 0=1fos 0=1fot 0=1fou 0=1fov 0=1fow 0=1fox 1=1foz 0=1fp0 0=1fp1 0=1fp2 0=1fp3 0=1fp4 0=1fp5 1=1fp7 0=1fp8 1" +
        "d6=1h34 0=1h35 0=1h36 0=1h37 0=1h38 0=1h39 0=1h3a 0=1h3b 0=1h3c 0=1h3d 0=1h3e 0=1h3f 0=1h3g 0=1h3h 0=1h3i 0=1h" +
        "3j 0=1h3k 0=1h3l 0=1h3m 0=1h3n 0=1h3o 0=1h3p 0=1h3q 0=1h3r 0=1h3s 0=1h3t 0=1h3u 0=1h3v 0=1h3w 0=1h3x 0=1h3y 0=" +
        "1h3z 0=1h40 0=1h41 0=1h42 0=1h43 0=1h44 0=1h45 0=1h46 0=1h47 0=1h48 0=1h49 0=1h4a 0=1h4b 0=1h4c 0=1h4d 0=1h4e " +
        "0=1h4f 0=1h4g 0=1h4h 0=1h4i 4d=1h80 0=1h81 0=1h82 0=1h83 0=1h84 0=1h85 0=1h86 0=1h87 0=1h88 0=1h89 0=1h8a 0=1h" +
        "8b 0=1h8c 0=1h8d 0=1h8e 0=1h8f 0=1h8g 0=1h8h 0=1h8i 0=1h8j 0=1h8k 0=1h8l 27u=1jgg 0=1jgh 0=1jgi 0=1jgj 0=1jgk " +
        "0=1jgl 0=1jgm 0=1jgn 0=1jgo 0=1jgp 0=1jgq 0=1jgr 0=1jgs 0=1jgt 0=1jgu 0=1jgv 0=1jgw 0=1jgx 0=1jgy 0=1jgz 0=1jh" +
        "0 0=1jh1 0=1jh2 0=1jh3 0=1jh4 0=1jh5 0=1jh6 0=1jh7 0=1jh8 0=1jh9 0=1jha 0=1jhb gw0=20dc 0=20dd 0=20de 0=20df 0" +
        "=20dg 0=20dh 0=20di 0=20dj 0=20dk 0=20dl 0=20dm 0=20dn 0=20do 0=20dp 0=20dq 0=20dr 0=20ds 0=20dt 0=20du 0=20dv" +
        " 0=20dw 0=20dx 0=20dy 0=20dz 0=20e0 0=20e1 0=20e2 0=20e3 0=20e4 0=20e5 0=20e6 0=20e7 1s=20fv 0=20fw 0=20fx 0=2" +
        "0fy 0=20fz 0=20g0 0=20g1 0=20g2 0=20g3 0=20g4 0=20g5 0=20g6 0=20g7 0=20g8 0=20g9 0=20ga 0=20gb 0=20gc 0=20gd 0" +
        "=20ge 0=20gf 0=20gg 0=20gh 0=20gi 0=20gj o5j=2oma 0=2omb 0=2omc 0=2omd 0=2ome 0=2omf 0=2omg 0=2omh 0=2omi 0=2o" +
        "mj 0=2omk 0=2oml 0=2omm 0=2omn 0=2omo 0=2omp 0=2omq 0=2omr 0=2oms 0=2omt 0=2omu 0=2omv 0=2omw 0=2omx 0=2omy 0=" +
        "2omz 0=2on0 0=2on1 0=2on2 0=2on3 0=2on4 0=2on5 0=2on6 0=2on7"
}
