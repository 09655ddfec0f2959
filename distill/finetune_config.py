"""Settings of fine-tuning; those that a recipe gives are filled in where they are left out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill.config import check, option
from distill.recipes import (
    QUESTIONS,
    RECIPE_FIELDS,
    RECIPES,
    TASKS,
    recipe_settings,
    shown_defaults,
)
from tasks.classification import Columns
from tasks.glue import LABEL_TASKS

FROZEN = ("none", "embeddings", "encoder")
ATTENTION = ("auto", "eager", "sdpa")
_HUB = {"squad": "hub:rajpurkar/squad", "squad2": "hub:rajpurkar/squad_v2"}


def _recipe(name: str, text: str) -> Any:
    """A setting that the recipe gives: None until `__post_init__`."""
    return option(f"{text} ({shown_defaults(name)})", default=None)


@dataclass(frozen=True)
class FinetuneConfig:
    """Fine-tuning on questions or labels, with or without a second distillation."""

    student: str | Path = option("checkpoint to start from: a folder or a Hub id")
    out: Path = option("folder to write the fine-tuned checkpoint to")
    data: tuple[Path, ...] = option(
        "training data: SQuAD JSON; tables (TSV, CSV, JSON lines); or hub:NAME[:CONFIG] (default: "
        "the task's own Hub data set, also for evaluation)",
        default=(),
    )
    eval_data: tuple[Path, ...] = option("evaluation data, same forms", default=())
    task: str = option(f"what to train for: {', '.join(TASKS)}", default="squad")
    recipe: str = option(
        "set of defaults: default or paper; a flag given beside it wins", default="default"
    )
    teacher: tuple[str | Path, ...] = option(
        "teacher fine-tuned on the same task, for the second distillation: a folder or a Hub id; "
        "of several the mean of their outputs is learnt",
        default=(),
    )
    text_column: str | None = option(
        "column of the text: its name, or its number from 0 in a file without names (default: "
        "found by common names)",
        default=None,
    )
    pair_column: str | None = option("column of a second text", default=None)
    label_column: str | None = option("column of the label", default=None)
    weight_task: float = _recipe("weight_task", "weight of the labels' loss with a teacher")
    weight_kl: float = _recipe("weight_kl", "weight of the KL to the teacher (regression: MSE)")
    weight_cosine: float = _recipe("weight_cosine", "weight of the hidden-state cosine loss")
    temperature: float = _recipe("temperature", "temperature of the KL")
    epochs: int = _recipe("epochs", "passes over the training data")
    batch_size: int = _recipe("batch_size", "windows in one forward pass, of all ranks together")
    accumulation: int = option("forward passes in one update", default=1)
    learning_rate: float = _recipe("learning_rate", "peak learning rate of AdamW")
    warmup: float = _recipe("warmup", "share of the updates with a rising learning rate")
    weight_decay: float = _recipe("weight_decay", "weight decay of matrices")
    clip: float = _recipe("clip", "largest norm of the gradient")
    dropout: float | None = option("dropout (default: the checkpoint's)", default=None)
    max_length: int = _recipe("max_length", "tokens in a window")
    stride: int = _recipe("stride", "tokens between the starts of two windows of a passage")
    freeze: str = option(f"parts that stay as they are: {', '.join(FROZEN)}", default="none")
    class_weights: str = option(
        "none, or balanced: every class counts the same, however rare", default="none"
    )
    hard_labels: str = option(
        'all, or certain: no loss on answers whose place is marked "heuristic"; those still '
        "count in the KL",
        default="all",
    )
    questions: int | None = option("use a random part of the training examples", default=None)
    eval_questions: int | None = option("use the first evaluation examples only", default=None)
    eval_every: int = option("updates between evaluations (0: at each end of an epoch)", default=0)
    patience: int = option(
        "stop after so many evaluations without a better score (0: never)", default=0
    )
    stop_after: int | None = option(
        "end after so many updates, with the learning rate of all that were planned (default: all)",
        default=None,
        may_change=True,
    )
    save_every: int = option("updates between saved states", default=100, may_change=True)
    precision: str = option(
        "auto, bf16, fp32, or int8: the layers' products in int8, but for the weights' gradients",
        default="auto",
    )
    attention: str = option(
        "auto, eager or sdpa: which is faster depends on the machine", default="auto"
    )
    compile: bool = option("compile the encoder with torch.compile", default=False)
    seed: int = option("seed of order, dropout and new weights", default=42)
    seeds: tuple[int, ...] = option(
        "train once with each seed, into OUT/seed-N, and name the median", default=()
    )
    trackers: tuple[str, ...] = option(
        "where the log goes beside metrics.jsonl: tensorboard", default=(), may_change=True
    )
    force: bool = option("discard an existing or unfinished output", default=False)

    def __post_init__(self) -> None:
        check(self.task in TASKS, f"task {self.task!r} is unknown; known: {', '.join(TASKS)}")
        self._one_of("recipe", RECIPES)
        settings = recipe_settings(self.recipe, self.task)
        for name in RECIPE_FIELDS:
            if getattr(self, name) is None:
                object.__setattr__(self, name, settings[name])
        if not self.data:
            self._take_hub()
        self._one_of("precision", ("auto", "bf16", "fp32", "int8"))
        self._one_of("attention", ATTENTION)
        self._one_of("freeze", FROZEN)
        self._one_of("class_weights", ("none", "balanced"))
        self._one_of("hard_labels", ("all", "certain"))
        unknown = set(self.trackers) - {"tensorboard"}
        check(not unknown, f"trackers: {sorted(unknown)} unknown; known: tensorboard")
        self._check_numbers()
        self._check_kind()

    @property
    def asks_questions(self) -> bool:
        return self.task in QUESTIONS

    @property
    def columns(self) -> Columns:
        return Columns(self.text_column, self.pair_column, self.label_column)

    @property
    def regression(self) -> bool:
        task = LABEL_TASKS.get(self.task)
        return self.task == "regression" or (task is not None and task.regression)

    def _take_hub(self) -> None:
        hub = _HUB.get(self.task)
        if self.task in LABEL_TASKS:
            hub = str(LABEL_TASKS[self.task].hub)
        check(hub is not None, f"task {self.task} has no data of its own; give --data")
        object.__setattr__(self, "data", (Path(str(hub)),))
        if not self.eval_data:
            object.__setattr__(self, "eval_data", self.data)

    def _one_of(self, name: str, known: tuple[str, ...]) -> None:
        value = getattr(self, name)
        check(value in known, f"{name} {value!r}: expected one of {known}")

    def _check_numbers(self) -> None:
        for name in ("epochs", "batch_size", "accumulation", "save_every"):
            check(getattr(self, name) >= 1, f"{name} must be at least 1: {getattr(self, name)}")
        for name in ("questions", "eval_questions", "stop_after"):
            value = getattr(self, name)
            check(value is None or value >= 1, f"{name} must be at least 1: {value}")
        for name in ("learning_rate", "clip", "temperature"):
            check(getattr(self, name) > 0, f"{name} must be above 0: {getattr(self, name)}")
        for name in ("eval_every", "patience", "weight_decay"):
            check(getattr(self, name) >= 0, f"{name} must not be negative: {getattr(self, name)}")
        check(0 <= self.warmup < 1, f"warmup is a share from 0 to below 1: {self.warmup}")
        check(len(set(self.seeds)) == len(self.seeds), f"seeds repeat: {self.seeds}")
        weights = (self.weight_task, self.weight_kl, self.weight_cosine)
        check(min(weights) >= 0, f"loss weights must not be negative: {weights}")
        if not self.teacher:
            check(
                self.weight_cosine == 0,
                "weight_cosine needs a teacher to compare with; give --teacher",
            )
        else:
            check(max(weights) > 0, "all loss weights are 0; nothing would be trained")

    def _check_kind(self) -> None:
        """Options that mean nothing for the kind of task are refused, not ignored."""
        check(
            not self.patience or bool(self.eval_data),
            "patience waits for a better score on evaluation data; give --eval-data",
        )
        check(
            not self.seeds or bool(self.eval_data),
            "seeds are compared by their scores on evaluation data; give --eval-data",
        )
        if self.asks_questions:
            check(self.columns == Columns(), f"{self.task} reads no tables: name no columns")
            check(self.class_weights == "none", f"class_weights: {self.task} has no classes")
        else:
            check(self.hard_labels == "all", f"hard_labels is for questions, not {self.task}")
        check(
            self.class_weights == "none" or not self.regression,
            f"class_weights: {self.task} has numbers, not classes",
        )
