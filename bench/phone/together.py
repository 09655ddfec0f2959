"""Several phones at the same time, a thread each; what one of them cannot do stops no other."""

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from bench.phone.adb import Adb, Interrupted, Phone

T = TypeVar("T")
FAULTS = (ValueError, OSError)
"""What a phone, its cable and its programs may do: each is told, none is a fault of ours."""


def on_all(adb: Adb, wanted: str, work: Callable[[Phone], list[T]]) -> list[T]:
    """Do `work` on every device that `wanted` names; returns all that they gave, in their order.

    Raises ValueError that tells the faults of all phones, after the last of them has ended. An
    interrupt asks each to stop and waits until it has cleaned up.
    """
    serials = adb.choose(wanted)
    with _stop_on_interrupt(adb), ThreadPoolExecutor(len(serials)) as pool:
        futures = [pool.submit(work, Phone(adb, serial)) for serial in serials]
        try:
            faults = [fault for fault in map(_fault, futures) if fault is not None]
        except KeyboardInterrupt:
            adb.stop.set()
            raise
    if any(isinstance(fault, Interrupted) for fault in faults):
        raise KeyboardInterrupt
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise ValueError("\n  ".join([f"{len(faults)} phones failed:", *map(str, faults)]))
    return [item for future in futures for item in future.result()]


def _fault(future: "Future[list[T]]") -> BaseException | None:
    """Waits in short steps: a wait without an end would keep the interrupt from being seen."""
    while True:
        try:
            return future.exception(timeout=0.2)
        except TimeoutError:
            continue


@contextmanager
def _stop_on_interrupt(adb: Adb) -> Iterator[None]:
    """Let a polite `kill` end us as Ctrl-C does, so that the phones are left as found."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        adb.stop.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
