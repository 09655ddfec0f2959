package distilbertmobile.app.model

import com.google.ai.edge.litert.Accelerator
import com.google.ai.edge.litert.CompiledModel
import com.google.ai.edge.litert.TensorBuffer
import distilbertmobile.core.Entry
import distilbertmobile.core.Interface
import java.io.File

/** A .tflite on the CPU, through LiteRT's CompiledModel. */
class LiteRtEngine(file: File, private val call: Interface, threads: Int, scratch: File) : Engine {
    private val model: CompiledModel
    private val buffers = HashMap<String, Pair<Map<String, TensorBuffer>, Map<String, TensorBuffer>>>()
    private var signature = ""

    init {
        for (input in call.inputs) require(input.dtype == "int32") { "input '${input.name}' is ${input.dtype}; this app gives int32" }
        // Without this file each signature packs its own copy of the weights. Once the model is
        // made the file is mapped and needs no name any more.
        val weights = File.createTempFile("weights", null, scratch)
        weights.delete()
        try {
            val cache = weights.path.takeIf { call.entries.size > 1 }
            // Options.CPU is one object for the whole process: never change that one.
            val options = CompiledModel.Options(Accelerator.CPU)
            options.cpuOptions = CompiledModel.CpuOptions(numThreads = threads, xnnPackWeightCachePath = cache)
            model = CompiledModel.create(file.path, options)
        } finally {
            weights.delete()
        }
    }

    override fun write(entry: Entry, length: Int, inputs: Map<String, IntArray>) {
        signature = entry.name
        val (places, _) = buffers.getOrPut(signature) {
            val made = call.inputs.associate { it.name to model.createInputBuffer(it.name, signature) }
            made to call.outputs.associate { it.name to model.createOutputBuffer(it.name, signature) }
        }
        for ((name, buffer) in places) buffer.writeInt(inputs.getValue(name))
    }

    override fun invoke() {
        val (inputs, outputs) = buffers.getValue(signature)
        model.run(inputs, outputs, signature)
    }

    override fun read(): Map<String, FloatArray> = buffers.getValue(signature).second.mapValues { it.value.readFloat() }

    override fun close() {
        for ((inputs, outputs) in buffers.values) (inputs.values + outputs.values).forEach { it.close() }
        model.close()
    }
}
