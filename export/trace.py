"""Where a written network departs from the float32 one: a comparison layer by layer."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from export.manifest import TensorSpec
from export.network import Network
from export.parity import cosine
from export.recipes import Recipe
from export.runner import OPENERS
from export.samples import Sample


@dataclass(frozen=True)
class Departure:
    """One place in the network: how far the file's values are from float32, on the worst sample."""

    place: str
    cosine: float
    max_error: float
    """As a share of the largest float32 value there."""


class Traced(Network):
    """The same network with what leaves the embeddings and each layer as its outputs."""

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """One output for each place, named by it."""
        places = ["embeddings", *(f"layer {i}" for i in range(self.shape.layers))]
        return tuple(
            TensorSpec(place.replace(" ", "_"), "float32", ("length", self.shape.hidden))
            for place in places
        )

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Values [length, hidden] by place."""
        states = self.states(input_ids, attention_mask, token_type_ids)
        return {tensor.name: state for tensor, state in zip(self.outputs, states, strict=True)}


def trace(
    network: Network,
    recipe: Recipe,
    runtime: str,
    samples: Sequence[Sample],
    calibration: Sequence[Sample],
    folder: Path,
) -> list[Departure]:
    """Write the network once more with its layers as outputs, in `folder`, and compare them all.

    Takes the samples of the largest length among them.
    """
    from export.pte import write_pte
    from export.tflite import write_tflite

    traced = Traced(network.shape).eval().requires_grad_(False)
    traced.load_state_dict(network.state_dict())
    length = max(sample.length for sample in samples)
    chosen = [sample for sample in samples if sample.length == length]
    with tempfile.TemporaryDirectory(dir=folder, prefix="trace-") as name:
        path = Path(name) / f"trace.{runtime}"
        if runtime == "tflite":
            interface = write_tflite(traced, recipe, (length,), path, calibration)
        else:
            interface = write_pte(traced, recipe, length, path, calibration)
        runner = OPENERS[runtime](path, interface)
        found = [runner.run(s.input_ids, s.token_type_ids, s.length) for s in chosen]
        found = [{place: values.copy() for place, values in one.items()} for one in found]
    expected = [_reference(traced, sample) for sample in chosen]
    return [
        _compare(
            tensor.name,
            [(f[tensor.name], e[tensor.name]) for f, e in zip(found, expected, strict=True)],
        )
        for tensor in traced.outputs
    ]


def _reference(traced: Traced, sample: Sample) -> dict[str, np.ndarray]:
    values = sample.padded()
    inputs = {name: torch.tensor([values[name]]) for name in traced.shape.inputs}
    with torch.inference_mode():
        states = traced(**inputs)
    real = len(sample.input_ids)
    return {place: state.numpy()[:real].reshape(-1) for place, state in states.items()}


def _compare(place: str, pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Departure:
    cosines, errors = [], []
    for found, expected in pairs:
        cosines.append(cosine(found, expected))
        errors.append(float(np.abs(found - expected).max() / np.abs(expected).max()))
    return Departure(place, float(np.min(cosines)), float(np.max(errors)))


def first_departure(places: Sequence[Departure], min_cosine: float) -> Departure | None:
    """Return the first place, in the order of the network, under the limit (or not a number)."""
    return next((place for place in places if not place.cosine >= min_cosine), None)
