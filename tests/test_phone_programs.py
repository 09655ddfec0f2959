"""Programs on a phone: what they are told, what they print, which device and which options go."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from bench.config import BenchConfig, EvaluateConfig
from bench.device import bench
from bench.phone.adb import Adb, Attached
from bench.phone.cases import FIRST_LINE, Case, read_output, write_cases
from bench.phone.foreign import BenchmarkModel, parse_benchmark_model, parse_executor_runner
from bench.phone.job import Job, Unusable
from bench.phone.measure import make_runner
from bench.result import read_result
from export.bundle import Bundle, load_bundle, record_file
from export.manifest import Entry, Interface, TensorSpec

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def student_bundle(tmp_path: Path) -> Bundle:
    """A bundle whose model files are not real."""
    folder = tmp_path / "student-int8"
    shutil.copytree(GOLDEN / "manifests" / "files", folder)
    shutil.copy(GOLDEN / "manifests" / "accepted" / "as-exported.json", folder / "manifest.json")
    return load_bundle(folder)


# ---- our runner's files ----

INTERFACE = Interface(
    entries=(Entry("length_8", 8, 8),),
    inputs=tuple(TensorSpec(n, "int32", (1, "length")) for n in ("input_ids", "attention_mask")),
    outputs=(TensorSpec("logits", "float32", (1, "length")),),
)


def lines(*middle: str) -> str:
    text = [FIRST_LINE, "bare_bytes 10", "load_ns 20", *middle]
    return "\n".join([*text, f"end {len(text) + 1}"]) + "\n"


def test_cases_are_written_without_padding() -> None:
    written = write_cases(INTERFACE, [Case("length_8", (5, 6, 7), (0, 0, 1))])
    assert written == "case length_8\ninput_ids 3 5 6 7\nattention_mask 3 1 1 1\n"


def test_an_output_is_read() -> None:
    values = np.array([0.1, -3.4028235e38, 1e-45], np.float32)
    row = " ".join(f"{value:.9g}" for value in values)
    found = read_output(
        lines(
            "first 7 8",
            "sample 1 2 3",
            "sample 4 5 6",
            "peak_bytes 30",
            "case 0",
            f"logits 3 {row}",
        ),
        1,
    )
    assert [(s.start_ns, s.wall_ns, s.cpu_ns) for s in found.samples] == [(1, 2, 3), (4, 5, 6)]
    assert (found.bare_bytes, found.load_ns, found.peak_bytes) == (10, 20, 30)
    assert np.array_equal(found.outputs[0]["logits"], values)  # every bit


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begins with ''"),
        ("litert_runner 2\n", "begins with 'litert_runner 2'"),
        (lines("case 0", "logits 1 0.5")[:-3], "has no end"),
        (lines(), "has 0 cases, 1 were asked for"),
        (lines("case 1", "logits 1 0.5"), r"has case \['1'\] at place 0"),
        (lines("case 0", "logits 2 0.5"), "logits is cut"),
        (lines("case 0", "logits 1 nan"), "logits is cut, or holds"),
        (lines("case 0", "logits 1 x"), "could not convert"),
        (lines("load_ns 20", "case 0", "logits 1 1"), "a line 'load_ns' that is not known"),
        (lines("sample 1 2", "case 0", "logits 1 1"), "not enough values"),
    ],
)
def test_an_output_that_is_not_whole_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_output(text, 1)


# ---- foreign programs: what they really print ----

OLD = """STARTING!
Initialized session in 17.187ms.
count=1 curr=3512391

count=50 first=2990275 curr=2913402 min=2727568 max=3189954 avg=2.95034e+06 std=109798

Inference timings in us: Init: 17187, First inference: 3512391, Warmup (avg): 3.51239e+06, Inference (avg): 2.95034e+06
"""  # noqa: E501
NEW = """INFO: Initialized session in 119.515ms.
INFO: count=9 first=87112 curr=51629 min=51629 max=87112 avg=58147.4 std=11478 p5=51629 median=51962 p95=87112

INFO: count=1000 first=52162 curr=49785 min=49088 max=686105 avg=63743.2 std=60716 p5=49620 median=51891 p95=68628

INFO: Inference timings in us: Init: 119515, First inference: 87112, Warmup (avg): 58147.4, Inference (avg): 63743.2
"""  # noqa: E501
SAME = """count=5 curr=4(all same)
Inference timings in us: Init: 10, First inference: 5, Warmup (avg): 4, Inference (avg): 4
"""


def test_both_forms_of_benchmark_model() -> None:
    old = parse_benchmark_model(OLD)
    assert (old.runs, old.mean_ms, old.median_ms, old.std_ms) == (50, 2950.34, None, 109.798)
    assert (old.load_ms, old.first_ms, old.warmup_mean_ms) == (17.187, 3512.391, 3512.39)
    new = parse_benchmark_model(NEW)
    assert (new.runs, new.median_ms) == (1000, 51.891)
    assert new.mean_ms == pytest.approx(63.7432)
    assert (new.p5_ms, new.p95_ms, new.min_ms, new.max_ms) == (49.62, 68.628, 49.088, 686.105)
    same = parse_benchmark_model(SAME)
    assert (same.runs, same.mean_ms, same.min_ms, same.max_ms, same.std_ms) == (
        5,
        0.004,
        0.004,
        0.004,
        0,
    )


@pytest.mark.parametrize("text", ["", "Segmentation fault\n", NEW.split("INFO: Inference")[0]])
def test_benchmark_model_without_statistics(text: str) -> None:
    with pytest.raises(Unusable, match="printed no statistics"):
        parse_benchmark_model(text)


def test_executor_runner() -> None:
    log = "I 00:00:01 executor_runner.cpp:428] Model executed successfully 20 time(s) in 310.5 ms."
    found = parse_executor_runner(log)
    assert (found.runs, found.mean_ms, found.median_ms) == (20, 15.525, None)
    with pytest.raises(Unusable, match="printed no 'Model executed successfully"):
        parse_executor_runner("I executorch: Model executed successfully.\n")


def test_the_flags_of_benchmark_model(student_bundle: Bundle, tmp_path: Path) -> None:
    program = tmp_path / "benchmark_model"
    program.touch()
    entry = student_bundle.model("tflite").interface.entries[0]
    job = Job(student_bundle, "tflite", 4, 64, 10, 1000, 20.0, (4, 5), 60.0)
    flags = BenchmarkModel(program).options(job, entry)
    names = [tensor.name for tensor in student_bundle.model("tflite").interface.inputs]
    assert f"--signature_to_run_for={entry.name}" in flags
    assert "--num_threads=4" in flags
    assert f"--input_layer={','.join(names)}" in flags
    shape = f"1,{entry.max_length}"
    assert f"--input_layer_shape={':'.join([shape] * len(names))}" in flags
    assert any("attention_mask,1,1" in flag for flag in flags)


# ---- which device, which options ----


class Listed(Adb):
    """adb that lists devices and runs nothing."""

    def __init__(self, *attached: Attached) -> None:
        self.attached = list(attached)

    def _settled(self) -> list[Attached]:
        return self.attached


TWO = (Attached("A", "device"), Attached("B", "device"))


@pytest.mark.parametrize(
    ("attached", "wanted", "said"),
    [
        ((), "adb", "no device is attached; plug one in"),
        ((), "adb:A", "no device 'A'; attached: none"),
        (TWO, "adb", r"2 devices are attached: A \(device\), B \(device\); say which"),
        ((Attached("A", "unauthorized"),), "adb", "A is unauthorized: unlock it and accept"),
        ((Attached("A", "offline"),), "adb:A", "A is offline: plug it in again"),
        ((Attached("A", "no permissions; see [http"),), "adb", "A is no permissions.*udev rule"),
        ((TWO[0], Attached("B", "offline")), "adb:all", "B is offline"),
    ],
)
def test_devices_that_cannot_be_used(
    attached: tuple[Attached, ...], wanted: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Listed(*attached).choose(wanted)


def test_devices_that_can_be_used() -> None:
    assert Listed(*TWO).choose("adb:all") == ["A", "B"]
    assert Listed(*TWO).choose("adb:B") == ["B"]
    assert Listed(TWO[0]).choose("adb") == ["A"]


def test_no_adb_here() -> None:
    with pytest.raises(FileNotFoundError, match="no 'adb-of-nobody' here; install"):
        Adb("adb-of-nobody")


def test_options_of_another_device_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--quick: not for --device host"):
        BenchConfig(tmp_path, quick=True)
    with pytest.raises(ValueError, match="--rounds, --runs: not for --device adb"):
        BenchConfig(tmp_path, device="adb", rounds=3, runs=1)
    with pytest.raises(ValueError, match="unknown device 'phone'"):
        BenchConfig(tmp_path, device="phone")
    with pytest.raises(ValueError, match="--clean: not for --device host"):
        EvaluateConfig(tmp_path, clean=True)


@pytest.mark.parametrize("word", ["litert=x", "benchmark_model", "llama", "app=x", ""])
def test_an_unknown_runner(word: str) -> None:
    with pytest.raises(ValueError, match="unknown runner"):
        make_runner(word)


# ---- iOS ----

APP_RESULT = GOLDEN / "results" / "speed.json"


def ios_result(path: Path, manifest: Path, kind: str = "ios") -> Path:
    data = json.loads(APP_RESULT.read_text())
    data["device"]["kind"] = kind
    data["subject"]["manifest_sha256"] = record_file(manifest).sha256
    path.write_text(json.dumps(data))
    return path


def test_a_result_of_the_ios_app_is_imported(student_bundle: Bundle, tmp_path: Path) -> None:
    file = ios_result(tmp_path / "iphone.json", student_bundle.folder / "manifest.json")
    config = BenchConfig(student_bundle.folder, out=tmp_path / "out", device=f"ios:{file}")
    (found,) = bench(config)
    assert found.device.kind == "ios"
    assert read_result(tmp_path / "out" / "iphone-ios.json") == found


def test_a_result_of_other_bytes_or_another_device_is_not(
    student_bundle: Bundle, tmp_path: Path
) -> None:
    other = ios_result(tmp_path / "other.json", student_bundle.folder / "vocab.txt")
    with pytest.raises(ValueError, match="measured on another bundle than"):
        bench(BenchConfig(student_bundle.folder, out=tmp_path, device=f"ios:{other}"))
    host = ios_result(tmp_path / "host.json", student_bundle.folder / "manifest.json", "host")
    with pytest.raises(ValueError, match="is a result of kind 'host'"):
        bench(BenchConfig(student_bundle.folder, out=tmp_path, device=f"ios:{host}"))
