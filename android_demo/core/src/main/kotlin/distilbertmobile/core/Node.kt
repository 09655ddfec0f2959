package distilbertmobile.core

/** A JSON value and its place in the document; every reader refuses what has another type. */
internal class Node(val value: Any?, val where: String) {
    /** Asks for exactly these members. */
    fun fields(vararg names: String): Node {
        val given = (value as? Map<*, *> ?: refuse("an object")).keys
        val faults = names.filter { it !in given }.map { "lacks '$it'" } + given.filter { it !in names }.map { "has '$it'" }
        if (faults.isNotEmpty()) {
            throw BundleException("$where ${faults.joinToString(" and ")}; expected fields: ${names.joinToString()}")
        }
        return this
    }

    operator fun get(name: String) = Node((value as Map<*, *>)[name], "$where.$name")

    fun text(): String = value as? String ?: refuse("a text")

    fun flag(): Boolean = value as? Boolean ?: refuse("true or false")

    fun number(): Double = (value as? JsonNumber ?: refuse("a number")).text.toDouble()

    fun whole(): Long {
        val number = value as? JsonNumber
        if (number == null || !number.isWhole) refuse("a whole number")
        return number.text.toLongOrNull() ?: refuse("a whole number of 64 bits")
    }

    fun small(): Int = whole().let { if (it in Int.MIN_VALUE..Int.MAX_VALUE) it.toInt() else refuse("a whole number of 32 bits") }

    fun <T> list(read: Node.() -> T): List<T> =
        (value as? List<*> ?: refuse("a list")).mapIndexed { i, item -> Node(item, "$where[$i]").read() }

    fun <T> map(read: Node.() -> T): Map<String, T> =
        (value as? Map<*, *> ?: refuse("an object")).entries.associate { (name, item) ->
            name as String to Node(item, "$where.$name").read()
        }

    fun <T> orNull(read: Node.() -> T): T? = if (value == null) null else read()

    private fun refuse(wanted: String): Nothing {
        val found = if (value is JsonNumber) value.text else "$value"
        throw BundleException("$where must be $wanted, found ${found.take(60)}")
    }
}
