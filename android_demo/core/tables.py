"""Writes UnicodeTables.kt from tests/golden/unicode.json: `python android_demo/core/tables.py`."""

import json
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1] / "tests" / "golden" / "unicode.json"
TARGET = HERE / "src/main/kotlin/distilbertmobile/core/UnicodeTables.kt"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(number: int) -> str:
    """Digits and small letters, as Kotlin's `toInt(36)` reads them."""
    digits = _DIGITS[number % 36]
    while number := number // 36:
        digits = _DIGITS[number % 36] + digits
    return digits


def ranges(pairs: list[list[int]]) -> str:
    """`gap` or `gap+more`: so far behind the last range the next begins, so many more it has."""
    words, free = [], 0
    for first, last in pairs:
        words.append(base36(first - free) + (f"+{base36(last - first)}" if last > first else ""))
        free = last + 1
    return " ".join(words)


def mapping(pairs: list[list]) -> str:
    """`gap=a,b`: so far behind the last character the next lies, and what it becomes."""
    words, free = [], 0
    for character, made in pairs:
        words.append(f"{base36(character - free)}={','.join(map(base36, made))}")
        free = character + 1
    return " ".join(words)


def constant(name: str, text: str) -> str:
    """A Kotlin constant over lines of 110 characters."""
    lines = [text[i : i + 110] for i in range(0, len(text), 110)]
    return f"    const val {name} =\n" + " +\n".join(f'        "{line}"' for line in lines) + "\n"


def source() -> str:
    """The text of UnicodeTables.kt."""
    tables = json.loads(SOURCE.read_text(encoding="ascii"))
    sets = ("dropped", "spaces", "ideographs", "marks", "punctuation")
    constants = [constant(name.upper(), ranges(tables[name])) for name in sets]
    constants += [
        constant(name.upper(), mapping(tables[name])) for name in ("decompositions", "lower")
    ]
    return (
        "// Written by tables.py from tests/golden/unicode.json; do not edit.\n"
        "package distilbertmobile.core\n\n"
        "/** What BERT's normalizer does with each character, in base 36; Unicode.kt reads it. */\n"
        "internal object UnicodeTables {\n" + "\n".join(constants) + "}\n"
    )


if __name__ == "__main__":
    TARGET.write_text(source(), encoding="ascii")
