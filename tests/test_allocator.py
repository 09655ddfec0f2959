"""Freed memory is kept where the C library can be told to, and nowhere else is it an error."""

import subprocess
import sys

import pytest

from distill import allocator

FAULTS = """
import ctypes, resource, sys
from distill.allocator import keep_freed_memory
told = keep_freed_memory(sys.argv[1] == "True")
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
def use():
    block = libc.malloc(100_000_000)
    libc.memset(block, 1, 100_000_000)
    libc.free(block)
use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    use()
print(told, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(keep: bool) -> tuple[str, int]:
    """What the process was told, and its page faults while it takes a freed block again."""
    command = [sys.executable, "-c", FAULTS, str(keep)]
    told, count = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return told, int(count)


@pytest.mark.skipif(
    sys.platform != "linux" or not allocator.keep_freed_memory(False), reason="needs glibc"
)
def test_a_kept_block_is_not_faulted_in_again() -> None:
    told, kept = faults(True)
    assert told == "True"
    assert kept < 100
    assert faults(False)[1] > 10 * max(kept, 1)


def test_another_system_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not allocator.keep_freed_memory()
