"""How warm a phone is and how fast it may clock: evidence beside a measurement, and the gate."""

import re
from collections.abc import Callable

from bench.phone.adb import Phone
from bench.phone.facts import CPU
from bench.result import Conditions

SKIN = 3  # android.os.Temperature.TYPE_SKIN
POLL_S = 5.0
FULL_CLOCK = 0.9
"""A processor that stayed below this share of its highest clock while it worked was held back."""

CUT = "-- next --"
LOOK = (
    "dumpsys thermalservice",
    "dumpsys battery",
    "settings get global low_power\nsettings get global airplane_mode_on\n"
    "dumpsys power | grep -o 'mWakefulness=[A-Za-z]*' | head -n 1",
    f"for cpu in {CPU}/cpu[0-9]*; do f=$cpu/cpufreq; "
    'echo "${cpu##*cpu} $(cat $f/scaling_cur_freq 2>/dev/null || echo -) '
    "$(cat $f/scaling_max_freq 2>/dev/null || echo -) "
    '$(cat $f/scaling_governor 2>/dev/null || echo -)"; done',
)
"""Commands of one look, in one call: thermal state, battery, settings, clocks."""


def read_conditions(phone: Phone, at: str) -> Conditions:
    """Look at the phone; `at` is the time that the look bears. What it does not tell is None."""
    told = phone.try_shell(f"\necho {CUT}\n".join(LOOK)).output
    thermal, battery, flags, clocks = [*told.split(f"{CUT}\n"), "", "", ""][:4]
    rows = [line.split() for line in clocks.splitlines()]
    rows = [row for row in rows if len(row) == 4 and row[0].isdigit()]
    words = flags.split()
    saver, airplane, screen = words if len(words) == 3 else ("", "", "")
    return Conditions(
        at=at,
        temperatures_c=_temperatures(thermal, battery),
        clocks_khz={row[0]: int(row[1]) for row in rows if row[1].isdigit()},
        clock_limits_khz={row[0]: int(row[2]) for row in rows if row[2].isdigit()},
        governor=", ".join(dict.fromkeys(row[3] for row in rows if row[3] != "-")) or None,
        thermal_status=_number(r"Thermal Status: (\d+)", thermal),
        busy_cores=None,
        throttled_ms=None,
        swapped_bytes=None,
        battery_percent=_number(r"^\s*level: (\d+)", battery),
        battery_saver={"0": False, "1": True}.get(saver),
        charging=_charging(battery),
        airplane_mode={"0": False, "1": True}.get(airplane),
        screen_on=screen.endswith("=Awake") if "=" in screen else None,
    )


def _number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text, re.MULTILINE)
    return int(found[1]) if found else None


def _charging(battery: str) -> bool | None:
    powered = re.findall(
        r"^\s*(?:AC|USB|Wireless|Dock) powered: (true|false)", battery, re.MULTILINE
    )
    return "true" in powered if powered else None


def _temperatures(thermal: str, battery: str) -> dict[str, float]:
    """The warmest skin sensor of now, and the battery (told in tenths of a degree)."""
    current = thermal.rpartition("Current temperatures from HAL:")[2] or thermal
    current = current.partition("Temperature static thresholds")[0]
    skin = [
        float(value)
        for value, kind in re.findall(r"mValue=(-?[\d.]+), mType=(\d+)", current)
        if int(kind) == SKIN
    ]
    tenths = _number(r"^\s*temperature: (\d+)", battery)
    return {
        **({"skin": max(skin)} if skin else {}),
        **({"battery": tenths / 10} if tenths is not None else {}),
    }


def celsius(seen: Conditions) -> float | None:
    """The temperature that the gate looks at: the skin's, else the battery's."""
    return seen.temperatures_c.get("skin", seen.temperatures_c.get("battery"))


def is_cool(seen: Conditions, max_celsius: float) -> bool:
    """Whether a measurement may begin; a phone that tells nothing is taken as cool."""
    return (celsius(seen) or 0) <= max_celsius and not seen.thermal_status


def wait_until_cool(
    phone: Phone,
    max_celsius: float,
    longest_s: float,
    now: Callable[[], str],
    progress: Callable[[str], None],
) -> Conditions:
    """Wait until the phone is cool enough; returns the look that says so.

    Raises ValueError after `longest_s`: a number taken on a hot phone is no number of the model.
    """
    waited = 0.0
    while True:
        seen = read_conditions(phone, now())
        if is_cool(seen, max_celsius):
            return seen
        state = f"{celsius(seen)} °C, thermal status {seen.thermal_status}"
        if waited >= longest_s:
            raise ValueError(
                f"{phone.serial} is too hot ({state}; allowed {max_celsius:g} °C and status 0) "
                f"after {longest_s:.0f} s of waiting; take it out of its case, off "
                "the charger, out of the sun, and start again"
            )
        progress(f"{phone.serial}: cooling down ({state})")
        phone.pause(min(POLL_S, longest_s))
        waited += min(POLL_S, longest_s) or 1.0


def held_back(
    max_khz: dict[int, int],
    cores: tuple[int, ...],
    seen: list[dict[int, tuple[int, int]]],
    after: Conditions,
) -> str | None:
    """Why a run counts as throttled, None where it does not.

    `seen` are looks during the run: processor to its clock and the cap on it. Judged by the
    processors that it was pinned to (else all that tell): the best clock seen, and every cap.
    """
    if after.thermal_status:
        return f"the phone's thermal status rose to {after.thermal_status}"
    for core in cores or tuple(max_khz):
        highest = max_khz.get(core, 0)
        looks = [look[core] for look in seen if core in look]
        if not highest or not looks:
            continue
        cap = min(cap for _, cap in looks)
        if cap and cap < FULL_CLOCK * highest:
            return f"processor {core} was capped at {cap // 1000} of {highest // 1000} MHz"
    best = [
        max(look[core][0] for look in seen if core in look) / max_khz[core]
        for core in cores
        if max_khz.get(core) and any(core in look for look in seen)
    ]
    if best and max(best) < FULL_CLOCK:
        return f"no pinned processor got above {100 * max(best):.0f} % of its highest clock"
    return None
