"""What can be asked of an export, and what is refused before anything heavy is loaded."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from export import recipes
from export.config import ExportConfig
from export.recipes import RECIPES, find_recipe

RECIPE_FUNCTIONS = {name: getattr(recipes, name.replace("-", "_")) for name in RECIPES}


def test_unknown_recipe_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown recipe 'int3'; choose one of: fp32, fp16, int8"):
        find_recipe("int3")


def test_config_refuses_an_unknown_recipe() -> None:
    with pytest.raises(ValueError, match="unknown recipe"):
        ExportConfig(Path("a"), Path("b"), recipe="int2")


def test_a_recipe_of_one_runtime_is_refused_for_the_other() -> None:
    with pytest.raises(ValueError, match=r"int8-tensor is for tflite only, found pte.*--runtime"):
        ExportConfig(Path("a"), Path("b"), recipe="int8-tensor")
    ExportConfig(Path("a"), Path("b"), recipe="int8-tensor", runtimes=("tflite",))


def test_calibration_is_for_static_recipes_only() -> None:
    with pytest.raises(ValueError, match="int8 needs no calibration"):
        ExportConfig(Path("a"), Path("b"), calibration=(Path("c"),))
    ExportConfig(Path("a"), Path("b"), recipe="int8-static", calibration=(Path("c"),))


def test_a_number_of_gate_questions_without_data_is_refused() -> None:
    with pytest.raises(ValueError, match="without gate_data"):
        ExportConfig(Path("a"), Path("b"), gate_questions=5)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_says_what_it_stores_and_what_stays_float(name: str) -> None:
    text = " ".join((RECIPE_FUNCTIONS[name].__doc__ or "").split())
    assert re.search(r"\d+ bits|As int8", text), text
    assert find_recipe(name).label == name


def test_kept_modules_are_in_the_label_and_keep_what_is_inside_them() -> None:
    recipe = find_recipe("int8", ("head", "layers.1"))
    assert recipe.label == "int8, float32: head layers.1"
    assert [n for n in ("head", "layers.1.down", "layers.10", "header") if recipe.keeps(n)] == [
        "head",
        "layers.1.down",
    ]


@pytest.mark.parametrize("runtimes", [("onnx",), (), ("pte", "pte")])
def test_config_refuses_runtimes_it_does_not_know(runtimes: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="tflite, pte"):
        ExportConfig(Path("a"), Path("b"), runtimes=runtimes)


@pytest.mark.parametrize("buckets", [(), (128, 64), (64, 64), (4,)])
def test_config_refuses_buckets_that_make_no_sense(buckets: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="bucket"):
        ExportConfig(Path("a"), Path("b"), buckets=buckets)


def test_reading_a_bundle_needs_no_machine_learning_library() -> None:
    code = (
        "import sys, export.config, export.bundle, export.runner, export.recipes\n"
        "heavy = {'torch', 'transformers', 'litert_torch', 'executorch', 'ai_edge_litert'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
