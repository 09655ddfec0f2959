package distilbertmobile.core

import kotlin.io.encoding.Base64

/** Whose bundles are taken: a public Ed25519 key. With one, a bundle without its signature is refused. */
class BundleKey private constructor(private val verifier: Ed25519) {
    /**
     * Checks the signature of a manifest, which holds the hash of every other file.
     *
     * @param signature the content of [SIGNATURE], null where there is none
     * @param place the bundle, for the message
     * @throws BundleException for a manifest that this key did not sign
     */
    fun check(manifest: ByteArray, signature: ByteArray?, place: String) {
        if (signature == null) {
            throw BundleException("$place is not signed: it has no $SIGNATURE; export it with --sign KEY.pem")
        }
        if (!verifier.verifies(signature, manifest)) {
            throw BundleException(
                "$place/$SIGNATURE is not the signature of ${Bundle.MANIFEST} by this key; " +
                    "the bundle was changed after it was signed, or another key signed it",
            )
        }
    }

    companion object {
        /** The signature's file: 64 bytes. */
        const val SIGNATURE = "manifest.sig"
        private const val BEGIN = "-----BEGIN PUBLIC KEY-----"
        private const val END = "-----END PUBLIC KEY-----"

        /** What stands before the 32 bytes of every Ed25519 key in DER (RFC 8410): its kind, and lengths. */
        private val HEADER = intArrayOf(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00)

        /**
         * Reads a key in PEM, as `openssl pkey -pubout` writes it; [name] is the file's, for the message.
         *
         * @throws BundleException for any other text, which must not leave bundles unchecked
         */
        fun parse(pem: String, name: String): BundleKey {
            val text = pem.trim()
            val inner = text.removePrefix(BEGIN).removeSuffix(END)
            val isKey = inner.length == text.length - BEGIN.length - END.length
            val der = try {
                if (isKey) Base64.decode(inner.lines().joinToString("") { it.trim() }) else byteArrayOf()
            } catch (fault: IllegalArgumentException) {
                byteArrayOf()
            }
            val isEd25519 = der.size == HEADER.size + Ed25519.SIZE && HEADER.indices.all { der[it] == HEADER[it].toByte() }
            val verifier = if (isEd25519) Ed25519.of(der.copyOfRange(HEADER.size, der.size)) else null
            return BundleKey(
                verifier ?: throw BundleException(
                    "$name is no public Ed25519 key in PEM; make one: openssl pkey -in key.pem -pubout -out public.pem",
                ),
            )
        }
    }
}
