"""The objective: one gradient however a batch is cut, each term its formula, and no wait."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional
from transformers import BertConfig, BertForMaskedLM, DistilBertConfig, DistilBertForMaskedLM

from distill.corpus import Corpus, open_corpus
from distill.corpus_build import build_corpus
from distill.corpus_config import CorpusConfig
from distill.distillation import (
    Distillation,
    LossWeights,
    Objective,
    Student,
    Teacher,
    count,
    matched_layers,
)
from distill.masked_lm import decoder, encode, transform
from distill.masking import MaskedBatch, Masker, MaskSettings

ALL = LossWeights(kl=5.0, mlm=2.0, cosine=1.0, hidden=0.5, relation=0.7)


@pytest.fixture(scope="module")
def corpus(character_vocab: list[str], tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "vocab.txt").write_text("\n".join(character_vocab) + "\n", encoding="utf-8")
    lines = [f"a text of {'many words ' * (number % 4)}number {number}" for number in range(16)]
    (folder / "text.txt").write_text("\n\n".join(lines), encoding="utf-8")
    config = CorpusConfig(folder, (folder / "text.txt",), folder / "out", max_length=64)
    return open_corpus(build_corpus(config, lambda *_: None))


def bert(
    words: int, layers: int, width: int = 32, seed: int = 0, attention: str = "eager"
) -> BertForMaskedLM:
    torch.manual_seed(seed)
    settings = BertConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=64,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    model = BertForMaskedLM._from_config(settings, attn_implementation=attention)
    for weight in model.parameters():
        weight.data += 0.1 * torch.randn_like(weight)
    return model


def distillation(corpus: Corpus, width: int = 32, weights: LossWeights = ALL) -> Distillation:
    words = len(corpus.tokens)
    teacher = bert(words, 4)
    student = Student(bert(words, 2, width, seed=1), weights, teacher)
    objective = Objective(temperature=2.0, relation_layer=-1, relation_heads=4, chunk=None)
    return Distillation({"student": student}, Teacher(teacher, None), objective)


def batch(corpus: Corpus, ids: list[int], positions: str = "all") -> MaskedBatch:
    masker = Masker(corpus, MaskSettings(seed=3, kl_positions=positions, kl_sample=0.3))
    return masker.batch(corpus.train, np.array(ids), 0)


def gradients(model: Distillation, batches: list[MaskedBatch]) -> dict[str, Tensor]:
    counts = count(batches)
    model.zero_grad()
    for part in batches:
        model(part, counts)["loss"].backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("positions", ["all", "masked", "sampled"])
@pytest.mark.parametrize("cut", [[[5], [1, 2, 3, 0, 4, 6, 7]], [[n] for n in range(8)]])
def test_the_gradient_does_not_depend_on_how_a_batch_is_cut(
    corpus: Corpus, positions: str, cut: list[list[int]]
) -> None:
    model = distillation(corpus)
    whole = gradients(model, [batch(corpus, list(range(8)), positions)])
    parts = gradients(model, [batch(corpus, ids, positions) for ids in cut])
    assert whole.keys() == parts.keys()
    assert max(float(value.abs().max()) for value in whole.values()) > 1e-3
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value, atol=1e-5, rtol=1e-4)


def test_each_term_is_its_formula(corpus: Corpus) -> None:
    model = distillation(corpus)
    made = batch(corpus, [0, 3, 6])
    found = model(made, count([made]))
    teacher = model._teacher
    assert teacher is not None
    student = model._named["student"].model
    with torch.no_grad():
        logits = student(made.input_ids, attention_mask=made.mask, output_hidden_states=True)
        target = teacher.model(made.input_ids, attention_mask=made.mask, output_hidden_states=True)
    s, t = (out.logits[made.mask] / 2 for out in (logits, target))
    kl = 4 * functional.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean")
    chosen = made.targets >= 0
    mlm = functional.cross_entropy(logits.logits[made.mask][chosen], made.targets[chosen])
    last = logits.hidden_states[-1][made.mask], target.hidden_states[-1][made.mask]
    cosine = functional.cosine_embedding_loss(*last, torch.ones(len(last[0])))
    pairs = [
        functional.mse_loss(logits.hidden_states[a][made.mask], target.hidden_states[b][made.mask])
        for a, b in ((0, 0), (1, 2), (2, 4))
    ]
    for name, value in (("kl", kl), ("mlm", mlm), ("cosine", cosine), ("hidden", sum(pairs) / 3)):
        torch.testing.assert_close(
            found[name].detach(), torch.as_tensor(value), rtol=1e-4, atol=1e-6
        )
    total = sum(
        getattr(ALL, name) * found[name] for name in ("kl", "mlm", "cosine", "hidden", "relation")
    )
    torch.testing.assert_close(found["loss"], total, rtol=1e-5, atol=1e-6)


def test_a_copy_of_the_teacher_has_nothing_to_learn_from_it(corpus: Corpus) -> None:
    teacher = bert(len(corpus.tokens), 4)
    student = Student(bert(len(corpus.tokens), 4), ALL, teacher)
    model = Distillation({"student": student}, Teacher(teacher, None), Objective(2.0, -1, 4, None))
    made = batch(corpus, [0, 1])
    found = model(made, count([made]))
    for name in ("kl", "cosine", "hidden", "relation"):
        assert float(found[name].detach()) == pytest.approx(0.0, abs=1e-5)
    assert float(found["mlm"].detach()) > 1


def test_a_narrower_student_learns_through_a_projection(corpus: Corpus) -> None:
    model = distillation(corpus, width=16)
    found = gradients(model, [batch(corpus, [0, 1])])
    projection = found["students.student.projection.weight"]
    assert projection.shape == (32, 16)
    assert float(projection.abs().max()) > 0


def test_a_teacher_under_other_token_ids_teaches_the_same(corpus: Corpus) -> None:
    """The student's vocabulary in another order, as a cut vocabulary is."""
    words = len(corpus.tokens)
    order = torch.randperm(words, generator=torch.Generator().manual_seed(2))
    plain, moved = bert(words, 3), bert(words, 3)
    with torch.no_grad():
        for name in ("weight", "bias"):
            getattr(moved.cls.predictions.decoder, name)[order] = getattr(
                plain.cls.predictions.decoder, name
            ).clone()
    losses = []
    for teacher, ids in ((plain, None), (moved, order.numpy())):
        student = Student(bert(words, 2, seed=1), ALL, teacher)
        model = Distillation({"s": student}, Teacher(teacher, ids), Objective(2.0, -1, 4, None))
        made = batch(corpus, [0, 1, 2])
        losses.append(model(made, count([made])))
    for name, value in losses[0].items():
        torch.testing.assert_close(losses[1][name], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_the_parts_are_those_of_the_model_also_with_padding(
    corpus: Corpus, family: str, attention: str
) -> None:
    words = len(corpus.tokens)
    if family == "bert":
        model = bert(words, 2, attention=attention)
    else:
        torch.manual_seed(0)
        settings = DistilBertConfig(
            vocab_size=words, dim=32, n_layers=2, n_heads=4, hidden_dim=48,
            max_position_embeddings=64, dropout=0.0, attention_dropout=0.0,
        )  # fmt: skip
        model = DistilBertForMaskedLM._from_config(settings, attn_implementation=attention)
    made = batch(corpus, [0, 3, 7])
    assert not made.mask.all()
    expected = model(made.input_ids, attention_mask=made.mask).logits
    weight, bias = decoder(model)
    hidden = transform(model, encode(model, made.input_ids, made.mask)[-1])
    torch.testing.assert_close((hidden @ weight.t() + bias)[made.mask], expected[made.mask])


def test_layers_are_matched_evenly_with_both_ends() -> None:
    assert matched_layers(3, 6) == [(0, 0), (1, 2), (2, 4), (3, 6)]
    assert matched_layers(2, 2) == [(0, 0), (1, 1), (2, 2)]
    assert matched_layers(3, 12)[-1] == (3, 12)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_step_does_not_wait_for_the_device(corpus: Corpus, tmp_path: Path) -> None:
    model = distillation(corpus).cuda()
    assert model._teacher is not None
    model._teacher.model.cuda()
    made = batch(corpus, [0, 3]).pin_memory()
    counts = count([made]).cuda()
    model(made.to("cuda"), counts)["loss"].backward()  # kernels are loaded in the first pass
    torch.cuda.set_sync_debug_mode("error")
    try:
        model(made.to("cuda"), counts)["loss"].backward()
    finally:
        torch.cuda.set_sync_debug_mode("default")
