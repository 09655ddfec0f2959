package distilbertmobile.core

import java.math.BigInteger
import java.math.BigInteger.ONE
import java.math.BigInteger.ZERO
import java.security.MessageDigest

/**
 * Verifies Ed25519 signatures (RFC 8032, section 5.1), for Android has none of its own before API 33.
 *
 * It sees public values only, so that nothing can be learned from the time it takes. As OpenSSL, it is
 * strict: S must be below the group's order, R is compared byte by byte, and there is no cofactor.
 */
internal class Ed25519 private constructor(private val written: ByteArray, private val key: Point) {
    fun verifies(signature: ByteArray, message: ByteArray): Boolean {
        if (signature.size != 2 * SIZE) return false
        val s = number(signature.copyOfRange(SIZE, 2 * SIZE))
        if (s >= ORDER) return false
        val digest = MessageDigest.getInstance("SHA-512").run {
            update(signature, 0, SIZE)
            update(written)
            digest(message)
        }
        val r = sum(s, BASE, number(digest).mod(ORDER), key.negative())
        return r.bytes().contentEquals(signature.copyOf(SIZE))
    }

    companion object {
        const val SIZE = 32
        private val TWO = BigInteger.valueOf(2) // BigInteger.TWO is newer than Android 8
        private val PRIME = ONE.shiftLeft(255) - BigInteger.valueOf(19)
        private val ORDER = ONE.shiftLeft(252) + BigInteger("27742317777372353535851937790883648493")
        private val D = (-BigInteger.valueOf(121665) * BigInteger.valueOf(121666).modInverse(PRIME)).mod(PRIME)
        private val ROOT_OF_MINUS_ONE = TWO.modPow((PRIME - ONE).shiftRight(2), PRIME)
        private val BASE = checkNotNull(point((BigInteger.valueOf(4) * BigInteger.valueOf(5).modInverse(PRIME)).mod(PRIME), odd = false))

        /** A verifier for the 32 bytes of a public key; null where they are no point of the curve. */
        fun of(key: ByteArray): Ed25519? {
            if (key.size != SIZE) return null
            val value = number(key)
            return point(value.clearBit(255), odd = value.testBit(255))?.let { Ed25519(key.copyOf(), it) }
        }

        private fun number(bytes: ByteArray) = BigInteger(1, bytes.reversedArray())

        /** The point with this y (section 5.1.3). */
        private fun point(y: BigInteger, odd: Boolean): Point? {
            if (y >= PRIME) return null
            val square = ((y * y - ONE) * (D * y * y + ONE).modInverse(PRIME)).mod(PRIME)
            var x = square.modPow((PRIME + BigInteger.valueOf(3)).shiftRight(3), PRIME)
            if ((x * x).mod(PRIME) != square) x = (x * ROOT_OF_MINUS_ONE).mod(PRIME)
            if ((x * x).mod(PRIME) != square || (x.signum() == 0 && odd)) return null
            if (x.testBit(0) != odd) x = PRIME - x
            return Point(x, y, ONE, (x * y).mod(PRIME))
        }

        /** a times A plus b times B, both in one pass over the bits. */
        private fun sum(a: BigInteger, one: Point, b: BigInteger, other: Point): Point {
            val both = one + other
            var found = Point(ZERO, ONE, ONE, ZERO)
            for (bit in maxOf(a.bitLength(), b.bitLength()) - 1 downTo 0) {
                found += found
                if (a.testBit(bit) && b.testBit(bit)) found += both
                else if (a.testBit(bit)) found += one
                else if (b.testBit(bit)) found += other
            }
            return found
        }
    }

    /** x = X/Z and y = Y/Z, with T = XY/Z (section 5.1.4). */
    private class Point(val x: BigInteger, val y: BigInteger, val z: BigInteger, val t: BigInteger) {
        operator fun plus(other: Point): Point {
            val a = ((y - x) * (other.y - other.x)).mod(PRIME)
            val b = ((y + x) * (other.y + other.x)).mod(PRIME)
            val c = (t * TWO * D * other.t).mod(PRIME)
            val d = (z * TWO * other.z).mod(PRIME)
            val (e, f, g, h) = listOf(b - a, d - c, d + c, b + a)
            return Point((e * f).mod(PRIME), (g * h).mod(PRIME), (f * g).mod(PRIME), (e * h).mod(PRIME))
        }

        fun negative() = Point(PRIME - x, y, z, PRIME - t)

        /** y in 32 bytes, the lowest first, with the lowest bit of x on top (section 5.1.2). */
        fun bytes(): ByteArray {
            val inverse = z.modInverse(PRIME)
            val value = (y * inverse).mod(PRIME).let { if ((x * inverse).mod(PRIME).testBit(0)) it.setBit(255) else it }
            return ByteArray(SIZE) { value.shiftRight(8 * it).toByte() }
        }
    }
}
