"""What our runner on a device reads and writes: small texts that a person can look at."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from export.bundle import Bundle, load_golden
from export.manifest import Interface

FloatArray = npt.NDArray[np.float32]
FIRST_LINE = "litert_runner 1"


@dataclass(frozen=True)
class Case:
    """One input: ids and token types, not padded, and the entry of the model that takes it."""

    entry: str
    input_ids: tuple[int, ...]
    token_type_ids: tuple[int, ...]


@dataclass(frozen=True)
class Sample:
    """One timed run, in nanoseconds of the device's clock."""

    start_ns: int
    wall_ns: int
    cpu_ns: int


@dataclass(frozen=True)
class Output:
    """What one process of the runner wrote; outputs by case and name, with their padding."""

    bare_bytes: int
    peak_bytes: int
    load_ns: int
    first: Sample | None
    samples: tuple[Sample, ...]
    outputs: tuple[dict[str, FloatArray], ...]


def make_case(
    interface: Interface, input_ids: Sequence[int], token_type_ids: Sequence[int], length: int = 0
) -> Case:
    """The case of one input at the shortest length that fits (and is at least `length`)."""
    for entry in interface.entries:
        if max(len(input_ids), length) <= entry.max_length:
            return Case(entry.name, tuple(input_ids), tuple(token_type_ids))
    longest = interface.entries[-1].max_length
    raise ValueError(f"{len(input_ids)} tokens do not fit this model; it takes at most {longest}")


def golden_cases(bundle: Bundle, runtime: str) -> list[Case]:
    """The stored inputs of a bundle, at the lengths that they were run at."""
    interface = bundle.model(runtime).interface
    return [
        make_case(interface, case.input_ids, case.token_type_ids, case.length)
        for case in load_golden(bundle).cases
    ]


def write_cases(interface: Interface, cases: Sequence[Case]) -> str:
    """The cases as the runner reads them; it fills up with zeros."""
    lines = []
    for case in cases:
        lines.append(f"case {case.entry}")
        for name, row in interface.rows(case.input_ids, case.token_type_ids).items():
            lines.append(" ".join(map(str, (name, len(row), *row))))
    return "\n".join(lines) + "\n"


def read_output(text: str, cases: int) -> Output:
    """Read what the runner wrote for so many cases.

    Raises ValueError for anything else: cut, damaged, of another version, of too few cases.
    """
    lines = text.splitlines()
    if not lines or lines[0] != FIRST_LINE:
        shown = lines[0][:60] if lines else ""
        raise ValueError(f"the runner's output begins with {shown!r}, not with {FIRST_LINE!r}")
    if lines[-1] != f"end {len(lines)}":
        raise ValueError("the runner's output has no end: it was cut")
    try:
        return _read_lines(lines[1:-1], cases)
    except (IndexError, KeyError, OverflowError) as error:
        raise ValueError(f"the runner's output is damaged: {error!r}") from None


def _read_lines(lines: Sequence[str], cases: int) -> Output:
    numbers: dict[str, list[int]] = {}
    samples: list[Sample] = []
    outputs: list[dict[str, FloatArray]] = []
    for line in lines:
        name, *words = line.split(" ")
        if name == "sample":
            start, wall, cpu = map(int, words)
            samples.append(Sample(start, wall, cpu))
        elif name == "case":
            if words != [str(len(outputs))]:
                raise ValueError(f"the runner's output has case {words} at place {len(outputs)}")
            outputs.append({})
        elif outputs:
            outputs[-1][name] = _read_values(name, words)
        elif name in ("bare_bytes", "load_ns", "peak_bytes", "first") and name not in numbers:
            numbers[name] = [int(word) for word in words]
        else:
            raise ValueError(f"the runner's output has a line {name!r} that is not known")
    if len(outputs) != cases:
        raise ValueError(f"the runner's output has {len(outputs)} cases, {cases} were asked for")
    (bare,), (load,) = numbers["bare_bytes"], numbers["load_ns"]
    first = Sample(0, *numbers["first"]) if "first" in numbers else None
    peak = numbers.get("peak_bytes", [0])[0]
    return Output(bare, peak, load, first, tuple(samples), tuple(outputs))


def _read_values(name: str, words: Sequence[str]) -> FloatArray:
    values = np.array(words[1:], dtype=np.float32)
    if len(values) != int(words[0]) or not np.isfinite(values).all():
        raise ValueError(
            f"the runner's output of {name} is cut, or holds a value that is no number"
        )
    return values


class Replay:
    """What a device gave for `golden_cases`, in order, as the golden check asks for it."""

    def __init__(
        self, runtime: str, interface: Interface, outputs: Iterable[dict[str, FloatArray]]
    ) -> None:
        self.runtime = runtime
        self._interface = interface
        self._outputs = iter(outputs)

    def run(
        self, input_ids: list[int], token_type_ids: list[int], length: int | None = None
    ) -> dict[str, FloatArray]:
        """The outputs of the next case, without padding."""
        return without_padding(self._interface, next(self._outputs), len(input_ids))


def without_padding(
    interface: Interface, outputs: dict[str, FloatArray], real: int
) -> dict[str, FloatArray]:
    """The outputs of `real` tokens by name; ValueError where one is missing."""
    missing = [tensor.name for tensor in interface.outputs if tensor.name not in outputs]
    if missing:
        raise ValueError(f"the runner's output lacks {', '.join(missing)}")
    return {tensor.name: outputs[tensor.name][: tensor.size(real)] for tensor in interface.outputs}
