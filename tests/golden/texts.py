"""The texts of the golden tokenizer cases, and the small vocabularies that they are read with."""

_SPECIALS = "[PAD] [UNK] [CLS] [SEP] [MASK]"
_SYMBOLS = " ".join("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_DIGITS = " ".join("0123456789")
_LOWER = " ".join("abcdefghijklmnopqrstuvwxyz")
_UPPER = _LOWER.upper()


def _continued(pieces: str) -> str:
    return " ".join("##" + piece for piece in pieces.split())


_UNCASED = """
the a of and to in is was who what when where how many did do not it s t cafe naive ang ##strom
istanbul ii st ##ras ##se ##raße ß ##ß ﬁ ##nal foo ##bar bar cooperate great ##job job sep cls
mask ##ing ##s ##ed un ##aff ##able aff ##able ##ly run ##ning running hello world new york 東 京
年 日 本 語 中 国 人 か ##き ##く き く ア ##イ イ ο ##δ ##υ ##σ ##ε δ υ σ ε ς ##ς α β γ ω ##ω й и
##и м ##м р ##р п ##п ᄒ ##ᅡ ##ᆫ ##ᄀ ##ᅮ ##ᆨ ##ᄋ ##ᅥ ᄀ ᄋ क ##ि ##ा त ##ी ง ##ำ ก € ##€ £ ° ##°
± ##± ½ ² ##² ₂ ##₂ × © ® ™ – — ’ ‘ “ ” … « » ¿ ¡ § ¶ 。 、 「 」 ， ？ ！ · 20 ##20 2020 100 ##00
50 ##50 19 ##71 1871 א ##ב ##ג ש ##ל ##ו ##ם م ##ر ##ح ##ب ##ا ا ø ##ø đ ##đ ł ##ł ı ##ı æ ##æ œ þ
##þ i ##i̇ 😀 👍 ##🏽 𝐀 ##𝐁 𠀀 𐐨 ##𐐩 xx xxx ##xx ##xxx xxxx abc ##abc don isn ##n c ##ation inter
##nation ##al ##ization ##ize nation international ffi ﬀ ∞ ≠ ≤ → № ℃ ℡ ǆ ##ǆ ﷺ ∂
"""

_CASED = """
The the A a I of Paris Café ##é é É È è Ü ü ##ü Zürich Z ##rich Straße STR ##ASSE ß ẞ İ ##stanbul
I ##S Ο ##Δ ##Υ ##Σ Ω ñ ##ñ España ##ña Esp ##̈ ̈ ##́ ́ e ##̃ ång Å ##ngström 東 京 한 ##국 ##어
국 어 が ##ぎ ##ぐ ぎ ぐ Й й ##й И Мир М ##ир ाि क ##ि ש ##ל م ##ر ﬁ ##nal 2 ##0 20 ##20 € £ „ “ ”
— 😀 New York Mc ##Donald iPhone i ##Phone ##OS
"""

_ACCENTS = """
the a café ##é é è ü ##ü zürich z ##rich straße ß i̇ ##̇ ̇ i ##stanbul istanbul ñ ##ñ å ##ngström
ång ##́ ́ e caf ##e й и ##̆ мир ο ##δ ##υ ##σ ε 한 ##국 ##어 が ##ぎ ##ぐ か ##゙ ゙ 東 京 ẖ h ##̱
ş ##ş 2 ##0
"""


def _vocabulary(*words: str) -> list[str]:
    return list(dict.fromkeys(" ".join(words).split()))


VOCABULARIES = {
    "uncased": _vocabulary(
        _SPECIALS, _SYMBOLS, _DIGITS, _LOWER, _continued(_DIGITS), _continued(_LOWER), _UNCASED
    ),
    "cased": _vocabulary(
        _SPECIALS, _SYMBOLS, _DIGITS, _LOWER, _UPPER,
        _continued(_DIGITS), _continued(_LOWER), _continued(_UPPER), _CASED,
    ),
    "accents": _vocabulary(
        _SPECIALS, _SYMBOLS, _DIGITS, _LOWER, _continued(_DIGITS), _continued(_LOWER), _ACCENTS
    ),
}  # fmt: skip

# name -> vocabulary, lower-casing, removal of accents
TOKENIZERS = {
    "uncased": ("uncased", True, True),
    "cased": ("cased", False, False),
    "accents": ("accents", True, False),
}

UNCASED = {
    # Accents, and letters that only look as if they had one
    "accents composed": "Café naïve Ångström",
    "accent decomposed": "Cafe\u0301",
    "accent decomposed inside a word": "Cafe\u0301s e\u0301a",
    "two marks on one letter": "e\u0302\u0323x",
    "marks in the other order": "e\u0323\u0302x",
    "letter with two composed marks": "ṩ ǻ ế",
    "letters with a stroke keep it": "Øl đa Łi þa æa",
    "dotless i": "ı aı",
    "angstrom and kelvin signs": "\u212b \u212a",
    "mark alone": "\u0301",
    "mark first in the text": "\u0301a",
    "mark after a space": "a \u0301b",
    "mark between two words": "a\u0301 \u0301 b",
    "enclosing mark is no Mn": "a\u20dd b",
    "spacing mark stays": "क\u093f का",
    # Case
    "turkish capital i with dot": "İstanbul İİ",
    "sharp s, small and capital": "Straße STRASSE ẞ",
    "final sigma is not special": "ΟΔΥΣΣΕΥΣ",
    "greek capitals": "ΑΒΓ Ω ΆΈ",
    "cyrillic short i": "Мир Й й",
    "titlecase digraph": "ǅ Ǆ aǅ",
    "deseret capitals beyond U+FFFF": "\U00010400\U00010401",
    "all capitals": "HELLO WORLD",
    "camel case": "iPhone McDonald",
    "roman numeral and circled letter": "Ⅷ Ⓐ",
    # Compatibility characters stay: no NFKC
    "ligatures": "ﬁnal ﬀ",
    "fraction and superscript": "½ x² H₂O",
    "full-width letters": "ＡＢＣ １２３",
    "full-width punctuation": "a，b？c！d",
    "mathematical letters": "𝐀𝐁 𝐀",
    "number sign and celsius": "№5 20℃ ℡",
    "arabic ligature": "ﷺ",
    # Ideographs, kana, hangul
    "ideographs and digits": "東京2020年",
    "ideographs and latin": "abc中国abc",
    "ideograph of extension B": "a\U00020000b",
    "compatibility ideographs": "\uf900\ufa0ea",
    "compatibility ideograph of the supplement": "a\U0002f800b",
    "ideographic punctuation": "日本語。「中」、人",
    "kangxi radical is no ideograph": "a\u2f00b",
    "ideographic iteration mark": "日\u3005本",
    "ideographic zero": "二\u3007a",
    "kana with voice marks": "がぎぐ アイ",
    "half-width kana with voice mark": "ｶﾞ",
    "hangul syllables": "한국어",
    "hangul with and without final": "가각 한",
    "hangul jamo typed apart": "\u1112\u1161\u11ab",
    "hangul compatibility jamo": "\u314e\u314f",
    # Other scripts
    "hebrew": "שלום אבג",
    "hebrew with points": "שָׁלוֹם",
    "arabic": "مرحبا",
    "arabic with vowels": "مَرْحَبًا",
    "arabic with tatweel": "مـر",
    "devanagari": "कति",
    "thai sara am": "กำ งำ",
    "unknown script": "ሰላም a",
    # White space
    "empty": "",
    "one space": " ",
    "all ascii white space": "\t\n\r ",
    "tabs and lines between words": "a\tb\nc\r\nd",
    "vertical tab and form feed are controls": "a\x0bb\x0cc",
    "separators of information are controls": "a\x1cb\x1dc\x1ed\x1fe",
    "no-break space": "a\u00a0b",
    "em and en spaces": "a\u2003b\u2002c\u2009d",
    "ideographic space": "a\u3000b",
    "narrow no-break and mathematical space": "a\u202fb\u205fc",
    "ogham space": "a\u1680b",
    "line and paragraph separators": "a\u2028b\u2029c",
    "next line is a control": "a\u0085b",
    "mongolian vowel separator": "a\u180eb",
    "zero-width space is no space": "foo\u200bbar",
    "white space at both ends": "  hello  world  ",
    # Characters that are dropped
    "soft hyphen": "co\u00adoperate",
    "joiners": "a\u200cb\u200dc",
    "word joiner": "a\u2060b",
    "byte order mark first": "\ufeffhello",
    "byte order mark inside": "foo\ufeffbar",
    "byte order mark alone": "\ufeff",
    "bidirectional controls": "\u202eabc\u202c \u2067a\u2069",
    "null": "a\x00b",
    "null alone": "\x00",
    "replacement character": "a\ufffdb \ufffd",
    "delete and c1 controls": "a\x7fb\x80c\x9fd",
    "escape and bell": "\x1ba\x07b",
    "private use": "a\ue000b \U000f0000",
    "interlinear annotation": "a\ufff9b\ufffbc",
    "tag characters": "a\U000e0041b",
    "variation selectors": "a\ufe0fb 👍\ufe0f",
    "non-characters": "a\ufdd0b a\uffffb",
    "unassigned": "a\u0378b",
    "only dropped characters": "\u200b\u00ad\ufeff\x00\u200d",
    # Punctuation and symbols
    "every ascii symbol alone": "$5+3=8<9>7^2",
    "all ascii punctuation": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "symbols that do not split": "€100 £5 °C 50±2",
    "currency inside a word": "a€b",
    "mathematics": "a≠b ∞ x→y 2×3",
    "copyright and trade mark": "©a ® ™",
    "quotation marks": "“a” ‘b’ «c» „d“",
    "dashes": "a–b—c‐d―e",
    "ellipsis": "a…b",
    "inverted marks": "¿a? ¡b!",
    "section and pilcrow": "§1 ¶",
    "middle dot and bullet": "a·b a•b",
    "apostrophes": "don't isn’t it's",
    "hyphenated": "new-york",
    "decimal and thousands": "3.14 1,000",
    "e-mail and link": "a@b.c http://a.b/c?d=e#f",
    "backtick and caret": "`a` ^b^",
    "underscores": "a_b __c__",
    "greek question mark becomes a semicolon": "a\u037eb",
    "greek ano teleia becomes a middle dot": "a\u0387b",
    "spacing grave becomes a backtick": "a\u1fefb",
    "spacing acute and macron": "a\u00b4b a\u00afb",
    "arabic and hebrew punctuation": "a،b؟c a׃b",
    "devanagari danda": "a।b॥c",
    "musical and emoji symbols": "♪a ☺",
    "punctuation of a later unicode": "a\u2e52b",
    "only punctuation": "...",
    # Emoji
    "emoji in a word": "great😀job",
    "emoji alone": "😀 👍",
    "emoji with skin tone": "👍🏽",
    "family joined": "👨\u200d👩\u200d👧",
    "flag": "🇩🇪",
    "keycap": "1\ufe0f\u20e3",
    "offsets behind emoji": "😀😀 the 😀 café",
    # Words and pieces
    "pieces": "unaffable unaffably running",
    "longest piece first": "internationalization xxxxxxx",
    "word of 100 letters": "a" * 100,
    "word of 101 letters": "a" * 101,
    "word of 100 letters with a mark on each": "e\u0301" * 100,
    "word of 101 letters with a mark on each": "e\u0301" * 101,
    "word of 100 letters beyond U+FFFF": "\U00010428" + "\U00010429" * 99,
    "word of 101 letters beyond U+FFFF": "\U00010428" + "\U00010429" * 100,
    "hangul word that is too long only when taken apart": "한" * 34,
    "word of 101 letters, a dropped one among them": "a" * 50 + "\u200b" + "a" * 50,
    "word before and behind a word that is too long": "the " + "x" * 101 + " world",
    "101 letters with a hyphen": "a" * 60 + "-" + "a" * 40,
    "one unknown letter spoils the word": "runθning θ",
    "unknown letter at the end": "runningθ",
    "digits": "2020 1971 100500",
    "word and digits": "abc123",
    # What looks like a token
    "continuation sign typed": "##ing",
    "special tokens typed": "[cls] x[SEP]y [PAD]",
    "all special tokens typed": "[CLS][SEP][MASK][UNK][PAD]",
    "special token with a space": "[ SEP ]",
    "end of text of others": "<s> </s> <|endoftext|>",
    # Text as it comes
    "question": "Who was the last keeper of the lighthouse, and when?",
    "wikipedia": "Beyoncé Giselle Knowles-Carter (/biːˈjɒnseɪ/ bee-YON-say) (born 1981)",
    "html": '<a href="x">b&amp;c</a>',
    "percent and money": "In 2019, 45.3% of $1,000 was spent.",
    "code": "for (i = 0; i < n; i++) { x[i] |= ~y; }",
    "windows path": "C:\\new\\table",
    "zalgo": "h\u0335\u0321e\u0336\u0300\u0301\u0302l\u0337l\u0334o\u0338",
    "mixed directions": "abc שלום 123 مرحبا",
    "combining mark after a space and punctuation": "a \u0308. \u0308",
    "hangul tone mark": "한\u302e국",
    "musical note with flags": "\U0001d160 a",
    "tibetan vowel that falls apart": "\u0f73a",
    "indic two-part vowel": "a\u0bcab",
    "long s and turned letters": "\u017f \u0250",
    "cherokee": "\uab70 \u13a0",
    "georgian capitals": "\u1c90\u10d0",
}

CASED = {
    "case and accents stay": "Café CAFÉ café",
    "composed and decomposed differ": "España Espan\u0303a",
    "a mark is a piece of its own": "e\u0301",
    "turkish capital i with dot": "İstanbul I İ",
    "sharp s, small and capital": "Straße STRASSE ẞ",
    "greek stays": "ΟΔΥΣ Ω",
    "hangul stays whole": "한국어",
    "kana stays whole": "がぎぐ",
    "ideographs": "東京2020",
    "cyrillic short i stays": "Й й Мир",
    "devanagari": "कि",
    "hebrew with points": "שָׁל",
    "angstrom sign stays": "\u212bngström Ångström",
    "ligature": "ﬁnal",
    "greek question mark stays and splits": "a\u037eb",
    "spacing grave stays": "a\u1fefb",
    "special tokens typed": "[SEP] [CLS]x",
    "camel case": "iPhone McDonald iOS",
    "quotation marks": "„a“ — “b”",
    "dropped characters": "New\u200b\u00ad York\ufeff",
    "no-break space": "New\u00a0York",
    "emoji": "😀 the😀",
    "compatibility ideograph stays": "a\uf900b",
    "word of 101 letters": "Z" * 101,
    "word of 100 letters": "Z" * 100,
    "symbols": "€20 £20",
    "mark alone": "\u0301",
    "mark after punctuation": ".\u0308a",
}

ACCENTS = {
    "lower-cased with accents": "Café CAFÉ ÉÈ",
    "a mark is a piece of its own": "Cafe\u0301",
    "turkish capital i with dot grows": "İstanbul İ",
    "two turkish capitals": "İİ a",
    "sharp s": "Straße ẞ",
    "angstrom": "Ångström",
    "final sigma is not special": "ΟΔΥΣ",
    "hangul and kana stay whole": "한국어 がぎぐ",
    "kana with a typed voice mark": "か\u3099",
    "cyrillic short i stays": "Й и\u0306",
    "letter without a composed small form": "H\u0331 ẖ",
    "cedilla": "Ş ş",
    "ideographs": "東京",
    "special tokens typed": "[SEP]",
    "zurich": "Zürich ZÜRICH",
    "angstrom and kelvin signs": "\u212b \u212a",
    "greek question mark stays": "a\u037eb",
}

CASES = {"uncased": UNCASED, "cased": CASED, "accents": ACCENTS}
