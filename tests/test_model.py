"""Checkpoints load with the head that is asked for; a new head depends on its seed alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from distill.model import (
    checkpoint_labels,
    label_order,
    load_classifier,
    load_model,
    load_teacher_classifier,
)
from distill.student import make_student
from distill.student_config import StudentConfig

CPU = torch.device("cpu")
LABELS = ("ham", "spam", "eggs")


@pytest.fixture(scope="module")
def bert(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("bert"), layers=1)


@pytest.fixture(scope="module")
def classifier(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier")
    load_classifier(bert, CPU, LABELS, seed=3).save_pretrained(folder)
    (folder / "vocab.txt").write_bytes((bert / "vocab.txt").read_bytes())
    return folder


def test_the_body_is_the_checkpoints_and_the_head_is_seeded(bert: Path) -> None:
    torch.manual_seed(1)
    one = load_classifier(bert, CPU, LABELS, seed=7)
    state = torch.get_rng_state()
    torch.manual_seed(2)
    again = load_classifier(bert, CPU, LABELS, seed=7)
    other = load_classifier(bert, CPU, LABELS, seed=8)
    torch.manual_seed(1)
    assert torch.equal(state, torch.get_rng_state())  # and nobody else's random numbers change
    for name, weight in load_file(bert / "model.safetensors").items():
        if name.startswith("bert."):
            assert torch.equal(one.state_dict()[name], weight)
    for name in ("classifier.weight", "bert.pooler.dense.weight"):
        assert torch.equal(one.state_dict()[name], again.state_dict()[name])
        assert not torch.equal(one.state_dict()[name], other.state_dict()[name])
    assert float(one.classifier.weight.detach().std()) == pytest.approx(0.02, rel=0.3)


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_both_families_get_a_question_answering_head_from_the_seed(
    bert: Path, tmp_path: Path, family: str
) -> None:
    folder = make_student(StudentConfig(bert, tmp_path / "s", (0,), family=family, head="none"))
    heads = [load_model(folder, CPU, seed=seed).qa_outputs.weight for seed in (1, 1, 2)]
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_loading_says_nothing(
    bert: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    load_classifier(bert, CPU, LABELS)
    captured = capfd.readouterr()
    assert (captured.out, captured.err, caplog.text) == ("", "", "")


def test_a_classifier_keeps_its_weights_in_the_order_of_the_labels(classifier: Path) -> None:
    assert checkpoint_labels(classifier) == list(LABELS)
    before = load_file(classifier / "model.safetensors")
    model = load_classifier(classifier, CPU, ("eggs", "ham", "spam"))
    assert torch.equal(model.classifier.weight, before["classifier.weight"][[2, 0, 1]])
    assert torch.equal(model.classifier.bias, before["classifier.bias"][[2, 0, 1]])
    assert model.config.id2label == {0: "eggs", 1: "ham", 2: "spam"}
    assert model.config.label2id == {"eggs": 0, "ham": 1, "spam": 2}


def test_other_labels_start_a_new_last_layer(classifier: Path, tmp_path: Path) -> None:
    model = load_classifier(classifier, CPU, ("yes", "no"), seed=1)
    assert model.classifier.weight.shape == (2, 32)
    pooler = load_file(classifier / "model.safetensors")["bert.pooler.dense.weight"]
    assert torch.equal(model.bert.pooler.dense.weight, pooler)
    model.save_pretrained(tmp_path / "two")
    assert checkpoint_labels(tmp_path / "two") == ["yes", "no"]
    number = load_classifier(classifier, CPU, ())
    assert number.classifier.weight.shape == (1, 32)
    assert number.config.problem_type == "regression"


def test_a_teacher_has_the_tasks_labels_or_is_refused(bert: Path, classifier: Path) -> None:
    assert not load_teacher_classifier(classifier, CPU, LABELS[::-1]).training
    with pytest.raises(ValueError, match=r"has the labels ham, spam, eggs, but is asked for a, b"):
        load_teacher_classifier(classifier, CPU, ("a", "b"))
    with pytest.raises(ValueError, match=r"has no classifier.*fine-tune it"):
        load_teacher_classifier(bert, CPU, LABELS)
    with pytest.raises(ValueError, match=r"asked for one number \(regression\)"):
        load_teacher_classifier(classifier, CPU, ())


def test_unnamed_labels_are_taken_as_they_come() -> None:
    assert label_order(["LABEL_0", "LABEL_1"], ("no", "yes")) == [0, 1]
    assert label_order(["LABEL_0", "LABEL_1"], ("no", "yes", "other")) is None
    assert label_order(["LABEL_0"], ()) == [0]
    assert label_order(["a", "b"], ("b", "a")) == [1, 0]


def test_dropout_is_replaced_everywhere(bert: Path, classifier: Path) -> None:
    for model in (load_model(bert, CPU, 0.3), load_classifier(classifier, CPU, LABELS, 0.3)):
        rates = {m.p for m in model.modules() if isinstance(m, torch.nn.Dropout)}
        assert rates == {0.3}
