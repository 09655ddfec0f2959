"""Real text at the exact lengths of a model file: for parity and for the golden cases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from export.manifest import QUESTION_ANSWERING
from tasks.classification import Labelled, read_labelled
from tasks.squad import Question, read_questions, read_squad, sample_path
from tasks.text_tokenizer import TextTokenizer
from tasks.windows import QaLimits, make_windows, text_input

PER_LENGTH = 4
CALIBRATION_LEAST, CALIBRATION_LIMIT = 16, 128
"""Texts that a static recipe needs, and takes at most."""


@dataclass(frozen=True)
class Sample:
    """One input: real tokens only, run padded to `length`. The answer lies from `context` on."""

    name: str
    length: int
    input_ids: list[int]
    token_type_ids: list[int]
    context: int

    def real(self) -> dict[str, list[int]]:
        """The graph inputs by name, without padding."""
        return {
            "input_ids": self.input_ids,
            "attention_mask": [1] * len(self.input_ids),
            "token_type_ids": self.token_type_ids,
        }

    def padded(self) -> dict[str, list[int]]:
        """The graph inputs by name, padded to `length`."""
        padding = [0] * (self.length - len(self.input_ids))
        return {name: values + padding for name, values in self.real().items()}


def make_samples(tokenizer: TextTokenizer, task: str, lengths: Sequence[int]) -> tuple[Sample, ...]:
    """Cut the sample passages into inputs: for each length some that fill it, and some padded.

    "padded" leaves a quarter empty, which a shorter bucket would not avoid, "sparse" seven eighths;
    "single" is one token.
    """
    questions = read_squad([sample_path()])
    passages = list(dict.fromkeys(question.context for question in questions))
    samples = []
    for length in lengths:
        for number in range(PER_LENGTH):
            question = questions[number * len(questions) // PER_LENGTH]
            rest = passages.index(question.context)
            text = " ".join((passages[rest:] + passages[:rest]) * (1 + length // 128))
            sizes = {"full": length, "padded": length * 3 // 4, "sparse": max(6, length // 8)}
            for kind, size in sizes.items():
                ids, types, context = _cut(tokenizer, task, question, text, size)
                samples.append(Sample(f"{kind}-{length}-{number}", length, ids, types, context))
        samples.append(Sample(f"single-{length}", length, [tokenizer.cls_id], [0], 0))
    return tuple(samples)


def calibration_samples(
    tokenizer: TextTokenizer, task: str, lengths: Sequence[int], files: Sequence[Path]
) -> tuple[Sample, ...]:
    """Cut the texts of some files into one input for each length.

    files: questions in SQuAD's format, or a classification set; our sample passages where there are
    none. Raises ValueError where there are too few to settle a scale.
    """
    made: list[Callable[[int], tuple[list[int], list[int], int]]]
    if files and task != QUESTION_ANSWERING:
        rows = read_labelled(files)[:CALIBRATION_LIMIT]
        made = [partial(_labelled, tokenizer, row) for row in rows]
    else:
        questions = read_questions(tuple(files) or (sample_path(),), limit=CALIBRATION_LIMIT)
        made = [partial(_cut, tokenizer, task, q, q.context) for q in questions]
    if len(made) < CALIBRATION_LEAST:
        raise ValueError(
            f"calibration needs at least {CALIBRATION_LEAST} texts, found {len(made)} in "
            f"{', '.join(map(str, files))}; a scale settled by fewer cuts off what others need"
        )
    return tuple(
        Sample(f"calibration-{length}-{number}", length, *make(length))
        for length in lengths
        for number, make in enumerate(made)
    )


def _labelled(
    tokenizer: TextTokenizer, row: Labelled, length: int
) -> tuple[list[int], list[int], int]:
    return *text_input(tokenizer, row.text, row.pair, length), 1


def _cut(
    tokenizer: TextTokenizer, task: str, question: Question, text: str, length: int
) -> tuple[list[int], list[int], int]:
    if task == QUESTION_ANSWERING:
        limits = QaLimits().for_length(length)
        window = make_windows(tokenizer, question.question, text, limits)[0]
        return window.input_ids, window.token_type_ids, window.context_start
    ids = [tokenizer.cls_id, *tokenizer.encode(text).ids[: length - 2], tokenizer.sep_id]
    return ids, [0] * len(ids), 1


def golden_samples(samples: Sequence[Sample]) -> tuple[Sample, Sample]:
    """Pick the two golden inputs: padded at the shortest length, and filling the longest."""
    shortest = min(sample.length for sample in samples)
    longest = max(sample.length for sample in samples)
    padded = next(s for s in samples if s.length == shortest and s.name.startswith("padded"))
    full = next(s for s in samples if s.length == longest and s.name.startswith("full"))
    return padded, full
