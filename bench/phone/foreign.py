"""Programs of the runtimes' makers, given by the user: their command lines, and what they print."""

import dataclasses
import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench.phone.cases import FloatArray, Replay
from bench.phone.facts import Facts
from bench.phone.job import Job, Measured, Unusable, read_looks, start
from bench.phone.store import Store
from bench.result import Printed
from bench.subject import bundle_tokenizer, padded_length, real_tokens
from export.bundle import check_golden, load_golden, record_file
from export.manifest import Entry, Interface

PROGRAM, MODEL = "program", "model"
NUMBER = r"[-+]?[\d.]+(?:e[-+]?\d+)?"
DTYPES = {"int32": np.int32, "int64": np.int64}


class BenchmarkModel:
    """LiteRT's benchmark_model: summaries only, and inputs that it makes up itself.

    Its random ids are bounded by the vocabulary; its mask is all ones, so that all of the padded
    length counts. The outputs cannot be seen: a row of it is not checked.
    """

    name = "benchmark_model"
    runtimes = ("tflite",)

    def __init__(self, program: Path) -> None:
        self.program = _existing(program)

    def measure(self, store: Store, facts: Facts, job: Job) -> Measured:
        """Run it once."""
        padded = padded_length(job.bundle, job.runtime, job.tokens)
        entry = _entry(job.bundle.model(job.runtime).interface, padded)
        store.send({PROGRAM: self.program, MODEL: job.bundle.model_path(job.runtime)})
        command = " ".join([f"./{PROGRAM}", *self.options(job, entry)])
        printed = start(store, command, job.cores, job.timeout_s)
        measured = parse_benchmark_model(printed)
        looks = read_looks(store.phone, store.run)
        return Measured(_version(self), None, measured, padded, looks, checked=False)

    def options(self, job: Job, entry: Entry) -> list[str]:
        """Its flags for a job."""
        names = [tensor.name for tensor in job.bundle.model(job.runtime).interface.inputs]
        vocabulary = job.bundle.manifest.tokenizer.vocab_size
        ranges = {"input_ids": f"0,{vocabulary - 1}", "attention_mask": "1,1"}
        values = [f"{name},{ranges.get(name, '0,0')}" for name in names]
        return [
            f"--graph={MODEL}",
            f"--signature_to_run_for={entry.name}",
            f"--num_threads={job.threads}",
            "--use_xnnpack=true",
            f"--input_layer={','.join(names)}",
            f"--input_layer_shape={':'.join([f'1,{entry.max_length}'] * len(names))}",
            f"--input_layer_value_range={':'.join(values)}",
            f"--warmup_runs={max(1, job.warmup)}",
            "--warmup_min_secs=0",
            "--num_runs=1",
            f"--min_secs={job.seconds:g}",
            f"--max_secs={max(150.0, 2 * job.seconds):g}",
        ]


def parse_benchmark_model(printed: str) -> Printed:
    """Read its statistics, microseconds to milliseconds.

    Both forms: `count=50 first=.. curr=.. min=.. max=.. avg=.. std=..` (newer ones add `p5=..
    median=.. p95=..`), and `count=N curr=V` or `count=N curr=V(all same)` where no run differed.
    The last such line is the timed one, those before it the warm-up. The line `Inference timings`
    has the rest. Raises Unusable where either is missing.
    """
    blocks = re.findall(r"\bcount=(\d+)([^\n]*)", printed)
    timings = re.search(
        rf"Inference timings in us: Init: ({NUMBER}), First inference: ({NUMBER}), "
        rf"Warmup \(avg\): ({NUMBER}), Inference \(avg\): ({NUMBER})",
        printed,
    )
    if not blocks or timings is None:
        raise Unusable(
            "benchmark_model printed no statistics (a line with count=... and one with 'Inference "
            f"timings in us'); it ended with: {printed.strip()[-200:] or '(nothing)'}"
        )
    count, rest = blocks[-1]
    told = {name: float(value) / 1000 for name, value in re.findall(rf"(\w+)=({NUMBER})", rest)}
    same = told.get("curr") if "min" not in told else None
    init, first, warmup, mean = (float(value) / 1000 for value in timings.groups())
    return Printed(
        runs=int(count),
        mean_ms=told.get("avg", mean),
        std_ms=told.get("std", None if same is None else 0.0),
        min_ms=told.get("min", same),
        p5_ms=told.get("p5", same),
        median_ms=told.get("median", same),
        p95_ms=told.get("p95", same),
        max_ms=told.get("max", same),
        load_ms=init,
        first_ms=first,
        warmup_mean_ms=warmup,
    )


class ExecutorRunner:
    """ExecuTorch's executor_runner: the mean of all runs.

    It gives a dynamic method inputs of its greatest length. One that knows --output_file also
    answers the golden inputs; an older one refuses the flag, and its row is not checked.
    """

    name = "executor_runner"
    runtimes = ("pte",)

    def __init__(self, program: Path) -> None:
        self.program = _existing(program)

    def measure(self, store: Store, facts: Facts, job: Job) -> Measured:
        """Find out how long a run takes, then run for `seconds`."""
        interface = job.bundle.model(job.runtime).interface
        entry = _entry(interface, job.tokens)
        store.send({PROGRAM: self.program, MODEL: job.bundle.model_path(job.runtime)})
        checked = self._check(store, job, interface)
        inputs = self._put(
            store, interface, entry, *real_tokens(bundle_tokenizer(job.bundle), job.tokens)
        )
        trial = self._run(store, job, entry, inputs, max(1, job.warmup))
        runs = min(job.runs, max(1, round(1000 * job.seconds / trial.mean_ms)))
        measured = self._run(store, job, entry, inputs, runs)
        looks = read_looks(store.phone, store.run)
        return Measured(_version(self), None, measured, entry.max_length, looks, checked)

    def _run(self, store: Store, job: Job, entry: Entry, inputs: str, runs: int) -> Printed:
        command = self.command(job, entry, inputs, runs)
        return parse_executor_runner(start(store, command, job.cores, job.timeout_s))

    def command(self, job: Job, entry: Entry, inputs: str, runs: int) -> str:
        """Its command line."""
        return (
            f"./{PROGRAM} --model_path={MODEL} --method_name={entry.name} --inputs={inputs} "
            f"--num_executions={runs} --cpu_threads={job.threads}"
        )

    def _check(self, store: Store, job: Job, interface: Interface) -> bool:
        outputs = []
        for case in load_golden(job.bundle).cases:
            entry = _entry(interface, max(case.length, len(case.input_ids)))
            inputs = self._put(store, interface, entry, case.input_ids, case.token_type_ids)
            command = self.command(job, entry, inputs, 1) + " --output_file=out"
            try:
                start(store, command, job.cores, job.timeout_s)
            except ValueError as error:
                if "unknown command line flag" in str(error):
                    return False
                raise
            outputs.append(self._outputs(store, interface))
        check_golden(job.bundle, Replay(job.runtime, interface, outputs))
        return True

    def _outputs(self, store: Store, interface: Interface) -> dict[str, FloatArray]:
        found = {}
        with tempfile.TemporaryDirectory(prefix="phone-") as temporary:
            for number, tensor in enumerate(interface.outputs):
                local = Path(temporary) / f"out-{number}.bin"
                store.fetch(local.name, local)
                found[tensor.name] = np.fromfile(local, dtype=np.float32)
        return found

    def _put(
        self,
        store: Store,
        interface: Interface,
        entry: Entry,
        input_ids: tuple[int, ...] | list[int],
        token_type_ids: tuple[int, ...] | list[int],
    ) -> str:
        """Bring raw tensors of the method's greatest length into the run folder; their names."""
        rows = interface.rows(input_ids, token_type_ids)
        files: dict[str, Path] = {}
        with tempfile.TemporaryDirectory(prefix="phone-") as temporary:
            for tensor in interface.inputs:
                array = np.zeros(entry.max_length, dtype=DTYPES[tensor.dtype])
                array[: len(input_ids)] = rows[tensor.name]
                local = Path(temporary) / f"{tensor.name}.bin"
                array.tofile(local)
                files[local.name] = local
            store.put(files)
        return ",".join(files)


def parse_executor_runner(printed: str) -> Printed:
    """Read `Model executed successfully N time(s) in X ms.`; Unusable where it is missing."""
    found = re.findall(rf"executed successfully (\d+) time\(s\) in ({NUMBER}) ms", printed)
    if not found or int(found[-1][0]) < 1:
        raise Unusable(
            "executor_runner printed no 'Model executed successfully N time(s) in X ms.'; build it "
            "of 0.4 or newer, with logging on; it ended with: "
            f"{printed.strip()[-200:] or '(nothing)'}"
        )
    count, total = int(found[-1][0]), float(found[-1][1])
    unknown: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(Printed))
    return Printed(**{**unknown, "runs": count, "mean_ms": total / count})


def _version(runner: BenchmarkModel | ExecutorRunner) -> str:
    """The program by its content: it does not tell its version."""
    return f"{runner.name} {record_file(runner.program).sha256[:12]}"


def _entry(interface: Interface, length: int) -> Entry:
    return next(entry for entry in interface.entries if length <= entry.max_length)


def _existing(program: Path) -> Path:
    if not program.is_file():
        raise FileNotFoundError(f"no program at {program}; give one built for the phone")
    return program
