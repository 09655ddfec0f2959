"""Exports the model that ships and writes Python's answers: `reference.py FOLDER`.

For the tests of both apps on a computer: `bundle/`, and `answers.json` with the sample questions.
"""

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.subject import bundle_tokenizer  # noqa: E402
from export.runner import open_runner  # noqa: E402
from export.shipped import todays_bundle  # noqa: E402
from tasks.qa import answer_question  # noqa: E402
from tasks.squad import read_squad, sample_path  # noqa: E402


def main(folder: Path) -> None:
    """Writes the bundle if there is none of today, and the answers anew."""
    bundle = todays_bundle(folder / "bundle", ("tflite",))
    limits = bundle.manifest.qa
    assert limits is not None
    tokenizer = bundle_tokenizer(bundle)
    runner = open_runner(bundle, "tflite")
    answers: list[dict[str, Any]] = []
    for question in read_squad([sample_path()]):
        windows: list[Any] = []

        def model(ids: list[int], types: list[int], windows: list[Any] = windows) -> Any:
            windows.append(runner.span_logits(ids, types))
            return windows[-1]

        found = answer_question(model, tokenizer, question.question, question.context, limits)
        best = found.best
        answers.append(
            {
                "question": question.question,
                "context": question.context,
                "text": best.text if best else None,
                "start": best.start if best else None,
                "end": best.end if best else None,
                "startLogits": [start.tolist() for start, _ in windows],
                "endLogits": [end.tolist() for _, end in windows],
            }
        )
    (folder / "answers.json").write_text(json.dumps(answers), encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
