"""Real text at the exact lengths of a model file: for parity and for the golden cases."""

from collections.abc import Sequence
from dataclasses import dataclass

from export.manifest import QUESTION_ANSWERING
from tasks.squad import Question, read_squad, sample_path
from tasks.text_tokenizer import TextTokenizer
from tasks.windows import QaLimits, make_windows

PER_LENGTH = 4


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
    """Cut the sample passages into inputs: for each length some that fill it, and some padded."""
    questions = read_squad([sample_path()])
    passages = list(dict.fromkeys(question.context for question in questions))
    samples = []
    for length in lengths:
        for number in range(PER_LENGTH):
            question = questions[number * len(questions) // PER_LENGTH]
            rest = passages.index(question.context)
            text = " ".join((passages[rest:] + passages[:rest]) * (1 + length // 128))
            full = _cut(tokenizer, task, question, text, length)
            # Three quarters of the length: the padding that a shorter bucket would not avoid.
            short = _cut(tokenizer, task, question, text, length * 3 // 4)
            for kind, (ids, types, context) in (("full", full), ("padded", short)):
                samples.append(Sample(f"{kind}-{length}-{number}", length, ids, types, context))
    return tuple(samples)


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
