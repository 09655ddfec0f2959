package distilbertmobile.app.model

import distilbertmobile.core.Entry
import distilbertmobile.core.Interface
import org.pytorch.executorch.EValue
import org.pytorch.executorch.Module
import org.pytorch.executorch.Tensor
import java.io.File

/**
 * A .pte on the CPU, through ExecuTorch's XNNPACK delegate; the file is mapped, not read.
 *
 * The thread pool belongs to the process: the thread count of the module loaded last holds for all.
 */
class ExecuTorchEngine(file: File, private val call: Interface, threads: Int) : Engine {
    private val module = Module.load(file.path, Module.LOAD_MODE_MMAP, threads)
    private var method = ""
    private var inputs = emptyArray<EValue>()
    private var outputs = emptyArray<EValue>()

    init {
        for (entry in call.entries) module.loadMethod(entry.name)
    }

    override fun write(entry: Entry, length: Int, inputs: Map<String, IntArray>) {
        method = entry.name
        val shape = longArrayOf(1, length.toLong())
        this.inputs = Array(call.inputs.size) { place ->
            val wanted = call.inputs[place]
            val values = inputs.getValue(wanted.name)
            EValue.from(
                when (wanted.dtype) {
                    "int64" -> Tensor.fromBlob(LongArray(length) { values[it].toLong() }, shape)
                    "int32" -> Tensor.fromBlob(values, shape)
                    else -> throw IllegalArgumentException("input '${wanted.name}' is ${wanted.dtype}; this app gives int32 and int64")
                },
            )
        }
    }

    override fun invoke() {
        outputs = module.execute(method, *inputs)
    }

    override fun read(): Map<String, FloatArray> {
        check(outputs.size == call.outputs.size) { "$method returned ${outputs.size} outputs, expected ${call.outputs.size}" }
        return call.outputs.indices.associate { call.outputs[it].name to outputs[it].toTensor().dataAsFloatArray }
    }

    override fun close() = module.close()
}
