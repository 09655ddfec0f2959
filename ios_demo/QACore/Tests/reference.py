"""Writes what the Python reference makes of many texts: `reference.py FOLDER`, for `swift test`.

`squad.jsonl`, `edge.jsonl`: real and hard texts; left out where the data is not on this machine.
`scalars.jsonl`: every Unicode scalar in use inside a word. `fuzz.jsonl`: 100,000 random strings.
"""

import hashlib
import json
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers.normalizers import BertNormalizer

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from tasks.answers import Logits, decode  # noqa: E402
from tasks.squad import read_squad  # noqa: E402
from tasks.tokenizer import SPECIAL_TOKENS, WordPieceTokenizer, read_vocab  # noqa: E402
from tasks.windows import QaLimits, Window, make_windows  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
FUZZ_STRINGS = 100_000
SCALARS_PER_TEXT = 512

# Where random strings take their characters from: scripts, marks, signs, and all of Unicode.
BLOCKS = [
    (0x20, 0x7E),
    (0x20, 0x7E),
    (0x00, 0x17F),
    (0x250, 0x36F),
    (0x370, 0x52F),
    (0x590, 0x6FF),
    (0x900, 0xE7F),
    (0x1100, 0x11FF),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1FFF),
    (0x2000, 0x206F),
    (0x2070, 0x2BFF),
    (0x3000, 0x30FF),
    (0x302A, 0x302F),
    (0x4E00, 0x4FFF),
    (0xAC00, 0xAFFF),
    (0xF900, 0xFFFD),
    (0x10400, 0x11FFF),
    (0x1D100, 0x1D24F),
    (0x1F300, 0x1FAFF),
    (0x2F800, 0x2FA1F),
    (0x0000, 0x10FFFF),
]


def span_logits(window: Window, number: int) -> Logits:
    """Logits that any language computes alike: multiples of 1/8192 from the ids and positions."""
    ids = np.asarray(window.input_ids, np.uint64)
    positions = np.arange(len(ids), dtype=np.uint64)

    def mixed(salt: int) -> NDArray[np.float32]:
        spread = (ids * 31 + positions * 17 + np.uint64(number * 7 + salt)) * 2654435761 % 2**32
        return ((spread // 2**16).astype(np.float32) / 8192 - 4).astype(np.float32)

    return mixed(0), mixed(3)


def digest(windows: Iterable[Window]) -> str:
    """SHA-256 of all numbers of the windows as little-endian int32."""
    numbers: list[int] = []
    for window in windows:
        numbers += [len(window.input_ids), *window.input_ids, *window.token_type_ids]
        numbers += [window.context_start, window.first]
        numbers += [place for span in window.spans for place in span]
        numbers += [int(best) for best in window.best_context]
    return hashlib.sha256(np.asarray(numbers, "<i4").tobytes()).hexdigest()


def squad(tokenizer: WordPieceTokenizer) -> Iterator[dict[str, Any]]:
    """Every question: its tokens, windows and answers; every passage once, before its questions."""
    last = None
    for number, question in enumerate(read_squad([DATA / "qa" / "squad11-dev-A.json.gz"])):
        if question.context != last:
            last = question.context
            yield {"context": last, **encoded(tokenizer, last)}
        length = (384, 128, 384)[number % 3]
        limits = QaLimits().for_length(length)
        windows = make_windows(tokenizer, question.question, question.context, limits)
        logits = [span_logits(window, index) for index, window in enumerate(windows)]
        found = decode(question.context, windows, logits, limits)
        yield {
            "question": question.question,
            **encoded(tokenizer, question.question),
            "length": length,
            "windows": digest(windows),
            "n_best": [[span.start, span.end, span.score] for span in found.n_best],
            "text": found.best.text if found.best else None,
        }


def edge(tokenizer: WordPieceTokenizer) -> Iterator[dict[str, Any]]:
    """The hard strings, and the questions of other languages and models."""
    path = DATA / "tokenizer" / "edge-strings.golden.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        text = json.loads(line)["text"]
        yield {"text": text, **encoded(tokenizer, text)}


def encoded(tokenizer: WordPieceTokenizer, text: str) -> dict[str, list[int]]:
    """Ids, and the spans as one flat list."""
    pieces = tokenizer.encode(text)
    return {"ids": pieces.ids, "spans": [place for span in pieces.spans for place in span]}


def every_scalar() -> Iterator[str]:
    """Every scalar of the planes in use, and some of the others, between two letters."""
    codes = [*range(0xD800), *range(0xE000, 0x32400), *range(0xE0000, 0xE0200)]
    codes += range(0x32400, 0x110000, 61)
    scalars = [chr(code) for code in codes]
    for at in range(0, len(scalars), SCALARS_PER_TEXT):
        yield " ".join(f"a{scalar}b" for scalar in scalars[at : at + SCALARS_PER_TEXT])


def random_strings() -> Iterator[str]:
    """Strings of up to 40 characters from one to three blocks."""
    source = random.Random(20260922)
    for _ in range(FUZZ_STRINGS):
        blocks = source.choices(BLOCKS, k=source.randint(1, 3))
        codes = (source.randint(*source.choice(blocks)) for _ in range(source.randint(0, 40)))
        yield "".join(chr(code) for code in codes if not 0xD800 <= code <= 0xDFFF)


def character_vocabulary(texts: Iterable[str]) -> dict[str, int]:
    """Most characters that the normalised texts have, alone and inside a word.

    One in sixteen is left out, so that there are unknown words too.
    """
    found: set[str] = set()
    for lowercase in (True, False):
        normalizer = BertNormalizer(lowercase=lowercase)
        for text in texts:
            found.update(normalizer.normalize_str(text))
    kept = [c for c in sorted(found) if (ord(c) * 2654435761 >> 8) % 16 or c.isascii()]
    tokens = [*SPECIAL_TOKENS, *kept, *(f"##{c}" for c in kept)]
    return {token: number for number, token in enumerate(tokens)}


def write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """JSON lines in ASCII."""
    with path.open("w", encoding="ascii") as stream:
        stream.writelines(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)


def write_characters(folder: Path, name: str, texts: list[str]) -> None:
    """Texts under a vocabulary of their own characters, in turn lower-cased and not."""
    vocabulary = character_vocabulary(texts)
    (folder / f"{name}.txt").write_bytes("\n".join(vocabulary).encode())
    tokenizers = {flag: WordPieceTokenizer(vocabulary, lowercase=flag) for flag in (True, False)}
    rows = (
        {"text": text, "lowercase": flag, **encoded(tokenizers[flag], text)}
        for text in texts
        for flag in (True, False)
    )
    write(folder / f"{name}.jsonl", rows)


def main(folder: Path) -> None:
    """Writes all files anew."""
    folder.mkdir(parents=True, exist_ok=True)
    if DATA.is_dir():
        vocabulary = DATA / "tokenizer" / "bert-base-uncased-vocab.txt"
        tokenizer = WordPieceTokenizer(read_vocab(vocabulary), lowercase=True)
        (folder / "bert.txt").write_bytes(vocabulary.read_bytes())
        write(folder / "squad.jsonl", squad(tokenizer))
        write(folder / "edge.jsonl", edge(tokenizer))
    write_characters(folder, "scalars", list(every_scalar()))
    write_characters(folder, "fuzz", list(random_strings()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
