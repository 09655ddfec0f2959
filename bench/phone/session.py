"""The time that one phone is ours: checked, prepared, cooled before each job, and left as found."""

import fcntl
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bench.machine import now
from bench.phone.adb import DeviceLost, Phone
from bench.phone.conditions import held_back, read_conditions, wait_until_cool
from bench.phone.facts import Facts, read_facts
from bench.phone.job import DeviceRunner, Job, Measured, Unusable
from bench.phone.settings import Settings
from bench.phone.store import Store
from bench.result import Conditions

Say = Callable[[str], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Care:
    """How patient and how careful we are with a phone."""

    max_celsius: float = 37.0
    cool_down_s: float = 900.0
    replug_s: float = 120.0
    tries: int = 3
    min_battery: int = 20
    leave_settings: bool = False
    clean: bool = False


@dataclass(frozen=True)
class Round:
    """One process and the phone around it; `held_back` says why it counts as throttled.

    `began_s` is this computer's clock, which only grows, when the process was started.
    """

    began_s: float
    measured: Measured
    before: Conditions
    after: Conditions
    held_back: str | None


@dataclass
class Session:
    """A phone in our hands; made by `open_session`."""

    phone: Phone
    facts: Facts
    store: Store
    settings: Settings
    care: Care
    say: Say
    unset: dict[str, str] = field(default_factory=dict)
    """Settings that could not be set as wanted, with their value."""

    def begin(self) -> None:
        """Remove what an interrupted run left, put its settings back, and set what we want."""
        self.store.open()
        self.settings.recover()
        if not self.care.leave_settings:
            self.unset = self.settings.prepare()

    def end(self) -> None:
        """Leave the phone as it was found; our files stay there unless `clean` is asked for."""
        self.store.close()
        self.settings.recover()
        if self.care.clean:
            self.store.remove()

    def patiently(self, what: str, work: Callable[[], T]) -> T:
        """Do something that a pulled cable or a damaged file may spoil, again where it did.

        Raises the last error after `tries`, and DeviceLost when the phone does not come back.
        """
        for left in reversed(range(self.care.tries)):
            try:
                return work()
            except Unusable as error:
                if not left:
                    raise
                self.say(f"{error}; again")
            except DeviceLost as error:
                if not left:
                    raise
                self.say(f"{error}; waiting for it to do {what} again")
                self._come_back()
        raise AssertionError("tries is at least 1")

    def _come_back(self) -> None:
        for left in reversed(range(self.care.tries)):
            try:
                self.phone.wait(self.care.replug_s)
                self.begin()
                return
            except DeviceLost:
                if not left:
                    raise

    def measure(self, runner: DeviceRunner, job: Job, name: str) -> Round:
        """Cool down, run one job, look at the phone again; once more where it was throttled.

        A run that the phone held back is kept when the next ones are held back too: it is marked.
        """
        for left in reversed(range(self.care.tries)):
            found = self.patiently(name, lambda: self._measure_once(runner, job))
            if found.held_back is None or not left:
                return found
            self.say(f"{self.phone.serial}: {name} does not count: {found.held_back}; again")
        raise AssertionError("tries is at least 1")

    def _measure_once(self, runner: DeviceRunner, job: Job) -> Round:
        care, phone = self.care, self.phone
        before = wait_until_cool(phone, care.max_celsius, care.cool_down_s, now, self.say)
        began_s = time.monotonic()
        try:
            measured = runner.measure(self.store, self.facts, job)
        except TimeoutError as error:
            self.store.close()  # ends the program, which would heat the phone and hold its files
            raise ValueError(
                f"{phone.serial}: the program did not end ({error}); it was ended. Try fewer "
                "threads, or look at it by hand in adb shell"
            ) from None
        after = read_conditions(phone, now())
        why = held_back(self.facts.max_khz, job.cores, measured.looks, after)
        return Round(began_s, measured, before, after, why)


@contextmanager
def open_session(phone: Phone, care: Care, say: Say) -> Iterator[Session]:
    """Check a phone, prepare it, and at the end - also of an interrupt - leave it as found.

    Raises ValueError for a phone that another run of this computer uses, and for an empty battery.
    """
    with _alone(phone.serial):
        facts = read_facts(phone)
        _require_battery(phone, care)
        session = Session(phone, facts, Store(phone), Settings(phone, facts.api), care, say)
        try:
            session.patiently("the preparation", session.begin)
            yield session
        finally:
            _clean_up(session)


def _clean_up(session: Session) -> None:
    session.phone.stoppable = False
    try:
        session.end()
    except (DeviceLost, TimeoutError, ValueError):
        try:
            session.phone.wait(min(10.0, session.care.replug_s))
            session.end()
        except (DeviceLost, TimeoutError, ValueError) as error:
            session.say(f"{error}; the next run puts its settings back and removes what is left")


def _require_battery(phone: Phone, care: Care) -> None:
    percent = read_conditions(phone, now()).battery_percent
    if percent is not None and percent < care.min_battery:
        raise ValueError(
            f"{phone.serial} has {percent:.0f} % of its battery left, {care.min_battery} % are "
            "needed: a phone saves power by slowing down; charge it first"
        )


@contextmanager
def _alone(serial: str) -> Iterator[None]:
    """One run at a time on a device: the lock of this computer, which dies with its process."""
    mark = hashlib.sha256(serial.encode()).hexdigest()[:12]
    path = Path(tempfile.gettempdir()) / f"distilbert-mobile-phone-{mark}.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(
                f"another run of this computer measures on {serial}; wait for its end"
            ) from None
        yield
