"""What a measurement, an evaluation and a study are asked to do; every default lives here."""

from dataclasses import dataclass, field
from pathlib import Path

from export.config import RUNTIMES
from export.recipes import find_recipe


def require_positive(name: str, values: tuple[int, ...]) -> None:
    """Raise ValueError unless there are values and all are at least 1."""
    if not values or any(value < 1 for value in values):
        raise ValueError(f"{name} must be whole numbers of at least 1, found {values!r}")


def require_known_runtimes(runtimes: tuple[str, ...]) -> None:
    """Raise ValueError for a runtime that no export writes."""
    unknown = [name for name in runtimes if name not in RUNTIMES]
    if unknown:
        known = ", ".join(RUNTIMES)
        raise ValueError(f"unknown runtime {unknown[0]!r}; the known runtimes are: {known}")


@dataclass(frozen=True)
class Plan:
    """How often one setting is run: `rounds` of at most `runs` timed runs after `warmup` untimed.

    Settings that will be compared take turns, one round each, so that a noisy minute on the
    machine falls on all of them. A round ends early after `round_seconds`.
    """

    rounds: int = 5
    runs: int = 20
    round_seconds: float = 0.5
    warmup: int = 1
    timeout_s: float = 300.0

    def __post_init__(self) -> None:
        require_positive("rounds, runs and warmup", (self.rounds, self.runs, self.warmup))
        if self.round_seconds <= 0 or self.timeout_s <= 0:
            raise ValueError("round_seconds and timeout_s must be above zero")


@dataclass(frozen=True)
class BenchConfig:
    """One bundle, measured on this host."""

    bundle: Path = field(metadata={"help": "bundle folder to measure"})
    out: Path = field(default=Path("results"), metadata={"help": "folder for the result files"})
    runtimes: tuple[str, ...] = field(
        default=(), metadata={"help": "runtimes to measure (default: all it holds)"}
    )
    threads: tuple[int, ...] = field(default=(1, 2), metadata={"help": "thread counts"})
    tokens: tuple[int, ...] = field(
        default=(128, 384), metadata={"help": "lengths of the input, in real tokens"}
    )
    rounds: int = field(default=5, metadata={"help": "rounds; the compared settings take turns"})
    runs: int = field(default=20, metadata={"help": "timed runs in a round, at most"})

    def __post_init__(self) -> None:
        require_known_runtimes(self.runtimes)
        require_positive("threads", self.threads)
        require_positive("tokens", self.tokens)

    @property
    def plan(self) -> Plan:
        return Plan(rounds=self.rounds, runs=self.runs)


@dataclass(frozen=True)
class EvaluateConfig:
    """The task metric of a bundle's files, or of a checkpoint folder."""

    model: Path = field(
        metadata={"help": "bundle folder, Hugging Face checkpoint folder, or Hub id of one"}
    )
    data: tuple[Path, ...] = field(
        default=(), metadata={"help": "SQuAD files, or hub:NAME (default: our own sample)"}
    )
    runtimes: tuple[str, ...] = field(
        default=(), metadata={"help": "runtimes to evaluate (default: all it holds)"}
    )
    questions: int | None = field(default=None, metadata={"help": "only the first N questions"})
    threads: int = field(default=1, metadata={"help": "threads of the runtime"})
    max_length: int = field(
        default=384, metadata={"help": "window of a checkpoint, in tokens; a bundle brings its own"}
    )
    out: Path | None = field(
        default=None, metadata={"help": "folder for the result files (default: none written)"}
    )
    revision: str | None = field(
        default=None, metadata={"help": "branch, tag or commit of a checkpoint of the Hub"}
    )

    def __post_init__(self) -> None:
        require_known_runtimes(self.runtimes)
        require_positive("threads and max_length", (self.threads, self.max_length))
        if self.questions is not None:
            require_positive("questions", (self.questions,))


@dataclass(frozen=True)
class StudyConfig:
    """The main job: students and the paper's two shapes, both runtimes, both precisions."""

    models: tuple[Path, ...] = field(
        default=(Path("models/minilm-l3-squad"),), metadata={"help": "checkpoint folders"}
    )
    shapes: tuple[str, ...] = field(
        default=("bert-base", "distilbert"),
        metadata={"help": "published shapes to add, with random weights"},
    )
    recipes: tuple[str, ...] = field(default=("fp32", "int8"), metadata={"help": "export recipes"})
    runtimes: tuple[str, ...] = field(default=RUNTIMES, metadata={"help": "runtimes"})
    threads: tuple[int, ...] = field(default=(1, 2), metadata={"help": "thread counts"})
    tokens: tuple[int, ...] = field(
        default=(128, 384), metadata={"help": "lengths of the input, in real tokens"}
    )
    data: tuple[Path, ...] = field(
        default=(), metadata={"help": "SQuAD files, or hub:NAME, to score besides our sample"}
    )
    questions: int | None = field(
        default=None, metadata={"help": "only the first N questions of --data"}
    )
    runs: Path = field(
        default=Path("runs"), metadata={"help": "folder for the checkpoints of the shapes"}
    )
    bundles: Path = field(default=Path("bundles"), metadata={"help": "folder for the bundles"})
    results: Path = field(default=Path("results"), metadata={"help": "folder for the result files"})
    report: Path = field(default=Path("report"), metadata={"help": "folder for the report"})
    full: bool = field(default=False, metadata={"help": "measure longer: three times the rounds"})
    jobs: int = field(default=2, metadata={"help": "exports at the same time"})

    def __post_init__(self) -> None:
        require_known_runtimes(self.runtimes)
        require_positive("threads", self.threads)
        require_positive("tokens", self.tokens)
        require_positive("jobs", (self.jobs,))
        if self.questions is not None:
            require_positive("questions", (self.questions,))
        if not self.models and not self.shapes:
            raise ValueError("the study needs a model: give --models or --shapes")
        if not self.recipes or not self.runtimes:
            raise ValueError("the study needs at least one recipe and one runtime")

    @property
    def plan(self) -> Plan:
        return Plan(rounds=12, round_seconds=1.0) if self.full else Plan(rounds=4)


@dataclass(frozen=True)
class TuneConfig:
    """A search for the bundle that fits: every candidate is built, scored and timed here."""

    checkpoints: tuple[Path, ...] = field(
        metadata={
            "help": "checkpoint folders, such as students of several depths; the first is what the "
            "others are compared with"
        }
    )
    data: tuple[Path, ...] = field(metadata={"help": "questions (SQuAD) that score a candidate"})
    out: Path = field(
        default=Path("tuned"), metadata={"help": "folder for candidates, results and the winner"}
    )
    recipes: tuple[str, ...] = field(
        default=("int8", "int8-embed4", "int4"), metadata={"help": "export recipes to try"}
    )
    vocab_from: tuple[Path, ...] = field(
        default=(), metadata={"help": "texts that vocabularies are cut to"}
    )
    vocab_sizes: tuple[int, ...] = field(
        default=(), metadata={"help": "cut vocabularies to try besides the whole one, in tokens"}
    )
    runtimes: tuple[str, ...] = field(
        default=RUNTIMES, metadata={"help": "runtimes that a candidate must serve"}
    )
    buckets: tuple[int, ...] = field(
        default=(128, 384), metadata={"help": "input lengths of the candidates, in tokens"}
    )
    questions: int | None = field(default=None, metadata={"help": "only the first N questions"})
    max_mb: float = field(default=float("inf"), metadata={"help": "MB that a file may have"})
    max_f1_drop: float = field(
        default=0.5, metadata={"help": "F1 points that a file may lose of the first checkpoint's"}
    )
    min_speedup: float = field(
        default=1.0, metadata={"help": "times faster than the first checkpoint in float32"}
    )
    tokens: int = field(default=128, metadata={"help": "length of the timed input, in tokens"})
    threads: int = field(default=1, metadata={"help": "threads of the timed runs"})
    rounds: int = field(default=5, metadata={"help": "rounds, in turns with the float32 file"})

    def __post_init__(self) -> None:
        require_known_runtimes(self.runtimes)
        require_positive("tokens, threads and rounds", (self.tokens, self.threads, self.rounds))
        names = [path.name for path in self.checkpoints]
        if len(set(names)) != len(names):
            raise ValueError(f"two checkpoints have one name: {', '.join(names)}; rename a folder")
        for recipe in self.recipes:
            find_recipe(recipe)
        if bool(self.vocab_sizes) != bool(self.vocab_from):
            raise ValueError("vocab_sizes and vocab_from belong together; give both or neither")
        if not (self.max_mb > 0 and self.min_speedup > 0):
            raise ValueError("max_mb and min_speedup must be above zero")

    @property
    def plan(self) -> Plan:
        return Plan(rounds=self.rounds)


@dataclass(frozen=True)
class ReportConfig:
    """Result files -> a page, a Markdown file, plots."""

    results: tuple[Path, ...] = field(
        default=(Path("results"),), metadata={"help": "result files, or folders of them"}
    )
    out: Path = field(default=Path("report"), metadata={"help": "folder for the report"})


@dataclass(frozen=True)
class AskConfig:
    """One question to a bundle."""

    bundle: Path = field(metadata={"help": "bundle folder"})
    question: str = field(metadata={"help": "the question"})
    context: str = field(
        metadata={"help": "file with the passage (UTF-8 text), or - for standard input"}
    )
    runtime: str | None = field(
        default=None, metadata={"help": "tflite or pte (default: the first that the bundle has)"}
    )
    threads: int = field(default=1, metadata={"help": "threads of the runtime"})
    n_best: int = field(default=3, metadata={"help": "answers to show"})
