"""Pre-training learns, imitates, survives kill -9 with the same bits, refuses what cannot fit."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM, BertForMaskedLM

from distill.job import Progress
from distill.pretrain import Pretrained, pretrain
from distill.pretrain_config import PretrainConfig

ROOT = Path(__file__).resolve().parents[1]
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}
SILENT: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
Weights = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def teacher(make_bert: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of four layers with a masked-LM head."""
    folder = tmp_path_factory.mktemp("teachers") / "teacher"
    return make_bert(folder, head="mlm", max_position_embeddings=64)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 short documents of few words in a random order."""
    words, draw = (
        ("the cat sat on a mat", "dogs run fast", "rain falls", "we read"),
        random.Random(5),
    )
    lines = ["\n".join(draw.choices(words, k=draw.randint(2, 9))) for _ in range(240)]
    path = tmp_path_factory.mktemp("text") / "words.txt"
    path.write_text("\n\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def config(teacher: Path, text: Path, tmp_path: Path) -> PretrainConfig:
    return PretrainConfig(
        out=tmp_path / "run",
        teacher=str(teacher),
        text=(text,),
        max_length=48,
        epochs=1,
        batch_tokens=1024,
        micro_batch_tokens=256,
        learning_rate=3e-3,
        dropout=0.1,
        precision="fp32",
        save_every=3,
        eval_sequences=20,
        trackers=(),
    )


def run(config: PretrainConfig, stop_at: int = 0) -> tuple[Pretrained, list[Progress]]:
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        if stop_at and progress.update == stop_at:
            raise KeyboardInterrupt

    return pretrain(config, report, lambda *_: None), seen


def losses(seen: list[Progress]) -> list[dict[str, float]]:
    """The losses of each update; notes and scores have none."""
    return [progress.losses for progress in seen if progress.losses]


def weights(folder: Path) -> Weights:
    return load_file(folder / "model.safetensors")


def equal(one: Path, other: Path) -> bool:
    left, right = weights(one), weights(other)
    return left.keys() == right.keys() and all(torch.equal(left[n], right[n]) for n in left)


def command(config: PretrainConfig, ranks: int = 1, *more: str) -> list[str]:
    """The command line of a run, on its own or under torchrun."""
    start = ["torch.distributed.run", f"--nproc-per-node={ranks}", "--standalone", "--no-python"]
    names = (
        *(
            "teacher",
            "out",
            "max_length",
            "epochs",
            "batch_tokens",
            "micro_batch_tokens",
            "dropout",
        ),
        *("learning_rate", "precision", "save_every", "eval_sequences", "workers"),
    )
    flags = [f"--{name.replace('_', '-')}={getattr(config, name)}" for name in names]
    program = [sys.executable, "-m", "distilbert_mobile", "pretrain", *flags]
    program += ["--text", str(config.text[0]), "--trackers", "", *more]
    return program if ranks == 1 else [sys.executable, "-m", *start, *program]


def wait_for_updates(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Until a run has logged four updates: one more than its first saved state."""
    log = folder / "metrics.jsonl"
    while process.poll() is None and not (log.is_file() and log.read_text().count('"loss"') >= 4):
        time.sleep(0.01)
    assert process.poll() is None


def call(config: PretrainConfig, ranks: int = 1, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(config, ranks, *more),
        cwd=ROOT,
        env=ONE_THREAD,
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_it_writes_a_masked_lm_that_transformers_loads(config: PretrainConfig) -> None:
    result, seen = run(replace(config, trackers=("tensorboard",)))
    model = AutoModelForMaskedLM.from_pretrained(config.out)
    assert (model.config.model_type, model.config.n_layers) == ("distilbert", 2)
    record = json.loads((config.out / "distill.json").read_text())
    assert record["command"] == "pretrain"
    assert record["metrics"]["held_out"] == result.scores["student"]
    assert record["config"]["teacher"] == "teacher"
    assert str(config.out.parent) not in (config.out / "distill.json").read_text()
    assert (config.out / "vocab.txt").is_file()
    assert list((config.out / "tensorboard").rglob("events.*"))
    assert [path.name for path in config.out.parent.iterdir()] == ["run"]
    assert {"loss", "kl", "mlm", "cosine"} == set(losses(seen)[0])
    last = losses(seen)[0]
    assert last["loss"] == pytest.approx(
        5 * last["kl"] + 2 * last["mlm"] + last["cosine"], rel=1e-5
    )
    assert 0 < result.scores["student"]["agreement"] < 1


def test_a_student_learns_the_text_and_its_teacher(config: PretrainConfig) -> None:
    quick = replace(config, batch_tokens=512, micro_batch_tokens=512, dropout=0.0, epochs=16)
    alone = replace(quick, teacher=None, student=config.teacher, out=config.out.with_name("lm"))
    learned, seen = run(alone)
    assert losses(seen)[0].keys() == {"loss", "mlm"}
    assert learned.scores["student"]["perplexity"] < 8  # of some 130 tokens
    taught = replace(quick, teacher=str(learned.folder), epochs=8)
    result, seen = run(taught)
    assert result.teacher_perplexity == pytest.approx(
        learned.scores["student"]["perplexity"], rel=0.02
    )
    assert seen[0].scores is not None  # what the run starts from
    assert seen[0].scores["agreement"] < result.scores["student"]["agreement"] - 0.05
    for term in ("kl", "mlm", "cosine"):
        assert losses(seen)[-2][term] < 0.9 * losses(seen)[0][term], term


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_killed_at_any_moment_ends_with_the_same_bits(
    config: PretrainConfig, workers: int
) -> None:
    straight, seen = run(replace(config, out=config.out.with_name("straight")))
    asked = replace(config, workers=workers)
    with subprocess.Popen(command(asked), cwd=ROOT, env=ONE_THREAD, **SILENT) as process:
        wait_for_updates(config.out.with_name("run.partial"), process)
        process.kill()
    assert process.returncode == -9
    assert not config.out.exists()
    ended, rest = run(replace(config, workers=workers))
    assert rest[0].note == "continues after update 3"
    assert equal(straight.folder, ended.folder)
    assert losses(seen)[3:] == losses(rest)


def test_two_ranks_train_as_one_process_and_survive_a_kill(config: PretrainConfig) -> None:
    still = replace(config, dropout=0.0)
    one, seen = run(replace(still, out=config.out.with_name("one")))
    two = replace(still, out=config.out.with_name("two"))
    assert call(two, 2).returncode == 0
    left, right = weights(one.folder), weights(two.out)
    for name, value in left.items():
        torch.testing.assert_close(right[name], value, atol=2e-4, rtol=1e-3)
    lines = [json.loads(line) for line in (two.out / "metrics.jsonl").read_text().splitlines()]
    logged = [line["loss"] for line in lines if "loss" in line]
    assert logged == pytest.approx([found["loss"] for found in losses(seen)], rel=1e-4)

    cut = config_of(two, "cut")
    with subprocess.Popen(command(cut, 2), cwd=ROOT, env=ONE_THREAD, **SILENT) as process:
        wait_for_updates(config.out.with_name("cut.partial"), process)
        for rank in psutil.Process(process.pid).children(recursive=True):
            rank.kill()
        process.kill()
    assert not cut.out.exists()
    assert call(cut, 2).returncode == 0
    assert equal(two.out, cut.out)


def config_of(config: PretrainConfig, name: str) -> PretrainConfig:
    return replace(config, out=config.out.with_name(name))


def test_a_teacher_spread_over_ranks_teaches_the_same(config: PretrainConfig) -> None:
    still = replace(config, dropout=0.0)
    whole, _ = run(replace(still, out=config.out.with_name("one")))
    spread = replace(still, out=config.out.with_name("spread"))
    done = call(spread, 2, "--shard-teacher")
    assert done.returncode == 0, done.stderr[-2000:]
    for name, value in weights(whole.folder).items():
        torch.testing.assert_close(weights(spread.out)[name], value, atol=2e-4, rtol=1e-3)


def test_a_bad_loss_stops_every_rank_and_names_the_sequences(
    config: PretrainConfig, teacher: Path, tmp_path: Path
) -> None:
    model = BertForMaskedLM.from_pretrained(teacher)
    with torch.no_grad():
        model.bert.encoder.layer[3].output.dense.bias[0] = float("nan")
    model.save_pretrained(tmp_path / "broken")
    (tmp_path / "broken" / "vocab.txt").write_bytes((teacher / "vocab.txt").read_bytes())
    done = call(replace(config, teacher=str(tmp_path / "broken")), 2)
    assert done.returncode != 0
    assert done.stderr.count("the loss is not finite at update 1") == 2  # both ranks
    found = json.loads((tmp_path / "run.partial" / "not-finite-1.json").read_text())
    assert len(found["batches"]) == 4
    assert all(batch["sequences"] for batch in found["batches"])
    assert not config.out.exists()


def test_students_side_by_side_are_the_students_alone(config: PretrainConfig) -> None:
    still = replace(config, dropout=0.0)
    several, seen = run(replace(still, ablations=("full", "no-kl", "random")))
    alone, _ = run(config_of(still, "alone"))
    for name, value in weights(alone.folder).items():
        torch.testing.assert_close(weights(config.out / "full")[name], value, atol=1e-6, rtol=1e-5)
    assert several.scores.keys() == {"full", "no-kl", "random"}
    assert "no-kl/kl" not in losses(seen)[0]
    assert "no-kl/mlm" in losses(seen)[0]
    assert json.loads((config.out / "ablations.json").read_text()) == several.scores
    record = json.loads((config.out / "no-kl" / "distill.json").read_text())
    assert record["metrics"]["variant"] == "no-kl"
    assert record["metrics"]["held_out"] == several.scores["no-kl"]
    AutoModelForMaskedLM.from_pretrained(config.out / "random")


def test_the_positions_of_the_kl_change_its_cost_not_its_size(config: PretrainConfig) -> None:
    still = replace(config, dropout=0.0, batch_tokens=8192, micro_batch_tokens=2048)
    found = {}
    for positions in ("all", "sampled", "masked"):
        chosen = replace(still, kl_positions=positions, out=config.out.with_name(positions))
        found[positions] = losses(run(chosen)[1])[0]["kl"]
    assert found["sampled"] == pytest.approx(found["all"], rel=0.05)
    assert found["masked"] > 0


@pytest.mark.parametrize(
    "changes",
    [
        {"weight_hidden": 1.0},
        {"weight_relation": 1.0, "relation_heads": 4},
        {"weight_kl": 0.0, "weight_mlm": 0.0},
        {"whole_words": True, "smoothing": 0.0},
        {"freeze": "embeddings"},
        {"family": "bert", "layers": (0, 1, 3)},
        {"precision": "bf16"},
        {"chunk": 7},
    ],
    ids=str,
)
def test_every_part_of_the_recipe_trains(config: PretrainConfig, changes: dict[str, Any]) -> None:
    result, seen = run(replace(config, **changes))
    assert result.scores["student"]["perplexity"] > 1
    assert losses(seen)[0]["loss"] > losses(seen)[-2]["loss"]


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
def test_a_compiled_run_learns_the_same(config: PretrainConfig) -> None:
    still = replace(config, dropout=0.0, layers=(0,))
    plain, seen = run(still)
    compiled, found = run(replace(config_of(still, "compiled"), compile=True))
    for one, other in zip(losses(seen), losses(found), strict=True):
        assert other == pytest.approx(one, rel=1e-3)
    assert compiled.scores["student"] == pytest.approx(plain.scores["student"], rel=1e-2)


def test_frozen_parts_keep_their_bits(config: PretrainConfig, teacher: Path) -> None:
    alone = replace(config, teacher=None, student=str(teacher), freeze="encoder")
    result, _ = run(alone)
    before, after = weights(teacher), weights(result.folder)
    changed = {name for name in after if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.startswith("cls.") for name in changed)


def test_a_checkpoint_without_a_head_gets_one_and_can_then_teach(
    config: PretrainConfig, make_bert: Callable[..., Path], tmp_path: Path
) -> None:
    bare = make_bert(tmp_path / "bare", max_position_embeddings=64)
    with pytest.raises(ValueError, match=r"pretrain --student .*--freeze encoder"):
        run(replace(config, teacher=str(bare), force=True))
    headed = replace(
        config, teacher=None, student=str(bare), freeze="encoder", epochs=2, force=True
    )
    run(replace(headed, out=tmp_path / "headed"))
    result, _ = run(replace(config, teacher=str(tmp_path / "headed"), force=True))
    assert result.scores["student"]["perplexity"] > 1


def test_a_resume_with_other_settings_or_text_is_refused(config: PretrainConfig) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(config, stop_at=4)
    with pytest.raises(ValueError, match=r"weight_kl was 5.0 and is 1.0.*--force"):
        run(replace(config, weight_kl=1.0))
    changed = config.text[0].with_name("other")
    changed.mkdir(exist_ok=True)
    (changed / "words.txt").write_text(config.text[0].read_text() + "\n\nand more of the rain\n")
    with pytest.raises(ValueError, match=r"text was"):
        run(replace(config, text=(changed / "words.txt",)))
    run(replace(config, save_every=1, workers=1))  # neither changes the result


def test_what_does_not_fit_together_is_refused(
    config: PretrainConfig, teacher: Path, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"up to 100 tokens, but the teacher has positions for 64"):
        run(replace(config, max_length=100, force=True))
    other = tmp_path / "other"
    model = BertForMaskedLM.from_pretrained(teacher)
    model.save_pretrained(other)
    tokens = (teacher / "vocab.txt").read_text().splitlines()
    (other / "vocab.txt").write_text("\n".join([*tokens[:-1], "zebra"]) + "\n")
    with pytest.raises(ValueError, match=r"vocabulary.*zebra"):
        run(replace(config, student=str(other), force=True))
    with pytest.raises(FileNotFoundError, match="nowhere"):
        run(replace(config, teacher="./nowhere", force=True))
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(ValueError, match="holds nothing to train on"):
        run(replace(config, text=(tmp_path / "empty.txt",), force=True))
    config.out.mkdir()
    with pytest.raises(FileExistsError, match="--force"):
        run(config)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"text": ()}, "one of the two"),
        ({"corpus": Path("c")}, "one of the two"),
        ({"teacher": None}, "give a --teacher"),
        ({"student": "x", "layers": (0,)}, "shape the student cut from the teacher"),
        ({"kl_positions": "some"}, "expected one of all, masked, sampled"),
        ({"freeze": "half"}, "expected one of none, encoder, embeddings"),
        ({"ablations": ("no-such",)}, "ablation 'no-such' is unknown"),
        ({"ablations": ("full", "full")}, "named twice"),
        ({"trackers": ("wandb",)}, "tracker 'wandb' is unknown"),
        ({"micro_batch_tokens": 10**9}, "more than batch_tokens"),
        ({"weight_mlm": -1.0}, "must not be negative"),
        ({"weight_kl": 0.0, "weight_mlm": 0.0, "weight_cosine": 0.0}, "nothing would be trained"),
        ({"warmup": 1.0}, "warmup is a share"),
        ({"mask_share": 0.0}, "mask_share is a share"),
        ({"temperature": 0.0}, "temperature must be above 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    config: PretrainConfig, changes: dict[str, Any], found: str
) -> None:
    with pytest.raises(ValueError, match=found):
        replace(config, **changes)
