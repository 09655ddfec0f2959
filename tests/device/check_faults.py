"""Whatever goes wrong with a phone: a clear error or a repeat, nothing lost, the phone as found."""

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from box import Box, Cable, serve_silent, serve_unauthorized
from scripted import SAMPLES, scripted_kit
from short import PATIENT, SHORT, config_for, connect, make_box

from bench.config import BenchConfig
from bench.phone.adb import Adb, DeviceLost
from bench.phone.measure import bench_phones
from bench.result import Result, read_results
from export.bundle import Bundle

ONE = dataclasses.replace(SHORT, rounds=1)


Measure = Callable[..., list[Result]]


@pytest.fixture
def measure(adb: Adb, serial: str, small: Bundle, out: Path, tmp_path: Path) -> Measure:
    """Measure once with a scripted runner; what was said is in `measure.said`."""

    def run(body: str = "give", wrong: float = 0.0, care=PATIENT, plan=ONE, **changes):  # type: ignore[no-untyped-def]
        kit = scripted_kit(tmp_path / f"kit-{len(list(tmp_path.iterdir()))}", body, small, wrong)
        config = config_for(small, serial, out, runner_kit=kit, **changes)
        return bench_phones(config, run.said.append, care, adb, plan)  # type: ignore[attr-defined]

    run.said = []  # type: ignore[attr-defined]
    return run


def walls(results: list[Result]) -> list[tuple[float, ...]]:
    return [result.speed.wall_ms for result in results if result.speed]


# ---- devices that cannot be used ----


def test_unauthorized(adb: Adb, small: Bundle, out: Path) -> None:
    serial = connect(adb, serve_unauthorized())
    for _ in range(50):
        if {one.serial: one.state for one in adb.devices()}.get(serial) == "unauthorized":
            break
        time.sleep(0.1)
    with pytest.raises(ValueError, match="is unauthorized: unlock it and accept the question"):
        bench_phones(config_for(small, serial, out), adb=adb)
    adb.run(["disconnect", serial], 20)


def test_offline(adb: Adb, small: Bundle, out: Path) -> None:
    port = serve_silent()
    threading.Thread(target=connect, args=(adb, port), daemon=True).start()
    serial, states = f"localhost:{port}", {}
    for _ in range(100):
        states = {one.serial: one.state for one in adb.devices()}
        if serial in states:
            break
        time.sleep(0.1)
    with pytest.raises(ValueError, match=f"{serial} is (offline|connecting)"):
        bench_phones(config_for(small, serial, out), adb=adb)
    adb.run(["disconnect", serial], 20)


def test_two_devices_and_no_serial(
    adb: Adb, fast: Box, serial: str, small: Bundle, out: Path
) -> None:
    second = connect(adb, fast.port)
    config = BenchConfig(small.folder, out=out, device="adb")
    with pytest.raises(ValueError, match=r"2 devices are attached: .*say which by --device adb:"):
        bench_phones(config, adb=adb)
    adb.run(["disconnect", second], 20)


def test_a_serial_that_is_not_there(adb: Adb, serial: str, small: Bundle, out: Path) -> None:
    with pytest.raises(ValueError, match=rf"no device 'ZX1'; attached: {serial} \(device\)"):
        bench_phones(config_for(small, "ZX1", out), adb=adb)


def test_a_phone_that_no_kit_fits(
    adb: Adb, fast: Box, serial: str, small: Bundle, out: Path
) -> None:
    before = fast.snapshot()
    (fast.state / "props" / "ro.product.cpu.abi").write_text("armeabi-v7a\n")
    with pytest.raises(ValueError, match="no runner for a device of armeabi-v7a"):
        bench_phones(config_for(small, serial, out), adb=adb, care=PATIENT, plan=ONE)
    assert fast.snapshot() == before


def test_an_empty_battery(fast: Box, measure: Measure) -> None:
    fast.set_battery(7)
    with pytest.raises(ValueError, match="has 7 % of its battery left"):
        measure()


def test_a_phone_in_use(adb: Adb, fast: Box, measure: Measure) -> None:
    first = threading.Thread(target=measure, args=("sleep 3; give",))
    first.start()
    time.sleep(1.5)
    with pytest.raises(ValueError, match="another run of this computer measures on"):
        measure()
    first.join()


# ---- cables ----


class Pulling(Adb):
    """adb that pulls the cable shortly after a command whose words hold `word` has begun, once."""

    def __init__(self, cable: Cable, word: str, away_s: float, after_s: float = 0.05) -> None:
        super().__init__()
        self.cable, self.word, self.away_s, self.after_s = cable, word, away_s, after_s
        self.pulled = False

    def run(self, arguments, timeout_s, stoppable=True):  # type: ignore[no-untyped-def]
        if not self.pulled and self.word in " ".join(arguments):
            self.pulled = True
            threading.Thread(target=self._pull, daemon=True).start()
        return super().run(arguments, timeout_s, stoppable)

    def _pull(self) -> None:
        time.sleep(self.after_s)
        self.cable.unplug()
        if self.away_s:
            time.sleep(self.away_s)
            self.cable.plug_in()


@pytest.mark.parametrize(
    ("word", "after_s"),
    [("push", 0.01), ("exec", 0.3), ("pull", 0.0), ("sha256sum", 0.01), ("cmd power", 0.01)],
)
def test_unplugged_in_the_middle(
    word: str, after_s: float, fast: Box, cable: Cable, serial: str, small: Bundle, out: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    before = fast.snapshot()
    kit = scripted_kit(tmp_path / "kit", "sleep 0.6; give", small)
    pulling = Pulling(cable, word, away_s=0.5, after_s=after_s)
    config = config_for(small, serial, out, runner_kit=kit)
    found = bench_phones(config, lambda line: None, PATIENT, pulling, SHORT)
    assert pulling.pulled
    assert walls(found) == [SAMPLES * 2]
    assert walls(read_results([out])) == [SAMPLES * 2]
    assert fast.snapshot() == before
    assert not fast.runs("litert_runner")


def test_unplugged_for_good_loses_nothing_and_the_next_run_cleans_up(
    fast: Box, cable: Cable, serial: str, small: Bundle, out: Path, tmp_path: Path, measure: Measure
) -> None:
    before = fast.snapshot()
    kit = scripted_kit(tmp_path / "kit", "sleep 0.3; give", small)
    pulling = Pulling(cable, "--threads 2", away_s=0)
    config = config_for(small, serial, out, runner_kit=kit, threads=(1, 2))
    impatient = dataclasses.replace(PATIENT, replug_s=1.0, tries=1)
    with pytest.raises(DeviceLost, match=r"went away|did not come back"):
        bench_phones(config, lambda line: None, impatient, pulling, ONE)
    assert walls(read_results([out])) == [SAMPLES]  # the first setting, whole
    assert fast.snapshot() != before
    cable.plug_in()
    connect(pulling, cable.port)
    measure()
    assert fast.snapshot() == before


# ---- room, heat, clocks ----


def test_no_room(fast: Box, measure: Measure) -> None:
    before = fast.snapshot()
    (fast.state / "df").write_text("Filesystem 1K-blocks Used Available\n/dev/x 9000 8000 1000\n")
    with pytest.raises(ValueError, match=r"has 1 MB free at .*, 20 MB are needed"):
        measure()
    assert fast.snapshot() == before


def test_too_hot(fast: Box, measure: Measure, out: Path) -> None:
    before = fast.snapshot()
    fast.set_heat(skin=41.5)
    with pytest.raises(ValueError, match=r"too hot \(41.5 °C, thermal status 0; allowed 37 °C"):
        measure()
    fast.set_heat(skin=30.0, status=2)
    with pytest.raises(ValueError, match="thermal status 2"):
        measure()
    assert not out.exists()
    assert fast.snapshot() == before


def test_cools_down_first(fast: Box, measure: Measure) -> None:
    cooling = (
        "n=$(cat /data/box/looks 2>/dev/null || echo 0); echo $((n + 1)) >/data/box/looks\n"
        "echo 'Thermal Status: 0'; echo 'Current temperatures from HAL:'\n"
        'echo "Temperature{mValue=$((39 - n)), mType=3, mName=SKIN, mStatus=0}"'
    )
    (fast.state / "dumpsys" / "thermalservice").unlink()
    fast.script("dumpsys/thermalservice", cooling)
    care = dataclasses.replace(PATIENT, cool_down_s=30.0)
    (result,) = measure(care=care)
    assert any("cooling down (38.0 °C" in line for line in measure.said)  # type: ignore[attr-defined]
    assert result.before is not None
    assert result.before.temperatures_c["skin"] == 37.0


CAP = "/sys/devices/system/cpu/cpu1/cpufreq/scaling_max_freq"
HELD = f"echo 1200000 >{CAP}; sleep 2.5; echo 2400000 >{CAP}; give"


def test_throttled_once_is_repeated(measure: Measure) -> None:
    (result,) = measure(
        f"if mkdir /data/box/once 2>/dev/null; then {HELD}; else sleep 1.5; give; fi"
    )
    assert any("capped at 1200 of 2400 MHz; again" in line for line in measure.said)  # type: ignore[attr-defined]
    assert result.notes == ()


def test_throttled_always_is_kept_and_said(measure: Measure) -> None:
    (result,) = measure(HELD)
    assert [
        (note.kind, "processor 1 was capped at 1200 of 2400 MHz" in note.text)
        for note in result.notes
    ] == [("throttled", True)]


# ---- the runner ----


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("kill -SEGV $$", "was ended by signal 11"),
        ("echo no such signature; exit 3", r"failed \(status 3\).*\n  no such signature"),
    ],
)
def test_a_crash_loses_no_other_setting(
    body: str, said: str, fast: Box, measure: Measure, out: Path
) -> None:
    before = fast.snapshot()
    only_two = f'case "$*" in *"--threads 2"*) {body} ;; *) give ;; esac'
    with pytest.raises(ValueError, match=said):
        measure(only_two, threads=(2, 1))
    assert walls(read_results([out])) == [SAMPLES]
    assert fast.snapshot() == before


def test_a_hang_is_ended(fast: Box, measure: Measure, out: Path) -> None:
    before = fast.snapshot()
    plan = dataclasses.replace(ONE, timeout_s=2.0)
    with pytest.raises(ValueError, match=r"the program did not end .* it was ended"):
        measure("while true; do sleep 0.1; done", plan=plan)
    assert fast.snapshot() == before
    assert not fast.runs("litert_runner")
    assert not out.exists()


GARBAGE = {
    "noise": "head -c 3000 /dev/urandom >out.txt",
    "cut": "head -c 500 answer.txt >out.txt",
    "empty": ": >out.txt",
    "a case too few": "sed '/^case 1$/,$d' answer.txt >out.txt; n=$(wc -l <out.txt); "
    "echo end $((n + 1)) >>out.txt",
    "no number": "sed 's/^case 1$/&\\nstart_logits 1 nan/' answer.txt >out.txt; "
    'n=$(wc -l <out.txt); sed -i "s/^end .*/end $n/" out.txt',
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_no_result(kind: str, fast: Box, measure: Measure, out: Path) -> None:
    before = fast.snapshot()
    twice = dataclasses.replace(PATIENT, tries=2)
    once = f"if mkdir /data/box/once 2>/dev/null; then {GARBAGE[kind]}; else give; fi"
    assert walls(measure(once, care=twice)) == [SAMPLES]
    for path in out.iterdir():
        path.unlink()
    with pytest.raises(ValueError, match="the runner's output"):
        measure(GARBAGE[kind], care=twice)
    assert not list(out.iterdir())
    assert fast.snapshot() == before


def test_wrong_outputs_have_no_speed(measure: Measure, out: Path) -> None:
    with pytest.raises(ValueError, match="does not compute this model correctly"):
        measure(wrong=3.0)
    assert not out.exists()


# ---- us ----


def start_cli(serial: str, small: Bundle, kit: Path, out: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "distilbert_mobile", "bench", str(small.folder), "--quick"),
            *("--device", f"adb:{serial}", "--runner-kit", str(kit), "--out", str(out)),
            *("--threads", "1", "--tokens", "64"),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Started in the background these tests have Ctrl-C ignored; at a terminal nobody has.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def wait_until(what: Callable[[], bool]) -> None:
    for _ in range(300):
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("it never came true")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_the_phone_as_found(
    number: int, fast: Box, serial: str, small: Bundle, out: Path, tmp_path: Path
) -> None:
    before = fast.snapshot()
    kit = scripted_kit(tmp_path / "kit", "sleep 60; give", small)
    process = start_cli(serial, small, kit, out)
    try:
        wait_until(lambda: fast.runs("sleep"))
        assert fast.snapshot() != before
        process.send_signal(number)
        told, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "interrupted" in told
    assert fast.snapshot() == before
    assert not fast.runs("sleep")


def test_kill_9_is_cleaned_up_by_the_next_run(
    fast: Box, serial: str, small: Bundle, out: Path, tmp_path: Path, measure: Measure
) -> None:
    before = fast.snapshot()
    kit = scripted_kit(tmp_path / "kit", "sleep 60; give", small)
    process = start_cli(serial, small, kit, out)
    wait_until(lambda: fast.runs("sleep"))
    process.kill()
    process.communicate()
    measure()
    assert fast.snapshot() == before
    assert not fast.runs("sleep")


# ---- several phones ----


def test_two_phones_at_once_and_one_of_them_fails(
    adb: Adb, fast: Box, serial: str, small: Bundle, out: Path, tmp_path: Path
) -> None:
    second = make_box("amd64", "second")
    try:
        other = connect(adb, second.port)
        kit = scripted_kit(tmp_path / "kit", "sleep 1; give", small)
        config = config_for(small, "all", out, runner_kit=kit)
        assert len(bench_phones(config, lambda line: None, PATIENT, adb, ONE)) == 2
        assert len(read_results([out])) == 2
        for path in out.iterdir():
            path.unlink()
        second.set_heat(skin=50.0)
        with pytest.raises(ValueError, match=f"{other} is too hot"):
            bench_phones(config, lambda line: None, PATIENT, adb, ONE)
        assert len(read_results([out])) == 1
        adb.run(["disconnect", other], 20)
    finally:
        second.stop()
