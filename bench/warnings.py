"""What a reader must be warned of, found in the facts of a result; each kind carries its advice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from bench.result import Conditions, Result, Speed
from bench.samples import median, percentile

NOISY = 1.5  # p90 over median from which a setting is called noisy
DRIFT = 1.1  # median of the last quarter over that of the first
WAITED = 1.1  # wall over CPU time of one thread: the process waited for a core
HOT_C = 37.0
BUSY_CORES = 0.3
CLOCK_FELL = 0.9
THROTTLED_SHARE = 0.01  # of the samples' time
FEW_RUNS = 10
PUBLISHED_S = 60.0  # timed on a phone for a number that is published
PUBLISHED_ROUNDS = 3
SWAPPED_BYTES = 1_000_000


class Kind(Enum):
    """A kind of warning: its name in results and reports, and what to do about it."""

    NOISY = "noisy", "close other programs and measure again"
    DRIFT = "drift", "let the machine come to rest and take more rounds"
    THROTTLED = "throttled", "let the device cool down, or give the container more CPU time"
    HOT = "hot", f"measure below {HOT_C:.0f} C"
    SWAPPED = "swapped", "close programs that use much memory"
    BACKGROUND = "background load", "end what else is running, or take the ratio, not the time"
    DEBUG_BUILD = "debug build", "measure a release build"
    BATTERY_SAVER = "battery saver", "switch battery saver off"
    THREADS = "too many threads", "use at most as many threads as there are cores"
    FEW_RUNS = "few runs", "take more rounds: study --full, bench --rounds"
    QUICK = "quick", "publish what was timed for 60 s and more, in 3 rounds and more"
    NOT_PINNED = "not pinned", "choose the cores that the measurement stays on"
    EMULATED = "emulated", "read its answers and counts; measure times on a real device"
    SETTINGS = "settings", "set the device up by hand: airplane mode, screen on, no battery saver"
    UNCHECKED = "unchecked", "check the outputs with a runner that returns them"

    @property
    def slug(self) -> str:
        """The name in results and reports."""
        return str(self.value[0])

    @property
    def advice(self) -> str:
        """What to do about it."""
        return str(self.value[1])


def _find_kind(name: str) -> Kind:
    for kind in Kind:
        if kind.slug == name:
            return kind
    known = ", ".join(kind.slug for kind in Kind)
    raise ValueError(f"a note of the unknown kind {name!r}; known are: {known}")


@dataclass(frozen=True)
class Warning:
    """One finding in one result, in words."""

    kind: Kind
    found: str


def find_warnings(result: Result) -> list[Warning]:
    """Everything that one result must be read with, without repetition of a kind."""
    found: dict[Kind, Warning] = {}
    for warning in _all_warnings(result):
        found.setdefault(warning.kind, warning)
    return list(found.values())


def _all_warnings(result: Result) -> Iterator[Warning]:
    for note in result.notes:
        yield Warning(_find_kind(note.kind), note.text)
    if result.device.kind == "emulated" and result.workload:
        yield Warning(Kind.EMULATED, f"run on {result.device.name}: its times mean nothing")
        return
    if result.speed:
        yield from _of_speed(result, result.speed)
    if result.before and result.after and result.workload:
        yield from _of_conditions(result.before, result.after, _seconds(result))
    is_phone = result.device.kind in ("android", "ios")
    if is_phone and (result.speed or result.printed):
        yield from _of_phone(result)


def _seconds(result: Result) -> float:
    """Time in timed runs."""
    if result.speed:
        return sum(result.speed.wall_ms) / 1000
    return result.printed.runs * result.printed.mean_ms / 1000 if result.printed else 0.0


def _of_speed(result: Result, speed: Speed) -> Iterator[Warning]:
    assert result.workload
    middle, p90 = median(speed.wall_ms), percentile(speed.wall_ms, 90)
    threads, count = result.workload.threads, len(speed.wall_ms)
    if p90 > NOISY * middle:
        yield Warning(Kind.NOISY, f"the 90th percentile is {p90 / middle:.2f} times the median")
    quarter = count // 4
    if quarter >= 5:
        change = median(speed.wall_ms[-quarter:]) / median(speed.wall_ms[:quarter])
        if change > DRIFT:
            yield Warning(Kind.DRIFT, f"{change:.2f} times slower at the end than at the beginning")
    waited = sum(speed.wall_ms) / sum(speed.cpu_ms) if sum(speed.cpu_ms) else 0.0
    if threads == 1 and waited > WAITED:
        share = f"{100 * (1 - 1 / waited):.0f} %"
        yield Warning(Kind.BACKGROUND, f"the process waited for a core {share} of the time")
    if threads > result.device.cores:
        yield Warning(Kind.THREADS, f"{threads} threads on {result.device.cores} cores")
    if count < FEW_RUNS:
        yield Warning(Kind.FEW_RUNS, f"{count} timed run{'s' * (count > 1)}")
    if speed.debug_build:
        yield Warning(Kind.DEBUG_BUILD, "measured in a debug build")


def _of_conditions(before: Conditions, after: Conditions, seconds: float) -> Iterator[Warning]:
    hottest = max(after.temperatures_c.values(), default=0.0)
    if after.thermal_status:
        yield Warning(Kind.THROTTLED, f"the system reports thermal status {after.thermal_status}")
    shared = [cpu for cpu in before.clocks_khz if cpu in after.clocks_khz]
    clocks = [(before.clocks_khz[cpu], after.clocks_khz[cpu]) for cpu in shared]
    limits = [
        (before.clock_limits_khz[cpu], after.clock_limits_khz[cpu])
        for cpu in before.clock_limits_khz
        if cpu in after.clock_limits_khz
    ]
    for name, pairs in (("allowed clock", limits), ("clock", clocks if limits == [] else [])):
        if any(new < CLOCK_FELL * old for old, new in pairs):
            yield Warning(Kind.THROTTLED, f"the {name} of a core fell by more than 10 %")
    held = (after.throttled_ms or 0.0) - (before.throttled_ms or 0.0)
    if held > 1000 * THROTTLED_SHARE * max(seconds, 1.0):
        yield Warning(Kind.THROTTLED, f"the scheduler held the process back for {held:.0f} ms")
    if before.thermal_status is not None and hottest > HOT_C:
        yield Warning(Kind.HOT, f"{hottest:.1f} C at the end")
    swapped = (after.swapped_bytes or 0) - (before.swapped_bytes or 0)
    if swapped > SWAPPED_BYTES:
        yield Warning(Kind.SWAPPED, f"{swapped / 1e6:.0f} MB went to or came from the disk")
    busy = max(before.busy_cores or 0.0, after.busy_cores or 0.0)
    if busy > BUSY_CORES:
        yield Warning(Kind.BACKGROUND, f"other programs used {busy:.1f} cores")
    if before.battery_saver or after.battery_saver:
        yield Warning(Kind.BATTERY_SAVER, "battery saver was on")


def _of_phone(result: Result) -> Iterator[Warning]:
    seconds = _seconds(result)
    rounds = len(result.speed.round_sizes) if result.speed else PUBLISHED_ROUNDS
    if seconds < PUBLISHED_S or rounds < PUBLISHED_ROUNDS:
        yield Warning(Kind.QUICK, f"{seconds:.0f} s timed in {rounds} rounds")
    if result.workload and not result.workload.cpus:
        yield Warning(Kind.NOT_PINNED, "the system moved the process between cores as it liked")


def summarise(results: Sequence[Result]) -> list[str]:
    """One line a kind: in how many of the results, what was found first, and the advice."""
    measured = [result for result in results if result.speed or result.printed or result.work]
    found: dict[Kind, list[Warning]] = {}
    for result in measured:
        for warning in find_warnings(result):
            found.setdefault(warning.kind, []).append(warning)
    return [
        f"{kind.slug.capitalize()}: in {len(found[kind])} of {len(measured)} settings (such as: "
        f"{found[kind][0].found}); {kind.advice}."
        for kind in Kind
        if kind in found
    ]
