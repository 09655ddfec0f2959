package distilbertmobile.core

import kotlin.math.exp

/** A label and its probability. */
data class LabelScore(val label: String, val probability: Double)

/** One classifier input, without padding. */
class ClassifierInput(val inputIds: IntArray, val tokenTypeIds: IntArray)

/**
 * `[CLS] text [SEP]` or `[CLS] text [SEP] pair [SEP]`, cut to [maxLength] tokens. Of a pair that is too
 * long the longer text loses tokens first, from its end.
 */
fun classifierInput(tokenizer: WordPiece, text: String, pair: String?, maxLength: Int): ClassifierInput {
    val first = tokenizer.encode(text).ids
    val second = pair?.let { tokenizer.encode(it).ids }
    val room = maxLength - if (second == null) 2 else 3
    require(room >= 0) { "a model of $maxLength tokens has no room for the text" }
    val wanted = if (second == null) first.size else maxOf(room - second.size, minOf(first.size, (room + 1) / 2))
    val head = intArrayOf(tokenizer.clsId) + first.copyOf(minOf(first.size, wanted, room)) + tokenizer.sepId
    if (second == null) return ClassifierInput(head, IntArray(head.size))
    val ids = head + second.copyOf(minOf(second.size, maxLength - head.size - 1)) + tokenizer.sepId
    return ClassifierInput(ids, IntArray(ids.size) { if (it < head.size) 0 else 1 })
}

/**
 * The labels with their probabilities (softmax of the logits), the likeliest first; of equal ones the
 * earlier label comes first.
 */
fun rankLabels(labels: List<String>, logits: FloatArray): List<LabelScore> {
    require(logits.size == labels.size && logits.isNotEmpty()) { "the model returned ${logits.size} logits for ${labels.size} labels" }
    require(logits.all { it.isFinite() }) { "the model returned logits that are not finite numbers" }
    val highest = logits.max()
    val weights = logits.map { exp(it.toDouble() - highest) }
    val sum = weights.sum()
    // By logit, not by probability: far below the highest all probabilities are nothing. + 0f makes -0 equal 0.
    return labels.indices.sortedByDescending { logits[it] + 0f }.map { LabelScore(labels[it], weights[it] / sum) }
}
