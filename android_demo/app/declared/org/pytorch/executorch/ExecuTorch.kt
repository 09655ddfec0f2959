/*
 * Declarations without bodies of what the adapter calls in org.pytorch:executorch-android, so that it
 * can be compiled where Maven Central cannot be reached. Never packaged; the Gradle build compiles
 * against the library itself.
 */
@file:Suppress("unused", "UNUSED_PARAMETER")

package org.pytorch.executorch

import java.io.Closeable

open class Module private constructor() : Closeable {
    open fun execute(methodName: String, vararg inputs: EValue): Array<EValue> = TODO()

    open fun loadMethod(methodName: String): Unit = TODO()

    override fun close(): Unit = TODO()

    companion object {
        const val LOAD_MODE_MMAP = 1

        @JvmStatic
        fun load(modelPath: String?, loadMode: Int = 0, numThreads: Int = 0): Module = TODO()
    }
}

abstract class Tensor internal constructor() {
    open val dataAsFloatArray: FloatArray get() = TODO()

    companion object {
        @JvmStatic
        fun fromBlob(data: LongArray, shape: LongArray): Tensor = TODO()

        @JvmStatic
        fun fromBlob(data: IntArray, shape: LongArray): Tensor = TODO()
    }
}

class EValue private constructor() {
    fun toTensor(): Tensor = TODO()

    companion object {
        @JvmStatic
        fun from(tensor: Tensor): EValue = TODO()
    }
}
