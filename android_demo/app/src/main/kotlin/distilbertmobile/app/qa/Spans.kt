package distilbertmobile.app.qa

import distilbertmobile.core.Span

/** Where [span], in code points, lies in [passage], in the UTF-16 units that Android counts. */
fun utf16Range(passage: String, span: Span): IntRange {
    val start = passage.offsetByCodePoints(0, span.start)
    return start until passage.offsetByCodePoints(start, span.end - span.start)
}
