package distilbertmobile.app.model

import distilbertmobile.core.Entry
import distilbertmobile.core.GoldenRunner
import distilbertmobile.core.Interface
import distilbertmobile.core.SpanLogits
import distilbertmobile.core.SpanModel
import java.io.Closeable

/** What an adapter to a runtime has to do; everything else is the same for all of them. */
interface Engine : Closeable {
    /** Takes the inputs of the next inference: [length] numbers for each name. */
    fun write(entry: Entry, length: Int, inputs: Map<String, IntArray>)

    /** Runs one inference. */
    fun invoke()

    /** The outputs of the last inference by name, padding included. */
    fun read(): Map<String, FloatArray>
}

/** A loaded model that answers questions and can be checked. */
interface Model : SpanModel, GoldenRunner, Closeable

/**
 * A model file in a runtime. [write], [invoke] and [read] are apart so that a benchmark can time the
 * middle one. Not thread-safe.
 */
class Runner(override val runtime: String, private val call: Interface, private val engine: Engine) : Model {
    private var real = 0

    /** Sets one input, padded to [length] (by default the shortest that the file takes). */
    fun write(inputIds: IntArray, tokenTypeIds: IntArray, length: Int? = null) {
        require(inputIds.isNotEmpty() && inputIds.size == tokenTypeIds.size) {
            "${inputIds.size} input ids and ${tokenTypeIds.size} token types; there must be as many of each, and one at least"
        }
        val (entry, padded) = call.choose(inputIds.size, length)
        val inputs = call.inputs.associate { tensor ->
            val values = when (tensor.name) {
                "input_ids" -> inputIds
                "token_type_ids" -> tokenTypeIds
                "attention_mask" -> IntArray(inputIds.size) { 1 }
                else -> throw IllegalArgumentException("the model has an input '${tensor.name}' that this app cannot fill")
            }
            tensor.name to values.copyOf(padded)
        }
        engine.write(entry, padded, inputs)
        real = inputIds.size
    }

    fun invoke() = engine.invoke()

    /** The outputs of the last inference by name, without padding. */
    fun read(): Map<String, FloatArray> {
        val outputs = engine.read()
        return call.outputs.associate { tensor ->
            val values = outputs[tensor.name] ?: throw IllegalStateException("$runtime returned no '${tensor.name}'")
            tensor.name to if (null in tensor.shape) values.copyOf(minOf(real, values.size)) else values
        }
    }

    override fun run(inputIds: IntArray, tokenTypeIds: IntArray, length: Int): Map<String, FloatArray> {
        write(inputIds, tokenTypeIds, length)
        invoke()
        return read()
    }

    override fun run(inputIds: IntArray, tokenTypeIds: IntArray): SpanLogits {
        write(inputIds, tokenTypeIds)
        invoke()
        val outputs = read()
        return SpanLogits(outputs.getValue("start_logits"), outputs.getValue("end_logits"))
    }

    override fun close() = engine.close()
}
