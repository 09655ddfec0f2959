"""Fine-tuning on labels and numbers: it learns, listens to a teacher, resumes and stops early."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

from distill.batches import label_examples
from distill.finetune import finetune, median_run
from distill.finetune_config import FinetuneConfig
from distill.job import Progress
from distill.model import load_classifier
from distill.predict import predict_labels
from distill.student import make_student
from distill.student_config import StudentConfig
from tasks.classification import class_ids, label_names, read_labelled
from tasks.tokenizer import load_tokenizer

ROOT = Path(__file__).resolve().parents[1]
LETTERS = "abc"


@pytest.fixture(scope="module")
def bert(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("bert"), layers=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 texts of one letter each; the letter is the label, and "c" is rare."""
    rows = ["text\tpair\tlabel\tlength"]
    for number in range(48):
        letter = LETTERS[0 if number % 2 else 1 if number % 3 else 2]
        size = 1 + number % 5
        rows.append(f"{' '.join(letter * size)}\tis it?\t{letter} x\t{size}")
    path = tmp_path_factory.mktemp("data") / "letters.tsv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def config(bert: Path, data: Path, tmp_path: Path) -> FinetuneConfig:
    return FinetuneConfig(
        bert,
        tmp_path / "run",
        (data,),
        (data,),
        task="classification",
        epochs=2,
        batch_size=8,
        dropout=0.0,
        precision="fp32",
        learning_rate=3e-3,
        max_length=16,
        save_every=2,
    )


def ignore(progress: Progress) -> None:
    """Nobody looks."""


def updates(seen: list[Progress]) -> list[Progress]:
    """Without notes and scores."""
    return [progress for progress in seen if progress.losses]


def same(one: Path, other: Path) -> bool:
    left, right = (load_file(folder / "model.safetensors") for folder in (one, other))
    return left.keys() == right.keys() and all(torch.equal(left[n], right[n]) for n in left)


def test_it_learns_classes_and_names_them(config: FinetuneConfig) -> None:
    found = finetune(replace(config, epochs=8), ignore)
    assert found.scores["score"] == found.scores["accuracy"] > 95
    model = AutoModelForSequenceClassification.from_pretrained(found.folder)
    assert model.config.id2label == {0: "a x", 1: "b x", 2: "c x"}
    assert model.config.problem_type == "single_label_classification"
    card = (found.folder / "README.md").read_text()
    assert "Text classification (classification) into 3 labels, a x, b x, c x" in card
    assert f"accuracy {found.scores['accuracy']:.2f}, macro f1" in card
    assert "on 48 examples of `letters.tsv`" in card
    record = json.loads((found.folder / "distill.json").read_text())
    assert record["metrics"]["best"]["eval_accuracy"] == found.scores["accuracy"]
    assert str(config.out.parent) not in json.dumps(record)


def test_it_learns_numbers(config: FinetuneConfig) -> None:
    numbers = replace(config, task="regression", label_column="length", epochs=8)
    found = finetune(numbers, ignore)
    assert found.scores["pearson"] > 80
    assert found.scores["score"] == (found.scores["pearson"] + found.scores["spearman"]) / 2


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_student_is_brought_to_its_teacher(
    config: FinetuneConfig, tmp_path: Path, task: str
) -> None:
    column = "label" if task == "classification" else "length"
    config = replace(config, task=task, label_column=column)
    teacher = finetune(replace(config, epochs=4, out=tmp_path / "teacher"), ignore).folder
    student = make_student(StudentConfig(teacher, tmp_path / "student", (0,)))
    seen: list[Progress] = []
    taught = replace(
        config, student=student, teacher=(teacher,), weight_task=0.0, weight_kl=1.0, epochs=4
    )
    finetune(replace(taught, weight_cosine=1.0), seen.append)
    losses = [progress.losses for progress in updates(seen)]
    assert losses[-1]["kl"] < 0.5 * losses[0]["kl"]
    assert losses[-1]["cosine"] < losses[0]["cosine"]
    assert losses[0]["loss"] == pytest.approx(losses[0]["kl"] + losses[0]["cosine"], rel=1e-5)


def test_a_teacher_reads_the_tokens_of_a_student_with_fewer_of_them(
    config: FinetuneConfig, tmp_path: Path, data: Path
) -> None:
    teacher = finetune(replace(config, out=tmp_path / "teacher"), ignore).folder
    cut = StudentConfig(
        teacher, tmp_path / "cut", (0, 1), family="bert", head="classification", vocab_from=(data,)
    )
    student = make_student(cut)
    tokens = len((student / "vocab.txt").read_text(encoding="utf-8").splitlines())
    assert tokens <= len((teacher / "vocab.txt").read_text(encoding="utf-8").splitlines())
    # Reversed, the ids of the two differ for sure.
    reverse_vocabulary(student)
    seen: list[Progress] = []
    finetune(replace(config, student=student, teacher=(teacher,), epochs=1), seen.append)
    # The same weights under other ids: the KL is zero before the first step.
    assert updates(seen)[0].losses["kl"] == pytest.approx(0, abs=1e-6)


def reverse_vocabulary(folder: Path) -> None:
    """The same tokens and weights with the ids counted from the other end."""
    words = (folder / "vocab.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
    (folder / "vocab.txt").write_text("\n".join(words[::-1]) + "\n", encoding="utf-8")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink(missing_ok=True)
    weights = load_file(folder / "model.safetensors")
    key = "bert.embeddings.word_embeddings.weight"
    weights[key] = weights[key].flip(0).contiguous()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["pad_token_id"] = len(words) - 1
    (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("at", [1, 2, 9])
def test_an_interrupted_run_ends_with_the_same_bits(config: FinetuneConfig, at: int) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.update == at and progress.losses:
            raise KeyboardInterrupt

    config = replace(config, dropout=0.1, eval_every=3)
    straight = finetune(replace(config, out=config.out.with_name("straight")), ignore)
    with pytest.raises(KeyboardInterrupt):
        finetune(config, interrupt)
    found = finetune(config, ignore)
    assert same(straight.folder, found.folder)
    assert (straight.update, straight.scores) == (found.update, found.scores)


def test_two_ranks_end_with_the_weights_of_one(config: FinetuneConfig, tmp_path: Path) -> None:
    # 49 examples: the last batch has one, so the second rank has none of it.
    text = config.data[0].read_text() + "c\tis it?\tc x\t1\n"
    data = tmp_path / "odd.tsv"
    data.write_text(text)
    config = replace(config, data=(data,), epochs=1, learning_rate=1e-3, class_weights="balanced")
    alone = finetune(replace(config, out=tmp_path / "alone"), ignore).folder
    script = tmp_path / "ranks.py"
    script.write_text(
        "import pickle, sys\n"
        "from distill.finetune import finetune\n"
        "config = pickle.load(open(sys.argv[1], 'rb'))\n"
        "finetune(config, lambda progress: None)\n"
    )
    (tmp_path / "config.pkl").write_bytes(pickle.dumps(config))
    command = [*("-m", "torch.distributed.run", "--nproc_per_node=2", "--standalone")]
    subprocess.run(
        [sys.executable, *command, script, tmp_path / "config.pkl"],
        cwd=ROOT,
        check=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
    )
    for name, weight in load_file(alone / "model.safetensors").items():
        torch.testing.assert_close(
            load_file(config.out / "model.safetensors")[name], weight, atol=2e-5, rtol=1e-3
        )


def test_it_stops_when_nothing_gets_better(config: FinetuneConfig) -> None:
    seen: list[Progress] = []
    wild = replace(config, learning_rate=1.0, clip=1e9, eval_every=1, patience=3, epochs=3)
    found = finetune(wild, seen.append)
    assert max(progress.update for progress in seen) == found.update + 3 < 18


def test_rare_classes_count_more_where_asked(config: FinetuneConfig) -> None:
    """The first loss is the mean over classes of the new model's loss on each class."""
    whole = replace(config, batch_size=48, epochs=1)
    items = read_labelled(config.data)
    labels = label_names(items)
    classes = torch.tensor(class_ids(items, labels))
    model = load_classifier(
        Path(config.student), torch.device("cpu"), labels, 0.0, seed=config.seed
    )
    tokenizer = load_tokenizer(Path(config.student))
    examples = label_examples(items, classes.tolist(), tokenizer, config.max_length)
    logits = torch.from_numpy(predict_labels(model.eval(), examples, tokenizer.pad_id))
    single = torch.nn.functional.cross_entropy(logits, classes, reduction="none")
    expected = {
        "none": single.mean(),
        "balanced": torch.stack([single[classes == c].mean() for c in range(3)]).mean(),
    }
    assert sorted(classes.bincount().tolist()) == [8, 16, 24]
    for weights, loss in expected.items():
        seen: list[Progress] = []
        out = config.out.with_name(weights)
        finetune(replace(whole, class_weights=weights, out=out), seen.append)
        assert updates(seen)[0].losses["loss"] == pytest.approx(float(loss), rel=1e-4)


def test_frozen_parts_stay(config: FinetuneConfig) -> None:
    before = load_file(Path(config.student) / "model.safetensors")
    for part, kept in (("embeddings", "embeddings."), ("encoder", "")):
        found = finetune(replace(config, freeze=part, out=config.out.with_name(part)), ignore)
        after = load_file(found.folder / "model.safetensors")
        for name, weight in before.items():
            if name.startswith("bert."):
                frozen = name.removeprefix("bert.").startswith(kept)
                assert torch.equal(after[name], weight) == frozen, name


def test_several_seeds_name_their_median(config: FinetuneConfig) -> None:
    def interrupt(progress: Progress) -> None:
        if (
            progress.scores is not None
            and (config.out.with_name("run.partial") / "seed-1").is_dir()
        ):
            raise KeyboardInterrupt

    several = replace(config, seeds=(1, 2, 3), epochs=1)
    with pytest.raises(KeyboardInterrupt):
        finetune(several, interrupt)
    with pytest.raises(ValueError, match=r"unfinished run that differs: epochs was 1 and is 2"):
        finetune(replace(several, epochs=2), ignore)
    found = finetune(several, ignore)
    record = json.loads((config.out / "distill.json").read_text())["metrics"]
    assert found.folder == config.out / record["median"]
    accuracies = [record["seeds"][f"seed-{seed}"]["eval_accuracy"] for seed in (1, 2, 3)]
    assert found.scores["accuracy"] == sorted(accuracies)[1]
    assert {path.name for path in config.out.iterdir()} == {
        *("seed-1", "seed-2", "seed-3", "distill.json", "README.md")
    }
    assert f"**{record['median']}** (median)" in (config.out / "README.md").read_text()
    alone = finetune(replace(config, epochs=1, seed=2, out=config.out.with_name("two")), ignore)
    assert same(alone.folder, config.out / "seed-2")


def test_the_median_is_a_run_that_exists() -> None:
    assert median_run({"a": 3.0, "b": 1.0, "c": 2.0}) == "c"
    assert median_run({"a": 3.0, "b": 1.0, "c": 2.0, "d": 2.5}) == "c"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"text_column": "body"}, r"columns body were not found among the columns text, pair"),
        ({"label_column": "pair"}, r"every one of the 48 examples has the label 'is it\?'"),
        ({"task": "regression"}, r"line 2: label 'c x' is not a number"),
        ({"task": "sst2", "text_column": "text"}, r"label 'c x' is not one of the 2 known labels"),
        ({"data": (Path("nowhere.tsv"),)}, r"nowhere\.tsv"),
        ({"max_length": 512}, r"takes at most 128 tokens"),
    ],
)
def test_data_that_does_not_fit_is_refused(
    config: FinetuneConfig, changes: dict[str, Any], found: str
) -> None:
    with pytest.raises((ValueError, FileNotFoundError), match=found):
        finetune(replace(config, **changes), ignore)
    assert not config.out.with_name("run.partial").exists()


def test_a_folder_of_texts_is_data_and_a_changed_text_is_seen(
    config: FinetuneConfig, tmp_path: Path
) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.losses:
            raise KeyboardInterrupt

    folder = tmp_path / "train"
    for label in ("neg", "pos"):
        (folder / label).mkdir(parents=True)
        (folder / label / "0.txt").write_text(label)
    imdb = replace(config, task="imdb", data=(folder,), eval_data=(folder,))
    with pytest.raises(KeyboardInterrupt):
        finetune(imdb, interrupt)
    (folder / "pos" / "0.txt").write_text("changed")
    with pytest.raises(ValueError, match="unfinished run that differs: data was"):
        finetune(imdb, ignore)
    (folder / "pos" / "0.txt").write_text("pos")
    assert set(finetune(imdb, ignore).scores) == {"score", "accuracy"}


def test_files_of_one_name_are_all_recorded(config: FinetuneConfig, tmp_path: Path) -> None:
    other = tmp_path / "more" / config.data[0].name
    other.parent.mkdir()
    other.write_text(config.data[0].read_text() + "a\tis it?\ta x\t1\n")
    found = finetune(replace(config, data=(*config.data, other), epochs=1), ignore)
    record = json.loads((found.folder / "distill.json").read_text())
    hashes = record["inputs"]["data"]
    assert list(hashes) == ["letters.tsv", "letters.tsv+"]
    assert len(set(hashes.values())) == 2
    assert record["metrics"]["windows"] == 97


def test_a_teacher_of_other_labels_is_refused(
    config: FinetuneConfig, bert: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"has no classifier.*fine-tune it on the same task"):
        finetune(replace(config, teacher=(bert,)), ignore)
    other = finetune(
        replace(config, label_column="length", epochs=1, out=tmp_path / "other"), ignore
    )
    with pytest.raises(ValueError, match=r"has the labels 1, 2, 3, 4, 5, but is asked for a x"):
        finetune(replace(config, teacher=(other.folder,)), ignore)
