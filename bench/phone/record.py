"""Rounds on a phone as a result file."""

from collections.abc import Sequence

from bench.phone.cases import Output
from bench.phone.facts import Facts
from bench.phone.job import Job
from bench.phone.session import Round
from bench.result import (
    RESULT_VERSION,
    Accuracy,
    Device,
    Memory,
    Note,
    Printed,
    Result,
    Speed,
    Start,
    Workload,
    scores_alone,
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
    printed = [one.printed for one in measured if one.printed is not None]
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
        printed=_middle(printed) if printed else None,
        memory=_memory(outputs) if outputs else None,
        work=None,
        accuracy=None,
        before=rounds[0].before,
        after=rounds[-1].after,
        notes=_notes(facts, rounds, unset),
    )


def accuracy_result(
    facts: Facts, job: Job, runner: str, runtime_version: str, accuracy: Accuracy, at: str
) -> Result:
    """Scores of a file on a phone."""
    return scores_alone(
        accuracy,
        measured_at=at,
        device=describe_phone(facts),
        subject=describe_bundle(job.bundle, job.runtime),
        runtime=job.runtime,
        runtime_version=runtime_version,
        runner=runner,
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


def _middle(printed: Sequence[Printed]) -> Printed:
    return sorted(printed, key=lambda one: one.mean_ms)[len(printed) // 2]


def _memory(outputs: Sequence[Output]) -> Memory:
    largest = max(outputs, key=lambda one: one.peak_bytes - one.bare_bytes)
    return Memory(
        method="VmHWM of the timed process, the largest of its rounds",
        bare_bytes=largest.bare_bytes,
        peak_bytes=max(0, largest.peak_bytes - largest.bare_bytes),
    )


def _notes(facts: Facts, rounds: Sequence[Round], unset: dict[str, str]) -> tuple[Note, ...]:
    held = [one.held_back for one in rounds if one.held_back]
    build = facts.properties["ro.build.type"]
    notes = []
    if held:
        notes.append(Note("throttled", f"in {len(held)} of {len(rounds)} rounds {held[0]}"))
    if not all(one.measured.checked for one in rounds):
        notes.append(Note("unchecked", UNCHECKED))
    notes += [Note("settings", f"{name} could not be set: {now}") for name, now in unset.items()]
    if build not in ("", "user"):
        notes.append(Note("debug build", f"the phone's system is a {build} build"))
    return tuple(notes)
