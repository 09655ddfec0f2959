"""The two kinds of fine-tuning: their examples, their models, and how well a student does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import torch

from distill.batches import Example, label_examples, question_examples
from distill.finetune_config import FinetuneConfig
from distill.model import load_classifier, load_model, load_teacher_classifier
from distill.predict import predict_labels, predict_spans
from tasks.classification import (
    Labelled,
    class_ids,
    evaluation_split,
    hub_set,
    label_names,
    label_numbers,
    only_hub,
    read_labelled,
    read_labelled_hub,
)
from tasks.glue import LABEL_TASKS, read_task, read_task_evaluation
from tasks.label_metrics import label_scores
from tasks.metrics import score
from tasks.null_threshold import best_null_threshold
from tasks.qa import answer_texts
from tasks.squad import Question, read_questions
from tasks.tokenizer import WordPieceTokenizer
from tasks.windows import QaLimits

Item = TypeVar("Item")


class Task(Protocol):
    """What is learnt, from what, and how it is scored."""

    @property
    def examples(self) -> list[Example]: ...

    @property
    def best(self) -> str:
        """The score that chooses the weights that are kept."""

    @property
    def eval_examples(self) -> int:
        """Questions or texts that are scored; 0: none."""

    def load_student(self, folder: Path, device: torch.device) -> Any: ...

    def load_teacher(self, folder: Path, device: torch.device) -> Any: ...

    def evaluate(self, student: Any) -> dict[str, float]: ...


def make_task(config: FinetuneConfig, tokenizer: WordPieceTokenizer) -> Task:
    """Reads the data of a task; raises ValueError or FileNotFoundError where it cannot be used."""
    return (_question_task if config.asks_questions else _label_task)(config, tokenizer)


@dataclass(frozen=True)
class QuestionTask:
    """Extractive question answering; with `null_answers` (SQuAD 2) the threshold is found too."""

    examples: list[Example]
    questions: list[Question]
    tokenizer: WordPieceTokenizer
    limits: QaLimits
    null_answers: bool
    dropout: float | None
    seed: int
    attention: str
    best: str = "f1"

    @property
    def eval_examples(self) -> int:
        return len(self.questions)

    def load_student(self, folder: Path, device: torch.device) -> Any:
        return load_model(folder, device, self.dropout, seed=self.seed, attention=self.attention)

    def load_teacher(self, folder: Path, device: torch.device) -> Any:
        return load_model(folder, device).eval()

    def evaluate(self, student: Any) -> dict[str, float]:
        if not self.questions:
            return {}
        found = predict_spans(student, self.tokenizer, self.questions, self.limits)
        if not self.null_answers:
            scores = score(self.questions, answer_texts(found))
            return {"f1": scores.f1, "exact_match": scores.exact_match}
        threshold, scores = best_null_threshold(self.questions, found)
        parts = {"has_answer_f1": scores.has_answer_f1, "no_answer_f1": scores.no_answer_f1}
        return {
            "f1": scores.f1,
            "exact_match": scores.exact_match,
            **{name: value for name, value in parts.items() if value is not None},
            "null_threshold": threshold,
        }


@dataclass(frozen=True)
class LabelTask:
    """Classification, or regression where there are no labels.

    evaluation: by suffix of the scores' names the examples and their targets.
    """

    examples: list[Example]
    labels: tuple[str, ...]
    metrics: tuple[str, ...]
    evaluation: dict[str, tuple[list[Example], list[float]]]
    pad_id: int
    main: tuple[str, ...]
    dropout: float | None
    seed: int
    attention: str
    best: str = "score"

    @property
    def eval_examples(self) -> int:
        return sum(len(targets) for _, targets in self.evaluation.values())

    def load_student(self, folder: Path, device: torch.device) -> Any:
        return load_classifier(
            folder,
            device,
            self.labels,
            self.dropout,
            seed=self.seed,
            attention=self.attention,
        )

    def load_teacher(self, folder: Path, device: torch.device) -> Any:
        return load_teacher_classifier(folder, device, self.labels)

    def evaluate(self, student: Any) -> dict[str, float]:
        found: dict[str, float] = {}
        for suffix, (examples, targets) in self.evaluation.items():
            logits = predict_labels(student, examples, self.pad_id)
            predicted = logits.argmax(-1) if self.labels else logits[:, 0]
            scores = label_scores(self.metrics, predicted, targets)
            found |= {f"{name}{suffix}": value for name, value in scores.items()}
        main = [value for name, value in found.items() if name.startswith(self.main)]
        return {self.best: sum(main) / len(main), **found} if found else {}


def _question_task(config: FinetuneConfig, tokenizer: WordPieceTokenizer) -> QuestionTask:
    limits = QaLimits(max_length=config.max_length, stride=config.stride)
    questions = _part(read_questions(config.data, split="train"), config)
    return QuestionTask(
        question_examples(
            questions, tokenizer, limits, certain_only=config.hard_labels == "certain"
        ),
        read_questions(config.eval_data, limit=config.eval_questions) if config.eval_data else [],
        tokenizer,
        limits,
        config.task == "squad2",
        config.dropout,
        config.seed,
        config.attention,
    )


def _label_task(config: FinetuneConfig, tokenizer: WordPieceTokenizer) -> LabelTask:
    named = LABEL_TASKS.get(config.task)
    items = _read_training(config)
    labels = () if config.regression else named.labels if named else label_names(items)
    items = _part(items, config)
    targets = _targets(items, labels)
    metrics = ("pearson", "spearman") if config.regression else ("accuracy", "macro_f1")
    evaluation = {}
    for suffix, found in _read_evaluation(config).items():
        known = found[: config.eval_questions]
        goals = _targets(known, labels)
        evaluation[suffix] = (label_examples(known, goals, tokenizer, config.max_length), goals)
    weights = _balanced(targets, len(labels)) if config.class_weights == "balanced" else None
    return LabelTask(
        label_examples(items, targets, tokenizer, config.max_length, weights),
        labels,
        named.metrics if named else metrics,
        evaluation,
        tokenizer.pad_id,
        # GLUE's score of a task is the mean of its metrics; elsewhere accuracy alone chooses.
        named.metrics if named else metrics[: None if config.regression else 1],
        config.dropout,
        config.seed,
        config.attention,
    )


def _read_training(config: FinetuneConfig) -> list[Labelled]:
    if (named := LABEL_TASKS.get(config.task)) is not None:
        return read_task(named, config.data, config.columns)
    hub = only_hub(config.data)
    if hub is not None:
        return read_labelled_hub(hub_set(hub, "train"), config.columns)
    return read_labelled(config.data, (config.columns,))


def _read_evaluation(config: FinetuneConfig) -> dict[str, list[Labelled]]:
    """Evaluation examples by the suffix of their scores."""
    if not config.eval_data:
        return {}
    if (named := LABEL_TASKS.get(config.task)) is not None:
        return read_task_evaluation(named, config.eval_data, config.columns)
    hub = only_hub(config.eval_data)
    if hub is not None:
        found = read_labelled_hub(hub_set(hub, evaluation_split(hub)), config.columns)
    else:
        found = read_labelled(config.eval_data, (config.columns,))
    return {"": found}


def _targets(items: Sequence[Labelled], labels: Sequence[str]) -> list[float]:
    return list(class_ids(items, labels)) if labels else label_numbers(items)


def _balanced(targets: Sequence[float], classes: int) -> list[float]:
    """A weight for each class such that all weigh the same in sum, and examples 1 on average."""
    counts = np.bincount(np.asarray(targets, np.int64), minlength=classes)
    present = int((counts > 0).sum())
    return [len(targets) / (present * int(n)) if n else 0.0 for n in counts]


def _part(items: list[Item], config: FinetuneConfig) -> list[Item]:
    """A random part of the training data where `questions` asks for one; in the old order."""
    if config.questions is None or config.questions >= len(items):
        return items
    random = np.random.default_rng(config.seed)
    return [items[i] for i in sorted(random.choice(len(items), config.questions, replace=False))]
