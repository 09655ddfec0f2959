"""Our own runner on a phone: raw samples, and the outputs that prove them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.phone.cases import (
    Case,
    FloatArray,
    Output,
    Replay,
    golden_cases,
    make_case,
    read_output,
    write_cases,
)
from bench.phone.facts import Facts
from bench.phone.job import Job, Measured, Unusable, read_looks, start
from bench.phone.kit import Kit, find_kit
from bench.phone.store import Store
from bench.subject import bundle_tokenizer, real_tokens
from export.bundle import Bundle, check_golden

MODEL, CASES, OUT = "model", "cases.txt", "out.txt"


class LitertRunner:
    """`litert_runner` and libLiteRt.so, for .tflite files."""

    name = "litert_runner"
    runtimes = ("tflite",)

    def __init__(self, kit_folder: Path | None = None) -> None:
        self._kit_folder = kit_folder

    def kit(self, facts: Facts) -> Kit:
        """The kit for a phone."""
        return find_kit(self._kit_folder, facts.abis)

    def measure(self, store: Store, facts: Facts, job: Job) -> Measured:
        """Time one input; the same process then runs the golden inputs, which must be right."""
        interface = job.bundle.model(job.runtime).interface
        case = make_case(interface, *real_tokens(bundle_tokenizer(job.bundle), job.tokens))
        cases = [case, *golden_cases(job.bundle, job.runtime)]
        options = f"--seconds {job.seconds} --warmup {job.warmup} --runs {job.runs}"
        output = self._run(store, facts, job.bundle, cases, options, job)
        if not output.samples or output.first is None:
            raise Unusable(f"{store.phone.serial}: the runner took no sample")
        check_golden(job.bundle, Replay(job.runtime, interface, output.outputs[1:]))
        padded = next(e.max_length for e in interface.entries if e.name == case.entry)
        looks = read_looks(store.phone, store.run)
        version = self.kit(facts).runtime_version
        return Measured(version, output, None, padded, looks, checked=True)

    def outputs(
        self, store: Store, facts: Facts, bundle: Bundle, cases: Sequence[Case], job: Job
    ) -> tuple[dict[str, FloatArray], ...]:
        """What the file computes for each case, with padding; one process for all of them."""
        return self._run(store, facts, bundle, cases, "", job).outputs

    def _run(
        self,
        store: Store,
        facts: Facts,
        bundle: Bundle,
        cases: Sequence[Case],
        options: str,
        job: Job,
    ) -> Output:
        kit, interface = self.kit(facts), bundle.model(job.runtime).interface
        store.send({**kit.files, MODEL: bundle.model_path(job.runtime)})
        with tempfile.TemporaryDirectory(prefix="phone-") as temporary:
            local = Path(temporary) / CASES
            local.write_text(write_cases(interface, cases), encoding="ascii")
            store.put({CASES: local})
            # Several signatures share packed weights only through a cache file, as on a host.
            cache = "--cache weights " if len(interface.entries) > 1 else ""
            command = (
                f"{kit.command} --model {MODEL} --cases {CASES} --out {OUT} "
                f"--threads {job.threads} {cache}{options}"
            )
            start(store, command, job.cores, job.timeout_s)
            store.fetch(OUT, Path(temporary) / OUT)
            text = (Path(temporary) / OUT).read_text(encoding="utf-8", errors="replace")
        try:
            return read_output(text, len(cases))
        except ValueError as error:
            raise Unusable(f"{store.phone.serial}: {error}") from None
