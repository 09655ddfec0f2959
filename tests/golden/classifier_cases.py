"""A classifier's inputs as training joins and cuts them, and labels ranked by their logits."""

from typing import Any

import numpy as np
from small_vocabulary import SMALL, small_tokenizer

from distill.batches import label_examples
from tasks.classification import Labelled

# name, text, second text, longest input
INPUTS = [
    ("short", "a b", None, 8),
    ("exactly full", "a b c d e f", None, 8),
    ("one token too many", "a b c d e f g", None, 8),
    ("cut inside a word", "a bcdefgh", None, 6),
    ("no token", "\u200b", None, 8),
    ("room for no token", "a b", None, 2),
    ("separator typed", "[SEP] a", None, 8),
    ("pair", "a b", "c d e", 16),
    ("pair exactly full", "a b c", "d e", 8),
    ("both too long", "a b c d e f", "g h i j k l", 10),
    ("both too long, even room", "a b c d e f", "g h i j k l", 11),
    ("the first is longer", "a b c d e f g h", "i j", 10),
    ("the second is longer", "a b", "c d e f g h i j", 10),
    ("one token longer", "a b c d", "e f g", 9),
    ("pair with room for one token", "a b", "c d", 4),
    ("pair with room for none", "a b", "c d", 3),
    ("second text empty", "a b c d", "", 6),
    ("first text empty", "", "a b c d", 6),
    ("other scripts", "東京 é", "😀 한", 16),
]
RANKINGS = [
    ("two", [0.25, -1.5]),
    ("three", [1.0, 3.0, 2.0]),
    ("ties go to the earlier label", [1.0, 2.0, 1.0, 2.0]),
    ("minus zero equals zero", [-0.0, 0.0, -0.0]),
    ("so far apart that their shares are nothing", [-2000.0, 0.0, -1000.0]),
    ("large ones", [1000.0, 1000.5]),
    ("one label", [-3.0]),
]
REFUSED_LENGTHS = [(None, 1), (None, 0), (None, -1), ("b", 2), ("b", -3)]
# logits, number of labels
REFUSED_LOGITS = [([1.0], 2), ([1.0, 2.0, 3.0], 2), ([], 0), (["nan", 1.0], 2), ([1.0, "inf"], 2)]


def joined(name: str, text: str, pair: str | None, length: int) -> dict[str, Any]:
    """An input as training makes it."""
    item = Labelled("", text, pair, "")
    (made,) = label_examples([item], [0.0], small_tokenizer(), length)
    types = [int(place >= made.second) for place in range(len(made.input_ids))]
    found = {"input_ids": made.input_ids.tolist(), "token_type_ids": types}
    return {"name": name, "text": text, "pair": pair, "max_length": length} | found


def ranking(name: str, logits: list[float]) -> dict[str, Any]:
    """Labels by falling logit, with their softmax."""
    labels = [f"label {number}" for number in range(len(logits))]
    order = sorted(range(len(logits)), key=lambda i: (-logits[i], i))
    shares = np.exp(np.asarray(logits) - max(logits))
    shares /= shares.sum()
    ranked = [{"label": labels[i], "probability": float(shares[i])} for i in order]
    return {"name": name, "labels": labels, "logits": logits, "ranked": ranked}


def classifier_cases() -> dict[str, Any]:
    """Inputs, rankings, and what must be refused."""
    return {
        "vocabulary": SMALL,
        "lowercase": True,
        "inputs": [joined(*case) for case in INPUTS],
        "refused_lengths": [
            {"text": "a", "pair": pair, "max_length": length} for pair, length in REFUSED_LENGTHS
        ],
        "rankings": [ranking(*case) for case in RANKINGS],
        "refused_logits": [
            {"labels": [f"label {n}" for n in range(labels)], "logits": logits}
            for logits, labels in REFUSED_LOGITS
        ],
    }
