package distilbertmobile.app

import distilbertmobile.app.model.Engine
import distilbertmobile.app.model.Runner
import distilbertmobile.core.Entry
import distilbertmobile.core.Interface
import distilbertmobile.core.TensorSpec
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class RunnerTest {
    private class FakeEngine(val outputs: List<String> = listOf("start_logits", "end_logits")) : Engine {
        var entry = ""
        var inputs = emptyMap<String, IntArray>()
        var length = 0
        var isClosed = false

        override fun write(entry: Entry, length: Int, inputs: Map<String, IntArray>) {
            this.entry = entry.name
            this.length = length
            this.inputs = inputs
        }

        override fun invoke() = Unit

        override fun read() = outputs.associateWith { name -> FloatArray(length) { if (name[0] == 's') it.toFloat() else -it.toFloat() } }

        override fun close() {
            isClosed = true
        }
    }

    private fun tensors(vararg names: String) = names.map { TensorSpec(it, "int32", listOf(1, null)) }

    private val call = Interface(
        listOf(Entry("length_8", 8, 8), Entry("length_16", 16, 16)),
        tensors("input_ids", "attention_mask", "token_type_ids"),
        tensors("start_logits", "end_logits"),
    )

    @Test
    fun `inputs are padded to the shortest bucket and the mask covers the real tokens only`() {
        val engine = FakeEngine()
        Runner("tflite", call, engine).run(intArrayOf(2, 7, 3), intArrayOf(0, 1, 1))
        assertEquals("length_8", engine.entry)
        assertArrayEquals(intArrayOf(2, 7, 3, 0, 0, 0, 0, 0), engine.inputs["input_ids"])
        assertArrayEquals(intArrayOf(1, 1, 1, 0, 0, 0, 0, 0), engine.inputs["attention_mask"])
        assertArrayEquals(intArrayOf(0, 1, 1, 0, 0, 0, 0, 0), engine.inputs["token_type_ids"])
    }

    @Test
    fun `a longer input takes the next bucket, and outputs lose their padding`() {
        val engine = FakeEngine()
        val logits = Runner("tflite", call, engine).run(IntArray(9) { 1 }, IntArray(9))
        assertEquals("length_16", engine.entry)
        assertArrayEquals(FloatArray(9) { it.toFloat() }, logits.start)
        assertArrayEquals(FloatArray(9) { -it.toFloat() }, logits.end)
    }

    @Test
    fun `the golden check can ask for a longer bucket than needed`() {
        val engine = FakeEngine()
        Runner("tflite", call, engine).run(intArrayOf(2, 3), intArrayOf(0, 0), 16)
        assertEquals(16, engine.length)
    }

    @Test
    fun `too many tokens are refused with what the model takes`() {
        val fault = assertThrows(IllegalArgumentException::class.java) {
            Runner("tflite", call, FakeEngine()).run(IntArray(17), IntArray(17))
        }
        assertTrue("17" in fault.message.orEmpty() && "8, 16" in fault.message.orEmpty())
    }

    @Test
    fun `an empty input and lists of different length are refused`() {
        val runner = Runner("tflite", call, FakeEngine())
        assertThrows(IllegalArgumentException::class.java) { runner.write(IntArray(0), IntArray(0)) }
        assertThrows(IllegalArgumentException::class.java) { runner.write(IntArray(2), IntArray(3)) }
    }

    @Test
    fun `a network without token types gets none, one with an unknown input is refused`() {
        val engine = FakeEngine()
        Runner("pte", call.copy(inputs = tensors("input_ids", "attention_mask")), engine).write(intArrayOf(2, 3), intArrayOf(0, 0))
        assertEquals(setOf("input_ids", "attention_mask"), engine.inputs.keys)
        val fault = assertThrows(IllegalArgumentException::class.java) {
            Runner("pte", call.copy(inputs = tensors("position_ids")), engine).write(intArrayOf(2), intArrayOf(0))
        }
        assertTrue("position_ids" in fault.message.orEmpty())
    }

    @Test
    fun `an output that the runtime does not return is an error that names it`() {
        val runner = Runner("tflite", call, FakeEngine(outputs = listOf("start_logits")))
        val fault = assertThrows(IllegalStateException::class.java) { runner.run(intArrayOf(2, 3), intArrayOf(0, 0)) }
        assertTrue("end_logits" in fault.message.orEmpty())
    }
}
