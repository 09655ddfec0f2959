"""Writes the golden cases: `python tests/golden/regenerate.py [FOLDER]`, by default in place.

Token ids and spans come from Hugging Face `tokenizers`, windows and answers from the Python
reference in `tasks/`, a classifier's inputs from its training in `distill/`, signatures from
OpenSSL; what manifests must give is stated in `manifest_changes.py`, and checked with `export/`.
"""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from answer_cases import answer_cases  # noqa: E402
from classifier_cases import classifier_cases  # noqa: E402
from json_text import dumped  # noqa: E402
from manifest_cases import manifests  # noqa: E402
from signature_cases import signature_cases  # noqa: E402
from tokenizer_cases import tokenizer_cases  # noqa: E402
from unicode_tables import unicode_tables  # noqa: E402
from window_cases import window_cases  # noqa: E402


def content() -> dict[str, bytes]:
    """Path -> bytes of all golden files."""
    found = {
        "unicode.json": dumped(unicode_tables()).encode(),
        "tokenizer.json": dumped(tokenizer_cases()).encode(),
        "windows.json": dumped(window_cases()).encode(),
        "answers.json": dumped(answer_cases()).encode(),
        "classifier.json": dumped(classifier_cases()).encode(),
        "signatures.json": dumped(signature_cases()).encode(),
    }
    return found | {f"manifests/{name}": data for name, data in manifests().items()}


def main(folder: Path) -> None:
    """Write every golden file into `folder`."""
    for name, data in content().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
