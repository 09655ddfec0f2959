"""Batched predictions are those of one input at a time, in the order of the questions."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from distill import predict as module
from distill.batches import label_examples
from distill.model import load_classifier, load_model, span_model, token_types
from distill.predict import predict_labels, predict_spans
from tasks.classification import Labelled
from tasks.qa import predict
from tasks.squad import read_squad, sample_path
from tasks.tokenizer import load_tokenizer
from tasks.windows import QaLimits

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def bert(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("bert"), layers=1)


def test_spans_of_many_windows_are_those_of_one_at_a_time(
    bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = read_squad([sample_path()], limit=9)
    tokenizer, model = load_tokenizer(bert), load_model(bert, CPU).eval()
    limits = QaLimits(max_question_tokens=20, max_length=96, stride=40)
    monkeypatch.setattr(module, "TOKENS", 500)  # some windows in a batch, several batches
    batched = predict_spans(model, tokenizer, questions, limits)
    single = predict(span_model(model), tokenizer, questions, limits)
    assert list(batched) == list(single)
    for key, found in single.items():
        assert batched[key].null_score == pytest.approx(found.null_score, abs=1e-4)
        assert found.best is not None
        best = batched[key].best
        assert best is not None
        assert best.score == pytest.approx(found.best.score, abs=1e-4)
        assert (best.start, best.end) == (found.best.start, found.best.end)


def test_logits_come_in_the_order_of_the_examples(
    bert: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokenizer = load_tokenizer(bert)
    model = load_classifier(bert, CPU, ("a", "b", "c")).eval()
    items = [
        Labelled("", "word " * (1 + 7 * n % 5), "pair" * (n % 2) or None, "a") for n in range(9)
    ]
    examples = label_examples(items, [0] * 9, tokenizer, 32)
    monkeypatch.setattr(module, "TOKENS", 64)
    found = predict_labels(model, examples, tokenizer.pad_id)
    assert found.shape == (9, 3)
    for row, example in zip(found, examples, strict=True):
        ids = torch.from_numpy(example.input_ids).long()[None]
        types = (torch.arange(ids.shape[1]) >= example.second).long()[None]
        with torch.inference_mode():
            alone = model(input_ids=ids, **token_types(model, types)).logits[0]
        np.testing.assert_allclose(row, alone.numpy(), atol=1e-5)
    assert len(np.unique(found[:, 0].round(5))) > 3
