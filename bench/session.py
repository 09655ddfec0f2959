"""One session: settings in turns, a process each, every sample in the journal as it is taken."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from bench.config import Plan
from bench.journal import Journal, Taken
from bench.machine import describe_device
from bench.process import Worker
from bench.result import (
    RESULT_VERSION,
    Conditions,
    Memory,
    Result,
    Speed,
    Workload,
)
from bench.samples import median_interval, ratio_interval
from bench.setting import Candidate
from bench.subject import runtime_version

Progress = Callable[[str], None]
MEMORY_RUNS = 3


@dataclass
class Session:
    """Settings with what is known of them; goes on from what the journal holds."""

    settings: Sequence[Candidate]
    loads: Sequence[Workload]
    plan: Plan
    log: Journal
    progress: Progress

    def run_repeat(self, repeat: int) -> None:
        """Run what is missing of one repeat's rounds, in fresh processes."""
        first = repeat * self.plan.rounds
        numbers = [
            number
            for number in range(first, first + self.plan.rounds)
            if any(number not in taken.ended for taken in self.log.read())
        ]
        if not numbers or self._is_enough():
            return
        with ExitStack() as stack:
            workers = self._start(stack)
            for index, worker in enumerate(workers):
                self._open(index, worker)
            for number in numbers:
                self.progress(f"{self._about()}: round {number + 1}")
                self._run_round(workers, number)
                if self._is_enough():
                    break
            for setting, worker in zip(self.settings, workers, strict=True):
                setting.prove(worker, timed=True)

    def _about(self) -> str:
        return f"{self.settings[0].threads}t-{self.settings[0].tokens}"

    def _start(self, stack: ExitStack, only: int | None = None) -> list[Worker]:
        chosen = range(len(self.settings)) if only is None else [only]
        workers = []
        for index in chosen:
            setting, shared = self.settings[index], (self.log.fd,)
            worker = stack.enter_context(Worker(setting.about, self.plan.timeout_s, shared))
            worker.send("prepare", runtime=setting.runtime, cpus=self.loads[index].cpus)
            workers.append(worker)
        for worker in workers:
            worker.receive("prepare")
        return workers

    def _load(self, index: int, worker: Worker) -> tuple[Any, Any]:
        ids, types = self.settings[index].inputs()
        loaded = self.settings[index].load(worker)
        return loaded, worker.ask("run", input_ids=ids, token_type_ids=types)

    def _open(self, index: int, worker: Worker) -> None:
        self.progress(f"{self.settings[index].name}: loading")
        loaded, first = self._load(index, worker)
        self.settings[index].prove(worker, timed=False)
        values = loaded["at"], loaded["load_ms"], first["first_ms"], first["first_cpu_ms"]
        self.log.append(index, "start", *values)

    def _run_round(self, workers: Sequence[Worker], number: int) -> None:
        """Every setting takes its turn; a round that was cut off is topped up."""
        order = list(range(len(workers)))
        for index in reversed(order) if number % 2 else order:
            taken = self.log.read()[index]
            if number in taken.ended:
                continue
            had = taken.in_round(number)
            runs, seconds = self.plan.runs - len(had), self.plan.round_seconds - sum(had) / 1000
            if not had or (runs > 0 and seconds > 0):
                workers[index].ask(
                    "round",
                    fd=self.log.fd,
                    setting=index,
                    number=number,
                    warmup=self.plan.warmup,
                    runs=runs,
                    seconds=seconds,
                )
            self.log.append(index, "end", number)

    def _is_enough(self) -> bool:
        taken = self.log.read()
        if any(not one.ended for one in taken):
            return False
        return is_enough(self._speeds(taken), self.plan)

    def read_memory(self) -> None:
        """A pass of its own for the highest memory: a process that is not timed."""
        for index, setting in enumerate(self.settings):
            if self.log.read()[index].memory is not None:
                continue
            self.progress(f"{setting.name}: memory")
            with ExitStack() as stack:
                (worker,) = self._start(stack, only=index)
                self._load(index, worker)
                worker.ask("repeat", runs=MEMORY_RUNS)
                found = worker.ask("memory")
            self.log.append(index, "memory", found["bare_bytes"], found["peak_bytes"])

    def _speeds(self, taken: Sequence[Taken]) -> list[Speed]:
        return [speed_of(one, self.log.session, self.log.origin) for one in taken]

    def results(self, before: Conditions, after: Conditions) -> list[Result]:
        """The journal as results."""
        taken, device = self.log.read(), describe_device()
        return [
            Result(
                version=RESULT_VERSION,
                measured_at=self.log.began,
                device=device,
                subject=setting.subject(),  # now with what proving it has shown
                runtime=setting.runtime,
                runtime_version=runtime_version(setting.runtime),
                runner="bench.worker",
                workload=load,
                speed=speed,
                printed=None,
                memory=Memory("VmHWM of a process of its own", *one.memory) if one.memory else None,
                work=None,
                accuracy=None,
                before=before,
                after=after,
                notes=(),
            )
            for setting, load, one, speed in zip(
                self.settings, self.loads, taken, self._speeds(taken), strict=True
            )
        ]


def is_enough(speeds: Sequence[Speed], plan: Plan) -> bool:
    """Whether a session may end: all rounds are there, or enough and every interval is tight.

    That of the ratio to the first setting; of a single setting, that of its median.
    """
    rounds = min(len(speed.round_sizes) for speed in speeds)
    if rounds >= plan.rounds * plan.repeats:
        return True
    if not plan.tight or rounds < plan.least_rounds:
        return False
    intervals = (
        [ratio_interval(speeds[0], other) for other in speeds[1:]]
        if len(speeds) > 1
        else [median_interval(speeds[0])]
    )
    return all(i.high - i.low <= plan.tight * i.estimate for i in intervals)


def speed_of(taken: Taken, session: str, origin: float) -> Speed:
    """The samples of a journal as a `Speed`."""
    timed = taken.timed
    numbers = sorted({number for number, *_ in timed})
    return Speed(
        session=session,
        starts=taken.start_records(origin),
        round_sizes=tuple(len(taken.in_round(number)) for number in numbers),
        at_s=tuple(accumulate((at - origin for _, at, _, _ in timed), max)),  # clocks are set back
        wall_ms=tuple(wall for _, _, wall, _ in timed),
        cpu_ms=tuple(cpu for _, _, _, cpu in timed),
        debug_build=None,
    )
