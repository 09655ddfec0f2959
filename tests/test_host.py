"""A measurement runs in a process of its own; whatever happens there becomes a clear error."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench import process
from bench.config import BenchConfig, Plan
from bench.host import bench, measure, measure_together
from bench.machine import allowed_cpus, describe_device
from bench.process import Worker
from bench.result import RANDOM, read_results
from bench.session import is_enough
from bench.setting import Setting
from bench.shapes import Shape, write_shape
from bench.subject import bundle_tokenizer, padded_length, real_tokens
from export.bundle import Bundle
from export.config import ExportConfig

QUICK = Plan(rounds=2, runs=3, round_seconds=0.05, timeout_s=120, tight=0)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Int8 files of a tiny network for both runtimes, 32 and 64 tokens."""
    from export.build import build_bundle

    folder = tmp_path_factory.mktemp("host")
    checkpoint = write_shape(Shape("tiny", "distilbert", 2, 32, 2, 64, 0), folder / "tiny")
    return build_bundle(ExportConfig(checkpoint, folder / "tiny-int8", buckets=(32, 64)))


@pytest.fixture
def copy(bundle: Bundle, tmp_path: Path) -> Path:
    """A copy of the bundle that a test may damage."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for file in bundle.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


@pytest.mark.parametrize("runtime", ["tflite", "pte"])
def test_a_measurement_holds_its_raw_samples(bundle: Bundle, runtime: str) -> None:
    result = measure(Setting(bundle.folder, runtime, 1, 64), QUICK)
    speed = result.speed
    assert speed
    assert len(speed.round_sizes) == 2
    assert len(speed.wall_ms) == len(speed.cpu_ms) == sum(speed.round_sizes) <= 6
    assert result.memory
    assert result.memory.peak_bytes > 100_000
    assert result.memory.bare_bytes > 10_000_000
    (start,) = speed.starts
    assert start.first_ms >= 0.5 * min(speed.wall_ms)
    assert len(start.warmup_ms) == 2
    assert result.workload
    assert result.workload.cpus == allowed_cpus()[-1:]
    assert result.before
    assert result.after
    assert 0 <= (result.before.busy_cores or 0) <= result.device.cores + 0.5
    assert start.at_s < speed.at_s[0]
    assert (result.subject.model, result.subject.recipe) == ("tiny", "int8")
    assert result.subject.weights == RANDOM
    assert result.device == describe_device()


def test_settings_that_take_turns_share_a_session(bundle: Bundle) -> None:
    settings = [Setting(bundle.folder, runtime, 1, 32) for runtime in ("tflite", "pte")]
    said: list[str] = []
    one, other = measure_together(settings, QUICK, said.append)
    assert one.speed
    assert other.speed
    assert one.speed.session == other.speed.session
    assert [result.runtime for result in (one, other)] == ["tflite", "pte"]
    assert len([line for line in said if "round" in line]) == 2


def test_bench_writes_a_file_for_every_setting(bundle: Bundle, tmp_path: Path) -> None:
    config = BenchConfig(bundle.folder, tmp_path, ("tflite",), (1, 2), (32, 50), rounds=1, runs=2)
    results = bench(config)
    names = {f"tiny-int8-tflite-{t}t-{n}.json" for t in (1, 2) for n in (32, 50)}
    assert {path.name for path in tmp_path.iterdir()} == names
    found = [r.workload for r in results if r.workload]
    key = {(w.threads, w.tokens, w.padded_tokens) for w in found}
    assert key == {(1, 32, 32), (1, 50, 64), (2, 32, 32), (2, 50, 64)}
    assert len(read_results([tmp_path])) == 4


def test_inputs_are_exactly_as_long_as_asked_and_real(bundle: Bundle) -> None:
    tokenizer = bundle_tokenizer(bundle)
    for tokens in (8, 33, 384, 5000):
        ids, types = real_tokens(tokenizer, tokens)
        assert len(ids) == len(types) == tokens
        assert ids[0] == tokenizer.cls_id
        assert ids.count(tokenizer.sep_id) == 2
        assert tokenizer.pad_id not in ids
        assert types == sorted(types)
    with pytest.raises(ValueError, match="at least 8 tokens"):
        real_tokens(tokenizer, 7)


def test_padding_is_by_the_shortest_bucket_and_never_for_pte(bundle: Bundle) -> None:
    assert padded_length(bundle, "tflite", 20) == 32
    assert padded_length(bundle, "tflite", 33) == 64
    assert padded_length(bundle, "pte", 33) == 33
    with pytest.raises(ValueError, match="at most 64 tokens, 65 were asked for"):
        padded_length(bundle, "pte", 65)


def test_a_runtime_that_the_bundle_lacks_is_named(bundle: Bundle) -> None:
    with pytest.raises(ValueError, match="has no 'onnx' model"):
        measure(Setting(bundle.folder, "onnx", 1, 32), QUICK)
    with pytest.raises(ValueError, match="the known runtimes are: tflite, pte"):
        BenchConfig(bundle.folder, runtimes=("onnx",))


def test_a_flipped_byte_is_found_before_anything_runs(copy: Path) -> None:
    data = bytearray((copy / "model.tflite").read_bytes())
    data[len(data) // 2] ^= 1
    (copy / "model.tflite").write_bytes(data)
    with pytest.raises(ValueError, match="not the file that was measured"):
        measure(Setting(copy, "tflite", 1, 32), QUICK)


def test_no_speed_for_a_file_that_computes_wrongly(copy: Path) -> None:
    """Hashes match, but the stored golden output is another: as on a runtime that is wrong."""
    import hashlib
    import json

    golden = json.loads((copy / "golden.json").read_text())
    for case in golden["cases"]:
        for values in case["expected"]["tflite"].values():
            values[0] += 100.0
    (copy / "golden.json").write_text(json.dumps(golden))
    manifest = json.loads((copy / "manifest.json").read_text())
    content = (copy / "golden.json").read_bytes()
    manifest["files"]["golden.json"] = {
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match="does not compute this model correctly"):
        measure(Setting(copy, "tflite", 1, 32), QUICK)


def _worker_that_runs(code: str, monkeypatch: pytest.MonkeyPatch, timeout_s: float) -> Worker:
    real = subprocess.Popen

    def start(command: list[str], **options: object) -> object:
        return real([sys.executable, "-c", code], **options)  # type: ignore[call-overload]

    monkeypatch.setattr(process.subprocess, "Popen", start)
    return Worker("bundles/x (tflite)", timeout_s)


def test_a_crash_shows_the_bundle_and_the_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import os, sys; print('XNNPACK: no memory', file=sys.stderr, flush=True); os.abort()"
    with (
        pytest.raises(ValueError, match="bundles/x") as caught,
        _worker_that_runs(code, monkeypatch, 30) as worker,
    ):
        worker.ask("prepare", runtime="tflite")
    assert "exit code -6" in str(caught.value)
    assert "XNNPACK: no memory" in str(caught.value)


def test_a_hang_is_ended_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys, time; print('stuck', file=sys.stderr, flush=True); time.sleep(600)"
    with _worker_that_runs(code, monkeypatch, 1) as worker:
        with pytest.raises(ValueError, match=r"bundles/x.*gave no answer for 1 s") as caught:
            worker.ask("round", warmup=1, runs=1, seconds=1)
        assert "stuck" in str(caught.value)


def test_chatter_on_standard_output_is_not_an_answer(bundle: Bundle) -> None:
    with Worker("chatter", 60) as worker:
        # LiteRT and others print while they load; the worker's answers have a channel of their own.
        worker.ask("prepare", runtime="tflite")
        loaded = worker.ask("load", folder=str(bundle.folder), runtime="tflite", threads=1)
        assert loaded["load_ms"] > 0


def test_an_error_in_the_process_names_the_bundle() -> None:
    with (
        Worker("bundles/none (tflite)", 60) as worker,
        pytest.raises(ValueError, match=r"bundles/none \(tflite\): .*not a bundle"),
    ):
        worker.ask("load", folder="/nonexistent", runtime="tflite", threads=1)


def test_a_worker_ends_with_its_parent() -> None:
    code = (
        "from bench.process import Worker; import os, signal; w = Worker('x', 60)\n"
        "print(w._process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    child = int(done.stdout)
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{child}/stat").read_text().split()[2] == "Z":
            return  # ended; nobody has collected it in this container
        import time

        time.sleep(0.1)
    pytest.fail("the worker outlived its parent")


def test_a_setting_stays_on_the_cpus_that_were_named(bundle: Bundle) -> None:
    setting = Setting(bundle.folder, "tflite", 1, 32)
    cpu = allowed_cpus()[0]
    result = measure(setting, replace(QUICK, cpus=(cpu,), memory=False))
    assert result.workload
    assert result.workload.cpus == (cpu,)
    assert result.memory is None
    with pytest.raises(ValueError, match="1 threads cannot stay on the CPUs 4711"):
        measure(setting, replace(QUICK, cpus=(4711,)))
    with pytest.raises(ValueError, match="2 threads cannot stay"):
        measure(replace(setting, threads=2), replace(QUICK, cpus=(cpu,)))


def test_it_stops_early_when_it_is_certain(bundle: Bundle) -> None:
    settings = [Setting(bundle.folder, "tflite", 1, tokens) for tokens in (32, 64)]
    plan = replace(QUICK, rounds=40, least_rounds=3, memory=False)
    one, other = measure_together(settings, replace(plan, tight=100.0))
    assert one.speed
    assert other.speed
    assert len(one.speed.round_sizes) == len(other.speed.round_sizes) == 3
    assert not is_enough([one.speed, other.speed], replace(plan, tight=1e-9))
    assert is_enough([one.speed, other.speed], replace(plan, rounds=3))


def test_repeats_are_fresh_processes(bundle: Bundle) -> None:
    result = measure(
        Setting(bundle.folder, "tflite", 1, 32), replace(QUICK, rounds=2, repeats=2, memory=False)
    )
    assert result.speed
    assert len(result.speed.starts) == 2
    assert len(result.speed.round_sizes) == 4


def test_a_plan_needs_something_to_do() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        replace(QUICK, rounds=0)


def test_the_runtime_half_loads_no_torch() -> None:
    modules = "tasks, bench.host, bench.config, bench.study, bench.report, bench.evaluate"
    heavy = ("torch", "transformers", "matplotlib", "datasets", "litert_torch", "executorch")
    code = f"import sys, {modules}; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
