"""What ships, on the ARM64 builds of its runtimes in an emulator: logits, answers, work."""

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from agree import check_agreement

from bench.phone.score import windows_of
from bench.result import Result, read_result, write_result
from bench.subject import bundle_tokenizer, real_tokens
from export.bundle import Bundle
from export.shipped import SHIPPED, todays_bundle
from tasks.squad import read_squad, sample_path

ROOT = Path(__file__).resolve().parents[2]
BUDGETS = Path(__file__).with_name("instructions.json")
MORE = 1.01
"""How much more work than its budget a file may take."""
TOKENS = 128
THIRD = 3
"""Every third question of our sample: the emulator takes its time."""

arm = SimpleNamespace(**runpy.run_path(str(ROOT / "recipes" / "arm_instructions.py")))


@pytest.fixture(scope="module")
def pte_bundle() -> Bundle:
    return todays_bundle(ROOT / "build" / "device" / "pte-bundle", ("pte",))


def check_budget(runtime: str, results: list[Result], folder: Path) -> None:
    """The counts repeat, are within the budget that is committed, and are kept as results."""
    budgets = json.loads(BUDGETS.read_text()).get(SHIPPED.bundle_name)
    assert budgets is not None, (
        f"{BUDGETS.name} has no budget for {SHIPPED.bundle_name}; in the repository's root: "
        f"python -m export.shipped build/{SHIPPED.bundle_name} && python "
        f"recipes/arm_instructions.py build/{SHIPPED.bundle_name} --tokens {TOKENS} "
        f"--out build/counts --budget {BUDGETS.relative_to(ROOT)}"
    )
    for result in results:
        assert result.work
        assert result.workload
        counts = result.work.instructions
        name = f"{runtime} {result.workload.tokens}"
        print(f"{SHIPPED.bundle_name} {name}: {counts} instructions, budget {budgets[name]:,}")
        assert max(counts) - min(counts) <= 1e-4 * min(counts), "a count of one thread repeats"
        assert max(counts) <= MORE * budgets[name], "more work than committed: why?"
        assert min(counts) >= budgets[name] / MORE, "less work than committed: lower the budget"
        write_result(result, folder / "count.json")
        assert read_result(folder / "count.json") == result


def test_the_work_of_a_tflite(bundle: Bundle, tmp_path: Path) -> None:
    check_budget("tflite", arm.count(bundle, "tflite", [TOKENS]), tmp_path)


def test_a_pte_answers_as_on_x86_and_its_work(pte_bundle: Bundle, tmp_path: Path) -> None:
    """One process, for its start takes longest: counted runs first, then the sample."""
    limits, tokenizer = pte_bundle.manifest.qa, bundle_tokenizer(pte_bundle)
    assert limits is not None
    questions = read_squad([sample_path()])[::THIRD]
    inputs = windows_of(pte_bundle, limits, questions)
    counted = [real_tokens(tokenizer, TOKENS)] * (arm.RUNS + 1)
    ran = arm.run_pte(pte_bundle, [*counted, *inputs], marked=len(counted))
    found = [(one["start_logits"], one["end_logits"]) for one in ran.outputs[len(counted) :]]
    known = dict(zip(inputs, found, strict=True))
    check_agreement(pte_bundle, "pte", questions, known)
    made = arm.results_of(pte_bundle, "pte", [TOKENS], [ran.instructions[1:]], ran.runtime_version)
    check_budget("pte", made, tmp_path)
