"""Passages, limits and logits of the golden answers, each made for one rule of decoding."""

import dataclasses

from tasks.windows import QaLimits

Peaks = dict[int, float]


@dataclasses.dataclass(frozen=True)
class Given:
    """A question about a passage, and the logits that the model shall have given."""

    name: str
    context: str
    limits: QaLimits
    peaks: tuple[tuple[Peaks, Peaks], ...]
    """For each window the start and the end logits by position."""
    question: str
    rest: float
    """The logit of every other position."""
    padding: int
    """High logits behind the window, which nobody may look at."""


def given(
    name: str,
    context: str,
    limits: QaLimits,
    *peaks: tuple[Peaks, Peaks],
    question: str = "a",
    rest: float = -5.0,
    padding: int = 0,
) -> Given:
    """A case in one line; with a question of one token the passage begins at position 3."""
    return Given(name, context, limits, peaks, question, rest, padding)


TEXT = "a  b c d e f g h"
FEW = QaLimits(n_best=3)
TWO = QaLimits(max_question_tokens=1, max_length=8, stride=2, n_best=4)
GIVEN = [
    given("the best pair", TEXT, QaLimits(), ({3: 4.0}, {4: 3.0})),
    given("specials and question never answer", TEXT, FEW, ({0: 9, 1: 9, 2: 9, 11: 9, 6: 5},
        {0: 9, 1: 9, 11: 9, 5: 5, 7: 1})),
    given("end before start", TEXT, FEW, ({6: 5, 4: 1}, {5: 5, 7: 0.5})),
    given("only an end before the start", TEXT, QaLimits(n_best=1), ({6: 5}, {5: 5})),
    given("too long", TEXT, QaLimits(max_answer_tokens=2, n_best=4), ({3: 9}, {10: 9, 4: 1})),
    given("exactly as long as allowed", TEXT, QaLimits(max_answer_tokens=8), ({3: 9}, {10: 9})),
    given("one token longer than allowed", TEXT, QaLimits(max_answer_tokens=7),
        ({3: 9}, {10: 9})),
    given("longest answer of one token", TEXT, QaLimits(max_answer_tokens=1),
        ({3: 3}, {5: 4, 3: 1})),
    given("ties go to the earlier start, then the earlier end", TEXT, FEW, ({3: 1, 5: 1},
        {5: 1, 7: 1})),
    given("all logits equal", TEXT, QaLimits(n_best=5), ({}, {}), rest=0.0),
    given("ties at the border of the n best", TEXT, QaLimits(n_best=2), ({3: 1, 5: 1, 7: 1},
        {4: 1, 6: 1, 8: 1})),
    given("minus zero equals zero", TEXT, QaLimits(n_best=2), ({3: -0.0, 5: 0.0, 7: -0.0},
        {3: 0.0, 6: -0.0, 8: 0.0})),
    given("n best of one", TEXT, QaLimits(n_best=1), ({4: 2}, {5: 2})),
    given("passage shorter than the n best", "a b", QaLimits(), ({3: 1}, {4: 1})),
    given("passage of one token", "a", QaLimits(), ({3: -7}, {3: -8})),
    given("passage without tokens", "\u200b", QaLimits(), ({0: 1}, {0: 2})),
    given("padding is not looked at", TEXT, FEW, ({4: 2}, {5: 2}), padding=8),
    given("n best past the length of the passage", TEXT, QaLimits(n_best=4096), ({4: 2}, {5: 2})),
    given("sum in double precision", TEXT, FEW, ({3: 16777216.0, 4: 16777216.0}, {4: 1.0, 5: 0.25}),
        rest=-16777216.0),
    *(
        given(f"null threshold {threshold}", TEXT, QaLimits(n_best=2, null_threshold=threshold),
            ({0: 2, 3: 1}, {0: 2, 3: 1}))
        for threshold in (None, 2.5, 2.0, 1.5, 0.0, -10.0)
    ),
    given("null threshold and no span at all", TEXT, QaLimits(n_best=1, null_threshold=0.0),
        ({6: 5}, {5: 5})),
    given("scores are compared across windows", "c d e f g h", TWO, ({5: 3.0}, {5: 1.0}),
        ({3: 9.0, 5: 2.5}, {3: 9.0, 5: 2.0})),
    given("the end may lie where another window shows more", "c d e f g h", TWO,
        ({5: 3.0}, {6: 4.0}), ({}, {})),
    given("one span from two windows counts once, at its best", "c d e f g h", TWO,
        ({3: 1, 4: 2}, {5: 2, 6: 1}), ({4: 3, 6: 1}, {6: 3})),
    given("the null score is the least of the windows", "c d e f g h",
        QaLimits(1, 8, 2, n_best=2, null_threshold=1.0), ({0: 9, 3: 1}, {0: 9, 3: 1}),
        ({0: 1.5}, {0: 1.25})),
    given("characters beyond U+FFFF", "😀 a 😀 東京 é b", FEW, ({5: 3}, {7: 3})),
    given("decomposed accent stays inside the answer", "a e\u0301x b", FEW, ({4: 3}, {5: 3})),
    given("syllables that share a span", "한 a 한", QaLimits(n_best=6),
        ({3: 1, 4: 2}, {3: 1, 5: 2})),
    given("answer inside a word", "abcd ef", FEW, ({4: 3}, {5: 3})),
    given("white space inside the answer stays", "a \n\t b\u00a0c", FEW, ({3: 3}, {5: 3})),
    given("question cut", TEXT, QaLimits(max_question_tokens=2), ({4: 4}, {5: 3}),
        question="a b c d"),
]  # fmt: skip
