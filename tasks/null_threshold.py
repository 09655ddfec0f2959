"""When a question has no answer (SQuAD 2): the threshold that scores best on a set."""

from collections.abc import Mapping, Sequence

from tasks.answers import Decoded
from tasks.metrics import Scores, question_scores, score
from tasks.squad import Question


def best_null_threshold(
    questions: Sequence[Question], found: Mapping[str, Decoded]
) -> tuple[float, Scores]:
    """The threshold with the best F1, and the scores under it, as the official script finds both.

    found: answers decoded without a threshold. There is no answer where the null score exceeds the
    best span's by more than the threshold. Of equally good ones the least is taken.
    """
    gaps, gains = [], []
    for question in questions:
        decoded = found[question.id]
        if decoded.best is not None:
            answered = question_scores(question, decoded.best.text)[1]
            gaps.append(decoded.null_score - decoded.best.score)
            gains.append(answered - question_scores(question, "")[1])
    order = sorted(range(len(gaps)), key=gaps.__getitem__)
    # Below the least gap nothing is answered.
    threshold = gaps[order[0]] - 1.0 if order else 0.0
    best = total = 0.0
    for place, index in enumerate(order):
        total += gains[index]
        tied = place + 1 < len(order) and gaps[order[place + 1]] == gaps[index]
        if total > best and not tied:
            best, threshold = total, gaps[index]
    return threshold, score(questions, answers_under(found, threshold))


def answers_under(found: Mapping[str, Decoded], threshold: float) -> dict[str, str]:
    """The answer of each question as the metrics take it, "" where the threshold says none."""
    return {
        key: decoded.best.text
        if decoded.best is not None and decoded.null_score - decoded.best.score <= threshold
        else ""
        for key, decoded in found.items()
    }
