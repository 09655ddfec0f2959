package distilbertmobile.app.benchmark

import distilbertmobile.app.model.Runner
import distilbertmobile.core.Bundle
import distilbertmobile.core.WordPiece
import distilbertmobile.core.checkGolden

/** What a benchmark asks of the process it runs in. */
interface Meter {
    fun nanos(): Long

    /** Processor time of all threads so far. */
    fun cpuMs(): Double

    /** The highest resident memory since [forgetPeak], or since the process began where that is refused. */
    fun peakBytes(): Long

    fun forgetPeak()
}

/**
 * The samples of one fresh process, in order; the fields are those of `bench/result.py`. What ends in
 * `AtS` is in seconds since the benchmark began.
 */
data class Speed(
    val tokens: Int,
    val paddedTokens: Int,
    val loadAtS: Double,
    val loadMs: Double,
    val firstMs: Double,
    val firstCpuMs: Double,
    val warmupMs: List<Double>,
    val roundSizes: List<Int>,
    val runAtS: List<Double>,
    val wallMs: List<Double>,
    val cpuMs: List<Double>,
    val bareBytes: Long,
    val peakBytes: Long,
)

/**
 * Measures one file: loads it, runs once, then in rounds. Only the runtime's call is timed. At the end
 * the golden inputs must give the stored outputs, for a wrong result has no speed.
 *
 * @param open loads the model; the runtime's library should be in memory already
 * @param progress told of each round as it begins and of the samples so far; no drawing while runs are timed
 */
fun benchmark(plan: Plan, bundle: Bundle, meter: Meter, passage: String, open: () -> Runner, progress: (Int, Int) -> Unit = { _, _ -> }): Speed {
    val (_, padded) = bundle.model(plan.runtime).call.choose(plan.tokens)
    val (ids, types) = realTokens(bundle.tokenizer(), plan.tokens, passage)
    val begun = meter.nanos()
    meter.forgetPeak()
    val bare = meter.peakBytes()
    val start = meter.nanos()
    open().use { runner ->
        val loadMs = (meter.nanos() - start) / 1e6
        fun timed(): Sample {
            runner.write(ids, types) // ExecuTorch wants its inputs anew for every run
            val cpu = meter.cpuMs()
            val wall = meter.nanos()
            runner.invoke()
            val wallMs = (meter.nanos() - wall) / 1e6
            return Sample((wall - begun) / 1e9, wallMs, meter.cpuMs() - cpu)
        }
        val first = timed()
        val warmups = ArrayList<Double>()
        val samples = ArrayList<Sample>()
        val sizes = List(plan.rounds) { round ->
            progress(round + 1, samples.size)
            repeat(plan.warmup) { warmups += timed().wallMs }
            val before = samples.size
            val end = meter.nanos() + (plan.seconds * 1e9).toLong()
            do {
                samples += timed()
            } while (samples.size - before < plan.runs && meter.nanos() < end)
            samples.size - before
        }
        val peak = maxOf(0, meter.peakBytes() - bare)
        checkGolden(bundle, runner)
        return Speed(
            plan.tokens, padded, (start - begun) / 1e9, loadMs, first.wallMs, first.cpuMs, warmups, sizes,
            samples.map { it.atS }, samples.map { it.wallMs }, samples.map { it.cpuMs }, bare, peak,
        )
    }
}

private class Sample(val atS: Double, val wallMs: Double, val cpuMs: Double)

/** Exactly [tokens] ids and token types of real text: a question on [passage], over and over. */
fun realTokens(tokenizer: WordPiece, tokens: Int, passage: String): Pair<IntArray, IntArray> {
    val asked = tokenizer.encode("What is told here, and who tells it?").ids
    val head = intArrayOf(tokenizer.clsId) + asked.copyOf(minOf(asked.size, (tokens - 3) / 2)) + tokenizer.sepId
    val text = tokenizer.encode(passage).ids
    require(text.isNotEmpty()) { "the passage has no tokens" }
    val room = tokens - head.size - 1
    val ids = head + IntArray(room) { text[it % text.size] } + tokenizer.sepId
    return ids to IntArray(tokens) { if (it < head.size) 0 else 1 }
}
