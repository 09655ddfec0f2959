"""The demo app's benchmark on a phone: started by `am`, its result read by `run-as`."""

import tempfile
from pathlib import Path

from bench.phone.cases import Output, Sample
from bench.phone.facts import Facts
from bench.phone.job import Job, Measured, Unusable
from bench.phone.store import Store
from bench.result import Memory, Speed, read_result
from export.bundle import MANIFEST, record_file

PACKAGE = "distilbertmobile.app"
ACTIVITY = f"{PACKAGE}/.benchmark.BenchmarkActivity"
NAME = "bench"
"""How the app calls the bundle that we put beside its own, and its result."""
POLL_S = 1.0


class AppRunner:
    """The app, built by `gradle :app:installBenchmark`; it checks the golden inputs itself."""

    name = "app"
    runtimes = ("tflite", "pte")

    def measure(self, store: Store, facts: Facts, job: Job) -> Measured:
        """Put the bundle into the app's files, start the activity, wait for its result."""
        phone = store.phone
        if phone.try_shell(f"run-as {PACKAGE} true").status != 0:
            raise ValueError(
                f"{phone.serial} has no {PACKAGE} whose files can be read; install the app's build "
                "for this: cd android_demo && gradle :app:installBenchmark"
            )
        try:
            self._put_bundle(store, job)
            return self._measured(store, job, self._run(store, job))
        finally:
            phone.try_shell(f"run-as {PACKAGE} rm -rf files/bundles/{NAME}")

    def _put_bundle(self, store: Store, job: Job) -> None:
        """Each file goes through the store and a pipe: an app may not read the shell's files."""
        folder = job.bundle.folder
        names = [MANIFEST, *job.bundle.manifest.files]
        store.send({name: folder / name for name in names})
        inside = f"files/bundles/{NAME}"
        store.phone.shell(f"run-as {PACKAGE} mkdir -p {inside}")
        for name in names:
            sha = record_file(folder / name).sha256
            store.phone.shell(
                f"cat {store.files / sha} | run-as {PACKAGE} sh -c 'cat > {inside}/{name}'",
                job.timeout_s,
            )
            there = store.phone.shell(f"run-as {PACKAGE} sha256sum {inside}/{name}").split()
            if there[:1] != [sha]:
                raise Unusable(f"{store.phone.serial}: {name} arrived damaged in the app's files")

    def _run(self, store: Store, job: Job) -> str:
        """Start the activity and wait; the text of its result, which is there when complete."""
        phone = store.phone
        result = f"files/results/{NAME}-{job.runtime}-{job.threads}t-{job.tokens}.json"
        failed = "files/results/failed.txt"
        phone.try_shell(f"run-as {PACKAGE} rm -f {result} {failed}")
        extras = {
            "runtime": job.runtime,
            "threads": job.threads,
            "tokens": job.tokens,
            "warmup": job.warmup,
            "runs": job.runs,
            "seconds": job.seconds,
            "bundle": NAME,
        }
        words = " ".join(f"--es {name} {value}" for name, value in extras.items())
        phone.shell(f"am start -W -S -n {ACTIVITY} {words}")
        waited = 0.0
        while waited < job.timeout_s:
            found = phone.try_shell(f"run-as {PACKAGE} cat {result}")
            if found.status == 0:
                phone.try_shell(f"run-as {PACKAGE} rm -f {result}")
                return found.output
            why = phone.try_shell(f"run-as {PACKAGE} cat {failed}")
            if why.status == 0:
                raise ValueError(f"{phone.serial}: the app has no result: {why.output.strip()}")
            phone.pause(POLL_S)
            waited += POLL_S
        phone.try_shell(f"am force-stop {PACKAGE}")
        raise TimeoutError(f"the app gave no result for {job.timeout_s:.0f} s")

    def _measured(self, store: Store, job: Job, text: str) -> Measured:
        with tempfile.TemporaryDirectory(prefix="phone-") as temporary:
            path = Path(temporary) / "app.json"
            path.write_text(text, encoding="utf-8")
            try:
                result = read_result(path)
            except ValueError as error:
                raise Unusable(f"{store.phone.serial}: the app's result: {error}") from None
        manifest = record_file(job.bundle.folder / MANIFEST).sha256
        if result.speed is None or result.memory is None or result.workload is None:
            raise Unusable(f"{store.phone.serial}: the app's result holds no speed")
        if result.subject.manifest_sha256 != manifest:
            raise ValueError(f"{store.phone.serial}: the app measured another bundle")
        output = output_of(result.speed, result.memory)
        padded = result.workload.padded_tokens
        return Measured(result.runtime_version, output, None, padded, [], checked=True)


def output_of(speed: Speed, memory: Memory) -> Output:
    """The samples of one process of the app, as our own runner would have written them."""
    cpu_ms = speed.cpu_ms or (0.0,) * len(speed.wall_ms)
    samples = tuple(
        Sample(0, round(1e6 * wall), round(1e6 * cpu))
        for wall, cpu in zip(speed.wall_ms, cpu_ms, strict=True)
    )
    start = speed.starts[0]
    first = Sample(0, round(1e6 * start.first_ms), round(1e6 * (start.first_cpu_ms or 0)))
    peak = memory.peak_bytes + memory.bare_bytes
    return Output(memory.bare_bytes, peak, round(1e6 * start.load_ms), first, samples, ())
