package distilbertmobile.app.benchmark

/**
 * What to measure: [rounds] rounds of [warmup] untimed and up to [runs] timed runs of [tokens] real
 * tokens, none begun [seconds] after its round. [bundle] is null for the bundle in the app.
 */
data class Plan(
    val runtime: String,
    val threads: Int = 1,
    val tokens: Int = 128,
    val warmup: Int = 10,
    val runs: Int = 100_000,
    val seconds: Double = 60.0,
    val rounds: Int = 1,
    val bundle: String? = null,
    val name: String? = null,
    val session: String? = null,
) {
    init {
        for ((what, value) in listOf("threads" to threads, "runs" to runs, "rounds" to rounds)) {
            require(value >= 1) { "$what must be at least 1, found $value" }
        }
        require(threads <= 64) { "threads must be at most 64, found $threads" }
        require(tokens >= 8) { "an input needs at least 8 tokens, $tokens were asked for" }
        require(warmup >= 0) { "warmup must be at least 0, found $warmup" }
        require(seconds > 0 && seconds <= 3600) { "seconds must be above 0 and at most 3600, found $seconds" }
        for (given in listOfNotNull(bundle, name, session)) {
            require(PLAIN.matches(given)) { "'$given' must be a plain name: letters, digits and . _ -, not beginning with a point" }
        }
    }

    companion object {
        private val PLAIN = Regex("[A-Za-z0-9_-][A-Za-z0-9._-]*")
        private val KNOWN = listOf("runtime", "threads", "tokens", "warmup", "runs", "seconds", "rounds", "bundle", "name", "session")

        /**
         * Reads the extras of an intent: `--es` and `--ei` are both taken.
         *
         * @throws IllegalArgumentException for an unknown name or a value that is none
         */
        fun parse(given: Map<String, String>): Plan {
            val unknown = given.keys.filter { it !in KNOWN }
            require(unknown.isEmpty()) { "unknown: ${unknown.joinToString()}; known are ${KNOWN.joinToString()}" }
            val plan = Plan(given["runtime"] ?: throw IllegalArgumentException("name a runtime: --es runtime tflite"))
            fun whole(name: String, preset: Int): Int = given[name]?.let {
                it.toIntOrNull() ?: throw IllegalArgumentException("$name must be a whole number, found '$it'")
            } ?: preset
            return Plan(
                runtime = plan.runtime,
                threads = whole("threads", plan.threads),
                tokens = whole("tokens", plan.tokens),
                warmup = whole("warmup", plan.warmup),
                runs = whole("runs", plan.runs),
                seconds = given["seconds"]?.let {
                    it.toDoubleOrNull() ?: throw IllegalArgumentException("seconds must be a number, found '$it'")
                } ?: plan.seconds,
                rounds = whole("rounds", plan.rounds),
                bundle = given["bundle"],
                name = given["name"],
                session = given["session"],
            )
        }
    }
}
