"""Counts the ARM64 instructions of one inference on an emulated Cortex-A76, as result files.

    tests/device/install.sh arm
    python recipes/arm_instructions.py BUNDLE... [--out results] [--tokens 128,384] [--budget FILE]

It is work, not time: no cache, no memory and no pipeline is modelled. One thread, so that a count
repeats exactly. The .tflite runs in our C runner on LiteRT's wheel for ARM64, the .pte in
ExecuTorch's wheel for ARM64 (1.1.0, the newest there is; it runs files of 1.4.1).
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.machine import now  # noqa: E402
from bench.phone.cases import make_case, read_output, without_padding, write_cases  # noqa: E402
from bench.phone.kit import build_kit  # noqa: E402
from bench.result import RESULT_VERSION, Device, Result, Work, Workload, write_result  # noqa: E402
from bench.subject import bundle_tokenizer, describe_bundle, padded_length, real_tokens  # noqa: E402
from export.bundle import Bundle, FloatArray, load_bundle  # noqa: E402

HERE = ROOT / "tests" / "device"
BUILT = ROOT / "build" / "device"
PYTHON, SITE, PLUGIN = BUILT / "python-arm64", BUILT / "site-arm64", BUILT / "count.so"
CPU = "cortex-a76"
MARK = "777"
RUNS = 3
EXECUTORCH = "executorch 1.1.0 (aarch64 wheel)"
Input = tuple[Sequence[int], Sequence[int]]


@dataclass(frozen=True)
class Ran:
    """What an emulated process did: outputs by case and name, instructions of marked runs."""

    outputs: list[dict[str, FloatArray]]
    instructions: tuple[int, ...]
    runtime_version: str


def emulated(command: Sequence[str | Path], folder: Path, python: bool = False) -> str:
    """Run an ARM64 program in the emulator with the counting plugin; returns its standard error.

    In a mount namespace of its own /proc/cpuinfo and /sys are the emulated processor's: libraries
    that look for its features crash on the host's. ValueError where the program fails.
    """
    mount = (
        f"mount --bind {BUILT}/cpuinfo /proc/cpuinfo; mount --rbind {BUILT}/sys /sys; "
        'cd "$1"; shift; exec "$@"'
    )
    words = [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-euc",
        mount,
        "sh",
        str(folder),
    ]
    if python:
        words += ["env", f"PYTHONHOME={PYTHON}/usr", f"PYTHONPATH={SITE}"]
    words += [
        "qemu-aarch64",
        "-cpu",
        CPU,
        "-plugin",
        str(PLUGIN),
        "-L",
        str(PYTHON if python else folder),
    ]
    found = subprocess.run(
        [*words, *map(str, command)], capture_output=True, text=True, check=False
    )
    if found.returncode != 0:
        raise ValueError(
            f"{command[0]} ended with {found.returncode} in the emulator: {found.stderr[-800:]}"
        )
    return found.stderr


def counts(printed: str) -> tuple[int, ...]:
    """The instructions inside each pair of marks."""
    numbers = [int(number) for number in re.findall(r"^instructions (\d+)$", printed, re.MULTILINE)]
    return tuple(numbers[1::2])


def run_tflite(bundle: Bundle, inputs: Sequence[Input], marked: int = 0) -> Ran:
    """Run a bundle's .tflite on ARM64; the first input is counted `marked` times."""
    kit, interface = build_kit("arm64-v8a"), bundle.model("tflite").interface
    cases = [make_case(interface, *one) for one in inputs]
    with tempfile.TemporaryDirectory(prefix="arm-") as temporary:
        written, out = Path(temporary) / "cases.txt", Path(temporary) / "out.txt"
        written.write_text(write_cases(interface, cases))
        command = [*kit.command.split(), "--model", bundle.model_path("tflite").resolve()]
        command += ["--cases", written, "--out", out]
        if len(interface.entries) > 1:
            command += ["--cache", f"{temporary}/weights"]
        if marked:
            command += [
                "--warmup",
                "1",
                "--runs",
                str(marked),
                "--seconds",
                "100000",
                "--mark",
                MARK,
            ]
        printed = emulated(command, kit.folder)
        output = read_output(out.read_text(), len(cases))
    pairs = zip(inputs, output.outputs, strict=True)
    outputs = [without_padding(interface, found, len(ids)) for (ids, _), found in pairs]
    return Ran(outputs, counts(printed), kit.runtime_version)


def run_pte(bundle: Bundle, inputs: Sequence[Input], marked: int = 0) -> Ran:
    """Run a bundle's .pte on ARM64; the runs of the first `marked` inputs are counted."""
    import numpy as np

    interface = bundle.model("pte").interface
    with tempfile.TemporaryDirectory(prefix="arm-") as temporary:
        cases, out = Path(temporary) / "cases.json", Path(temporary) / "out.json"
        cases.write_text(json.dumps([list(interface.rows(*one).values()) for one in inputs]))
        command = [PYTHON / "usr/bin/python3.11", HERE / "arm_pte.py"]
        command += [bundle.model_path("pte").resolve(), interface.entries[-1].name]
        printed = emulated([*command, cases, out, str(marked)], HERE, python=True)
        found = json.loads(out.read_text())
    names = [tensor.name for tensor in interface.outputs]
    outputs = [
        {name: np.asarray(row, np.float32) for name, row in zip(names, rows, strict=True)}
        for rows in found
    ]
    return Ran(outputs, counts(printed), EXECUTORCH)


RUNNERS = {"tflite": run_tflite, "pte": run_pte}
PROGRAMS = {"tflite": "litert_runner", "pte": "ExecuTorch's Python binding"}


def count(bundle: Bundle, runtime: str, lengths: Sequence[int]) -> list[Result]:
    """A result for each length in real tokens: the instructions of RUNS runs after a first one."""
    tokenizer = bundle_tokenizer(bundle)
    inputs = {length: real_tokens(tokenizer, length) for length in lengths}
    if runtime == "pte":  # its start takes a minute: all lengths in one process, a warm run of each
        rows = [one for length in lengths for one in [inputs[length]] * (RUNS + 1)]
        ran = run_pte(bundle, rows, marked=len(rows))
        parts = [
            ran.instructions[i * (RUNS + 1) + 1 : (i + 1) * (RUNS + 1)] for i in range(len(lengths))
        ]
    else:
        found = [run_tflite(bundle, [inputs[length]], marked=RUNS) for length in lengths]
        ran, parts = found[0], [one.instructions for one in found]
    return results_of(bundle, runtime, lengths, parts, ran.runtime_version)


def results_of(
    bundle: Bundle,
    runtime: str,
    lengths: Sequence[int],
    instructions: Sequence[tuple[int, ...]],
    version: str,
) -> list[Result]:
    """Counts of single runs at each length as results."""
    return [
        Result(
            version=RESULT_VERSION,
            measured_at=now(),
            device=Device("emulated", "Cortex-A76 under qemu-user", "Linux", "Cortex-A76", 1, 0),
            subject=describe_bundle(bundle, runtime),
            runtime=runtime,
            runtime_version=version,
            runner=PROGRAMS[runtime],
            workload=Workload(1, tokens, padded_length(bundle, runtime, tokens), ()),
            speed=None,
            printed=None,
            memory=None,
            work=Work("qemu-user 7.2 plugin, guest instructions", counted),
            accuracy=None,
            before=None,
            after=None,
            notes=(),
        )
        for tokens, counted in zip(lengths, instructions, strict=True)
    ]


def main() -> None:
    """Counts and writes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--tokens", default="128,384")
    parser.add_argument("--budget", type=Path, help="JSON file of budgets to put the counts into")
    given = parser.parse_args()
    for folder in given.bundles:
        bundle = load_bundle(folder)
        for runtime in bundle.manifest.models:
            for result in count(bundle, runtime, [int(word) for word in given.tokens.split(",")]):
                keep(result, folder.resolve().name, given.out, given.budget)


def keep(result: Result, bundle: str, out: Path, budget: Path | None) -> None:
    """Write a result, and its largest count into the budgets of its bundle."""
    assert result.work
    assert result.workload
    name = f"{bundle}-{result.runtime}-arm-{result.workload.tokens}"
    write_result(result, out / f"{name}.json")
    print(f"{name}: {', '.join(f'{one:,}' for one in result.work.instructions)}", flush=True)
    if budget is not None:
        known = json.loads(budget.read_text()) if budget.is_file() else {}
        setting = f"{result.runtime} {result.workload.tokens}"
        known.setdefault(bundle, {})[setting] = max(result.work.instructions)
        budget.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
