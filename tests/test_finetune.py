"""Fine-tuning learns, listens to its teacher, survives kill -9 and leaves nothing half-written."""

import json
import math
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForQuestionAnswering, GPT2Config

from distill.finetune import finetune
from distill.finetune_config import FinetuneConfig
from distill.job import Progress
from distill.student import make_student
from distill.student_config import StudentConfig

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def teacher(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bert(tmp_path_factory.mktemp("teacher"))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """32 questions on short passages: 8 updates of 4."""
    paragraphs = []
    for number in range(32):
        answer = "abcdefgh"[number % 8] * (1 + number % 3)
        context = f"{'it is ' * (number % 4)}in {answer} now"
        entry = {
            "id": str(number),
            "question": "where?",
            "answers": [{"text": answer, "answer_start": context.index(f" {answer} ") + 1}],
        }
        paragraphs.append({"context": context, "qas": [entry]})
    path = tmp_path_factory.mktemp("data") / "short.json"
    path.write_text(json.dumps({"data": [{"title": "", "paragraphs": paragraphs}]}))
    return path


@pytest.fixture
def config(teacher: Path, data: Path, tmp_path: Path) -> FinetuneConfig:
    return FinetuneConfig(
        student=teacher,
        out=tmp_path / "run",
        data=(data,),
        max_length=128,
        epochs=1,
        batch_size=4,
        save_every=2,
        dropout=0.1,
        precision="fp32",
        learning_rate=1e-3,
    )


def run(config: FinetuneConfig) -> tuple[Path, list[Progress]]:
    """The folder, and what was reported of each update."""
    seen: list[Progress] = []
    folder = finetune(config, seen.append).folder
    return folder, [progress for progress in seen if progress.losses]


def losses(seen: list[Progress]) -> list[float]:
    return [progress.losses["loss"] for progress in seen]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def same(one: Path, other: Path) -> bool:
    left, right = weights(one), weights(other)
    return all(torch.equal(left[name], right[name]) for name in left)


def test_it_writes_a_checkpoint_that_transformers_loads(config: FinetuneConfig) -> None:
    found = finetune(replace(config, eval_data=config.data, eval_questions=3), lambda _: None)
    out = found.folder
    AutoModelForQuestionAnswering.from_pretrained(out)
    names = {path.name for path in out.iterdir()}
    assert {"config.json", "vocab.txt", "distill.json", "README.md", "metrics.jsonl"} <= names
    record = json.loads((out / "distill.json").read_text())
    assert record["metrics"]["best"]["eval_f1"] == found.scores["f1"]
    assert record["config"]["data"] == ["short.json"]
    assert record["inputs"]["data"]["short.json"]
    assert str(config.out.parent) not in (out / "distill.json").read_text()
    card = (out / "README.md").read_text()
    assert f"F1 {found.scores['f1']:.2f}" in card
    assert "license" not in card  # nobody stated one
    assert [path.name for path in out.parent.iterdir()] == ["run"]


def test_it_learns(config: FinetuneConfig) -> None:
    _, seen = run(replace(config, epochs=10, dropout=0.0, learning_rate=3e-3))
    assert sum(losses(seen)[-5:]) < 0.6 * sum(losses(seen)[:5])


def test_a_second_distillation_brings_the_student_to_its_teacher(
    config: FinetuneConfig, teacher: Path, tmp_path: Path
) -> None:
    student = make_student(StudentConfig(teacher, tmp_path / "student", (0, 1, 2)))
    taught = replace(
        config,
        student=student,
        teacher=(teacher,),
        weight_task=0.0,
        weight_kl=1.0,
        weight_cosine=1.0,
        dropout=0.0,
        epochs=4,
    )
    _, seen = run(taught)
    assert losses(seen)[-1] < 0.5 * losses(seen)[0]
    assert set(seen[0].losses) == {"loss", "task", "kl", "cosine"}


def test_of_several_teachers_the_mean_is_learnt(
    config: FinetuneConfig, make_bert: Callable[..., Path], tmp_path: Path
) -> None:
    """Learning from A and B at once, the first update's KL is that to the mean of their logits."""
    teachers = [make_bert(tmp_path / name, seed=seed) for seed, name in enumerate("ab", 5)]
    mean = make_bert(tmp_path / "mean", seed=5)
    heads = [weights(folder) for folder in teachers]
    body = {k: v for k, v in heads[0].items() if not k.startswith("qa_outputs")}
    for folder, head in zip(teachers, heads, strict=True):  # one body, so that a mean head exists
        save_file({**head, **body}, folder / "model.safetensors", metadata={"format": "pt"})
    outputs = {k: (heads[0][k] + heads[1][k]) / 2 for k in heads[0] if k.startswith("qa_outputs")}
    save_file({**body, **outputs}, mean / "model.safetensors", metadata={"format": "pt"})
    taught = replace(config, dropout=0.0, teacher=tuple(teachers), weight_cosine=1.0)
    out, both = run(replace(taught, out=tmp_path / "both"))
    _, one = run(replace(taught, teacher=(mean,), out=tmp_path / "one"))
    assert losses(both) == pytest.approx(losses(one), rel=1e-4)
    record = json.loads((out / "distill.json").read_text())
    assert record["config"]["teacher"] == ["a", "b"]
    assert {"teacher-1", "teacher-2"} <= set(record["inputs"])
    assert "distilled from `a`, `b`" in (out / "README.md").read_text()


def test_the_gradient_does_not_depend_on_how_an_update_is_cut(
    config: FinetuneConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    gradients: list[list[torch.Tensor]] = []

    def record(parameters: Iterable[torch.Tensor], limit: float) -> None:
        gradients.append([p.grad.clone() for p in parameters if p.grad is not None])

    monkeypatch.setattr("torch.nn.utils.clip_grad_norm_", record)
    still = replace(config, dropout=0.0)
    for size, passes in ((32, 1), (5, 7)):
        run(replace(still, batch_size=size, accumulation=passes, out=config.out / str(size)))
    whole, parts = gradients
    for one, other in zip(whole, parts, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_a_run_killed_at_any_moment_ends_with_the_same_bits(
    config: FinetuneConfig, tmp_path: Path
) -> None:
    scored = replace(config, eval_data=config.data, eval_questions=2, eval_every=3)
    straight, seen = run(replace(scored, out=tmp_path / "straight"))
    assert len(seen) > 6
    # The child kills itself with SIGKILL in the middle of the fifth update.
    script = (
        "import os, signal, sys, pickle, torch\n"
        "from distill.finetune import finetune\n"
        "config = pickle.load(sys.stdin.buffer)\n"
        "torch.nn.utils.clip_grad_norm_ = lambda *a, seen=[], "
        "f=torch.nn.utils.clip_grad_norm_: (seen.append(1), "
        "os.kill(os.getpid(), signal.SIGKILL) if len(seen) == 5 else f(*a))[1]\n"
        "finetune(config, lambda progress: None)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", script], input=pickle.dumps(scored), cwd=ROOT, timeout=120
    )
    assert killed.returncode == -9
    assert not scored.out.exists()
    out, rest = run(scored)
    assert rest[0].update == 5
    assert same(straight, out)
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    lines = [line for line in lines if "loss" in line]
    assert [line["update"] for line in lines] == [p.update for p in seen]
    assert [line["loss"] for line in lines] == losses(seen)


def test_a_run_ends_where_it_is_told_to_as_the_whole_one_was_there(config: FinetuneConfig) -> None:
    scored = replace(config, eval_data=config.data, eval_questions=2, eval_every=3)
    _, seen = run(replace(scored, out=config.out.with_name("whole")))
    found = finetune(replace(scored, stop_after=5), lambda progress: None)
    lines = [json.loads(line) for line in (found.folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["loss"] for line in lines if "loss" in line] == losses(seen)[:5]
    assert [line["update"] for line in lines if "eval/f1" in line] == [3, 5]
    record = json.loads((found.folder / "distill.json").read_text())
    assert record["metrics"]["updates"] == record["config"]["stop_after"] == 5


def test_an_interrupted_run_may_be_told_to_end_earlier(config: FinetuneConfig) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.update == 3 and progress.losses:
            raise KeyboardInterrupt

    straight, _ = run(replace(config, stop_after=6, out=config.out.with_name("straight")))
    with pytest.raises(KeyboardInterrupt):
        finetune(config, interrupt)
    out, _ = run(replace(config, stop_after=6))
    assert same(straight, out)


@pytest.mark.parametrize("at", [1, 2, 3, 6])
def test_an_interrupted_run_continues_from_its_last_state(config: FinetuneConfig, at: int) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.update == at and progress.losses:
            raise KeyboardInterrupt

    straight, _ = run(replace(config, out=config.out.with_name("straight")))
    with pytest.raises(KeyboardInterrupt):
        finetune(config, interrupt)
    out, _ = run(config)
    assert same(straight, out)


def test_squad_2_finds_its_null_threshold(config: FinetuneConfig, tmp_path: Path) -> None:
    document = json.loads(config.data[0].read_text())
    for number, paragraph in enumerate(document["data"][0]["paragraphs"]):
        if number % 2:
            paragraph["qas"][0] |= {"is_impossible": True, "answers": []}
    path = tmp_path / "two.json"
    path.write_text(json.dumps(document))
    two = replace(config, task="squad2", data=(path,), eval_data=(path,), eval_questions=6)
    found = finetune(two, lambda _: None)
    assert set(found.scores) == {
        *("f1", "exact_match", "has_answer_f1", "no_answer_f1", "null_threshold")
    }
    # Answering nothing is right for half of the questions; the best threshold is no worse.
    assert found.scores["f1"] >= 50
    assert "null threshold" in (found.folder / "README.md").read_text()


def test_guessed_places_count_for_the_teacher_only(
    config: FinetuneConfig, teacher: Path, tmp_path: Path
) -> None:
    document = json.loads(config.data[0].read_text())
    for paragraph in document["data"][0]["paragraphs"]:
        paragraph["qas"][0]["offset"] = "heuristic"
    path = tmp_path / "guesses.json"
    path.write_text(json.dumps(document))
    guesses = replace(config, data=(path,), dropout=0.0, hard_labels="certain")
    _, seen = run(guesses)
    assert losses(seen) == [0.0] * 8
    student = make_student(StudentConfig(teacher, tmp_path / "student", (0, 1)))
    _, seen = run(replace(guesses, student=student, teacher=(teacher,), out=tmp_path / "taught"))
    assert all(p.losses["task"] == 0 and p.losses["kl"] > 0 for p in seen)


def test_another_run_in_the_working_folder_is_not_touched(config: FinetuneConfig) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.losses:
            raise KeyboardInterrupt

    notes: list[Progress] = []
    with pytest.raises(KeyboardInterrupt):
        finetune(config, interrupt)
    with pytest.raises(ValueError, match=r"seed was 42 and is 7.*--force"):
        finetune(replace(config, seed=7), notes.append)
    assert notes == []  # before the data are read
    out, _ = run(replace(config, seed=7, force=True))
    assert out.is_dir()


def test_an_existing_output_is_refused(config: FinetuneConfig) -> None:
    config.out.mkdir()
    with pytest.raises(FileExistsError, match="--force"):
        run(config)


def test_a_loss_that_is_no_number_stops_before_it_is_used(
    config: FinetuneConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "distill.finetune_model.span_cross_entropy",
        lambda *a: torch.tensor(math.nan, requires_grad=True),
    )
    with pytest.raises(ValueError, match=r"not finite at update 1 \(loss nan\).*learning rate"):
        run(config)
    assert not config.out.exists()


def test_a_full_disk_keeps_the_older_state(
    config: FinetuneConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    straight, _ = run(replace(config, out=config.out.with_name("straight")))
    save, calls = torch.save, []

    def full(state: Any, file: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            file.write(b"half")
            raise OSError(28, "No space left on device")
        save(state, file)

    monkeypatch.setattr("distill.state.torch.save", full)
    with pytest.raises(OSError, match=r"update 4.*No space left.*repeat the command"):
        run(config)
    states = config.out.with_name("run.partial") / "state"
    assert [path.name for path in states.iterdir()] == ["2.pt"]
    out, seen = run(config)
    assert seen[0].update == 3
    assert same(straight, out)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"task": "translation"}, "task 'translation' is unknown; known: squad, squad2, cola"),
        ({"recipe": "mine"}, "recipe 'mine': expected one of"),
        ({"text_column": "text"}, "squad reads no tables"),
        ({"class_weights": "balanced"}, "squad has no classes"),
        ({"patience": 2}, "patience waits for a better score .* --eval-data"),
        ({"seeds": (1, 1)}, "seeds repeat"),
        ({"trackers": ("wandb",)}, "trackers: .*'wandb'.* unknown"),
        ({"task": "classification", "data": ()}, "has no data of its own; give --data"),
        ({"task": "classification", "hard_labels": "certain"}, "hard_labels is for questions"),
        ({"task": "stsb", "class_weights": "balanced"}, "stsb has numbers, not classes"),
        ({"precision": "int3"}, "precision 'int3'"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"weight_cosine": 1.0}, "weight_cosine needs a teacher"),
        ({"warmup": 1.5}, "warmup is a share"),
        ({"weight_kl": -1.0}, "must not be negative"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    config: FinetuneConfig, changes: dict[str, Any], found: str
) -> None:
    with pytest.raises(ValueError, match=found):
        replace(config, **changes)


def test_inputs_that_do_not_fit_are_refused(
    config: FinetuneConfig, make_bert: Callable[..., Path], tmp_path: Path
) -> None:
    GPT2Config(n_layer=1).save_pretrained(tmp_path / "gpt2")
    (tmp_path / "gpt2" / "vocab.txt").write_bytes((config.student / "vocab.txt").read_bytes())
    with pytest.raises(ValueError, match=r"family 'gpt2'; supported: bert, distilbert"):
        run(replace(config, student=tmp_path / "gpt2"))
    with pytest.raises(ValueError, match=r"max_length is 384, but .* at most 128 tokens"):
        run(replace(config, max_length=384))
    with pytest.raises(FileNotFoundError, match=r"no checkpoint in .*nothing"):
        run(replace(config, student=tmp_path / "nothing"))
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json"):
        run(replace(config, data=(tmp_path / "nowhere.json",)))
    wide = make_bert(tmp_path / "wide", hidden_size=64)
    with pytest.raises(ValueError, match=r"the teacher is 64 wide, the student 32"):
        run(replace(config, teacher=(wide,), weight_cosine=1.0, force=True))
    (wide / "vocab.txt").write_text((wide / "vocab.txt").read_text().replace("##q\n", "##qq\n"))
    with pytest.raises(ValueError, match=r"another vocabulary .* lacks 1 .* '##q' "):
        run(replace(config, teacher=(wide,), force=True))
    assert not config.out.with_name("run.partial").exists()
