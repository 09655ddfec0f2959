"""Settings of the distillation stage; the command line derives its flags and defaults from them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


def option(text: str, may_change: bool = False, **settings: Any) -> Any:
    """A dataclass field with the text that `--help` shows for its flag.

    may_change: an interrupted run may go on with another value, for it cannot change the result.
    """
    return field(metadata={"help": text, "may_change": may_change}, **settings)


@dataclass(frozen=True)
class FinetuneConfig:
    """Fine-tuning on extractive question answering, with or without a second distillation."""

    student: Path = option("checkpoint folder to start from")
    out: Path = option("folder to write the fine-tuned checkpoint to")
    data: tuple[Path, ...] = option(
        "training data: SQuAD JSON files, or hub:NAME of a Hub data set"
    )
    eval_data: tuple[Path, ...] = option("evaluation data, same forms", default=())
    task: str = option("what to train for: squad", default="squad")
    teacher: Path | None = option("fine-tuned teacher for the second distillation", default=None)
    weight_task: float = option("weight of the cross entropy with a teacher", default=0.5)
    weight_kl: float = option("weight of the KL to the teacher", default=0.5)
    weight_cosine: float = option("weight of the hidden-state cosine loss", default=0.0)
    temperature: float = option("temperature of the KL", default=2.0)
    epochs: int = option("passes over the training data", default=3)
    batch_size: int = option("windows in one forward pass", default=16)
    accumulation: int = option("forward passes in one update", default=1)
    learning_rate: float = option("peak learning rate of AdamW", default=5e-5)
    warmup: float = option("share of the updates with a rising learning rate", default=0.1)
    weight_decay: float = option("weight decay of matrices", default=0.01)
    clip: float = option("largest norm of the gradient", default=1.0)
    dropout: float | None = option("dropout (default: the checkpoint's)", default=None)
    max_length: int = option("tokens in a window", default=384)
    stride: int = option("tokens between the starts of two windows", default=128)
    questions: int | None = option("use a random part of the training questions", default=None)
    eval_questions: int | None = option("use the first evaluation questions only", default=None)
    eval_every: int = option("updates between evaluations (0: at each end of an epoch)", default=0)
    save_every: int = option("updates between saved states", default=100)
    precision: str = option("auto, bf16 or fp32", default="auto")
    seed: int = option("seed of order, dropout and new weights", default=42)
    force: bool = option("discard an existing or unfinished output", default=False)

    def __post_init__(self) -> None:
        check(self.task == "squad", f"task {self.task!r} is unknown; known: squad")
        known = ("auto", "bf16", "fp32")
        check(self.precision in known, f"precision {self.precision!r}: expected one of {known}")
        for name in ("epochs", "batch_size", "accumulation", "save_every"):
            check(getattr(self, name) >= 1, f"{name} must be at least 1: {getattr(self, name)}")
        for name in ("learning_rate", "clip", "temperature"):
            check(getattr(self, name) > 0, f"{name} must be above 0: {getattr(self, name)}")
        check(0 <= self.warmup < 1, f"warmup is a share from 0 to below 1: {self.warmup}")
        weights = (self.weight_task, self.weight_kl, self.weight_cosine)
        check(min(weights) >= 0, f"loss weights must not be negative: {weights}")
        if self.teacher is None:
            check(
                self.weight_cosine == 0,
                "weight_cosine needs a teacher to compare with; give --teacher",
            )
        else:
            check(max(weights) > 0, "all loss weights are 0; nothing would be trained")


@dataclass(frozen=True)
class PackConfig:
    """A fine-tuned checkpoint as it is handed on: float16 weights, scores and a model card."""

    checkpoint: Path = option("checkpoint folder that `finetune` wrote")
    out: Path = option("folder to write the model to")
    license: str = option("licence of the weights, as the model card states it")
    data_license: str = option("licence of the training data, as the model card states it")
    eval_data: tuple[Path, ...] = option("data to score the float16 weights on", default=())
    force: bool = option("replace the output folder if it exists", default=False)


def check(holds: bool, message: str) -> None:
    """Raises ValueError with the message where a setting is wrong."""
    if not holds:
        raise ValueError(message)
