"""What the training loop is given and what it tells: settings, a job and its updates, progress."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor, nn


@dataclass(frozen=True)
class EngineSettings:
    """How the loop runs; the stages' configs explain and default these."""

    learning_rate: float
    warmup: float
    weight_decay: float
    clip: float
    save_every: int
    seed: int
    bf16: bool
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8
    trackers: tuple[str, ...] = ()
    best: str | None = None  # the evaluated score whose best weights are kept; None: the last
    patience: int = 0  # evaluations without a better score after which the run stops; 0: never
    evaluate_first: bool = False  # also score what the run starts from


@dataclass(frozen=True)
class Update:
    """What one optimiser step is made of on this rank.

    batches: micro-batches, the same number on every rank; the losses of the last `spare` of them
    count nothing (they fill up where the ranks do not come out even).
    """

    number: int  # from 1
    share: float  # of the whole run that is done after it
    batches: list[Any]
    tokens: int  # real tokens of all ranks
    names: list[Any] = field(default_factory=list)  # what a report of a bad loss names
    spare: int = 0
    evaluate: bool = False


class Job(Protocol):
    """What is trained, on what, and how good it is."""

    model: nn.Module
    """Called as model(batch, counts); returns 0-d sums divided by their counts: "loss" is
    differentiated, all are logged."""

    parameter_groups: list[list[nn.Parameter]]
    """The gradient of each group is clipped by its own norm."""

    def updates(self, done: int, rank: int, ranks: int) -> Iterator[Update]:
        """The updates after number `done`; the last one has a share of 1."""

    def counts(self, batches: list[Any]) -> Tensor:
        """[n] float64: what the losses of these micro-batches are divided by."""

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        """Scores; the same on every rank. An empty dict where there is nothing to score on."""

    def save(self, model: nn.Module, folder: Path) -> None:
        """Writes the weights as they ship into a folder."""


@dataclass(frozen=True)
class Progress:
    """What is known after an update."""

    update: int
    share: float
    losses: dict[str, float]
    tokens_per_second: float
    learning_rate: float
    eta_seconds: float
    scores: dict[str, float] | None = None
    note: str | None = None


Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Outcome:
    """The end of a run: its weights (best or last) and the evaluation that chose them."""

    update: int
    weights: Path
    weights_update: int
    scores: dict[str, float]
    seconds: float
