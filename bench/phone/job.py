"""One measurement on a phone: what is asked, what comes back, how a program is started there."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

from bench.phone.adb import Phone
from bench.phone.cases import Output
from bench.phone.facts import CPU, Facts, mask
from bench.phone.store import Store
from bench.result import Printed
from export.bundle import Bundle

LOG_CHARACTERS = 600
LOOK_S = 1


class Unusable(ValueError):
    """What came back is no result; running it again may give one."""


@dataclass(frozen=True)
class Job:
    """One fresh process: a file of a bundle, a number of threads, `tokens` real tokens.

    The input runs `warmup` times untimed, then for `seconds` (at most `runs` times). `cores` are
    the processors it is pinned to, () for none.
    """

    bundle: Bundle
    runtime: str
    threads: int
    tokens: int
    warmup: int
    runs: int
    seconds: float
    cores: tuple[int, ...]
    timeout_s: float


@dataclass(frozen=True)
class Measured:
    """One process that ended well: its samples or its statistics, and the clocks seen meanwhile.

    `looks` map a processor to its clock and the cap on it, in kHz. `checked` says whether the
    golden inputs gave the stored outputs there; a foreign program may not let us ask.
    """

    runtime_version: str
    output: Output | None
    printed: Printed | None
    padded_tokens: int
    looks: list[dict[int, tuple[int, int]]]
    checked: bool


class DeviceRunner(Protocol):
    """A program that runs a model file on a phone."""

    @property
    def name(self) -> str:
        """The program, as a result names it."""
        ...

    @property
    def runtimes(self) -> tuple[str, ...]:
        """The kinds of model file that it runs."""
        ...

    def measure(self, store: Store, facts: Facts, job: Job) -> Measured:
        """Run one job in the store's run folder.

        Raises ValueError for what the program cannot do or computes wrongly, Unusable for output
        that is damaged, DeviceLost and TimeoutError for what their names say.
        """
        ...


def start(store: Store, command: str, cores: tuple[int, ...], timeout_s: float) -> str:
    """Run a command line in the run folder, pinned, and return what it printed.

    Its process id is in the folder's file `pid`, for whoever has to end it. Beside it a loop looks
    at the clocks once a second, on whatever processor the phone gives it, until the folder's pid
    file or the shell is gone. ValueError where the command ends with another status than 0.
    """
    run, phone = store.run, store.phone
    pinned = f"taskset {mask(cores)} {command}" if cores else command
    script = (
        f"cd {run} || exit 1\n"
        f"{_looking(run)}"
        f"sh -c 'echo $$ > pid; exec {pinned}' > log.txt 2>&1 < /dev/null\n"
        "status=$?; rm -f pid; kill $looking 2>/dev/null\n"
        f"tail -c 100000 log.txt\nexit $status"
    )
    found = phone.try_shell(script, timeout_s)
    if found.status == 0:
        return found.output
    words = found.output.strip()[-LOG_CHARACTERS:] or "(nothing)"
    how = f"was ended by signal {found.status - 128}" if found.status > 128 else "failed"
    raise ValueError(
        f"{phone.serial}: the program {how} (status {found.status}); its last words:\n  {words}"
    )


def _looking(run: PurePosixPath) -> str:
    look = (
        f"for f in {CPU}/cpu[0-9]*/cpufreq; do c=${{f%/cpufreq}}; "
        'echo "${c##*cpu} $(cat $f/scaling_cur_freq 2>/dev/null) '
        '$(cat $f/scaling_max_freq 2>/dev/null)"; done; echo'
    )
    loop = f"while sleep {LOOK_S} && [ -f {run}/pid ]; do {look}; done"
    return f"( {loop} ) > looks.txt 2>/dev/null < /dev/null &\nlooking=$!\n"


def read_looks(phone: Phone, run: PurePosixPath) -> list[dict[int, tuple[int, int]]]:
    """The clocks and caps that were seen, look by look."""
    text = phone.try_shell(f"cat {run}/looks.txt").output
    looks: list[dict[int, tuple[int, int]]] = []
    for block in text.split("\n\n"):
        rows = [line.split() for line in block.splitlines()]
        look = {
            int(row[0]): (int(row[1]), int(row[2]))
            for row in rows
            if len(row) == 3 and all(word.isdigit() for word in row)
        }
        if look:
            looks.append(look)
    return looks
