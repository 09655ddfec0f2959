"""What the README tells people to type works as it stands there."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from distilbert_mobile import main
from tasks.squad import read_squad, sample_path

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    """The distilbert-mobile commands of the README's shell blocks, without their comments."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL))
    joined = re.sub(r"\\\n\s*", "", blocks)
    found = [shlex.split(line, comments=True) for line in joined.splitlines()]
    return [words[1:] for words in found if words[:1] == ["distilbert-mobile"]]


@pytest.mark.parametrize("target", ["study", "test"])
def test_the_two_commands_are_there(target: str) -> None:
    assert f"make {target}" in README
    shown = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "distilbert-mobile study" in shown.stdout or "pytest" in shown.stdout


def test_the_commands_run_in_their_order(
    make_bert: Callable[..., Path],
    shipped_bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_bert(tmp_path / "runs" / "teacher", max_position_embeddings=512)
    make_bert(tmp_path / "runs" / "masked-lm", head="mlm", max_position_embeddings=512)
    (tmp_path / "text").mkdir()
    passages = "\n\n".join(question.context for question in read_squad([sample_path()]))
    (tmp_path / "text" / "passages.txt").write_text(passages, encoding="utf-8")
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("results"))
    for name in ("train.json", "dev.json"):
        shutil.copyfile(sample_path(), tmp_path / name)
    # What `make study` would have left: the README asks it first.
    shutil.copytree(shipped_bundle, tmp_path / "bundles" / shipped_bundle.name)
    monkeypatch.chdir(tmp_path)
    listed = commands()
    assert {words[0] for words in listed} >= {
        "student", "pretrain", "finetune", "export", "inspect", "evaluate", "bench", "report",
        "ask",
    }  # fmt: skip
    for words in listed:
        if words[0] != "study":  # test_study.py runs it
            assert main(words) == 0, (words, capsys.readouterr().err)
            if words[1] == f"bundles/{shipped_bundle.name}":
                assert "stone" in capsys.readouterr().out
    assert (tmp_path / "report" / "index.html").is_file()
