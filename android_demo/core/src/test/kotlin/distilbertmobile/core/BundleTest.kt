package distilbertmobile.core

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.DynamicTest.dynamicTest
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestFactory
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.nio.file.Files

class BundleTest {
    @TempDir
    lateinit var temporary: File

    private val manifests = File(Golden.folder, "manifests")

    private fun bundle(manifest: String): File {
        val folder = Files.createTempDirectory(temporary.toPath(), "bundle").toFile()
        File(manifests, "files").copyRecursively(folder, overwrite = true)
        File(manifests, manifest).copyTo(File(folder, "manifest.json"))
        return folder
    }

    @TestFactory
    fun `takes and refuses every golden manifest`() = Golden.read("manifests/cases.json")["cases"].items.map { case ->
        dynamicTest(case["manifest"].text) {
            val folder = bundle(case["manifest"].text)
            if (case["refused"].isNull) {
                val bundle = Bundle.load(folder)
                assertEquals(7, bundle.manifest.tokenizer.vocabSize)
                assertEquals(case["ids"].ints, bundle.tokenizer().encode(case["text"].text).ids.toList())
            } else {
                val fault = assertThrows(BundleException::class.java) { Bundle.load(folder) }
                for (word in case["mentions"].texts) assertTrue(word in fault.message.orEmpty()) { fault.message }
            }
        }
    }

    @Test
    fun `reads what the manifest says`() {
        val bundle = Bundle.load(bundle("accepted/as-exported.json"))
        assertEquals(QaLimits(64, 384, 128, 30, 20, null), bundle.manifest.qa)
        val tflite = bundle.model("tflite").call
        assertEquals(Entry("length_384", 384, 384) to 384, tflite.choose(9))
        assertEquals(Entry("length_8", 8, 8) to 8, tflite.choose(3))
        assertEquals(9, bundle.model("pte").call.choose(9).second)
        assertThrows(IllegalArgumentException::class.java) { tflite.choose(385) }
        assertEquals(listOf(1, null), tflite.inputs.first().shape)
        val fault = assertThrows(BundleException::class.java) { bundle.model("onnx") }
        assertTrue("tflite, pte" in fault.message.orEmpty())
    }

    @Test
    fun `a link out of the folder is refused`() {
        val folder = bundle("accepted/as-exported.json")
        val model = File(folder, "model.pte")
        val elsewhere = File(temporary, "elsewhere.pte")
        model.renameTo(elsewhere)
        Files.createSymbolicLink(model.toPath(), elsewhere.toPath())
        val fault = assertThrows(BundleException::class.java) { Bundle.load(folder) }
        assertTrue("outside" in fault.message.orEmpty())
    }

    @Test
    fun `a truncated copy is refused even without hashing`() {
        val folder = bundle("accepted/as-exported.json")
        File(folder, "model.pte").writeBytes(ByteArray(255))
        assertThrows(BundleException::class.java) { Bundle.load(folder, verify = false) }
    }

    private class Fixed(val off: Float, override val runtime: String = "pte") : GoldenRunner {
        override fun run(inputIds: IntArray, tokenTypeIds: IntArray, length: Int): Map<String, FloatArray> {
            assertEquals(listOf(5, 5, 8), listOf(inputIds.size, tokenTypeIds.size, length))
            return mapOf(
                "start_logits" to floatArrayOf(0.5f, 1.02f + off, -1f, 2.25f, 0f),
                "end_logits" to floatArrayOf(0.25f, 0.5f, -1f, 3.48f, 0f),
            )
        }
    }

    @Test
    fun `a runtime that computes something else is refused`() {
        val bundle = Bundle.load(bundle("accepted/as-exported.json"))
        assertEquals(0.05f, checkGolden(bundle, Fixed(0.05f)), 1e-5f)
        for (runner in listOf(Fixed(0.2f), Fixed(Float.NaN), Fixed(0f, "onnx"))) {
            assertThrows(BundleException::class.java) { checkGolden(bundle, runner) }
        }
    }
}
