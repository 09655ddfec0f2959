"""What the harness itself costs: `python -m bench.overhead` prints it in microseconds."""

import os
import tempfile
import time

from bench.worker import Session

RUNS = 500
BATCHES = 60


class _Nothing:
    """A model that takes no time."""

    def write(
        self, input_ids: list[int], token_type_ids: list[int], length: int | None = None
    ) -> None:
        pass

    def invoke(self) -> None:
        pass


def overhead_us() -> tuple[float, float]:
    """Time that a timed inference takes besides the model's, and how much of it is in the sample.

    Both in microseconds, the least of BATCHES batches: what other programs take is not ours.
    """
    session = Session()
    session.runner = _Nothing()
    session.run([1], [0])
    around, inside = [], []
    with tempfile.TemporaryFile() as file:
        for number in range(BATCHES):
            start = time.perf_counter()
            session.round(file.fileno(), 0, number, warmup=0, runs=RUNS, seconds=60)
            around.append(1e6 * (time.perf_counter() - start) / RUNS)
        file.seek(0)
        inside = sorted(1000 * float(line.split()[4]) for line in file)
    assert len(inside) == BATCHES * RUNS
    return min(around), inside[len(inside) // 2]


if __name__ == "__main__":
    around, inside = overhead_us()
    print(f"{around:.2f} microseconds for each timed inference, {inside:.2f} of them in its sample")
    print(f"process {os.getpid()}, {BATCHES} batches of {RUNS} runs")
