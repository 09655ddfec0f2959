"""The rate at which this machine multiplies int8 matrices: what our linears are held against."""

from dataclasses import dataclass

from bench.machine import describe_device, now
from bench.process import Worker
from bench.result import Device
from bench.subject import runtime_version

# Rows (tokens), width in, width out: the linears of DistilBERT's and BERT-base's shape at 384
# tokens, and a product large enough to show what the machine can do at best.
SIZES = ((384, 768, 768), (384, 768, 3072), (384, 3072, 768), (1024, 1024, 1024))
SECONDS = 1.0


@dataclass(frozen=True)
class Gemm:
    """Times in milliseconds of int8 products with int32 sums, `samples[i]` those of `sizes[i]`."""

    measured_at: str
    device: Device
    library: str
    threads: int
    sizes: tuple[tuple[int, ...], ...]
    wall_ms: tuple[tuple[float, ...], ...]

    def rate(self) -> float:
        """The best rate of all sizes: 10^9 multiply-adds a second, by the fastest run."""
        pairs = zip(self.sizes, self.wall_ms, strict=True)
        return max(m * k * n / (min(times) * 1e6) for (m, k, n), times in pairs)


def measure_gemm(threads: int) -> Gemm:
    """Measure the products of torch (oneDNN) in a process of its own."""
    with Worker("int8 matrix products of torch", 300) as worker:
        times = [
            worker.ask("gemm", rows=m, inner=k, columns=n, threads=threads, seconds=SECONDS)
            for m, k, n in SIZES
        ]
    return Gemm(
        measured_at=now(),
        device=describe_device(),
        library=f"torch._int_mm, {runtime_version('torch')}",
        threads=threads,
        sizes=SIZES,
        wall_ms=tuple(tuple(one["wall_ms"]) for one in times),
    )
