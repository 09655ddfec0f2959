package distilbertmobile.app

import distilbertmobile.app.benchmark.Circumstances
import distilbertmobile.app.benchmark.Conditions
import distilbertmobile.app.benchmark.Device
import distilbertmobile.app.benchmark.Meter
import distilbertmobile.app.benchmark.Plan
import distilbertmobile.app.benchmark.benchmark
import distilbertmobile.app.benchmark.clocks
import distilbertmobile.app.benchmark.json
import distilbertmobile.app.benchmark.realTokens
import distilbertmobile.app.benchmark.resultJson
import distilbertmobile.app.benchmark.resultName
import distilbertmobile.app.benchmark.statusBytes
import distilbertmobile.app.benchmark.writeWhole
import distilbertmobile.app.model.Engine
import distilbertmobile.app.model.Runner
import distilbertmobile.core.Bundle
import distilbertmobile.core.BundleException
import distilbertmobile.core.Entry
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.File
import java.util.Date

class BenchmarkTest {
    @TempDir
    lateinit var folder: File

    private val bundle: Bundle by lazy {
        GoldenBundle.copyTo(File(folder, "tiny-int8"))
        Bundle.load(File(folder, "tiny-int8"))
    }

    /** Time passes only where the test lets it. */
    private class FakeMeter : Meter {
        var now = 0L

        override fun nanos() = now

        override fun cpuMs() = now / 1e6 * 2

        override fun peakBytes() = 1_000_000L + now

        override fun forgetPeak() = Unit
    }

    private class FakeEngine(private val meter: FakeMeter, private val off: Float = 0f) : Engine {
        var length = 0
        var writes = 0

        override fun write(entry: Entry, length: Int, inputs: Map<String, IntArray>) {
            this.length = length
            writes++
            meter.now += 50_000_000 // not timed
        }

        override fun invoke() {
            meter.now += 10_000_000
        }

        override fun read() = mapOf(
            "start_logits" to floatArrayOf(0.5f + off, 1f, -1f, 2.25f, 0f, 0f, 0f, 0f),
            "end_logits" to floatArrayOf(0.25f, 0.5f, -1f, 3.5f, 0f, 0f, 0f, 0f),
        )

        override fun close() = Unit
    }

    private fun run(plan: Plan, off: Float = 0f): Pair<distilbertmobile.app.benchmark.Speed, FakeEngine> {
        val meter = FakeMeter()
        val engine = FakeEngine(meter, off)
        val speed = benchmark(plan, bundle, meter, "b a b", {
            meter.now += 3_000_000
            Runner("tflite", bundle.model("tflite").call, engine)
        })
        return speed to engine
    }

    @Test
    fun `only the runtime's call is timed, in rounds, after untimed runs`() {
        val (speed, engine) = run(Plan("tflite", tokens = 100, warmup = 2, runs = 4, rounds = 3))
        assertEquals(listOf(4, 4, 4), speed.roundSizes)
        assertEquals(List(12) { 10.0 }, speed.wallMs)
        assertEquals(List(12) { 20.0 }, speed.cpuMs)
        assertEquals(List(6) { 10.0 }, speed.warmupMs)
        assertEquals(0.0, speed.loadAtS)
        assertEquals(0.233, speed.runAtS.first(), 1e-9) // load, the first run, two untimed ones, its own inputs
        assertEquals(speed.runAtS.sorted(), speed.runAtS)
        assertEquals(3.0, speed.loadMs)
        assertEquals(10.0, speed.firstMs)
        assertEquals(384, speed.paddedTokens)
        assertEquals(1 + 3 * (2 + 4) + 1, engine.writes) // the last one is the golden input
    }

    @Test
    fun `no run begins after the seconds of its round, but one is made`() {
        // A run takes 60 ms with its inputs.
        assertEquals(listOf(2), run(Plan("tflite", tokens = 8, warmup = 0, seconds = 0.1)).first.roundSizes)
        assertEquals(listOf(1, 1), run(Plan("tflite", tokens = 8, warmup = 0, seconds = 0.001, rounds = 2)).first.roundSizes)
    }

    @Test
    fun `a file that computes wrongly gets no result`() {
        assertThrows(BundleException::class.java) { run(Plan("tflite", tokens = 8, runs = 1), off = 1f) }
    }

    @Test
    fun `the input has exactly the tokens that were asked for`() {
        for (tokens in listOf(8, 9, 100, 384)) {
            val (ids, types) = realTokens(bundle.tokenizer(), tokens, "b a b")
            assertEquals(tokens, ids.size)
            assertEquals(tokens, types.size)
            assertEquals(2, ids.count { it == bundle.tokenizer().sepId })
            assertEquals(types.indexOf(1), ids.indexOf(bundle.tokenizer().sepId) + 1)
        }
    }

    @Test
    fun `a plan is read from texts, and anything unknown is refused`() {
        val plan = Plan.parse(mapOf("runtime" to "pte", "threads" to "4", "seconds" to "1.5", "bundle" to "student-int8"))
        assertEquals(Plan("pte", threads = 4, seconds = 1.5, bundle = "student-int8"), plan)
        for (bad in listOf(
            mapOf(), mapOf("runtime" to "pte", "thread" to "4"), mapOf("runtime" to "pte", "threads" to "four"),
            mapOf("runtime" to "pte", "threads" to "0"), mapOf("runtime" to "pte", "tokens" to "7"),
            mapOf("runtime" to "pte", "seconds" to "NaN"), mapOf("runtime" to "pte", "bundle" to "../secret"),
            mapOf("runtime" to "pte", "bundle" to "a/b"), mapOf("runtime" to "pte", "name" to ".hidden"), mapOf("runtime" to "pte", "name" to ""),
        )) {
            assertThrows(IllegalArgumentException::class.java, { Plan.parse(bad) }, "$bad")
        }
    }

    @Test
    fun `a result is written whole, with a name that says what was measured`() {
        val plan = Plan("tflite", threads = 2, tokens = 100, warmup = 1, runs = 5, rounds = 2, name = "tiny-int8")
        val device = Device("Maker \"Phone\" 9", "Android 16 (maker/fingerprint)", "chip é", 8, 12_000_000_000)
        val calm = Conditions(Date(0), 31.5, 80.0, false, true, true, true, mapOf("0" to 1_800_000L), emptyMap())
        val where = Circumstances(device, "LiteRT 2.3.0", true, calm, calm.copy(at = Date(60_000), batteryC = null))
        val text = resultJson(plan, bundle, where, "0f".repeat(16), run(plan).first)
        // The script that runs the tests lets bench/result.py read it.
        val target = File(System.getProperty("result") ?: "$folder/result.json")
        writeWhole(target, text)
        assertEquals(text, target.readText())
        assertTrue("\"measured_at\": \"1970-01-01T00:00:00+00:00\"" in text)
        assertTrue("\"model\": \"tiny\"" in text)
        assertEquals("tiny-int8-tflite-2t-100", resultName(plan, bundle))
        assertEquals(listOf(target.name), target.parentFile.list().orEmpty().filter { target.name in it })
    }

    @Test
    fun `clocks are those that can be read`() {
        for ((cpu, text) in mapOf("cpu0" to "1800000\n", "cpu10" to "2400000", "cpu2" to "<unknown>", "cpufreq" to "7")) {
            File(folder, "$cpu/cpufreq").mkdirs()
            File(folder, "$cpu/cpufreq/scaling_cur_freq").writeText(text)
        }
        File(folder, "cpu3").mkdirs()
        assertEquals(mapOf("0" to 1_800_000L, "10" to 2_400_000L), clocks(folder, "scaling_cur_freq"))
    }

    @Test
    fun `JSON escapes what it must and has no numbers that are none`() {
        assertEquals("""{"a\"\\": [1, 2.5, null, "\u00e9\u000a"]}""", json(mapOf("a\"\\" to listOf(1, 2.5, null, "é\n"))))
        assertThrows(IllegalArgumentException::class.java) { json(Double.NaN) }
    }

    @Test
    fun `the peak of memory is read from the system's own account`() {
        assertEquals(12_288, statusBytes(listOf("VmPeak:\t  99 kB", "VmHWM:\t      12 kB", "VmRSS:\t 3 kB"), "VmHWM"))
        assertThrows(java.io.IOException::class.java) { statusBytes(listOf("VmRSS:\t 3 kB"), "VmHWM") }
    }
}
