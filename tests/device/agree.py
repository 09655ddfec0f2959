"""Whether ARM64 computes what x86-64 does: every logit of every window, and every answer."""

from collections.abc import Mapping, Sequence

import numpy as np

from bench.subject import bundle_tokenizer
from export.bundle import Bundle
from export.runner import open_runner
from tasks.answers import Decoded, Logits
from tasks.qa import predict
from tasks.squad import Question

SHARE = 0.06
"""How far an int8 logit may be off, in shares of the window's largest: 0.026 was seen.

The activations are rounded to eight bits anew in every layer, by other instructions.
"""
COSINE = 0.9995
Input = tuple[tuple[int, ...], tuple[int, ...]]


def check_agreement(
    bundle: Bundle, runtime: str, questions: Sequence[Question], there: Mapping[Input, Logits]
) -> int:
    """Compare the logits of `there` and the answers made from them with this computer's.

    An answer may be another one only where the two best are nearer to each other than the logits
    are off. Returns the number of such ties.
    """
    runner = open_runner(bundle, runtime)
    worst, share, cosine, best = 0.0, 0.0, 1.0, 0
    for (ids, types), found in there.items():
        here = runner.span_logits(list(ids), list(types))
        for one, other in zip(here, found, strict=True):
            off = float(np.abs(one - other).max())
            worst, share = max(worst, off), max(share, off / float(np.abs(one).max()))
            length = float(np.linalg.norm(one) * np.linalg.norm(other))
            cosine = min(cosine, float(one @ other) / length)
            best += int(one.argmax() == other.argmax())
    print(
        f"{bundle.folder.name} {runtime}: {len(there)} windows, a logit is off by {worst:.3f} at "
        f"most ({100 * share:.1f} % of the window's largest), cosine >= {cosine:.5f}, the best "
        f"token is the same in {best} of {2 * len(there)}"
    )
    assert share < SHARE
    assert cosine > COSINE

    def logits(ids: list[int], types: list[int]) -> Logits:
        return there[tuple(ids), tuple(types)]

    limits, tokenizer = bundle.manifest.qa, bundle_tokenizer(bundle)
    assert limits is not None
    ours = predict(runner.span_logits, tokenizer, questions, limits)
    theirs = predict(logits, tokenizer, questions, limits)
    ties = [key for key in ours if _text(ours[key]) != _text(theirs[key])]
    print(f"{len(ours) - len(ties)} of {len(ours)} answers are the same")
    for key in ties:
        scores = {span.text: span.score for span in ours[key].n_best}
        first, second = max(scores.values()), scores.get(_text(theirs[key]), -np.inf)
        assert first - second <= 4 * worst, f"{key}: {_text(ours[key])!r}, {_text(theirs[key])!r}"
    return len(ties)


def _text(found: Decoded) -> str:
    return found.best.text if found.best else ""
