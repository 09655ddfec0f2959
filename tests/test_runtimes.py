"""docs/runtimes.md says what was seen, and the check of other runtimes fails where it must."""

import copy
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from export.recipes import RECIPES

ROOT = Path(__file__).resolve().parents[1]
COMPAT = ROOT / "tests" / "compat"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"compat_{name}", COMPAT / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def seen() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((COMPAT / "seen.json").read_text(encoding="utf-8"))
    return found


def cell(one: dict[str, Any]) -> str:
    if "error" in one:
        return "refuses the file"
    return f"{'right' if one['right'] else '**wrong**'}, {one['difference']:.2g}"


def test_the_page_has_every_recipe_with_the_figures_seen(seen: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "runtimes.md").read_text(encoding="utf-8")
    new, old = seen["tensorflow-cpu"], seen["tflite-runtime"]
    assert set(new["recipes"]) == {n for n, one in RECIPES.items() if "tflite" in one.runtimes}
    for recipe, one in new["recipes"].items():
        cells = f"{one['tolerance']:.2g} | {cell(one)} | {cell(old['recipes'][recipe])}"
        assert f"| `{recipe}` | {cells} |" in page
    assert f"tensorflow-cpu {new['version']}" in page
    assert f"tflite-runtime {old['version']}" in page


def test_what_was_seen_is_as_promised(seen: dict[str, Any]) -> None:
    assert load("check").faults(seen) == []


@pytest.mark.parametrize(
    ("package", "recipe", "right", "words"),
    [
        ("tensorflow-cpu", "int4", False, "tensorflow-cpu does not compute int4"),
        ("tflite-runtime", "int8-tensor", False, "does not compute int8-tensor"),
        ("tflite-runtime", "int8", True, "computes int8 rightly"),
    ],
)
def test_a_broken_promise_is_a_fault(
    seen: dict[str, Any], package: str, recipe: str, right: bool, words: str
) -> None:
    changed = copy.deepcopy(seen)
    changed[package]["recipes"][recipe]["right"] = right
    faults = load("check").faults(changed)
    assert len(faults) == 1
    assert words in faults[0]


def test_the_script_tells_right_answers_from_wrong_ones_and_from_nan(tmp_path: Path) -> None:
    class Interpreter:
        """Gives the sum of the ids in each logit."""

        def __init__(self, **settings: Any) -> None: ...

        def get_signature_runner(self, name: str) -> Any:
            return lambda **inputs: {"logits": np.full((1, 4), inputs["input_ids"].sum())}

    entry = {"name": "length_4", "min_length": 4, "max_length": 4}
    interface = {"entries": [entry], "inputs": [{"name": "input_ids"}], "outputs": []}
    manifest = {
        "golden": "golden.json",
        "models": {"tflite": {"file": "m", "interface": interface}},
    }
    case: dict[str, Any] = {"length": 4, "input_ids": [1, 2], "token_type_ids": [0, 0]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    for stored, right in ((3.0, True), (3.05, True), (3.2, False), (float("nan"), False)):
        case["expected"] = {"tflite": {"logits": [stored]}}
        (tmp_path / "golden.json").write_text(json.dumps({"tolerance": 0.1, "cases": [case]}))
        assert load("golden_run").worst_difference(Interpreter, tmp_path)["right"] is right
