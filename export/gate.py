"""The accuracy gate: checkpoint and written files answer the same questions, in one process.

Run apart, as `python -m export.gate`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from export.apart import answer_job
from export.manifest import QUESTION_ANSWERING, Accuracy, Interface
from tasks.intervals import CONFIDENCE, bootstrap_interval


@dataclass(frozen=True)
class Candidate:
    """A written model file."""

    path: str
    interface: Interface


@dataclass(frozen=True)
class GateJob:
    """Files to score against their checkpoint; `questions` limits how many, from the first."""

    checkpoint: str
    candidates: dict[str, Candidate]
    data: tuple[str, ...]
    questions: int | None
    max_length: int
    kept_tokens: tuple[int, ...]
    """Ids of a cut vocabulary that the files have; none of them for a whole one."""


@dataclass(frozen=True)
class Changed:
    """A question whose answer is another one in the file. Scores are F1 in percent."""

    id: str
    question: str
    checkpoint: str
    file: str
    checkpoint_f1: float
    file_f1: float


@dataclass(frozen=True)
class Judged:
    """What was measured on one file."""

    accuracy: Accuracy
    changed: tuple[Changed, ...]


@dataclass(frozen=True)
class Verdicts:
    """By runtime."""

    judged: dict[str, Judged]


@dataclass(frozen=True)
class Answered:
    """One example: what it asks, the answer given, and its exact match and F1, from 0 to 1."""

    id: str
    question: str
    answer: str
    scores: tuple[float, float]


Model = Callable[[list[int], list[int]], dict[str, Any]]
"""Unpadded ids and token types of one window to outputs by name."""


def judge(job: GateJob) -> Verdicts:
    """Score the checkpoint's float32 network and every file on the same examples."""
    from export.checkpoint import load_network
    from export.parity import network_model
    from export.runner import OPENERS
    from export.vocabulary import cut_tokenizer
    from tasks.tokenizer_files import read_tokenizer

    folder = Path(job.checkpoint)
    network = load_network(folder)
    tokenizer = read_tokenizer(folder)
    reference = _answerer(job, network.shape, tokenizer)(network_model(network))
    answer = _answerer(job, network.shape, cut_tokenizer(tokenizer, job.kept_tokens))
    names = ", ".join(Path(path).name for path in job.data)
    return Verdicts(
        {
            runtime: compare(
                reference, answer(OPENERS[runtime](Path(c.path), c.interface).run), names
            )
            for runtime, c in job.candidates.items()
        }
    )


def _answerer(job: GateJob, shape: Any, tokenizer: Any) -> Callable[[Model], list[Answered]]:
    """Return what answers all examples of the job with a model."""
    data = [Path(path) for path in job.data]
    if shape.task == QUESTION_ANSWERING:
        return _question_answerer(data, job, tokenizer)
    return _classifier(data, job, shape.labels, tokenizer)


def _question_answerer(
    data: Sequence[Path], job: GateJob, tokenizer: Any
) -> Callable[[Model], list[Answered]]:
    from tasks.metrics import question_scores
    from tasks.qa import answer_texts, predict
    from tasks.squad import read_questions
    from tasks.windows import QaLimits

    questions = read_questions(tuple(data), limit=job.questions)
    limits = QaLimits().for_length(job.max_length)

    def answer(model: Model) -> list[Answered]:
        def spans(input_ids: list[int], token_type_ids: list[int]) -> Any:
            outputs = model(input_ids, token_type_ids)
            return outputs["start_logits"], outputs["end_logits"]

        found = answer_texts(predict(spans, tokenizer, questions, limits))
        return [
            Answered(q.id, q.question, found[q.id], question_scores(q, found[q.id]))
            for q in questions
        ]

    return answer


def _classifier(
    data: Sequence[Path], job: GateJob, labels: tuple[str, ...], tokenizer: Any
) -> Callable[[Model], list[Answered]]:
    from tasks.classification import read_labelled
    from tasks.windows import text_input

    rows = read_labelled(data)[: job.questions]
    unknown = next((row for row in rows if row.label not in labels), None)
    if unknown is not None:
        raise ValueError(
            f"{unknown.place}: the label {unknown.label!r} is none of the checkpoint's: "
            f"{', '.join(labels)}; give data with its labels"
        )

    def answer(model: Model) -> list[Answered]:
        found = []
        for row in rows:
            window = text_input(tokenizer, row.text, row.pair, job.max_length)
            best = labels[int(model(*window)["logits"].argmax())]
            right = float(best == row.label)
            found.append(Answered(row.place, row.text, best, (right, right)))
        return found

    return answer


def compare(reference: Sequence[Answered], found: Sequence[Answered], data: str) -> Judged:
    """Compare two lists of answers to the same examples, in the same order."""
    if not reference:
        raise ValueError(f"there is nothing to answer in {data}")
    before = 100 * np.array([one.scores for one in reference])
    after = 100 * np.array([one.scores for one in found])
    low, high = bootstrap_interval((after - before)[:, 1])
    changed = tuple(
        Changed(
            old.id, old.question, old.answer, new.answer, 100 * old.scores[1], 100 * new.scores[1]
        )
        for old, new in zip(reference, found, strict=True)
        if old.answer != new.answer
    )
    accuracy = Accuracy(
        data=data,
        n=len(reference),
        exact_match=_mean(after[:, 0]),
        f1=_mean(after[:, 1]),
        checkpoint_exact_match=_mean(before[:, 0]),
        checkpoint_f1=_mean(before[:, 1]),
        f1_change_low=low,
        f1_change_high=high,
        changed=len(changed),
    )
    return Judged(accuracy, changed)


def _mean(values: Any) -> float:
    return round(float(values.mean()), 4)


def check_drop(judged: dict[str, Judged], max_drop: float) -> None:
    """Raise ValueError where a file scores more than `max_drop` F1 points below its checkpoint."""
    for runtime, found in judged.items():
        accuracy = found.accuracy
        drop = accuracy.checkpoint_f1 - accuracy.f1
        if drop > max_drop:
            raise ValueError(
                f"the {runtime} file loses {drop:.2f} F1 of the checkpoint's "
                f"{accuracy.checkpoint_f1:.2f} on {accuracy.n} examples of {accuracy.data} "
                f"({CONFIDENCE:.0f} % interval of the change: {accuracy.f1_change_low:.2f} to "
                f"{accuracy.f1_change_high:.2f}), at most {max_drop:g} is allowed; "
                f"{accuracy.changed} answers changed; nothing was published"
            )


if __name__ == "__main__":
    answer_job(GateJob, judge)
