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
class PackConfig:
    """A fine-tuned checkpoint as it is handed on: float16 weights, scores and a model card."""

    checkpoint: Path = option("checkpoint folder that `finetune` wrote")
    out: Path = option("folder to write the model to")
    license: str = option("licence of the weights, as the model card states it")
    data_license: str = option("licence of the training data, as the model card states it")
    eval_data: tuple[Path, ...] = option(
        "data to score the float16 weights on, each file on its own", default=()
    )
    average: tuple[Path, ...] = option(
        "further runs from the same start, of other seeds or questions: what is packed is the mean "
        "of all weights",
        default=(),
    )
    about: Path | None = option(
        "Markdown file for the card: what the model is for, its limits and its bias", default=None
    )
    force: bool = option("replace the output folder if it exists", default=False)


def check(holds: bool, message: str) -> None:
    """Raises ValueError with the message where a setting is wrong."""
    if not holds:
        raise ValueError(message)
