"""`ask` answers from the shipped bytes, whatever people type, and refuses a damaged bundle."""

import io
import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.ask import ask
from bench.config import AskConfig
from distilbert_mobile import main

ROOT = Path(__file__).resolve().parents[1]
PASSAGE = (ROOT / "docs" / "passage.txt").read_text(encoding="utf-8")
QUESTION = "What do otters open shells with?"


def asking(bundle: Path, question: str = QUESTION, **changes: Any) -> AskConfig:
    return AskConfig(bundle, question, "-", **changes)


def test_it_shows_the_answer_its_place_and_the_time(
    shipped_bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passage = str(ROOT / "docs" / "passage.txt")
    assert main(["ask", str(shipped_bundle), QUESTION, "--context", passage]) == 0
    shown = capsys.readouterr().out
    assert "stone" in shown.splitlines()[0]
    assert "ms to answer" in shown
    assert "tflite" in shown


def test_both_runtimes_give_the_same_answer(shipped_bundle: Path) -> None:
    replies = [ask(asking(shipped_bundle, runtime=name), PASSAGE) for name in ("tflite", "pte")]
    answers = [reply.answer for reply in replies]
    assert answers[0] is not None
    assert answers[1] is not None
    assert answers[0].text == answers[1].text == PASSAGE[answers[0].start : answers[0].end]


def test_a_cold_start_takes_under_one_and_a_half_seconds(shipped_bundle: Path) -> None:
    command = [sys.executable, "-m", "distilbert_mobile", "ask", str(shipped_bundle), QUESTION]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = subprocess.run(
        [*command, "--context", "-", "--json"],
        cwd=ROOT, input=PASSAGE, capture_output=True, text=True, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "stone" in json.loads(found.stdout)["answer"]["text"]
    # CPU time: it is what an idle machine's clock shows, and it does not depend on the neighbours.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.5


@pytest.mark.parametrize(
    "passage",
    [
        PASSAGE.replace(" ", "\u0007 \u200b"),
        f"[SEP] [CLS] {PASSAGE} [SEP] [PAD]",
        PASSAGE + " filler words" * 2000,
        "filler words " * 2000 + PASSAGE,
        "?",
        "\u0007\u200b",
        "\ud800 lone surrogate",
    ],
    ids=["controls", "specials", "long after", "long before", "one sign", "no text", "surrogate"],
)
def test_odd_passages_give_a_part_of_themselves_or_nothing(
    shipped_bundle: Path, passage: str
) -> None:
    reply = ask(asking(shipped_bundle), passage)
    for span in reply.n_best:
        assert span.text == passage[span.start : span.end]


def test_a_question_of_two_thousand_tokens_is_cut(shipped_bundle: Path) -> None:
    assert ask(asking(shipped_bundle, QUESTION + " why" * 2000), PASSAGE).n_best


@pytest.mark.parametrize(("question", "passage"), [("", PASSAGE), (QUESTION, " \n")])
def test_nothing_to_ask_or_to_read_is_an_error(
    shipped_bundle: Path,
    question: str,
    passage: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(passage))
    assert main(["ask", str(shipped_bundle), question, "--context", "-"]) == 1
    assert "is empty" in capsys.readouterr().err


def test_a_flipped_byte_is_noticed_before_it_answers(shipped_bundle: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(shipped_bundle, bundle)
    content = bytearray((bundle / "model.tflite").read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / "model.tflite").write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.tflite"):
        ask(asking(bundle), PASSAGE)
