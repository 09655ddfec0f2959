"""A packed checkpoint is the same model in float16, with a card that says where it comes from."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForQuestionAnswering

from distill.config import PackConfig
from distill.finetune import finetune
from distill.finetune_config import FinetuneConfig
from distill.folder import hash_folder
from distill.pack import pack
from distill.student import make_student
from distill.student_config import StudentConfig
from tasks.squad import sample_path


@pytest.fixture(scope="module")
def trained(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    teacher = make_bert(folder / "teacher", max_position_embeddings=512)
    student = make_student(StudentConfig(teacher, folder / "student"))
    config = FinetuneConfig(
        student, folder / "run", (sample_path(),), teacher=(teacher,), questions=8, epochs=1
    )
    return finetune(config, lambda progress: None).folder


def packing(trained: Path, out: Path) -> PackConfig:
    return PackConfig(trained, out, "apache-2.0", "cc-by-sa-4.0", (sample_path(),))


def test_it_is_the_same_model_in_half_the_bytes(trained: Path, tmp_path: Path) -> None:
    out = pack(packing(trained, tmp_path / "model"), lambda done, total: None)
    before, after = (load_file(folder / "model.safetensors") for folder in (trained, out))
    assert all(torch.equal(value.half(), after[name]) for name, value in before.items())
    found = json.loads((out / "distill.json").read_text())["pack"]["scores"]["sample.json"]
    assert found["f1_low"] <= found["f1"] <= found["f1_high"]
    AutoModelForQuestionAnswering.from_pretrained(out)
    card = (out / "README.md").read_text(encoding="utf-8")
    for part in (
        "license: apache-2.0",
        "data_license: cc-by-sa-4.0",
        "49 questions of `sample.json`",
        "## How `student`, the student, was made",
        "distilled from `teacher`",
    ):
        assert part in card, part


def test_the_card_says_what_the_author_says_and_how_long_it_took(
    trained: Path, tmp_path: Path
) -> None:
    about = tmp_path / "about.md"
    about.write_text("## Limits\n\nEnglish only.\n", encoding="utf-8")
    config = replace(packing(trained, tmp_path / "model"), about=about, eval_data=())
    card = (pack(config, lambda done, total: None) / "README.md").read_text(encoding="utf-8")
    assert "## Limits\n\nEnglish only.\n" in card
    assert re.search(r"\d updates on 0\.0\d M tokens took 0\.0\d hours", card), card
    with pytest.raises(FileNotFoundError, match="nowhere"):
        pack(replace(config, about=tmp_path / "nowhere.md", force=True), lambda done, total: None)
    assert (config.out / "README.md").is_file()


def test_unanswerable_questions_get_the_best_threshold_and_it_is_told(
    trained: Path, tmp_path: Path
) -> None:
    data = json.loads(sample_path().read_text(encoding="utf-8"))
    for paragraph in (p for article in data["data"] for p in article["paragraphs"]):
        for question in paragraph["qas"][1:]:
            question |= {"answers": [], "is_impossible": True}
    path = tmp_path / "two.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    config = replace(packing(trained, tmp_path / "model"), eval_data=(path, sample_path()))
    done: list[tuple[int, int]] = []
    out = pack(config, lambda count, total: done.append((count, total)))
    scores = json.loads((out / "distill.json").read_text())["pack"]["scores"]
    assert set(scores) == {"two.json", "sample.json"}
    assert scores["two.json"]["f1"] > 50  # most of them have no answer
    threshold = scores["two.json"]["tuned_null_threshold"]
    assert (
        f"null threshold {threshold:.2f}, the best for this data" in (out / "README.md").read_text()
    )
    assert "tuned_null_threshold" not in scores["sample.json"]
    assert done[-1] == (98, 98)


def test_what_cannot_be_packed_is_refused(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"has no distill\.json"):
        pack(packing(tmp_path, tmp_path / "model"), lambda done, total: None)
    weights = load_file(trained / "model.safetensors")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in trained.iterdir():
        (damaged / path.name).write_bytes(path.read_bytes())
    name = next(iter(weights))
    save_file({**weights, name: weights[name] * 1e9}, damaged / "model.safetensors")
    with pytest.raises(ValueError, match=f"{name} holds values that float16 cannot"):
        pack(packing(damaged, tmp_path / "model"), lambda done, total: None)
    assert not (tmp_path / "model").exists()


def changed(trained: Path, out: Path, part: str, **values: Any) -> Path:
    """A copy of a checkpoint whose record says something else."""
    shutil.copytree(trained, out)
    record = json.loads((out / "distill.json").read_text())
    record[part] |= values
    (out / "distill.json").write_text(json.dumps(record))
    return out


def test_the_null_threshold_of_the_training_counts(trained: Path, tmp_path: Path) -> None:
    best = {"update": 1, "eval_f1": 1.0, "eval_null_threshold": -1e9}
    source = changed(trained, tmp_path / "two", "metrics", best=best)
    out = pack(packing(source, tmp_path / "model"), lambda done, total: None)
    scores = json.loads((out / "distill.json").read_text())["pack"]["scores"]["sample.json"]
    assert scores["f1"] == 0.0  # with such a threshold nothing is answered


def test_several_runs_and_classifiers_are_not_scored_as_one_reader(
    trained: Path, tmp_path: Path
) -> None:
    several = changed(trained, tmp_path / "several", "metrics", median="seed-2")
    with pytest.raises(ValueError, match=r"holds several runs; pack one, such as .*seed-2"):
        pack(packing(several, tmp_path / "model"), lambda done, total: None)
    classifier = changed(trained, tmp_path / "classifier", "config", task="sst2")
    with pytest.raises(ValueError, match=r"was trained for sst2; leave it out"):
        pack(packing(classifier, tmp_path / "model"), lambda done, total: None)
    assert not (tmp_path / "model").exists()


def test_runs_from_one_start_are_averaged(trained: Path, tmp_path: Path) -> None:
    record = json.loads((trained / "distill.json").read_text())
    start = trained.parent / "student"
    again = FinetuneConfig(
        start, tmp_path / "again", (sample_path(),), questions=8, epochs=1, seed=7
    )
    other = finetune(again, lambda progress: None).folder
    config = replace(packing(trained, tmp_path / "model"), average=(other,))
    out = pack(config, lambda done, total: None)
    one, two, mean = (load_file(f / "model.safetensors") for f in (trained, other, out))
    assert any(not torch.equal(one[name], two[name]) for name in one)
    for name, value in mean.items():
        assert torch.equal(value, ((one[name] + two[name]) / 2).half()), name
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "the mean of 2 runs, of the seeds 42, 7" in card
    assert "When chosen" not in card
    found = json.loads((out / "distill.json").read_text())["pack"]
    assert found["records"]["average-1"]["config"]["seed"] == 7
    assert found["inputs"]["average-1"] != found["inputs"]["checkpoint"]
    assert record["config"] == json.loads((out / "distill.json").read_text())["config"]


def test_an_ancestor_with_several_places_is_told_of_once(trained: Path, tmp_path: Path) -> None:
    start = trained.parent / "student"
    taught = FinetuneConfig(
        start,
        tmp_path / "taught",
        (sample_path(),),
        teacher=(start,),
        questions=8,
        epochs=1,
        seed=7,
    )
    other = finetune(taught, lambda progress: None).folder
    config = replace(packing(trained, tmp_path / "model"), average=(other,))
    packed = pack(config, lambda done, total: None)

    def places(value: Any) -> int:
        if not isinstance(value, dict):
            return 0
        return (value.get("command") == "student") + sum(map(places, value.values()))

    for folder in (other, packed):
        record = json.loads((folder / "distill.json").read_text())
        assert places(record) == 1
        card = (folder / "README.md").read_text(encoding="utf-8")
        assert card.count("## How ") == 1
        assert "## How `student`, the student, was made" in card
    averaged = json.loads((packed / "distill.json").read_text())["pack"]["records"]["average-1"]
    assert averaged["inputs"]["teacher"] == averaged["inputs"]["student"] == hash_folder(start)


def test_records_of_an_older_pack_are_read(trained: Path, tmp_path: Path) -> None:
    """Before runs could be averaged a pack had no records of its own."""
    old = pack(packing(trained, tmp_path / "old"), lambda done, total: None)
    record = json.loads((old / "distill.json").read_text())
    del record["pack"]["records"]
    (old / "distill.json").write_text(json.dumps(record))
    again = FinetuneConfig(old, tmp_path / "run", (sample_path(),), questions=8, epochs=1)
    run = finetune(again, lambda progress: None).folder
    found = json.loads((run / "distill.json").read_text())["inputs"]["records"]["student"]
    assert found["pack"]["config"] == record["pack"]["config"]


def test_runs_of_another_start_are_not_averaged(trained: Path, tmp_path: Path) -> None:
    inputs = {"student": {"model.safetensors": "0" * 64}}
    other = changed(trained, tmp_path / "other", "inputs", **inputs)
    with pytest.raises(ValueError, match="did not start from the same weights"):
        pack(
            replace(packing(trained, tmp_path / "model"), average=(other,)),
            lambda done, total: None,
        )
    assert not (tmp_path / "model").exists()
