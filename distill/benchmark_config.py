"""Settings of the benchmark of the pre-training step."""

from dataclasses import dataclass
from pathlib import Path

from distill.config import check, option


@dataclass(frozen=True)
class TrainBenchConfig:
    """Our pre-training step against the authors' method, on the same text and objective."""

    teacher: Path = option("masked-LM checkpoint folder to learn from")
    student: Path = option("checkpoint folder to train from")
    corpus: Path = option("text as `tokenize` wrote it")
    out: Path = option("JSON file to write the raw samples to")
    rounds: int = option("timed rounds; in each, both ways take one update in turn", default=7)
    batch_tokens: int = option("tokens of one update", default=16_384)
    micro_batch_tokens: int = option("tokens of one forward pass of our step", default=8192)
    reference_batch: int = option("sequences of one forward pass of the authors' step", default=5)
    temperature: float = option("temperature of the KL", default=2.0)
    precision: str = option("of our step: auto, bf16 or fp32", default="auto")
    random_heads: bool = option(
        "give a checkpoint without a masked-LM head a random one: speed does not depend on it",
        default=False,
    )
    memory: bool = option("measure the memory of the vocabulary losses too", default=False)
    memory_tokens: int = option("positions of the memory measurement", default=16_384)
    seed: int = option("seed of order, masks and new heads", default=42)
    force: bool = option("replace the output file if it exists", default=False)

    def __post_init__(self) -> None:
        for name in ("rounds", "micro_batch_tokens", "reference_batch", "memory_tokens"):
            check(getattr(self, name) >= 1, f"{name} must be at least 1: {getattr(self, name)}")
        check(
            self.batch_tokens >= self.micro_batch_tokens,
            f"an update of {self.batch_tokens} tokens is smaller than one forward pass of "
            f"{self.micro_batch_tokens}; lower micro_batch_tokens",
        )
        check(self.temperature > 0, f"temperature must be above 0: {self.temperature}")
        known = ("auto", "bf16", "fp32")
        check(self.precision in known, f"precision {self.precision!r}: expected one of {known}")
