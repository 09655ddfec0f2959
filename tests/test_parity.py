"""Parity has to notice a file that computes something else, and samples have to be real text."""

from pathlib import Path

import numpy as np
import pytest

from export.manifest import (
    QUESTION_ANSWERING,
    SEQUENCE_CLASSIFICATION,
    Entry,
    Interface,
    Parity,
    TensorSpec,
)
from export.parity import best_choice, check_parity, golden_tolerance, measure_parity
from export.recipes import fp32, int8
from export.runner import Runner
from export.samples import Sample, golden_samples, make_samples
from tasks.squad import read_squad, sample_path
from tasks.tokenizer import WordPieceTokenizer, tokenizer_from_vocab

TEXT = Sample("padded-16-0", 16, [2, 7, 3, 8, 9, 8, 3], [0, 0, 0, 1, 1, 1, 1], 3)
START = np.array([0, 9, 0, 1, 5, 0, 9], dtype=np.float32)
END = np.array([9, 0, 0, 0, 1, 4, 9], dtype=np.float32)


class Canned:
    """A runtime with one stored answer."""

    def __init__(self, start: np.ndarray, end: np.ndarray) -> None:
        self.answer = {"start_logits": start, "end_logits": end}

    def write(self, entry: Entry, inputs: dict[str, np.ndarray]) -> None:
        pass

    def invoke(self) -> None:
        pass

    def read(self) -> dict[str, np.ndarray]:
        return self.answer


def measure(start: np.ndarray, end: np.ndarray) -> Parity:
    outputs = tuple(TensorSpec(n, "float32", (1, "length")) for n in ("start_logits", "end_logits"))
    interface = Interface((Entry("forward", 2, 16),), (), outputs)
    runner = Runner("pte", interface, Canned(start, end))
    return measure_parity(runner, [TEXT], [{"start_logits": START, "end_logits": END}])


def test_equal_outputs_are_in_parity() -> None:
    parity = measure(START, END)
    assert (parity.windows, parity.max_error, parity.agreement) == (1, 0, 1)
    check_parity(parity, fp32(), 9.0, "model.pte")


@pytest.mark.parametrize(
    ("start", "end"),
    [(START[::-1], END), (START, END * 0), (START + np.float32(np.nan), END), (-START, -END)],
)
def test_other_outputs_stop_the_export(start: np.ndarray, end: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"model\.pte does not compute what the checkpoint does"):
        check_parity(measure(start, end), int8(), 9.0, "model.pte")


def test_one_nan_among_good_samples_is_not_lost() -> None:
    broken = END.copy()
    broken[3] = np.nan
    with pytest.raises(ValueError, match="nan"):
        check_parity(measure(START, broken), int8(), 9.0, "model.pte")


def test_int8_noise_passes_as_int8_and_not_as_fp32() -> None:
    parity = measure(START + np.float32(0.2), END)
    check_parity(parity, int8(), 9.0, "model.pte")
    with pytest.raises(ValueError, match=r"error 0\.2"):
        check_parity(parity, fp32(), 9.0, "model.pte")


def test_the_best_span_lies_in_the_context_and_ends_after_its_start() -> None:
    assert best_choice({"start_logits": START, "end_logits": END}, TEXT) == (4, 5)
    assert best_choice({"logits": np.array([0.1, 3.0, 2.0], dtype=np.float32)}, TEXT) == (1,)


def test_tolerance_grows_with_the_logits() -> None:
    assert golden_tolerance(int8(), 8.0) == pytest.approx(0.8)
    assert golden_tolerance(fp32(), 8.0) == pytest.approx(0.008)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> WordPieceTokenizer:
    words = " ".join(q.context + " " + q.question for q in read_squad([sample_path()])).lower()
    letters = sorted({c for c in words if not c.isspace()})
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters)]
    path: Path = tmp_path_factory.mktemp("vocab") / "vocab.txt"
    path.write_text("\n".join(tokens) + "\n", encoding="utf-8")
    return tokenizer_from_vocab(path, lowercase=True)


@pytest.mark.parametrize("task", [QUESTION_ANSWERING, SEQUENCE_CLASSIFICATION])
def test_samples_are_text_that_fills_each_length_or_leaves_padding(
    tokenizer: WordPieceTokenizer, task: str
) -> None:
    samples = make_samples(tokenizer, task, (16, 64, 384))
    for sample in samples:
        assert len(sample.input_ids) == len(sample.token_type_ids) <= sample.length
        full = sample.name.startswith("full")
        assert (len(sample.input_ids) == sample.length) is full, sample.name
        assert sample.input_ids[0] == tokenizer.cls_id
        assert sample.input_ids[-1] == tokenizer.sep_id
        assert sample.context < len(sample.input_ids) - 1
    assert len({tuple(sample.input_ids) for sample in samples}) == len(samples)
    padded, full = golden_samples(samples)
    assert (padded.length, len(padded.input_ids), len(full.input_ids)) == (16, 12, 384)
