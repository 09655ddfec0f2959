package distilbertmobile.app.model

import distilbertmobile.core.Bundle
import distilbertmobile.core.Bundle.Companion.MANIFEST
import distilbertmobile.core.BundleException
import distilbertmobile.core.BundleKey
import distilbertmobile.core.Manifest
import java.io.File
import java.io.FileOutputStream
import java.io.IOException
import java.io.InputStream
import java.io.RandomAccessFile

/** The bundle that the app carries: a file by name, null where there is none. */
fun interface Shipped {
    fun open(name: String): InputStream?
}

/**
 * Keeps a verified copy of the shipped bundle in [home], for neither runtime can map a file inside an
 * APK. Safe in several threads and processes at once.
 *
 * @param key who must have signed the bundle; null takes any
 */
class BundleStore(private val shipped: Shipped, private val home: File, private val key: BundleKey?) {
    private val folder = File(home, "bundle")
    private val partial = File(home, "bundle.partial")

    /**
     * The bundle, every byte checked. It is copied where there is no copy yet, where the app carries
     * another one (after an update), and where the copy is truncated, damaged or not signed.
     *
     * @param progress bytes copied and bytes in all; it stops the copy by throwing
     * @throws BundleException where the app carries no valid bundle, or the phone has no room for it
     */
    fun load(progress: (Long, Long) -> Unit = { _, _ -> }): Bundle = synchronized(THREADS) {
        home.mkdirs()
        RandomAccessFile(File(home, "lock"), "rw").use { lock ->
            lock.channel.lock().use {
                val wanted = bytes(MANIFEST)
                    ?: throw BundleException("this app was built without a model; run `distilbert-mobile install BUNDLE android_demo` and build it again")
                present(wanted) ?: copy(wanted, progress)
            }
        }
    }

    private fun bytes(name: String) = shipped.open(name)?.use { it.readBytes() }

    private fun present(wanted: ByteArray): Bundle? {
        val manifest = File(folder, MANIFEST)
        if (!manifest.isFile || !manifest.readBytes().contentEquals(wanted)) return null
        return try {
            Bundle.load(folder, key)
        } catch (damaged: BundleException) {
            null
        }
    }

    private fun copy(wanted: ByteArray, progress: (Long, Long) -> Unit): Bundle {
        val signature = bytes(BundleKey.SIGNATURE)
        key?.check(wanted, signature, "the shipped bundle")
        val manifest = Manifest.parse(String(wanted), "the shipped $MANIFEST")
        discard(partial)
        discard(folder) // first, for two copies may not fit
        if (!partial.mkdirs()) throw BundleException("cannot make $partial")
        try {
            val all = manifest.files.values.sumOf { it.bytes }
            if (partial.usableSpace < all + SPARE_BYTES) {
                throw BundleException("the model needs ${megabytes(all + SPARE_BYTES)} MB of free space, there are ${megabytes(partial.usableSpace)}; free some and start again")
            }
            var done = 0L
            for (name in manifest.files.keys) {
                if (File(name).name != name) throw BundleException("the shipped $MANIFEST names '$name', which is outside the bundle")
                done = copyFile(name, done) { progress(it, all) }
            }
            if (signature != null) File(partial, BundleKey.SIGNATURE).writeBytes(signature)
            File(partial, MANIFEST).writeBytes(wanted)
            Bundle.load(partial, key)
            if (!partial.renameTo(folder)) throw BundleException("cannot rename $partial to $folder")
            return Bundle.load(folder, key, verify = false)
        } catch (fault: IOException) {
            throw BundleException("copying the model failed: ${fault.message}")
        } finally {
            discard(partial)
        }
    }

    private fun copyFile(name: String, before: Long, progress: (Long) -> Unit): Long {
        val source = shipped.open(name) ?: throw BundleException("the app lacks $name of its bundle; install the bundle again")
        var done = before
        source.use {
            FileOutputStream(File(partial, name)).use { target ->
                val buffer = ByteArray(1 shl 18)
                while (true) {
                    val read = source.read(buffer)
                    if (read < 0) break
                    target.write(buffer, 0, read)
                    done += read
                    progress(done)
                }
                target.fd.sync()
            }
        }
        return done
    }

    private fun discard(folder: File) {
        if (folder.exists() && !folder.deleteRecursively()) throw BundleException("cannot delete $folder")
    }

    private fun megabytes(bytes: Long) = (bytes + 999_999) / 1_000_000

    private companion object {
        /** The file's lock is the process's: two threads of one must not ask for it at once. */
        val THREADS = Any()
        const val SPARE_BYTES = 20_000_000L // for the runtimes' packed weights and for the system
    }
}
