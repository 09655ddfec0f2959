"""Writes what the Python reference makes of much text, for other languages to agree with.

    python tests/golden/agreement.py OUT [--data FOLDER] [--fuzz 100000]

README.md, beside this file, describes the files that OUT gets.
"""

import argparse
import gzip
import json
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1])]

from tasks.answers import Logits, decode  # noqa: E402
from tasks.squad import read_squad  # noqa: E402
from tasks.tokenizer import WordPieceTokenizer, tokenizer_from_vocab  # noqa: E402
from tasks.windows import QaLimits, Window, make_windows  # noqa: E402

DATA = HERE.parents[2] / "shared" / "data"
# Short windows, so that most passages need several; a threshold, so that some have no answer.
LIMITS = QaLimits(
    max_question_tokens=12, max_length=96, stride=40, max_answer_tokens=12, n_best=6,
    null_threshold=0.0,
)  # fmt: skip
# Where scripts and peculiarities are dense; plain letters come often, so that words are found.
BLOCKS = [
    (0x20, 0x7F), (0x61, 0x7B), (0x00, 0x250), (0x250, 0x530), (0x530, 0x900), (0x900, 0x1100),
    (0x1100, 0x1200), (0x1E00, 0x2100), (0x2000, 0x2070), (0x2100, 0x3100), (0x3040, 0xA000),
    (0xA640, 0xAC00), (0xAC00, 0xD7A4), (0xE000, 0x10000), (0xF900, 0x10000), (0x10000, 0x12000),
    (0x1D000, 0x1D800), (0x1F000, 0x20000), (0x20000, 0x30000), (0xE0000, 0x110000),
]  # fmt: skip


def made_up_logits(window: Window, seed: int) -> Logits:
    """Whole numbers from -8 to 8 in eighths: state = state x 1103515245 + 12345 modulo 2^31.

    For each token first the start, then the end logit: (state >> 16) % 129 / 8 - 8. The state
    begins as `seed` + index of the window's first passage token.
    """
    state = seed + window.first
    values = np.empty((len(window.input_ids), 2), np.float32)
    for place in values:
        for side in (0, 1):
            state = (state * 1103515245 + 12345) % 2**31
            place[side] = (state >> 16) % 129 / 8 - 8
    return values[:, 0], values[:, 1]


def texts(data: Path) -> Iterator[str]:
    """All questions and passages, each once, and the edge strings."""
    questions = read_squad([data / "qa" / "squad11-dev-A.json.gz"])
    yield from dict.fromkeys(text for q in questions for text in (q.context, q.question))
    tokenizer = data / "tokenizer"
    for line in (tokenizer / "edge-strings.golden.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["text"]
    with gzip.open(tokenizer / "squad-dev-A-questions.golden.jsonl.gz", "rt") as file:
        for line in file:
            yield json.loads(line)["text"]


def random_text(source: random.Random) -> str:
    """Up to 30 characters of a few blocks, none of them half a surrogate pair."""
    made = []
    blocks = [source.choice(BLOCKS) for _ in range(source.randint(1, 3))]
    for _ in range(source.randint(0, 30)):
        first, behind = source.choice(blocks)
        point = source.randrange(first, behind)
        made.append(" " if 0xD800 <= point < 0xE000 or source.random() < 0.1 else chr(point))
    return "".join(made)


def pieces(tokenizer: WordPieceTokenizer, text: str) -> dict[str, Any]:
    """What one line says of a text."""
    found = tokenizer.encode(text)
    return {
        "text": text,
        "ids": found.ids,
        "spans": [place for span in found.spans for place in span],
    }


def answers(tokenizer: WordPieceTokenizer, data: Path) -> Iterator[dict[str, Any]]:
    """One line for each question."""
    for seed, question in enumerate(read_squad([data / "qa" / "squad11-dev-A.json.gz"])):
        windows = make_windows(tokenizer, question.question, question.context, LIMITS)
        logits = [made_up_logits(window, seed) for window in windows]
        found = decode(question.context, windows, logits, LIMITS)
        yield {
            "question": question.question,
            "context": question.context,
            "seed": seed,
            "windows": len(windows),
            "n_best": [[span.start, span.end, span.score] for span in found.n_best],
            "texts": [span.text for span in found.n_best],
            "null_score": found.null_score,
            "answered": found.best is not None,
        }


def write(path: Path, lines: Iterator[dict[str, Any]]) -> None:
    """Write one JSON document a line."""
    with path.open("w", encoding="ascii") as file:
        for line in lines:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def main(out: Path, data: Path, fuzz: int) -> None:
    """Write all files; raises FileNotFoundError where the data is missing."""
    vocab = data / "tokenizer" / "bert-base-uncased-vocab.txt"
    uncased = tokenizer_from_vocab(vocab, lowercase=True)
    cased = tokenizer_from_vocab(vocab, lowercase=False)
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(vocab, out / "vocab.txt")
    write(out / "texts.jsonl", (pieces(uncased, text) for text in texts(data)))
    source = random.Random(20)
    write(
        out / "fuzz.jsonl",
        (
            {**pieces(cased if n % 5 == 0 else uncased, random_text(source)), "cased": n % 5 == 0}
            for n in range(fuzz)
        ),
    )
    write(out / "answers.jsonl", answers(uncased, data))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--fuzz", type=int, default=100_000)
    given = parser.parse_args()
    main(given.out, given.data, given.fuzz)
