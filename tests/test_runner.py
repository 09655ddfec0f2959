"""Padding, trimming and the choice of an entry, with a runtime that only records."""

import numpy as np
import numpy.typing as npt
import pytest

from export.manifest import Entry, Interface, TensorSpec
from export.runner import Runner


class Recorder:
    """Echoes the ids as start logits and the mask as end logits."""

    def __init__(self) -> None:
        self.entry: Entry | None = None
        self.inputs: dict[str, npt.NDArray[np.int64]] = {}

    def write(self, entry: Entry, inputs: dict[str, npt.NDArray[np.int64]]) -> None:
        self.entry, self.inputs = entry, inputs

    def invoke(self) -> None:
        pass

    def read(self) -> dict[str, npt.NDArray[np.float32]]:
        return {
            "end_logits": self.inputs["attention_mask"].astype(np.float32),
            "start_logits": self.inputs["input_ids"].astype(np.float32),
        }


def make_runner(*entries: Entry, types: bool = True) -> tuple[Runner, Recorder]:
    names = ["input_ids", "attention_mask"] + (["token_type_ids"] if types else [])
    interface = Interface(
        entries=entries,
        inputs=tuple(TensorSpec(name, "int32", (1, "length")) for name in names),
        outputs=tuple(
            TensorSpec(name, "float32", (1, "length")) for name in ("start_logits", "end_logits")
        ),
    )
    engine = Recorder()
    return Runner("tflite", interface, engine), engine


FIXED = (Entry("length_8", 8, 8), Entry("length_16", 16, 16))


@pytest.mark.parametrize(("size", "name"), [(1, "length_8"), (8, "length_8"), (9, "length_16")])
def test_the_shortest_signature_that_fits_runs_padded_and_masked(size: int, name: str) -> None:
    runner, engine = make_runner(*FIXED)
    start, end = runner.span_logits(list(range(1, size + 1)), [1] * size)
    assert engine.entry is not None
    assert engine.entry.name == name
    length = engine.entry.max_length
    assert engine.inputs["attention_mask"].tolist() == [[1] * size + [0] * (length - size)]
    assert engine.inputs["token_type_ids"].tolist() == [[1] * size + [0] * (length - size)]
    assert start.tolist() == list(range(1, size + 1))
    assert end.tolist() == [1] * size


def test_a_dynamic_method_is_not_padded_unless_a_length_is_asked_for() -> None:
    runner, engine = make_runner(Entry("forward", 2, 16), types=False)
    runner.run([7, 7, 7], [0, 0, 0])
    assert engine.inputs["input_ids"].shape == (1, 3)
    assert set(engine.inputs) == {"input_ids", "attention_mask"}
    outputs = runner.run([7, 7, 7], [0, 0, 0], 12)
    assert engine.inputs["input_ids"].shape == (1, 12)
    assert outputs["start_logits"].tolist() == [7, 7, 7]


@pytest.mark.parametrize(("size", "length"), [(17, None), (9, 8), (4, 12)])
def test_an_input_that_does_not_fit_is_refused_with_the_lengths_there_are(
    size: int, length: int | None
) -> None:
    runner, _ = make_runner(*FIXED)
    with pytest.raises(ValueError, match="it takes 8, 16 tokens"):
        runner.run([1] * size, [0] * size, length)


@pytest.mark.parametrize(("ids", "types"), [([], []), ([1, 2], [0])])
def test_ids_and_types_must_pair_up(ids: list[int], types: list[int]) -> None:
    runner, _ = make_runner(*FIXED)
    with pytest.raises(ValueError, match="as many of each"):
        runner.run(ids, types)
