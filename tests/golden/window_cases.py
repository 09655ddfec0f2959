"""Questions and passages at and around every limit, with the windows that the reference cuts."""

import dataclasses
from typing import Any

from small_vocabulary import SMALL, letters, small_tokenizer

from tasks.windows import QaLimits, make_windows

TIGHT = QaLimits(max_question_tokens=5, max_length=16, stride=4)
ROOM = 16 - 2 - 3
INPUTS: list[tuple[str, str, str, QaLimits]] = [
    ("short", "a b", "c d e", TIGHT),
    ("default limits", "Who?", letters(60), QaLimits()),
    ("default limits, three windows", "Who is it?", letters(600), QaLimits()),
    ("exactly full", "a b", letters(ROOM), TIGHT),
    ("one token too many", "a b", letters(ROOM + 1), TIGHT),
    ("one stride more", "a b", letters(ROOM + 4), TIGHT),
    ("one stride and one token more", "a b", letters(ROOM + 5), TIGHT),
    ("many windows", "a b", letters(60), TIGHT),
    ("question cut", "a b c d e f g h", letters(12), TIGHT),
    ("question exactly at its limit", "a b c d e", letters(12), TIGHT),
    ("question of many tokens at the default limits", letters(80), letters(20), QaLimits()),
    ("question cut inside a word", "a b c def", letters(3), TIGHT),
    ("question without tokens", "\u200b", letters(3), TIGHT),
    ("passage without tokens", "a", "\u200b\x00", TIGHT),
    ("passage of one token", "a", "b", TIGHT),
    ("stride of one", "a", letters(16), QaLimits(1, 14, 1)),
    ("stride that leaves no overlap", "a", letters(33), QaLimits(1, 14, 10)),
    ("stride larger than the room", "a", letters(33), QaLimits(1, 14, 400)),
    ("room for one token", "a b", letters(3), QaLimits(2, 6, 128)),
    ("tie of two windows", "a", letters(6), QaLimits(1, 8, 2)),
    ("separator typed", "[SEP] a", "b [SEP] c [CLS]", TIGHT),
    ("words of several pieces across the border", "a b", "abcd efgh ijkl mnop", TIGHT),
    ("characters beyond U+FFFF", "😀", "😀 a 東京 é 😀 b", TIGHT),
    ("syllables that share a span", "a", "한한 한 a", TIGHT),
    ("white space at both ends", "  a\n", "\t b  c \n", TIGHT),
    ("bucket of 64", "a b c", letters(100), QaLimits().for_length(64)),
]
LENGTHS = [8, 32, 64, 66, 67, 128, 131, 384, 512, 4096]
# the limit, and what is given for it
REFUSED: list[tuple[str, dict[str, int]]] = [
    ("max_question_tokens", {"max_question_tokens": 0}),
    ("max_question_tokens", {"max_question_tokens": 5000}),
    ("stride", {"stride": 0}),
    ("stride", {"stride": -128}),
    ("max_answer_tokens", {"max_answer_tokens": -1}),
    ("n_best", {"n_best": 1000000000}),
    ("max_length", {"max_length": 67}),
    ("max_length", {"max_length": 4097}),
    ("max_length", {"max_length": -384}),
]


def window_cases() -> dict[str, Any]:
    """Inputs and their windows, limits that shrink with the model, limits that are refused."""
    tokenizer = small_tokenizer()
    cases = [
        {
            "name": name,
            "question": question,
            "context": context,
            "limits": dataclasses.asdict(limits),
            "windows": [
                dataclasses.asdict(window)
                for window in make_windows(tokenizer, question, context, limits)
            ],
        }
        for name, question, context, limits in INPUTS
    ]
    return {
        "vocabulary": SMALL,
        "lowercase": True,
        "cases": cases,
        "for_length": [
            {"length": length, "limits": dataclasses.asdict(QaLimits().for_length(length))}
            for length in LENGTHS
        ],
        "refused": [
            {"limits": {**dataclasses.asdict(QaLimits()), **change}, "mentions": [field]}
            for field, change in REFUSED
        ],
    }
