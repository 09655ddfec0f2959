"""The loop: one gradient however it is cut, exact resume, best weights, honest stops."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from distill.engine import learning_rate, make_accelerator, train
from distill.job import EngineSettings, Outcome, Progress, Update

SETTINGS = EngineSettings(
    learning_rate=0.05, warmup=0.2, weight_decay=0.0, clip=1.0, save_every=2, seed=1, bf16=False
)


@dataclass(frozen=True)
class Rows:
    x: Tensor
    y: Tensor

    def to(self, device: torch.device) -> "Rows":
        return self


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.2), nn.Linear(8, 1))

    def forward(self, batch: Rows, counts: Tensor) -> dict[str, Tensor]:
        loss = ((self.layers(batch.x) - batch.y) ** 2).sum() / counts[0]
        return {"loss": loss}


class Toy:
    """Twelve updates of eight rows, cut into micro-batches of `size` rows."""

    def __init__(self, size: int = 4, scores: list[float] | None = None, bad: int = 0) -> None:
        self.model: nn.Module = Net()
        self.parameter_groups = [list(self.model.parameters())]
        self.size, self.scores, self.bad = size, scores or [], bad
        self.seen = 0

    def updates(self, done: int, rank: int, ranks: int) -> Iterator[Update]:
        data = torch.randn(12, 8, 5, generator=torch.Generator().manual_seed(3))
        for number in range(done + 1, 13):
            rows = data[number - 1]
            if number == self.bad:
                rows = rows * math.nan
            batches = [Rows(part[:, :4], part[:, 4:]) for part in rows.split(self.size)]
            wanted = bool(self.scores) and number % 3 == 0
            yield Update(number, number / 12, batches, 8, [f"rows of {number}"], 0, wanted)

    def counts(self, batches: list[Rows]) -> Tensor:
        return torch.tensor([sum(len(batch.x) for batch in batches)], dtype=torch.float64)

    def evaluate(self, model: nn.Module) -> dict[str, float]:
        assert not model.training
        self.seen += 1
        return {"f1": self.scores[self.seen - 1]} if self.scores else {}

    def save(self, model: nn.Module, folder: Path) -> None:
        torch.save(model.state_dict(), folder / "weights.pt")


def run(
    job: Toy, folder: Path, settings: EngineSettings = SETTINGS, stop_at: int = 0
) -> tuple[Outcome, list[Progress]]:
    folder.mkdir(exist_ok=True)
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        if stop_at and progress.update == stop_at:
            raise KeyboardInterrupt

    return train(make_accelerator(), job, settings, folder, report), seen


def weights(outcome: Outcome) -> dict[str, Tensor]:
    found: dict[str, Tensor] = torch.load(outcome.weights / "weights.pt")
    return found


@pytest.mark.parametrize("size", [1, 3, 8])
def test_the_size_of_a_micro_batch_does_not_change_the_gradient(size: int, tmp_path: Path) -> None:
    whole, parts = Toy(8), Toy(size)
    for job in (whole, parts):
        job.model.layers[1].p = 0.0  # type: ignore[union-attr, index]
    one, _ = run(whole, tmp_path / "one", replace(SETTINGS, clip=1e9))
    other, _ = run(parts, tmp_path / "other", replace(SETTINGS, clip=1e9))
    for name, value in weights(one).items():
        torch.testing.assert_close(weights(other)[name], value, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("at", [1, 2, 3, 7, 11, 12])
def test_an_interrupted_run_ends_with_the_same_bits(at: int, tmp_path: Path) -> None:
    straight, seen = run(Toy(), tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        run(Toy(), tmp_path / "cut", stop_at=at)
    ended, rest = run(Toy(), tmp_path / "cut")
    for name, value in weights(straight).items():
        assert torch.equal(weights(ended)[name], value)
    if at > 2:
        assert rest[0].note == f"continues after update {(at - 1) // 2 * 2}"
    lines = [
        [json.loads(line) for line in (tmp_path / name / "metrics.jsonl").read_text().splitlines()]
        for name in ("straight", "cut")
    ]
    assert [line["update"] for line in lines[0]] == list(range(1, 13))
    assert [line["loss"] for line in lines[0]] == [line["loss"] for line in lines[1]]
    assert lines[0][-1]["loss"] == seen[-1].losses["loss"]


def test_a_state_that_was_cut_short_is_passed_over_and_said_so(tmp_path: Path) -> None:
    straight, _ = run(Toy(), tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        run(Toy(), tmp_path / "cut", stop_at=7)
    newest = tmp_path / "cut" / "state" / "6.pt"
    newest.write_bytes(newest.read_bytes()[:-700])
    ended, seen = run(Toy(), tmp_path / "cut")
    assert "6.pt cannot be read" in str(seen[0].note)
    assert seen[1].note == "continues after update 4"
    for name, value in weights(straight).items():
        assert torch.equal(weights(ended)[name], value)


def test_no_readable_state_is_an_error_not_a_new_start(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Toy(), tmp_path, stop_at=7)
    for path in (tmp_path / "state").iterdir():
        path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"no saved state in .* can be read; .*--force"):
        run(Toy(), tmp_path)


def test_the_best_weights_are_kept_not_the_last(tmp_path: Path) -> None:
    job = Toy(scores=[50.0, 70.0, 70.0, 60.0])
    outcome, seen = run(job, tmp_path, replace(SETTINGS, best="f1"))
    assert (outcome.update, outcome.weights_update) == (12, 9)  # of equals the later one
    assert outcome.scores == {"f1": 70.0}
    assert [p.scores["f1"] for p in seen if p.scores] == [50.0, 70.0, 70.0, 60.0]
    assert [path.name for path in tmp_path.glob("weights-*")] == ["weights-9"]


def test_patience_ends_a_run_and_a_repeated_command_does_not_go_on(tmp_path: Path) -> None:
    settings = replace(SETTINGS, best="f1", patience=1)
    outcome, _ = run(Toy(scores=[50.0, 40.0, 90.0, 90.0]), tmp_path, settings)
    assert (outcome.update, outcome.weights_update) == (6, 3)
    again, seen = run(Toy(scores=[90.0, 90.0]), tmp_path, settings)
    assert (again.update, again.weights_update) == (6, 3)
    assert [p.note for p in seen] == ["continues after update 6"]


def test_a_score_that_is_only_as_good_is_not_better(tmp_path: Path) -> None:
    settings = replace(SETTINGS, best="f1", patience=2)
    outcome, _ = run(Toy(scores=[70.0, 70.0, 70.0, 90.0]), tmp_path, settings)
    assert (outcome.update, outcome.weights_update) == (9, 9)


def test_an_undefined_score_still_leaves_weights(tmp_path: Path) -> None:
    outcome, _ = run(Toy(scores=[math.nan] * 4), tmp_path, replace(SETTINGS, best="f1"))
    assert (outcome.weights / "weights.pt").is_file()


def test_a_loss_that_is_no_number_stops_and_names_what_it_was_made_of(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not finite at update 5 .*nan.*not-finite-5\.json"):
        run(Toy(bad=5), tmp_path)
    found = json.loads((tmp_path / "not-finite-5.json").read_text())
    assert found == {"update": 5, "batches": ["rows of 5"]}
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["2.pt", "4.pt"]


def test_two_states_are_kept(tmp_path: Path) -> None:
    run(Toy(), tmp_path)
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["10.pt", "12.pt"]


def test_the_learning_rate_rises_and_falls_to_nothing() -> None:
    shares = [0.0, 0.1, 0.2, 0.6, 1.0]
    rates = [learning_rate(SETTINGS, share) for share in shares]
    assert rates == pytest.approx([0.0, 0.025, 0.05, 0.025, 0.0])
    assert learning_rate(replace(SETTINGS, warmup=0.0), 0.0) == 0.05


def test_numbers_reach_tensorboard_and_a_resumed_run_writes_none_twice(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    settings = replace(SETTINGS, trackers=("tensorboard",))
    with pytest.raises(KeyboardInterrupt):
        run(Toy(), tmp_path, settings, stop_at=7)
    run(Toy(), tmp_path, settings)
    board = EventAccumulator(str(tmp_path / "tensorboard"))
    board.Reload()
    assert [event.step for event in board.Scalars("loss")] == list(range(1, 13))
