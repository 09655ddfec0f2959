"""Stages import downwards only, and the half that runs on bundles loads no torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = {
    "tasks": {"tasks"},
    "distill": {"distill", "tasks"},
    "export": {"export", "tasks"},
    "bench": {"bench", "export", "tasks"},
}
STAGES = {*ALLOWED, "distilbert_mobile"}
FILES = [path for stage in ALLOWED for path in sorted((ROOT / stage).glob("**/*.py"))]


def imported(path: Path) -> set[str]:
    """Top-level names that a file imports anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(str(node.module).split(".")[0])
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_downwards(path: Path) -> None:
    stage = path.relative_to(ROOT).parts[0]
    assert imported(path) & STAGES <= ALLOWED[stage]


def test_tasks_knows_no_framework() -> None:
    for path in (ROOT / "tasks").glob("*.py"):
        assert not imported(path) & {"torch", "transformers", "executorch", "ai_edge_litert"}, path


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_a_package_imports_nothing_by_itself(package: str) -> None:
    assert imported(ROOT / package / "__init__.py") == set()


@pytest.mark.parametrize(
    "names",
    [
        "tasks, tasks.qa, tasks.metrics, tasks.squad, bench.host, bench.ask",
        "distilbert_mobile, distill.config, export.config, bench.config",
        "export.bundle, export.runner",
    ],
)
def test_the_light_half_loads_no_torch(names: str) -> None:
    script = (
        f"import sys, {names}\n"
        "heavy = {'torch', 'transformers', 'matplotlib', 'datasets', 'jax', 'litert_torch'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
