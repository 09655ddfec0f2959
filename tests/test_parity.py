"""Parity has to notice a file that computes something else, and samples have to be real text."""

import itertools
import json
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
from export.parity import LIMITS, best_choice, golden_tolerance, measure_parity, parity_fault
from export.recipes import RECIPES, fp32, int8
from export.runner import Runner
from export.samples import Sample, calibration_samples, golden_samples, make_samples
from tasks.squad import read_squad, sample_path
from tasks.tokenizer import WordPieceTokenizer, tokenizer_from_vocab

TEXT = Sample("padded-16-0", 16, [2, 7, 3, 8, 9, 8, 3], [0, 0, 0, 1, 1, 1, 1], 3)
START = np.array([0, 9, 0, 1, 5, 0, 9], dtype=np.float32)
END = np.array([9, 0, 0, 0, 1, 4, 9], dtype=np.float32)


class Canned:
    """A runtime with one stored answer."""

    answers: list[dict[str, np.ndarray]]

    def __init__(self, start: np.ndarray, end: np.ndarray) -> None:
        self.answer = {"start_logits": start, "end_logits": end}

    def write(self, entry: Entry, inputs: dict[str, np.ndarray]) -> None:
        pass

    def invoke(self) -> None:
        pass

    def read(self) -> dict[str, np.ndarray]:
        return self.answer


def measure(start: np.ndarray, end: np.ndarray, tie: float = 0.0) -> Parity:
    outputs = tuple(TensorSpec(n, "float32", (1, "length")) for n in ("start_logits", "end_logits"))
    interface = Interface((Entry("forward", 2, 16),), (), outputs)
    runner = Runner("pte", interface, Canned(start, end))
    return measure_parity(runner, [TEXT], [{"start_logits": START, "end_logits": END}], tie)


def test_equal_outputs_are_in_parity() -> None:
    parity = measure(START, END)
    assert (parity.windows, parity.max_error, parity.agreement) == (1, 0, 1)
    assert parity_fault(parity, fp32(), 9.0) is None


@pytest.mark.parametrize(
    ("start", "end"),
    [(START[::-1], END), (START, END * 0), (START + np.float32(np.nan), END), (-START, -END)],
)
def test_other_outputs_stop_the_export(start: np.ndarray, end: np.ndarray) -> None:
    for recipe in RECIPES.values():
        assert parity_fault(measure(start, end), recipe, 9.0) is not None


def test_one_nan_among_good_samples_is_not_lost() -> None:
    broken = END.copy()
    broken[3] = np.nan
    assert "nan" in str(parity_fault(measure(START, broken), int8(), 9.0))


def test_int8_noise_passes_as_int8_and_not_as_fp32() -> None:
    parity = measure(START + np.float32(0.2), END)
    assert parity_fault(parity, int8(), 9.0) is None
    assert "error 0.2" in str(parity_fault(parity, fp32(), 9.0))


def test_every_recipe_has_limits_and_the_coarser_the_wider() -> None:
    assert set(LIMITS) == set(RECIPES)
    order = ["fp32", "fp16", "int8", "int8-embed4", "int4"]
    for finer, coarser in itertools.pairwise(order):
        assert LIMITS[finer].min_cosine > LIMITS[coarser].min_cosine
        assert LIMITS[finer].max_error < LIMITS[coarser].max_error


def test_another_choice_agrees_only_where_float32_nearly_made_it() -> None:
    start = START.copy()
    start[3] = 5.5  # token 3 was second with 1.0, now it beats token 4 with 5.0
    assert measure(start, END).agreement == 0
    assert measure(start, END, tie=3.9).agreement == 0
    assert measure(start, END, tie=4.1).agreement == 1


def test_a_single_token_counts_by_its_error_and_not_by_its_sign() -> None:
    class Echo(Canned):
        """Answers the single token with the other sign, and the text rightly."""

        def read(self) -> dict[str, np.ndarray]:
            return self.answers.pop(0)

    tiny = {name: np.array([0.01], dtype=np.float32) for name in ("start_logits", "end_logits")}
    right = {"start_logits": START, "end_logits": END}
    echo = Echo(START, END)
    echo.answers = [right, {name: -value for name, value in tiny.items()}]
    outputs = tuple(TensorSpec(n, "float32", (1, "length")) for n in ("start_logits", "end_logits"))
    runner = Runner("pte", Interface((Entry("forward", 2, 16),), (), outputs), echo)
    parity = measure_parity(runner, [TEXT, Sample("single-16", 16, [2], [0], 0)], [right, tiny])
    assert (parity.min_cosine, parity.max_error) == (1.0, pytest.approx(0.02))


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
    assert sum(sample.name.startswith("single") for sample in samples) == 3
    for sample in samples:
        assert len(sample.input_ids) == len(sample.token_type_ids) <= sample.length
        assert sample.input_ids[0] == tokenizer.cls_id
        if sample.name.startswith("single"):
            assert len(sample.input_ids) == 1
            continue
        if sample.name.startswith("sparse"):
            assert len(sample.input_ids) <= max(6, sample.length // 8)
        full = sample.name.startswith("full")
        assert (len(sample.input_ids) == sample.length) is full, sample.name
        assert sample.input_ids[-1] == tokenizer.sep_id
        assert sample.context < len(sample.input_ids) - 1
    distinct = [s.input_ids for s in samples if s.name.startswith(("full", "padded"))]
    assert len(set(map(tuple, distinct))) == len(distinct)
    padded, full = golden_samples(samples)
    assert (padded.length, len(padded.input_ids), len(full.input_ids)) == (16, 12, 384)


def test_calibration_with_one_text_is_refused(
    tmp_path: Path, tokenizer: WordPieceTokenizer
) -> None:
    data = json.loads(sample_path().read_text(encoding="utf-8"))
    article = data["data"][0]
    paragraph = article["paragraphs"][0]
    paragraph["qas"] = paragraph["qas"][:1]
    one = {"version": "1.1", "data": [{**article, "paragraphs": [paragraph]}]}
    path = tmp_path / "one.json"
    path.write_text(json.dumps(one), encoding="utf-8")
    with pytest.raises(ValueError, match=r"at least 16 texts, found 1 in .*one\.json"):
        calibration_samples(tokenizer, QUESTION_ANSWERING, (48,), [path])
    assert len(calibration_samples(tokenizer, QUESTION_ANSWERING, (48, 64), [])) >= 2 * 16
