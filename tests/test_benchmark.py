"""The benchmark compares two steps with one objective, on equal text, and keeps raw samples."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForMaskedLM

from distill.benchmark import Round, Sample, TrainBench, train_bench
from distill.benchmark_config import TrainBenchConfig
from distill.benchmark_machine import peak_flops
from distill.benchmark_memory import measure_memory
from distill.benchmark_step import WEIGHTS, OurStep
from distill.corpus import Corpus, open_corpus
from distill.corpus_build import build_corpus
from distill.corpus_config import CorpusConfig
from distill.distillation import Teacher
from distill.masking import Masker, MaskSettings
from distill.reference_step import ReferenceStep, like_lengths


@pytest.fixture(scope="module")
def write(character_vocab: list[str]) -> Callable[..., Path]:
    def make(folder: Path, layers: int, words: list[str] = character_vocab) -> Path:
        torch.manual_seed(layers)
        config = BertConfig(
            vocab_size=len(words),
            hidden_size=32,
            num_hidden_layers=layers,
            num_attention_heads=4,
            intermediate_size=48,
            max_position_embeddings=64,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        BertForMaskedLM(config).save_pretrained(folder)
        (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
        return folder

    return make


@pytest.fixture(scope="module")
def config(
    write: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> TrainBenchConfig:
    folder = tmp_path_factory.mktemp("benchmark")
    teacher = write(folder / "teacher", 2)
    lines = [f"line {n} of " + "some text " * (1 + n % 4) for n in range(300)]
    (folder / "text.txt").write_text("\n\n".join(lines), encoding="utf-8")
    build_corpus(
        CorpusConfig(
            tokenizer=teacher, text=(folder / "text.txt",), out=folder / "corpus", max_length=64
        ),
        lambda *_: None,
    )
    return TrainBenchConfig(
        teacher=teacher,
        student=write(folder / "student", 1),
        corpus=folder / "corpus",
        out=folder / "result.json",
        rounds=2,
        batch_tokens=512,
        micro_batch_tokens=256,
        precision="fp32",
    )


class Models:
    """Teacher, student and masks for steps taken by hand."""

    def __init__(self, config: TrainBenchConfig) -> None:
        self.teacher, self.student = (
            BertForMaskedLM.from_pretrained(folder) for folder in (config.teacher, config.student)
        )
        self.corpus: Corpus = open_corpus(config.corpus)
        masker = Masker(self.corpus, MaskSettings(seed=1))
        self.make = lambda ids: masker.batch(self.corpus.train, ids, 0)


def gradients(model: Any) -> dict[str, torch.Tensor]:
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def test_on_one_micro_batch_both_steps_have_the_same_loss_and_gradient(
    config: TrainBenchConfig,
) -> None:
    models = Models(config)
    reference = ReferenceStep(copy.deepcopy(models.student), models.teacher, WEIGHTS, 2.0)
    ours = OurStep(models.student, Teacher(models.teacher, None), 2.0, bf16=False)
    batch = models.make(np.array([3, 10, 40, 7, 21]))
    assert not bool(batch.mask.all())  # the padding is a part of what is compared
    expected = reference.loss(batch)
    expected.backward()
    counts = torch.stack([batch.mask.sum(), batch.kl_weights.sum(), (batch.targets >= 0).sum()])
    found = ours.model(batch, counts.double())["loss"]
    found.backward()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=0)
    mine, theirs = gradients(models.student), gradients(reference.student)
    assert set(mine) == set(theirs)
    for name, gradient in theirs.items():
        assert float((mine[name] - gradient).norm()) < 1e-4 * max(1.0, float(gradient.norm())), name


def test_both_steps_learn(config: TrainBenchConfig) -> None:
    models = Models(config)
    reference = ReferenceStep(copy.deepcopy(models.student), models.teacher, WEIGHTS, 2.0)
    ours = OurStep(models.student, Teacher(models.teacher, None), 2.0, bf16=False)
    groups = [np.arange(8), np.arange(8, 16)]
    for step in (reference, ours):
        losses = [step(groups, models.make) for _ in range(30)]
        assert losses[-1] < 0.9 * losses[0]


def test_groups_hold_every_sequence_once_in_order_of_length() -> None:
    lengths = np.array([9, 2, 7, 7, 1, 30, 4])
    groups = like_lengths(np.arange(100, 107), lengths, 3)
    assert [len(group) for group in groups] == [3, 3, 1]
    ordered = np.concatenate(groups)
    assert sorted(ordered) == list(range(100, 107))
    assert list(lengths[ordered - 100]) == sorted(lengths)


def test_a_benchmark_writes_raw_samples_and_their_medians(config: TrainBenchConfig) -> None:
    result = train_bench(config, lambda *_: None)
    written = json.loads(config.out.read_text())
    assert len(written["rounds"]) == config.rounds
    assert written["medians"] == result.medians()
    assert written["machine"]["precision"] == "fp32"
    for found in result.rounds:
        assert 0 < found.tokens <= config.batch_tokens
        assert min(found.ours.wall, found.sampled.wall, found.reference.wall) > 0
        assert found.ours_flops > 0
    with pytest.raises(FileExistsError, match="--force"):
        train_bench(config, lambda *_: None)


def test_medians_are_of_paired_rounds() -> None:
    samples = [(1.0, 3.0), (2.0, 2.0), (1.0, 5.0)]
    half = Sample(0.5, 0.25)
    rounds = [
        Round(100, Sample(a, 2 * a), half, Sample(b, a), ours_flops=50, peak_flops=100.0)
        for a, b in samples
    ]
    medians = TrainBench({}, {}, rounds, []).medians()
    assert medians["ratio_wall"] == 3.0
    assert medians["ratio_cpu"] == 0.5
    assert (medians["sampled_ratio_wall"], medians["sampled_ratio_cpu"]) == (6.0, 4.0)
    assert medians["ours_tokens_per_second"] == 100
    assert medians["share_of_peak"] == 0.5


def test_the_chunked_loss_takes_less_memory_than_the_naive_one() -> None:
    found = {memory.form: memory for memory in measure_memory(2000, 8000, 16)}
    chunked, naive = (found[form].loss_bytes for form in ("chunked fp32", "naive fp32"))
    assert chunked is not None
    assert naive is not None
    assert naive > 4 * 2000 * 8000 * 4  # several float32 matrices of [tokens, vocabulary]
    assert chunked < naive / 2


def test_a_memory_limit_that_is_reached_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("distill.benchmark_memory.FORMS", ("naive fp32",))
    monkeypatch.setattr("distill.benchmark_memory._SHARE", 1e-9)
    assert [memory.loss_bytes for memory in measure_memory(3000, 30000, 16)] == [None]


def test_the_peak_is_that_of_products() -> None:
    assert 1e8 < peak_flops(torch.device("cpu"), torch.float32, repeats=1) < 1e14


def test_what_cannot_be_compared_is_refused(
    config: TrainBenchConfig, write: Callable[..., Path], character_vocab: list[str], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="too short"):
        train_bench(replace(config, out=tmp_path / "a", rounds=300), lambda *_: None)
    more = write(tmp_path / "wide", 2, [*character_vocab, "zebra"])
    with pytest.raises(ValueError, match="same vocabulary"):
        train_bench(replace(config, out=tmp_path / "b", teacher=more), lambda *_: None)
    with pytest.raises(ValueError, match="micro_batch_tokens"):
        replace(config, batch_tokens=10)
    with pytest.raises(ValueError, match="rounds must be at least 1"):
        replace(config, rounds=0)
