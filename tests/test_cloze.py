"""Questions made of text: each is answered by the passage it comes with, at the place it says."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

from tasks.squad import read_questions

SCRIPT = Path(__file__).resolve().parents[1] / "recipes" / "cloze_questions.py"
FILLER = "The work went on through all of the long winter and well into the following spring. " * 6
TEXT = f"""The bridge at Oakham was designed by Maria Lindqvist. {FILLER}
In 1907 the town council asked Maria Lindqvist to design another bridge of steel.

Too short to ask anything about Maria Lindqvist.

{FILLER} {FILLER}
"""


def make(folder: Path, text: str, name: str = "cloze.json.gz") -> Path:
    source, out = folder / "text.txt.gz", folder / name
    source.write_bytes(gzip.compress(text.encode()))
    subprocess.run([sys.executable, str(SCRIPT), "--out", str(out), str(source)], check=True)
    return out


def test_a_sentence_asks_for_what_another_one_names(tmp_path: Path) -> None:
    questions = read_questions([make(tmp_path, TEXT)])
    assert len(questions) == 1, "one document repeats a name, and one of its sentences can ask"
    question = questions[0]
    [answer] = question.answers
    assert answer.text == "Maria Lindqvist"
    assert question.context[answer.start :].startswith(answer.text)
    assert "Lindqvist" not in question.question
    assert " what" in question.question
    assert question.question.endswith("?")
    blank = question.question.rstrip("?").replace("what", "Maria Lindqvist")
    assert blank in TEXT
    assert blank not in question.context, "the sentence that asks is not in the passage"


def test_the_same_text_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = make(tmp_path, TEXT, "a.json.gz"), make(tmp_path, TEXT, "b.json.gz")
    assert first.read_bytes() == second.read_bytes()


def test_a_text_that_repeats_nothing_asks_nothing(tmp_path: Path) -> None:
    made = json.loads(gzip.decompress(make(tmp_path, FILLER).read_bytes()))
    assert made["data"][0]["paragraphs"] == []
