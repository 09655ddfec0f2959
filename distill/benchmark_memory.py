"""Peak memory of the vocabulary losses, chunked against the naive form, each in a fresh process."""

import gc
import multiprocessing
import resource
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

FORMS = ("chunked bf16", "chunked fp32", "naive fp32")
_SHARE = 0.8
"""Of the free memory that a measurement may take, so that it fails before the machine does."""


@dataclass(frozen=True)
class Memory:
    """Peak of resident memory in bytes, over what the inputs take; None where it did not fit."""

    form: str
    tokens: int
    vocabulary: int
    width: int
    inputs_bytes: int
    loss_bytes: int | None
    limit_bytes: int


def measure_memory(tokens: int, vocabulary: int, width: int) -> list[Memory]:
    """Loss and gradients of one student at `tokens` positions, for each form."""
    return [_in_fresh_process(form, tokens, vocabulary, width) for form in FORMS]


def _in_fresh_process(form: str, tokens: int, vocabulary: int, width: int) -> Memory:
    limit = int(psutil.virtual_memory().available * _SHARE)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as pool:
        before, peak = pool.submit(_peak, form, tokens, vocabulary, width, limit).result()
    loss = None if peak is None else peak - before
    return Memory(form, tokens, vocabulary, width, before, loss, limit)


def _peak(
    form: str, tokens: int, vocabulary: int, width: int, limit: int
) -> tuple[int, int | None]:
    """Bytes with the inputs in place, and at the peak; None where the limit was reached."""
    import torch
    from torch.nn import functional

    from distill.vocabulary_loss import TeacherTerm, VocabularyTerm, vocabulary_losses

    torch.manual_seed(0)
    shapes = ((tokens, width), (vocabulary, width), (vocabulary,))
    student = VocabularyTerm(*(torch.randn(shape).mul_(0.1).requires_grad_() for shape in shapes))
    teacher = TeacherTerm(*(torch.randn(shape).mul_(0.1) for shape in shapes))
    targets = torch.randint(0, vocabulary, (tokens,))
    targets[torch.rand(tokens) > 0.15] = -100

    def naive() -> torch.Tensor:
        own = functional.linear(student.hidden, student.weight, student.bias)
        theirs = functional.linear(teacher.hidden, teacher.weight, teacher.bias)
        kl = functional.kl_div(
            functional.log_softmax(own / 2, -1), functional.softmax(theirs / 2, -1), reduction="sum"
        )
        return kl * 4 + functional.cross_entropy(own, targets, reduction="sum")

    def chunked() -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=form.endswith("bf16")):
            weights = torch.ones(tokens)
            return vocabulary_losses([student], teacher, targets, weights, 2.0)[0].total

    gc.collect()
    before = psutil.Process().memory_info().rss
    # Address space, not resident memory: an allocation beyond it fails at once.
    size = psutil.Process().memory_info().vms + limit
    resource.setrlimit(resource.RLIMIT_AS, (size, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        (naive() if form.startswith("naive") else chunked()).backward()  # type: ignore[no-untyped-call]
    except (RuntimeError, MemoryError):
        return before, None
    return before, _resident_peak()


def _resident_peak() -> int:
    # Of this program alone; getrusage would count what its parent held when it was started.
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS
