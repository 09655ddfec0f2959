"""Every number on the README's first screen comes from the committed result files."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

from bench.config import ReportConfig
from bench.report import report

ROOT = Path(__file__).resolve().parents[1]
STUDY = ROOT / "docs" / "study"


def table_rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ")]


def test_the_committed_report_is_what_the_committed_results_say(tmp_path: Path) -> None:
    report(ReportConfig((STUDY / "results",), tmp_path))
    for name in ("report.md", "paper.md", "results.csv"):
        committed = (STUDY / name).read_text(encoding="utf-8")
        assert (tmp_path / name).read_text(encoding="utf-8") == committed, name


def test_the_readmes_table_is_a_part_of_the_report(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = table_rows(readme.split("```")[0])
    assert len(rows) > 5
    assert set(rows) <= set(table_rows((STUDY / "report.md").read_text(encoding="utf-8")))
    copy = tmp_path / "README.md"
    copy.write_text(readme, encoding="utf-8")
    script = ROOT / "recipes" / "readme_table.py"
    subprocess.run([sys.executable, script, STUDY / "report.md", copy], check=True)
    assert copy.read_text(encoding="utf-8") == readme


def test_the_students_page_is_what_its_results_say() -> None:
    folder = ROOT / "docs" / "student"
    page = runpy.run_path(str(ROOT / "recipes" / "student_page.py"))
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    scores, narrower = (page["scores_in"](folder / name) for name in ("results", "narrower"))
    committed = (folder / "report.md").read_text(encoding="utf-8")
    assert page["report"](results, scores, narrower) == committed
    for one in (scores, narrower):
        one[0]["accuracy"]["f1"] += 0.01
        assert page["report"](results, scores, narrower) != committed
        one[0]["accuracy"]["f1"] -= 0.01


def test_the_distillation_page_is_what_its_results_say() -> None:
    folder = ROOT / "docs" / "distillation"
    page = runpy.run_path(str(ROOT / "recipes" / "distillation_study.py"))
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    committed = (folder / "report.md").read_text(encoding="utf-8")
    assert page["report"](results) == committed
    results["records"]["squad-full"]["metrics"]["best"]["eval_f1"] += 0.01
    assert page["report"](results) != committed


def test_the_students_scores_are_those_of_the_files_that_ship() -> None:
    """By their hashes: the study measured the same two files."""
    shipped = {
        one["subject"]["file_sha256"]
        for path in (STUDY / "results").glob("minilm-l6-squad-int8-embed4-*.json")
        for one in [json.loads(path.read_text(encoding="utf-8"))]
    }
    scored = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (ROOT / "docs" / "student" / "results").glob("*.json")
    ]
    files = {one["subject"]["file_sha256"] for one in scored if one["runtime"] != "torch"}
    assert len(files) == 2
    assert files <= shipped
