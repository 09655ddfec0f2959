"""Rounds on a phone as a result file."""

from collections.abc import Sequence

from bench.phone.cases import Output
from bench.phone.conditions import Reading
from bench.phone.facts import Facts
from bench.phone.job import Job, Summary
from bench.phone.session import Round
from bench.result import (
    RESULT_VERSION,
    Accuracy,
    Conditions,
    Device,
    Memory,
    Note,
    Printed,
    Result,
    Speed,
    Start,
    Workload,
)
from bench.subject import describe_bundle

UNCHECKED = "the program does not show its outputs, so nobody knows whether they are right"


def describe_phone(facts: Facts) -> Device:
    """The phone; one that says it is an emulator is "emulated": its times mean nothing."""
    return Device(
        kind="emulated" if facts.emulated else "android",
        name=facts.name,
        system=facts.system,
        processor=facts.processor,
        cores=len(facts.max_khz) or 1,
        memory_bytes=facts.memory_bytes,
    )


def speed_result(
    facts: Facts,
    job: Job,
    runner: str,
    session: str,
    rounds: Sequence[Round],
    unset: dict[str, str],
) -> Result:
    """All rounds of one setting. Of a foreign program, the round with the middle mean."""
    measured = [one.measured for one in rounds]
    outputs = [one.output for one in measured if one.output is not None]
    summaries = [one.summary for one in measured if one.summary is not None]
    began = rounds[0].before.at
    return Result(
        version=RESULT_VERSION,
        measured_at=began,
        device=describe_phone(facts),
        subject=describe_bundle(job.bundle, job.runtime),
        runtime=job.runtime,
        runtime_version=measured[0].runtime_version,
        runner=runner,
        workload=Workload(job.threads, job.tokens, measured[0].padded_tokens, job.cores),
        speed=_speed(session, rounds, outputs) if outputs else None,
        printed=_printed(summaries, job.warmup) if summaries else None,
        memory=_memory(outputs) if outputs else None,
        work=None,
        accuracy=None,
        before=_conditions(rounds[0].before),
        after=_conditions(rounds[-1].after),
        notes=_notes(facts, rounds, unset),
    )


def accuracy_result(
    facts: Facts, job: Job, runner: str, runtime_version: str, accuracy: Accuracy, at: str
) -> Result:
    """Scores of a file on a phone."""
    return Result(
        version=RESULT_VERSION,
        measured_at=at,
        device=describe_phone(facts),
        subject=describe_bundle(job.bundle, job.runtime),
        runtime=job.runtime,
        runtime_version=runtime_version,
        runner=runner,
        workload=None,
        speed=None,
        printed=None,
        memory=None,
        work=None,
        accuracy=accuracy,
        before=None,
        after=None,
        notes=(),
    )


def _speed(session: str, rounds: Sequence[Round], outputs: Sequence[Output]) -> Speed:
    """Samples in order; a process's own clock is set to the time at which its round began."""
    begins = [one.began_s - rounds[0].began_s for one in rounds]
    at_s: list[float] = []
    for begun, output in zip(begins, outputs, strict=True):
        base = output.samples[0].start_ns
        at_s += [begun + (sample.start_ns - base) / 1e9 for sample in output.samples]
    told = all(output.samples[0].start_ns > 0 for output in outputs)
    samples = [sample for output in outputs for sample in output.samples]
    return Speed(
        session=session,
        starts=tuple(
            Start(begun, one.load_ns / 1e6, one.first.wall_ns / 1e6, one.first.cpu_ns / 1e6, ())
            for begun, one in zip(begins, outputs, strict=True)
            if one.first is not None
        ),
        round_sizes=tuple(len(output.samples) for output in outputs),
        at_s=tuple(at_s) if told else (),
        wall_ms=tuple(sample.wall_ns / 1e6 for sample in samples),
        cpu_ms=tuple(sample.cpu_ns / 1e6 for sample in samples),
        debug_build=None,
    )


def _printed(summaries: Sequence[Summary], warmup: int) -> Printed:
    one = sorted(summaries, key=lambda summary: summary.mean_ms)[len(summaries) // 2]
    return Printed(
        runs=one.count,
        mean_ms=one.mean_ms,
        min_ms=one.min_ms,
        max_ms=one.max_ms,
        median_ms=one.median_ms,
        p95_ms=one.p95_ms,
        load_ms=one.init_ms,
        first_ms=one.first_ms,
        warmup_runs=warmup,
    )


def _memory(outputs: Sequence[Output]) -> Memory:
    largest = max(outputs, key=lambda one: one.peak_bytes - one.bare_bytes)
    return Memory(
        method="VmHWM of the timed process, the largest of its rounds",
        bare_bytes=largest.bare_bytes,
        peak_bytes=max(0, largest.peak_bytes - largest.bare_bytes),
    )


def _conditions(reading: Reading) -> Conditions:
    return Conditions(
        at=reading.at,
        temperatures_c={} if reading.celsius is None else {"skin or battery": reading.celsius},
        clocks_khz={str(cpu): khz for cpu, khz in reading.now_khz.items()},
        clock_limits_khz={str(cpu): khz for cpu, khz in reading.cap_khz.items()},
        governor=", ".join(dict.fromkeys(reading.governors.values())) or None,
        thermal_status=reading.thermal_status,
        busy_cores=None,
        throttled_ms=None,
        swapped_bytes=None,
        battery_percent=reading.battery_percent,
        battery_saver=reading.battery_saver,
        charging=reading.charging,
    )


def _notes(facts: Facts, rounds: Sequence[Round], unset: dict[str, str]) -> tuple[Note, ...]:
    held = [one.held_back for one in rounds if one.held_back]
    notes = [
        Note("throttled", f"in {len(held)} of {len(rounds)} rounds {held[0]}") if held else None,
        Note("unchecked", UNCHECKED) if not all(one.measured.checked for one in rounds) else None,
        *(Note("settings", f"{name} stayed {value}") for name, value in unset.items()),
    ]
    if facts.properties["ro.build.type"] not in ("", "user"):
        build = facts.properties["ro.build.type"]
        notes.append(Note("debug-build", f"the phone's system is a {build} build"))
    return tuple(note for note in notes if note is not None)
