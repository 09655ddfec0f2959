package distilbertmobile.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.security.KeyFactory
import java.security.KeyPairGenerator
import java.security.Signature
import java.security.SignatureException
import java.security.interfaces.EdECPublicKey
import java.security.spec.X509EncodedKeySpec
import java.util.Base64
import kotlin.random.Random

class SignatureTest {
    @TempDir
    lateinit var temporary: File

    private val golden = Golden.read("signatures.json")
    private val keys = golden["keys"].members.mapValues { BundleKey.parse(it.value.text, it.key) }

    private fun bytes(hexadecimal: String) = hexadecimal.chunked(2).map { it.toInt(16).toByte() }.toByteArray()

    @TestFactory
    fun `takes and refuses every golden signature`() = golden["cases"].items.map { case ->
        dynamicTest(case["name"].text) {
            val folder = File(temporary, case["name"].text).also { it.mkdirs() }
            File(Golden.folder, "manifests/files").copyRecursively(folder, overwrite = true)
            File(Golden.folder, case["manifest"].text).copyTo(File(folder, "manifest.json"))
            if (!case["signature"].isNull) File(folder, BundleKey.SIGNATURE).writeBytes(bytes(case["signature"].text))
            val key = if (case["key"].isNull) null else keys.getValue(case["key"].text)
            if (case["refused"].isNull) {
                assertEquals(7, Bundle.load(folder, key).manifest.tokenizer.vocabSize)
            } else {
                val fault = assertThrows(BundleException::class.java) { Bundle.load(folder, key) }
                for (word in case["mentions"].texts) assertTrue(word in fault.message.orEmpty()) { fault.message }
            }
        }
    }

    @TestFactory
    fun `verifies the examples of the standard, and others`() = golden["vectors"].items.map { case ->
        dynamicTest(case["name"].text) {
            val verifier = Ed25519.of(bytes(case["public_key"].text))
            val valid = verifier?.verifies(bytes(case["signature"].text), bytes(case["message"].text)) == true
            assertEquals(case["valid"].flag, valid)
        }
    }

    @TestFactory
    fun `refuses what is no key`() = golden["refused_keys"].items.map { case ->
        dynamicTest(case["name"].text) {
            val fault = assertThrows(BundleException::class.java) { BundleKey.parse(case["pem"].text, "key.pem") }
            assertTrue("key.pem is no public Ed25519 key" in fault.message.orEmpty()) { fault.message }
        }
    }

    @Test
    fun `agrees with the JDK on signatures, changed or not`() {
        val random = Random(8032)
        val algorithm = Signature.getInstance("Ed25519")
        repeat(100) {
            val pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair()
            val message = random.nextBytes(random.nextInt(300))
            val signature = algorithm.run {
                initSign(pair.private)
                update(message)
                sign()
            }
            if (random.nextBoolean()) signature[random.nextInt(64)] = random.nextInt().toByte()
            if (random.nextInt(4) == 0 && message.isNotEmpty()) message[random.nextInt(message.size)] = random.nextInt().toByte()
            val expected = algorithm.run {
                initVerify(pair.public)
                update(message)
                try {
                    verify(signature)
                } catch (malformed: SignatureException) {
                    false
                }
            }
            val der = pair.public.encoded
            assertEquals(expected, Ed25519.of(der.copyOfRange(der.size - 32, der.size))!!.verifies(signature, message))
        }
    }

    @Test
    fun `reads the key that the JDK reads`() {
        val pem = golden["keys"]["own"].text
        val der = Base64.getMimeDecoder().decode(pem.lines()[1])
        val read = KeyFactory.getInstance("Ed25519").generatePublic(X509EncodedKeySpec(der)) as EdECPublicKey
        assertEquals("Ed25519", read.params.name)
        val case = golden["cases"].items.first()
        keys.getValue("own").check(File(Golden.folder, case["manifest"].text).readBytes(), bytes(case["signature"].text), "here")
    }

    @Test
    fun `a manifest is verified in under a tenth of a second`() {
        val case = golden["vectors"].items.single { it["name"].text == "5000 bytes" }
        val verifier = checkNotNull(Ed25519.of(bytes(case["public_key"].text)))
        val signature = bytes(case["signature"].text)
        val message = bytes(case["message"].text)
        val times = List(20) { System.nanoTime().let { start -> verifier.verifies(signature, message); System.nanoTime() - start } }
        println("a signature over 5000 bytes: at first %.1f ms, least %.1f ms".format(times.first() / 1e6, times.min() / 1e6))
        assertTrue(times.min() < 100_000_000)
    }
}
