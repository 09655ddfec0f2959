"""What BERT's normalizer in `tokenizers` does with each character, read off its output."""

from collections.abc import Iterable
from typing import Any

from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

_CHARACTERS = [chr(c) for c in (*range(0xD800), *range(0xE000, 0x110000))]
_CHUNK = 4096
# Stands between two characters: nothing turns into it, joins with it or is moved across it.
_FENCE = "1"
_HANGUL = range(0xAC00, 0xD7A4)


def _each(normalizer: NFD | BertNormalizer) -> dict[str, str]:
    """Character -> what the normalizer makes of it alone, where that is something else."""
    changed = {}
    for first in range(0, len(_CHARACTERS), _CHUNK):
        chunk = [c for c in _CHARACTERS[first : first + _CHUNK] if c != _FENCE]
        made = normalizer.normalize_str(_FENCE.join(["", *chunk, ""])).split(_FENCE)[1:-1]
        changed |= {c: out for c, out in zip(chunk, made, strict=True) if c != out}
    return changed


def _movable(characters: Iterable[str]) -> list[str]:
    """Those that NFD moves in front of U+0345, the mark of the highest combining class."""
    nfd, high = NFD(), "\u0345"
    chosen = list(characters)
    made = nfd.normalize_str(_FENCE.join(["", *(high + c for c in chosen), ""])).split(_FENCE)
    return [c for c, out in zip(chosen, made[1:-1], strict=True) if not out.startswith(high)]


def _punctuation() -> list[str]:
    found = []
    splitter = BertPreTokenizer()
    for first in range(0, len(_CHARACTERS), _CHUNK):
        chunk = _CHARACTERS[first : first + _CHUNK]
        words = splitter.pre_tokenize_str("".join(f"a{c}a " for c in chunk))
        spans = {span for _, span in words}
        found += [c for i, c in enumerate(chunk) if (4 * i + 1, 4 * i + 2) in spans]
    return found


def _ranges(characters: Iterable[str]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for point in sorted(map(ord, characters)):
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return ranges


def _mapping(pairs: dict[str, str]) -> list[list[Any]]:
    return [[ord(c), [ord(o) for o in out]] for c, out in sorted(pairs.items())]


def unicode_tables() -> dict[str, Any]:
    """Content of unicode.json; raises ValueError if the tables do not explain the normalizer."""
    cleaned = _each(BertNormalizer(lowercase=False))
    kinds = {c: out.replace(c, "x") if c != " " else out for c, out in cleaned.items()}
    dropped = {c for c, kind in kinds.items() if kind == ""}
    spaces = {c for c, kind in kinds.items() if kind == " "} | {" "}
    ideographs = {c for c, kind in kinds.items() if kind == " x "}
    if len(dropped | spaces | ideographs) != len(kinds) + 1:
        raise ValueError("the normalizer does more than dropping and spacing")
    lower = _each(BertNormalizer(lowercase=True, strip_accents=False))
    lower = {c: out for c, out in lower.items() if c not in cleaned}
    decomposed = _each(NFD())
    stripped = _each(BertNormalizer(lowercase=False, strip_accents=True))
    known = dropped | decomposed.keys()
    marks = {c for c, out in stripped.items() if not out and c not in known}
    for character, made in _each(BertNormalizer(lowercase=True)).items():
        parts = [p for p in decomposed.get(character, character) if p not in marks]
        explained = cleaned.get(character, "x").replace(character, "x").replace(
            "x", "".join(lower.get(part, part) for part in parts)
        )  # fmt: skip
        if made != explained:
            raise ValueError(f"U+{ord(character):04X} becomes {made!r}, explained: {explained!r}")
    kept = (c for c in _CHARACTERS if c not in known and c not in marks and c != _FENCE)
    written = {c: out for c, out in decomposed.items() if ord(c) not in _HANGUL}
    return {
        "dropped": _ranges(dropped),
        "spaces": _ranges(spaces),
        "ideographs": _ranges(ideographs),
        "marks": _ranges(marks),
        "movable": _ranges(_movable(kept)),
        "punctuation": _ranges(_punctuation()),
        "decompositions": _mapping(written),
        "lower": _mapping(lower),
    }
