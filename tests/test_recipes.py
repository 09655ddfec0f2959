"""What can be asked of an export, and what is refused before anything heavy is loaded."""

import subprocess
import sys
from pathlib import Path

import pytest

from export.config import ExportConfig
from export.recipes import find_recipe


def test_unknown_recipe_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown recipe 'int3'; choose one of: fp32, int8"):
        find_recipe("int3")


def test_config_refuses_an_unknown_recipe() -> None:
    with pytest.raises(ValueError, match="unknown recipe"):
        ExportConfig(Path("a"), Path("b"), recipe="fp16")


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
