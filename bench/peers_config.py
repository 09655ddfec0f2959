"""What a comparison with others is asked to do."""

from dataclasses import dataclass, field
from pathlib import Path

from bench.config import Plan, StudyConfig, require_known_runtimes, require_positive
from export.config import RUNTIMES


@dataclass(frozen=True)
class PeersConfig:
    """Our files against those of others, from the same weights, in one run."""

    models: tuple[Path, ...] = field(
        default=StudyConfig.models, metadata={"help": "question-answering checkpoint folders"}
    )
    shapes: tuple[str, ...] = field(
        default=("distilbert", "bert-base"),
        metadata={"help": "published shapes to add, with random weights"},
    )
    peers: tuple[str, ...] = field(
        default=(
            "onnxruntime-fp32",
            "onnxruntime-int8",
            "torch-eager-fp32",
            "torch-compile-fp32",
            "litert-stock-fp32",
            "litert-stock-int8",
            "executorch-stock-fp32",
            "executorch-stock-int8",
        ),
        metadata={"help": "what to measure beside our files"},
    )
    recipes: tuple[str, ...] = field(default=("fp32", "int8"), metadata={"help": "our recipes"})
    runtimes: tuple[str, ...] = field(default=RUNTIMES, metadata={"help": "our runtimes"})
    threads: tuple[int, ...] = field(default=(1, 2), metadata={"help": "thread counts"})
    tokens: tuple[int, ...] = field(
        default=(64, 128, 256, 384), metadata={"help": "lengths of the input, in real tokens"}
    )
    stock_tokens: tuple[int, ...] = field(
        default=(128, 384),
        metadata={"help": "lengths of the stock exports, each of which takes one length only"},
    )
    rounds: int = field(default=5, metadata={"help": "rounds; everything takes turns"})
    runs: int = field(default=20, metadata={"help": "timed runs in a round, at most"})
    data: tuple[Path, ...] = field(
        default=(), metadata={"help": "SQuAD files for typical questions (default: none asked)"}
    )
    bucket_data: tuple[Path, ...] = field(
        default=(),
        metadata={
            "help": "SQuAD files whose lengths settle the buckets that typical questions are asked "
            "at (default: the lengths that are measured)"
        },
    )
    questions: int = field(default=100, metadata={"help": "typical questions"})
    checkpoints: Path = field(
        default=StudyConfig.runs, metadata={"help": "folder for the checkpoints of the shapes"}
    )
    bundles: Path = field(
        default=Path("build/peers/bundles"), metadata={"help": "folder for our bundles"}
    )
    files: Path = field(
        default=Path("build/peers/files"), metadata={"help": "folder for the files of others"}
    )
    out: Path = field(
        default=Path("results/peers"), metadata={"help": "folder for the result files"}
    )
    page: Path | None = field(
        default=None,
        metadata={
            "help": "Markdown page whose tables between the marks of the --out folder's name are "
            "written anew"
        },
    )

    def __post_init__(self) -> None:
        require_known_runtimes(self.runtimes)
        numbers = (*self.threads, *self.tokens, self.rounds, self.runs, self.questions)
        require_positive("threads, tokens, rounds, runs and questions", numbers)
        known = type(self).peers
        unknown = [name for name in self.peers if name not in known]
        if unknown:
            raise ValueError(f"unknown peer {unknown[0]!r}; the known ones are: {', '.join(known)}")
        outside = [name for name in self.recipes if name not in ("fp32", "int8")]
        if outside:
            raise ValueError(f"peers come in fp32 and int8, and so do ours, found {outside[0]!r}")

    @property
    def plan(self) -> Plan:
        # Compiling with torch takes minutes on a slow machine.
        return Plan(rounds=self.rounds, runs=self.runs, timeout_s=1800)
