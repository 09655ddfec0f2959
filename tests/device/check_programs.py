"""Programs that are not ours, as scripts on the phone: what they are told and what they say."""

import json
from pathlib import Path

import pytest
from box import Box
from short import PATIENT, config_for

from bench.phone.adb import Adb
from bench.phone.app import PACKAGE
from bench.phone.measure import PhonePlan, bench_phones
from bench.result import Result, read_results
from export.bundle import Bundle, record_file

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
PLAN = PhonePlan(rounds=2, seconds=2.0, warmup=1, runs=1000, timeout_s=20)


def measure(adb: Adb, serial: str, bundle: Bundle, out: Path, runner: str, runtime: str) -> Result:
    longest = bundle.model(runtime).interface.entries[-1].max_length
    config = config_for(
        bundle, serial, out, runners=(runner,), runtimes=(runtime,), tokens=(min(32, longest),)
    )
    (result,) = bench_phones(config, lambda line: None, PATIENT, adb, PLAN)
    assert read_results([out]) == [result]
    return result


def program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f'#!/system/bin/sh\necho "$*" >>/data/box/flags\n{body}\n')
    return path


def test_benchmark_model(
    adb: Adb, fast: Box, serial: str, small: Bundle, out: Path, tmp_path: Path
) -> None:
    before = fast.snapshot()
    body = (
        "n=$(wc -l </data/box/flags); echo 'INFO: count=3 curr=1000(all same)'\n"
        'echo "count=50 first=9 curr=9 min=8000 max=${n}0000 avg=${n}000.5 std=12 p5=8000 '
        'median=${n}000 p95=9000"\n'
        "echo 'Inference timings in us: Init: 5000, First inference: 7000, Warmup (avg): 1000, "
        "Inference (avg): 9'"
    )
    file = program(tmp_path, "benchmark_model", body)
    result = measure(adb, serial, small, out, f"benchmark_model={file}", "tflite")
    assert result.speed is None
    assert result.printed is not None
    assert (result.printed.runs, result.printed.load_ms, result.printed.warmup_mean_ms) == (
        50,
        5,
        1,
    )
    assert result.printed.median_ms in (1, 2)  # one of the two processes, whole
    assert result.printed.mean_ms == result.printed.median_ms + 0.0005
    assert [note.kind for note in result.notes] == ["unchecked"]
    flags = (fast.state / "flags").read_text().splitlines()
    assert len(flags) == PLAN.rounds
    assert "--num_threads=1" in flags[0]
    assert "--min_secs=2" in flags[0]
    assert fast.snapshot() == before


def test_an_old_executor_runner(
    adb: Adb, fast: Box, serial: str, small: Bundle, out: Path, tmp_path: Path
) -> None:
    refused = "ERROR: unknown command line flag 'output_file'"
    body = (
        f'case "$*" in *output_file*) echo "{refused}"; exit 1;; esac\n'
        "for f in input_ids attention_mask; do wc -c <$f.bin; done >>/data/box/sizes\n"
        'all="$*"; n="${all##*--num_executions=}"; n="${n%% *}"\n'
        'echo "I executor_runner.cpp:428] Model executed successfully $n time(s) in ${n}0.0 ms."'
    )
    file = program(tmp_path, "executor_runner", body)
    result = measure(adb, serial, small, out, f"executor_runner={file}", "pte")
    assert result.printed is not None
    assert (result.printed.runs, result.printed.mean_ms) == (200, 10.0)  # 2 s of 10 ms
    assert [note.kind for note in result.notes] == ["unchecked"]
    longest = small.model("pte").interface.entries[-1].max_length
    assert result.workload is not None
    assert result.workload.padded_tokens == longest
    sizes = set((fast.state / "sizes").read_text().split())
    assert sizes <= {str(4 * longest), str(8 * longest)}


def app_result(bundle: Bundle, runtime: str, fast: Box) -> None:
    """What the app would write, in a file of the phone."""
    data = json.loads((GOLDEN / "results" / "speed.json").read_text())
    data["device"]["kind"] = "android"
    data["subject"]["manifest_sha256"] = record_file(bundle.folder / "manifest.json").sha256
    (fast.state / "app.json").write_text(json.dumps(data))


def test_the_app(adb: Adb, fast: Box, serial: str, small: Bundle, out: Path) -> None:
    app = fast.root / "data" / "data" / PACKAGE
    (app / "files" / "results").mkdir(parents=True)
    app_result(small, "tflite", fast)
    fast.script(
        "app",
        f"cd /data/data/{PACKAGE}/files; sleep 1; sha256sum bundles/bench/* >/data/box/there\n"
        "cp /data/box/app.json results/bench-tflite-1t-32.json",
    )
    result = measure(adb, serial, small, out, "app", "tflite")
    assert result.runner == "app"
    assert result.speed is not None
    one = json.loads((GOLDEN / "results" / "speed.json").read_text())["speed"]["wall_ms"]
    assert result.speed.wall_ms == pytest.approx(one * PLAN.rounds)
    there = {line.split()[0] for line in (fast.state / "there").read_text().splitlines()}
    assert {record.sha256 for record in small.manifest.files.values()} <= there
    assert "--es runtime tflite --es threads 1" in (fast.state / "am.log").read_text()
    assert not (app / "files" / "bundles" / "bench").exists()
    assert not list((app / "files" / "results").iterdir())


def test_an_app_that_says_why(adb: Adb, fast: Box, serial: str, small: Bundle, out: Path) -> None:
    (fast.root / "data" / "data" / PACKAGE / "files" / "results").mkdir(parents=True)
    fast.script("app", f"echo no such runtime >/data/data/{PACKAGE}/files/results/failed.txt")
    with pytest.raises(ValueError, match="the app has no result: no such runtime"):
        measure(adb, serial, small, out, "app", "tflite")


def test_no_app(adb: Adb, fast: Box, serial: str, small: Bundle, out: Path) -> None:
    with pytest.raises(ValueError, match=f"has no {PACKAGE} whose files can be read; install"):
        measure(adb, serial, small, out, "app", "tflite")
