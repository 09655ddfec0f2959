"""Settings of `prune`: how many heads and neurons are silenced, and what they are judged on."""

from dataclasses import dataclass
from pathlib import Path

from distill.config import check, option
from distill.recipes import TASKS


@dataclass(frozen=True)
class PruneConfig:
    """Silences the attention heads and feed-forward neurons that a task needs least."""

    checkpoint: Path = option("fine-tuned checkpoint folder (BERT or DistilBERT)")
    data: tuple[Path, ...] = option("training data of its task, as `finetune` takes it")
    out: Path = option("folder to write the pruned checkpoint to")
    heads: float = option("share of all attention heads to silence", default=0.25)
    neurons: float = option("share of all feed-forward neurons to silence", default=0.25)
    task: str = option(f"what it was trained for: {', '.join(TASKS)}", default="squad")
    examples: int = option(
        "examples that decide, at random (questions, of which each may have several windows)",
        default=1000,
    )
    max_length: int = option("tokens in a window", default=384)
    seed: int = option("seed of the choice of examples", default=0)
    force: bool = option("replace the output folder if it exists", default=False)

    def __post_init__(self) -> None:
        check(self.task in TASKS, f"task {self.task!r} is unknown; known: {', '.join(TASKS)}")
        for name in ("heads", "neurons"):
            share = getattr(self, name)
            check(0 <= share < 1, f"{name} is a share of at least 0 and less than 1: {share}")
        check(
            self.heads > 0 or self.neurons > 0,
            "heads and neurons are both 0: nothing would be silenced; give a share of one of them",
        )
        check(self.examples >= 1, f"examples must be at least 1: {self.examples}")
