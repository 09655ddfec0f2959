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
    files = sorted((folder / "results").glob("*.json"))
    scores = [json.loads(path.read_text(encoding="utf-8")) for path in files]
    committed = (folder / "report.md").read_text(encoding="utf-8")
    assert page["report"](results, scores) == committed
    scores[0]["accuracy"]["f1"] += 0.01
    assert page["report"](results, scores) != committed
