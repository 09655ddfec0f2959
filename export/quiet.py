"""Keeps the log lines that C++ libraries write to stderr off the user's terminal."""

import atexit
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Discard what is written to file descriptor 2 meanwhile; failures still raise."""
    sys.stderr.flush()
    kept = os.dup(2)
    _mute()
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def mute_at_exit() -> None:
    """Discard what libraries log while the process ends, after everything of ours."""
    atexit.register(_mute)


def _mute() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
