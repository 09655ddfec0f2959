"""Settings of a fine-tuning on all GLUE tasks; what is left out is each task's own default."""

from dataclasses import dataclass
from pathlib import Path

from distill.config import check, option
from distill.recipes import RECIPES
from tasks.glue import GLUE


@dataclass(frozen=True)
class GlueConfig:
    """Fine-tuning on the GLUE tasks, one after the other, each from the same checkpoint."""

    student: str | Path = option("checkpoint to start from: a folder or a Hub id")
    out: Path = option("folder to write a checkpoint for each task and the table to")
    data: Path | None = option(
        "folder of the official files: CoLA/train.tsv, CoLA/dev.tsv, MNLI/dev_matched.tsv, ... "
        "(default: the Hub's nyu-mll/glue)",
        default=None,
    )
    tasks: tuple[str, ...] = option("tasks to train; the macro score needs all nine", default=GLUE)
    teachers: Path | None = option(
        "folder of teachers, fine-tuned on their tasks, by task name: the out of an earlier glue",
        default=None,
    )
    recipe: str = option("set of defaults: default or paper", default="default")
    epochs: int | None = option(
        "passes over the training data (default: the recipe's)", default=None
    )
    batch_size: int | None = option("texts in one pass (default: the recipe's)", default=None)
    learning_rate: float | None = option(
        "peak learning rate of AdamW (default: the recipe's)", default=None
    )
    max_length: int | None = option("tokens of a text (default: the recipe's)", default=None)
    dropout: float | None = option("dropout (default: the checkpoint's)", default=None)
    questions: int | None = option("use a random part of the training examples", default=None)
    eval_questions: int | None = option("use the first evaluation examples only", default=None)
    save_every: int = option("updates between saved states", default=100, may_change=True)
    precision: str = option("auto, bf16 or fp32", default="auto")
    seed: int = option("seed of order, dropout and new weights", default=42)
    seeds: tuple[int, ...] = option(
        "train each task once with each seed; the median counts", default=()
    )
    force: bool = option("discard an existing or unfinished output", default=False)

    def __post_init__(self) -> None:
        unknown = [task for task in self.tasks if task not in GLUE]
        check(not unknown, f"tasks {unknown} are unknown; known: {', '.join(GLUE)}")
        check(bool(self.tasks), f"no task to train; known: {', '.join(GLUE)}")
        check(self.recipe in RECIPES, f"recipe {self.recipe!r}: expected one of {RECIPES}")
