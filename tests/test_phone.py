"""What a phone says is read right; what is written to it is what was meant. No adb is needed."""

import dataclasses
import os
import subprocess
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from bench.phone.adb import DeviceLost, Finished, Phone
from bench.phone.conditions import celsius, held_back, is_cool, read_conditions
from bench.phone.facts import PROPERTIES, Facts, mask, read_facts
from bench.phone.settings import Settings
from bench.phone.store import Store


class LocalPhone(Phone):
    """A phone whose shell is this computer's, and whose files are copied: no cable, no adb."""

    def __init__(self, tools: Path) -> None:
        self.serial, self.stoppable = "LOCAL", True
        self.path = f"{tools}:/usr/bin:/bin"
        self.pushed: list[str] = []
        self.spoil: Callable[[Path], None] | None = None

    def try_shell(self, command: str, timeout_s: float = 60.0) -> Finished:
        done = subprocess.run(
            ["sh", "-c", f"( {command}\n) 2>&1"],
            env={"PATH": self.path},
            stdout=subprocess.PIPE,
            text=True,
        )
        return Finished(done.returncode, done.stdout)

    def push(self, local: Path, remote: PurePosixPath, timeout_s: float) -> None:
        self.pushed.append(local.name)
        Path(remote).write_bytes(local.read_bytes())
        if self.spoil:
            self.spoil(Path(remote))

    def pull(self, remote: PurePosixPath, local: Path, timeout_s: float) -> None:
        local.write_bytes(Path(remote).read_bytes())


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    return tmp_path / "tools"


def tool(tools: Path, name: str, text: str) -> None:
    (tools / name).write_text(f"#!/bin/sh\n{text}\n")
    (tools / name).chmod(0o755)


def facts_of(max_khz: dict[int, int], **properties: str) -> Facts:
    known = dict.fromkeys(PROPERTIES, "")
    known |= {name.replace("_", "."): value for name, value in properties.items()}
    return Facts("SERIAL", known, max_khz, 0)


# ---- processors ----

LITTLE, BIG, PRIME = 1_800_000, 2_400_000, 3_000_000


@pytest.mark.parametrize(
    ("clocks", "threads", "cores"),
    [
        ([LITTLE] * 4 + [BIG] * 3 + [PRIME], 1, (7,)),
        ([LITTLE] * 4 + [BIG] * 3 + [PRIME], 2, (4, 5, 6, 7)),
        ([LITTLE] * 4 + [BIG] * 3 + [PRIME], 4, (4, 5, 6, 7)),
        ([LITTLE] * 4 + [BIG] * 3 + [PRIME], 6, (0, 1, 2, 3, 4, 5, 6, 7)),
        ([PRIME, PRIME] + [LITTLE] * 6, 2, (0, 1)),
        ([BIG] * 8, 4, ()),  # nothing to choose
        ([0] * 8, 4, ()),  # not told
    ],
)
def test_the_fastest_processors_are_chosen(
    clocks: list[int], threads: int, cores: tuple[int, ...]
) -> None:
    assert facts_of(dict(enumerate(clocks))).cores_for(threads) == cores


def test_a_mask_is_hexadecimal() -> None:
    assert mask((7,)) == "80"
    assert mask((4, 5, 6, 7)) == "f0"
    assert mask((0, 9)) == "201"


def test_facts(tools: Path) -> None:
    tool(tools, "getprop", "case $1 in ro.product.model) echo Pixel 8;; *sdk) echo 34;; esac")
    found = read_facts(LocalPhone(tools))
    assert found.name == "Pixel 8"
    assert found.api == 34
    assert not found.emulated
    assert found.memory_bytes > 0
    assert len(found.max_khz) >= 1


# ---- heat and clocks ----

THERMAL = """IsStatusOverride: false
Thermal Status: {status}
Cached temperatures:
\tTemperature{{mValue=99.0, mType=3, mName=VIRTUAL-SKIN, mStatus=0}}
HAL Ready: true
Current temperatures from HAL:
\tTemperature{{mValue=61.5, mType=0, mName=CPU, mStatus=0}}
\tTemperature{{mValue=33.25, mType=3, mName=VIRTUAL-SKIN, mStatus=0}}
\tTemperature{{mValue=34.5, mType=3, mName=skin2, mStatus=0}}
Current cooling devices from HAL:
\tCoolingDevice{{mValue=0, mType=2, mName=thermal-cpufreq-0}}
Temperature static thresholds from HAL:
\tTemperatureThreshold{{mType=3, mName=VIRTUAL-SKIN, mHotThrottlingThresholds=[NaN, 39.0]}}
"""
BATTERY = """Current Battery Service state:
  AC powered: false
  USB powered: true
  Wireless powered: false
  level: 85
  temperature: 312
"""


def tell(tools: Path, status: int = 0, thermal: str = THERMAL, battery: str = BATTERY) -> None:
    (tools / "thermal.txt").write_text(thermal.format(status=status))
    (tools / "battery.txt").write_text(battery)
    tool(
        tools,
        "dumpsys",
        f"case $1 in thermalservice) cat {tools}/thermal.txt;; battery) cat {tools}/battery.txt;; "
        "power) echo '  mWakefulness=Awake';; esac",
    )
    tool(tools, "settings", "case $3 in low_power) echo 1;; *) echo 0;; esac")


def test_conditions_are_what_the_phone_says(tools: Path) -> None:
    tell(tools)
    seen = read_conditions(LocalPhone(tools), "now")
    assert seen.temperatures_c == {"skin": 34.5, "battery": 31.2}
    assert (seen.thermal_status, seen.battery_percent, seen.charging) == (0, 85, True)
    assert (seen.battery_saver, seen.airplane_mode, seen.screen_on) == (True, False, True)


def test_a_phone_that_tells_nothing_is_not_guessed_at(tools: Path) -> None:
    seen = read_conditions(LocalPhone(tools), "now")
    assert seen.temperatures_c == {}
    assert (seen.thermal_status, seen.battery_percent, seen.charging) == (None, None, None)
    assert (seen.battery_saver, seen.airplane_mode, seen.screen_on) == (None, None, None)
    assert is_cool(seen, 37.0)


def test_the_gate(tools: Path) -> None:
    tell(tools)
    cool = read_conditions(LocalPhone(tools), "now")
    assert celsius(cool) == 34.5
    assert is_cool(cool, 37.0)
    assert not is_cool(cool, 34.0)
    tell(tools, status=1)
    assert not is_cool(read_conditions(LocalPhone(tools), "now"), 37.0)
    tell(tools, thermal="Thermal Status: {status}\n", battery="  temperature: 381\n")
    assert not is_cool(read_conditions(LocalPhone(tools), "now"), 37.0)  # the battery's


def test_a_run_that_was_held_back_is_seen(tools: Path) -> None:
    tell(tools)
    cool = read_conditions(LocalPhone(tools), "now")
    clocks = {0: LITTLE, 7: PRIME}
    free = [{0: (LITTLE, LITTLE), 7: (PRIME, PRIME)}]
    assert held_back(clocks, (7,), free, cool) is None
    assert held_back(clocks, (7,), [], cool) is None
    capped = [*free, {0: (LITTLE, LITTLE), 7: (BIG, BIG)}]
    assert "processor 7 was capped at 2400 of 3000 MHz" in str(
        held_back(clocks, (7,), capped, cool)
    )
    assert held_back(clocks, (0,), capped, cool) is None  # another processor's cap
    slow = [{7: (BIG, PRIME)}, {7: (LITTLE, PRIME)}]
    assert "above 80 % of its highest clock" in str(held_back(clocks, (7,), slow, cool))
    hot = dataclasses.replace(cool, thermal_status=2)
    assert "thermal status rose to 2" in str(held_back(clocks, (7,), free, hot))


# ---- settings ----


def fake_settings(tools: Path, **values: str) -> Path:
    folder = tools / "values"
    folder.mkdir()
    for name, value in values.items():
        (folder / name).write_text(value + "\n")
    tool(
        tools,
        "settings",
        f"cd {folder}; case $1 in get) cat $3 2>/dev/null || echo null;; put) echo $4 >$3;; esac",
    )
    tool(
        tools,
        "cmd",
        f'cd {folder}; case "$2" in airplane-mode) [ $3 = enable ] && v=1 || v=0; '
        "echo $v >airplane_mode_on;; set-mode) echo $3 >low_power;; *) echo $3 >fixed;; esac",
    )
    return folder


def read_values(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text().strip() for path in folder.iterdir()}


def test_settings_are_noted_set_and_put_back(tools: Path, tmp_path: Path) -> None:
    folder = fake_settings(
        tools, airplane_mode_on="0", low_power="1", stay_on_while_plugged_in="0", fixed="false"
    )
    before = read_values(folder)
    settings = Settings(LocalPhone(tools), 34, PurePosixPath(tmp_path))
    assert settings.prepare() == {}
    assert read_values(folder) == {
        "airplane_mode_on": "1", "low_power": "0", "stay_on_while_plugged_in": "7", "fixed": "true"
    }  # fmt: skip
    assert settings.recover()
    assert read_values(folder) == before
    assert not settings.recover()  # the note is gone


def test_a_setting_that_stays_is_told_and_old_phones_are_asked_for_less(
    tools: Path, tmp_path: Path
) -> None:
    folder = fake_settings(tools, airplane_mode_on="0", low_power="1", stay_on_while_plugged_in="0")
    tool(tools, "cmd", "exit 1")
    settings = Settings(LocalPhone(tools), 28, PurePosixPath(tmp_path))
    assert settings.prepare() == {"low-power": "1"}
    assert read_values(folder)["airplane_mode_on"] == "0"
    assert settings.recover()
    assert read_values(folder)["stay_on_while_plugged_in"] == "0"


def test_a_phone_of_the_network_keeps_its_network(tools: Path, tmp_path: Path) -> None:
    folder = fake_settings(tools, airplane_mode_on="0")
    phone = LocalPhone(tools)
    phone.serial = "192.0.2.7:5555"
    Settings(phone, 34, PurePosixPath(tmp_path)).prepare()
    assert read_values(folder)["airplane_mode_on"] == "0"


def test_a_value_that_is_no_word_is_never_made_a_command(tools: Path, tmp_path: Path) -> None:
    folder = fake_settings(tools, low_power="1; touch bad", stay_on_while_plugged_in="0")
    settings = Settings(LocalPhone(tools), 34, PurePosixPath(tmp_path))
    settings.prepare()
    note = tmp_path / "settings-before"
    note.write_text(note.read_text() + f"low-power=$(touch {tmp_path}/bad)\n")
    settings.recover()
    assert not (tmp_path / "bad").exists()
    assert read_values(folder)["low_power"] == "1; touch bad"


# ---- files ----


def test_files_are_sent_once_and_again_when_damaged(tools: Path, tmp_path: Path) -> None:
    phone = LocalPhone(tools)
    store = Store(phone, PurePosixPath(tmp_path / "phone"))
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1" * 1000)
    two.write_bytes(b"2" * 500)
    store.open()
    assert store.send({"a": one, "b": two}) == 1500
    assert (tmp_path / "phone/run/a").read_bytes() == one.read_bytes()
    assert store.send({"a": one}) == 0
    assert not (tmp_path / "phone/run/b").exists()
    kept = (tmp_path / "phone/run/a").resolve()
    kept.write_bytes(b"damaged")
    assert store.send({"a": one}) == 1000
    assert phone.pushed == ["one", "two", "one"]
    store.close()
    assert not (tmp_path / "phone/run").exists()
    store.remove()
    assert not (tmp_path / "phone").exists()


def test_a_file_cut_short_is_sent_again_and_never_used(tools: Path, tmp_path: Path) -> None:
    phone = LocalPhone(tools)
    store = Store(phone, PurePosixPath(tmp_path / "phone"))
    one = tmp_path / "one"
    one.write_bytes(os.urandom(1000))
    store.open()
    cuts = [100, 999]

    def spoil(path: Path) -> None:
        if cuts:
            path.write_bytes(path.read_bytes()[: cuts.pop()])

    phone.spoil = spoil
    store.send({"a": one})
    assert phone.pushed == ["one"] * 3
    assert (tmp_path / "phone/run/a").read_bytes() == one.read_bytes()
    cuts.extend([0] * 10)
    store.remove()
    store.open()
    with pytest.raises(DeviceLost, match="one"):
        store.send({"a": one})
    assert not list((tmp_path / "phone/files").glob("[0-9a-f]" * 64))
