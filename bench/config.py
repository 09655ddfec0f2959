"""What a measurement, an evaluation and a study are asked to do; every default lives here."""

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path

from bench.device_options import (
    CLEAN_HELP,
    DEVICE_HELP,
    HOST,
    KIT_HELP,
    require_fitting_options,
)
from export.config import RUNTIMES
from export.recipes import find_recipe
from export.shipped import SHIPPED


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


def parse_share(text: str) -> float:
    """`5%` or `0.05` as 0.05; ValueError for anything below zero or not a number."""
    number = text.strip().removesuffix("%")
    try:
        share = float(number) / (100 if "%" in text else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share < float("inf"):
        raise ValueError(f"{text!r} is no share; write it as 5% or 0.05")
    return share


BEST = "best"


def require_null_threshold(text: str) -> None:
    """Raise ValueError unless it is a finite number or `best`."""
    try:
        known = text == BEST or math.isfinite(float(text))
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"null_threshold must be a number or {BEST!r}, found {text!r}")


@dataclass(frozen=True)
class Plan:
    """How often one setting is run: `rounds` of at most `runs` timed runs after `warmup` untimed.

    Settings that will be compared take turns, one round each, so that a noisy minute on the
    machine falls on all of them. A round ends early after `round_seconds`. All of it is done
    `repeats` times, each with fresh processes. After `least_rounds` it stops where the 95 %
    intervals are narrower than `tight`, a share of the estimate (0: never). `cpus` are those to
    stay on, empty for the last ones that the process may use. `memory` asks for a pass that reads
    the highest memory.
    """

    rounds: int = 5
    repeats: int = 1
    runs: int = 20
    round_seconds: float = 0.5
    warmup: int = 1
    timeout_s: float = 300.0
    least_rounds: int = 4
    tight: float = 0.02
    cpus: tuple[int, ...] = ()
    memory: bool = True

    def __post_init__(self) -> None:
        counts = self.rounds, self.repeats, self.runs, self.warmup, self.least_rounds
        require_positive("rounds, repeats, runs, warmup and least_rounds", counts)
        if self.round_seconds <= 0 or self.timeout_s <= 0 or self.tight < 0:
            raise ValueError("round_seconds and timeout_s must be above zero, tight not below")


@dataclass(frozen=True)
class BenchConfig:
    """One bundle, measured on this host or on phones."""

    bundle: Path = field(metadata={"help": "bundle folder to measure"})
    out: Path = field(default=Path("results"), metadata={"help": "folder for the result files"})
    runtimes: tuple[str, ...] = field(
        default=(), metadata={"help": "runtimes to measure (default: all it holds)"}
    )
    threads: tuple[int, ...] = field(default=(1, 2), metadata={"help": "thread counts"})
    tokens: tuple[int, ...] = field(
        default=(128, 384), metadata={"help": "lengths of the input, in real tokens"}
    )
    rounds: int = field(default=5, metadata={"help": "rounds on the host; settings take turns"})
    repeats: int = field(default=1, metadata={"help": "times all that, in fresh processes"})
    runs: int = field(default=20, metadata={"help": "timed runs in a round on the host, at most"})
    tight: float = field(
        default=0.02,
        metadata={"help": "stop when the 95 % intervals are this narrow, a share (0: never)"},
    )
    cpus: tuple[int, ...] = field(
        default=(), metadata={"help": "CPUs to stay on (default: the last ones allowed)"}
    )
    baseline: Path | None = field(
        default=None,
        metadata={"help": "earlier result files or a folder of them: fail where we got slower"},
    )
    max_regression: str = field(
        default="5%", metadata={"help": "slowdown against --baseline that is still accepted"}
    )
    device: str = field(default=HOST, metadata={"help": DEVICE_HELP})
    runners: tuple[str, ...] = field(
        default=("litert",),
        metadata={
            "help": "what runs the files on phones: litert, app, benchmark_model=FILE, "
            "executor_runner=FILE"
        },
    )
    runner_kit: Path | None = field(default=None, metadata={"help": KIT_HELP})
    quick: bool = field(
        default=False,
        metadata={"help": "a few seconds on the phone; not enough for a row to publish"},
    )
    leave_settings: bool = field(
        default=False,
        metadata={"help": "change no setting of the phone (airplane mode, screen, battery saver)"},
    )
    clean: bool = field(default=False, metadata={"help": CLEAN_HELP})

    def __post_init__(self) -> None:
        require_known_runtimes(self.runtimes)
        require_positive("threads", self.threads)
        require_positive("tokens", self.tokens)
        parse_share(self.max_regression)
        of_phones = ("runners", "runner_kit", "quick", "leave_settings", "clean")
        of_hosts = ("rounds", "repeats", "runs", "tight", "cpus")
        require_fitting_options(self, of_phones, of_hosts)

    @property
    def plan(self) -> Plan:
        return Plan(
            rounds=self.rounds,
            repeats=self.repeats,
            runs=self.runs,
            tight=self.tight,
            cpus=self.cpus,
        )


@dataclass(frozen=True)
class CompareConfig:
    """Two measurements of the same settings: is the second slower?"""

    before: Path = field(metadata={"help": "result file, or a folder of them"})
    after: Path = field(metadata={"help": "result file, or a folder of them"})
    max_regression: str = field(
        default="5%", metadata={"help": "slowdown from which the exit code is 1"}
    )

    def __post_init__(self) -> None:
        parse_share(self.max_regression)


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
    null_threshold: str | None = field(
        default=None,
        metadata={
            "help": "no answer where the null score exceeds the best answer's by more than this; "
            f"{BEST}: what scores best on this very data (default: the bundle's own, or always an "
            "answer)"
        },
    )
    out: Path | None = field(
        default=None, metadata={"help": "folder for the result files (default: none written)"}
    )
    revision: str | None = field(
        default=None, metadata={"help": "branch, tag or commit of a checkpoint of the Hub"}
    )
    device: str = field(default=HOST, metadata={"help": DEVICE_HELP})
    runner_kit: Path | None = field(default=None, metadata={"help": KIT_HELP})
    clean: bool = field(default=False, metadata={"help": CLEAN_HELP})

    def __post_init__(self) -> None:
        require_fitting_options(
            self, of_phones=("runner_kit", "clean"), of_hosts=("max_length", "revision")
        )
        require_known_runtimes(self.runtimes)
        require_positive("threads and max_length", (self.threads, self.max_length))
        if self.questions is not None:
            require_positive("questions", (self.questions,))
        if self.null_threshold is not None:
            require_null_threshold(self.null_threshold)


@dataclass(frozen=True)
class Scale:
    """How much a study takes in."""

    shapes: tuple[str, ...]
    recipes: tuple[str, ...]
    peers: tuple[str, ...]
    threads: tuple[int, ...]
    tokens: tuple[int, ...]
    plan: Plan


SCALES = {
    "quick": Scale((), ("fp32", "int8"), (), (1,), (128,), Plan(rounds=4, runs=50)),
    "usual": Scale(
        ("bert-base", "distilbert"), ("fp32", "int8"), (), (1, 2), (128, 384), Plan(rounds=4)
    ),
    "full": Scale(
        ("bert-base", "distilbert", "tinybert4", "mobilebert"),
        ("fp32", "fp16", "int8"),
        ("onnxruntime-fp32", "onnxruntime-int8", "torch-eager-fp32"),
        (1, 2),
        (64, 128, 256, 384),
        Plan(rounds=5, repeats=2, runs=40, least_rounds=6),  # both repeats are begun
    ),
}


@dataclass(frozen=True)
class StudyConfig:
    """The main job: students and published shapes, exported, proved, measured, on one page.

    Where shapes, recipes, peers, threads or tokens are not given, they are those of the SCALES:
    "quick" with `quick`, "full" with `full`, else "usual".
    """

    models: tuple[Path, ...] = field(
        default=(SHIPPED.checkpoint,), metadata={"help": "checkpoint folders"}
    )
    shapes: tuple[str, ...] | None = field(
        default=None,
        metadata={
            "help": "published shapes to add, with random weights: bert-base, distilbert, "
            "tinybert4, mobilebert (default: the first two)"
        },
    )
    recipes: tuple[str, ...] | None = field(
        default=None,
        metadata={
            "help": "export recipes (default: fp32,int8, and for the student that ships its own)"
        },
    )
    runtimes: tuple[str, ...] = field(default=RUNTIMES, metadata={"help": "runtimes"})
    peers: tuple[str, ...] | None = field(
        default=None,
        metadata={
            "help": "desktop runtimes to measure too, such as onnxruntime-int8,torch-eager-fp32 "
            "(default: none; with --full: these and onnxruntime-fp32)"
        },
    )
    threads: tuple[int, ...] | None = field(
        default=None, metadata={"help": "thread counts (default: 1,2)"}
    )
    tokens: tuple[int, ...] | None = field(
        default=None,
        metadata={"help": "lengths of the input, in real tokens (default: 128,384)"},
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
    also: tuple[Path, ...] = field(
        default=(),
        metadata={"help": "other results for the report: of phones, counts of ARM instructions"},
    )
    full: bool = field(
        default=False,
        metadata={"help": "all shapes, precisions and lengths, desktop runtimes, more rounds"},
    )
    quick: bool = field(default=False, metadata={"help": "the students alone, in minutes"})
    jobs: int = field(default=2, metadata={"help": "exports at the same time"})

    def __post_init__(self) -> None:
        if self.quick and self.full:
            raise ValueError("quick and full are opposites; give one of them")
        require_known_runtimes(self.runtimes)
        require_positive("threads", self.scale.threads)
        require_positive("tokens", self.scale.tokens)
        require_positive("jobs", (self.jobs,))
        if self.questions is not None:
            require_positive("questions", (self.questions,))
        if not self.models and not self.scale.shapes:
            raise ValueError("the study needs a model: give --models or --shapes")
        if not self.scale.recipes or not self.runtimes:
            raise ValueError("the study needs at least one recipe and one runtime")

    @property
    def scale(self) -> Scale:
        """What is taken in: the scale asked for, with what was given in its place."""
        names = ("shapes", "recipes", "peers", "threads", "tokens")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        scale = SCALES["quick" if self.quick else "full" if self.full else "usual"]
        return dataclasses.replace(scale, **given)

    @property
    def plan(self) -> Plan:
        return self.scale.plan

    def recipes_of(self, checkpoint: Path) -> tuple[str, ...]:
        """The recipes for one model: the student that ships is also made as it ships."""
        shipped = checkpoint.resolve() == SHIPPED.folder
        more = (SHIPPED.recipe,) if shipped and self.recipes is None else ()
        return tuple(dict.fromkeys((*self.scale.recipes, *more)))


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
    buckets: tuple[str, ...] = field(
        default=("128+384",),
        metadata={
            "help": "sets of input lengths to try, such as 384,128+384,auto; auto: those that the "
            "questions in data need"
        },
    )
    questions: int | None = field(default=None, metadata={"help": "only the first N questions"})
    max_mb: float = field(default=float("inf"), metadata={"help": "MB that a file may have"})
    max_f1_drop: float = field(
        default=0.5, metadata={"help": "F1 points that a file may lose of the first checkpoint's"}
    )
    min_speedup: float = field(
        default=1.0, metadata={"help": "times faster than the first checkpoint in float32"}
    )
    tokens: tuple[int, ...] = field(
        default=(),
        metadata={
            "help": "lengths of the timed inputs, in tokens (default: a short, a middle and a long "
            "one of the questions in data)"
        },
    )
    threads: int = field(default=1, metadata={"help": "threads of the timed runs"})
    rounds: int = field(default=5, metadata={"help": "rounds, in turns with the float32 file"})

    def __post_init__(self) -> None:
        require_known_runtimes(self.runtimes)
        numbers = (*self.tokens, self.threads, self.rounds)
        require_positive("tokens, threads and rounds", numbers)
        longest = {lengths[-1] for lengths in self.bucket_sets if lengths}
        if len(longest) > 1:
            raise ValueError(
                f"the sets of buckets end with {', '.join(map(str, sorted(longest)))}: passages "
                "would be cut differently; let all end with the same length"
            )
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
    def bucket_sets(self) -> tuple[tuple[int, ...], ...]:
        """The lengths of each set; none for auto."""
        return tuple(_lengths_of(text) for text in self.buckets)

    @property
    def plan(self) -> Plan:
        return Plan(rounds=self.rounds, memory=False)


def _lengths_of(text: str) -> tuple[int, ...]:
    if text == "auto":
        return ()
    try:
        return tuple(sorted({int(part) for part in text.split("+")}))
    except ValueError:
        raise ValueError(
            f"buckets {text!r}: expected lengths such as 384 or 128+384, or auto"
        ) from None


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
