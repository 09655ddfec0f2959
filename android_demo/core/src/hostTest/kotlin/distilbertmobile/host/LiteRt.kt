package distilbertmobile.host

import com.sun.jna.Memory
import com.sun.jna.NativeLibrary
import com.sun.jna.Pointer
import com.sun.jna.ptr.LongByReference
import com.sun.jna.ptr.PointerByReference
import distilbertmobile.core.GoldenRunner
import distilbertmobile.core.Interface
import distilbertmobile.core.SpanLogits
import distilbertmobile.core.SpanModel

/**
 * A .tflite on this computer's CPU, through the C interface of LiteRT 2.3 as it is in the Python wheel.
 *
 * For checks only: what is made lives as long as the process. Every function of the library returns 0
 * for success and hands out opaque pointers; the interface is not stable between versions.
 */
class LiteRt(library: String, model: String, private val call: Interface) : GoldenRunner, SpanModel {
    override val runtime = "tflite"
    private val library = NativeLibrary.getInstance(library)
    private val environment = made("LiteRtCreateEnvironment", 0, null)
    private val model = made("LiteRtCreateModelFromFile", environment, model)
    private val compiled = made("LiteRtCreateCompiledModel", environment, this.model, cpuOptions())
    private val signatures: Map<String, Signature>

    init {
        val count = size("LiteRtGetNumModelSignatures", this.model)
        signatures = (0L until count).map(::Signature).associateBy { it.name }
    }

    override fun run(inputIds: IntArray, tokenTypeIds: IntArray): SpanLogits {
        val outputs = infer(inputIds, tokenTypeIds, null)
        return SpanLogits(outputs.getValue("start_logits"), outputs.getValue("end_logits"))
    }

    override fun run(inputIds: IntArray, tokenTypeIds: IntArray, length: Int): Map<String, FloatArray> =
        infer(inputIds, tokenTypeIds, length)

    private fun infer(inputIds: IntArray, tokenTypeIds: IntArray, length: Int?): Map<String, FloatArray> {
        val (entry, padded) = call.choose(inputIds.size, length)
        val signature = signatures.getValue(entry.name)
        val values = mapOf(
            "input_ids" to inputIds,
            "token_type_ids" to tokenTypeIds,
            "attention_mask" to IntArray(inputIds.size) { 1 },
        )
        for (input in signature.inputs) {
            input.locked(WRITE) { memory, bytes ->
                check(bytes == padded * 4L) { "${input.name} has $bytes bytes, expected $padded numbers" }
                memory.write(0, values.getValue(input.name).copyOf(padded), 0, padded)
            }
        }
        done(
            "LiteRtRunCompiledModel", compiled, signature.index,
            signature.inputs.size.toLong(), signature.inputs.handles(),
            signature.outputs.size.toLong(), signature.outputs.handles(),
        )
        return signature.outputs.associate { output ->
            output.name to output.locked(READ) { memory, _ -> memory.getFloatArray(0, inputIds.size) }
        }
    }

    private fun cpuOptions(): Pointer {
        val options = made("LiteRtCreateOptions")
        done("LiteRtSetOptionsHardwareAccelerators", options, 1)
        return options
    }

    private inner class Signature(val index: Long) {
        private val handle = made("LiteRtGetModelSignature", model, index)
        val name: String = made("LiteRtGetSignatureKey", handle).getString(0)
        val inputs = buffers("Input")
        val outputs = buffers("Output")

        private fun buffers(side: String) = (0L until size("LiteRtGetNumSignature${side}s", handle)).map { number ->
            val type = Memory(TYPE_BYTES).apply { clear() }
            done("LiteRtGetRankedTensorType", made("LiteRtGetSignature${side}TensorByIndex", handle, number), type)
            val needs = made("LiteRtGetCompiledModel${side}BufferRequirements", compiled, index, number)
            Buffer(
                made("LiteRtGetSignature${side}Name", handle, number).getString(0),
                made("LiteRtCreateManagedTensorBufferFromRequirements", environment, type, needs),
            )
        }
    }

    private inner class Buffer(val name: String, val handle: Pointer) {
        fun <T> locked(mode: Int, work: (Pointer, Long) -> T): T {
            val bytes = size("LiteRtGetTensorBufferPackedSize", handle)
            val memory = PointerByReference()
            done("LiteRtLockTensorBuffer", handle, memory, mode)
            try {
                return work(memory.value, bytes)
            } finally {
                done("LiteRtUnlockTensorBuffer", handle)
            }
        }
    }

    private fun List<Buffer>.handles() = Array(size) { this[it].handle }

    private fun done(function: String, vararg arguments: Any?) {
        val status = library.getFunction(function).invokeInt(arguments)
        check(status == 0) { "$function failed with status $status" }
    }

    /** Calls a function whose last argument takes the pointer that it makes or finds. */
    private fun made(function: String, vararg arguments: Any?): Pointer =
        PointerByReference().also { done(function, *arguments, it) }.value

    private fun size(function: String, handle: Pointer): Long = LongByReference().also { done(function, handle, it) }.value

    private companion object {
        const val READ = 0
        const val WRITE = 1
        const val TYPE_BYTES = 512L // far more than the library's description of a tensor type
    }
}
