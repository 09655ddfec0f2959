package distilbertmobile.app

import distilbertmobile.app.model.BundleStore
import distilbertmobile.core.BundleException
import distilbertmobile.core.BundleKey
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File

class BundleStoreTest {
    @TempDir
    lateinit var home: File

    private val assets = FakeAssets.golden()
    private val copy get() = File(home, "bundle")

    private fun store(key: BundleKey? = null) = BundleStore(assets, home, key)

    @Test
    fun `the first start copies every file and tells how far it is`() {
        val told = ArrayList<Pair<Long, Long>>()
        val bundle = store().load { done, all -> told += done to all }
        assertEquals(copy, bundle.folder)
        assertEquals(assets.files.keys, copy.list().orEmpty().toSet())
        val all = bundle.manifest.files.values.sumOf { it.bytes }
        assertEquals(all to all, told.last())
        assertTrue(told.zipWithNext().all { (one, next) -> one.first <= next.first })
        assertFalse(File(home, "bundle.partial").exists())
    }

    @Test
    fun `the second start reads the manifest of the app and copies nothing`() {
        store().load()
        assets.reads.clear()
        store().load()
        assertEquals(listOf("manifest.json"), assets.reads)
    }

    @Test
    fun `another bundle in an updated app replaces the copy`() {
        store().load()
        val other = GoldenBundle.manifest.replace("\"recipe\": \"int8\"", "\"recipe\": \"fp32\"")
        assets.files += "manifest.json" to other.toByteArray()
        assertEquals("fp32", store().load().manifest.recipe)
        assertEquals("fp32", store().load().manifest.recipe)
    }

    @Test
    fun `a truncated file is found and copied again`() {
        store().load()
        File(copy, "model.tflite").writeBytes(ByteArray(10))
        store().load()
        assertEquals(assets.files.getValue("model.tflite").size.toLong(), File(copy, "model.tflite").length())
    }

    @Test
    fun `a damaged file of the right size is found and copied again`() {
        store().load()
        val file = File(copy, "vocab.txt")
        file.writeBytes(file.readBytes().also { it[7] = (it[7] + 1).toByte() })
        store().load()
        assertTrue(assets.files.getValue("vocab.txt").contentEquals(file.readBytes()))
    }

    @Test
    fun `a file that is missing from the copy is copied again`() {
        store().load()
        File(copy, "golden.json").delete()
        store().load()
        assertTrue(File(copy, "golden.json").isFile)
    }

    @Test
    fun `a copy that is stopped half way leaves nothing that could be taken for a bundle`() {
        assertThrows(IllegalStateException::class.java) { store().load { _, _ -> error("stopped") } }
        assertFalse(copy.exists())
        store().load()
    }

    @Test
    fun `what a killed process left behind is in nobody's way`() {
        File(home, "bundle.partial").mkdirs()
        File(home, "bundle.partial/model.tflite").writeText("half")
        store().load()
        assertFalse(File(home, "bundle.partial").exists())
    }

    @Test
    fun `damaged assets are refused and not kept`() {
        assets.files += "model.pte" to ByteArray(256)
        assertThrows(BundleException::class.java) { store().load() }
        assertFalse(copy.exists())
    }

    @Test
    fun `an app without a model says which command puts one in`() {
        assets.files = emptyMap()
        val fault = assertThrows(BundleException::class.java) { store().load() }
        assertTrue("distilbert-mobile install" in fault.message.orEmpty())
    }

    @Test
    fun `an app that lacks a file of its bundle names it`() {
        assets.files -= "vocab.txt"
        val fault = assertThrows(BundleException::class.java) { store().load() }
        assertTrue("vocab.txt" in fault.message.orEmpty())
    }

    @Test
    fun `a manifest that names a file outside the bundle writes nothing there`() {
        assets.files += "manifest.json" to GoldenBundle.manifest.replace("\"vocab.txt\": {", "\"../vocab.txt\": {").toByteArray()
        assets.files += "../vocab.txt" to ByteArray(35)
        assertThrows(BundleException::class.java) { store().load() }
        assertFalse(File(home, "vocab.txt").exists())
    }

    @Test
    fun `an app with a key takes what the key signed, and keeps the signature with the copy`() {
        assets.files += "manifest.sig" to GoldenBundle.signature
        store(GoldenBundle.key).load()
        assertTrue(GoldenBundle.signature.contentEquals(File(copy, "manifest.sig").readBytes()))
        assets.reads.clear()
        store(GoldenBundle.key).load()
        assertEquals(listOf("manifest.json"), assets.reads)
    }

    @Test
    fun `an app with a key writes nothing of a bundle that it did not sign, or that nobody signed`() {
        for (signature in listOf(null, GoldenBundle.signature.also { it[3] = 0 })) {
            assets.files = FakeAssets.golden().files + listOfNotNull(signature).map { "manifest.sig" to it }
            val fault = assertThrows(BundleException::class.java) { store(GoldenBundle.key).load() }
            assertTrue("manifest.sig" in fault.message.orEmpty())
            assertEquals(listOf("manifest.json", "manifest.sig").take(assets.reads.size), assets.reads)
            assertFalse(copy.exists())
            assets.reads.clear()
        }
    }

    @Test
    fun `a copy without a signature, made before the app had a key, is copied again`() {
        store().load()
        assets.files += "manifest.sig" to GoldenBundle.signature
        store(GoldenBundle.key).load()
        assertTrue(File(copy, "manifest.sig").isFile)
    }

    @Test
    fun `two screens may load at once`() {
        val faults = java.util.concurrent.ConcurrentLinkedQueue<Throwable>()
        val threads = List(4) {
            kotlin.concurrent.thread {
                try {
                    store().load { _, _ -> Thread.sleep(1) }
                } catch (fault: Throwable) {
                    faults += fault
                }
            }
        }
        threads.forEach { it.join() }
        assertEquals(emptyList<Throwable>(), faults.toList())
        assertEquals(assets.files.keys, copy.list().orEmpty().toSet())
    }
}
