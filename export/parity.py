"""A written model file against the float32 network of its checkpoint, on real text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from export.manifest import Parity
from export.network import Network
from export.recipes import Recipe
from export.runner import Runner
from export.samples import Sample
from tasks.windows import QaLimits

Outputs = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Limits:
    """What a recipe may differ from float32 on the worst sample."""

    min_cosine: float
    max_error: float
    """Largest difference, as a share of the largest float32 logit."""
    golden: float
    """How far another machine may be from the outputs stored here, as a share of the same."""


# fp32: sums are ordered differently, nothing more. int8: DistilBERT shapes were seen at cosine
# 0.9997 and 3 % error, a real 3-layer net at 0.998 and 8 %; x86 and ARM differ by up to 3 %.
LIMITS = {
    "fp32": Limits(min_cosine=0.99999, max_error=0.001, golden=0.001),
    "int8": Limits(min_cosine=0.98, max_error=0.25, golden=0.1),
}


def reference_outputs(network: Network, sample: Sample) -> Outputs:
    """Run the float32 network on a sample at its padded length; real positions only."""
    size = len(sample.input_ids)
    values = {
        "input_ids": sample.input_ids,
        "attention_mask": [1] * size,
        "token_type_ids": sample.token_type_ids,
    }
    padding = [0] * (sample.length - size)
    inputs = {name: torch.tensor([values[name] + padding]) for name in network.shape.inputs}
    with torch.inference_mode():
        outputs = network(**inputs)
    sizes = {tensor.name: "length" in tensor.shape for tensor in network.shape.outputs}
    return {
        name: logits.numpy().reshape(-1)[: size if sizes[name] else None]
        for name, logits in outputs.items()
    }


def measure_parity(
    runner: Runner, samples: Sequence[Sample], references: Sequence[Outputs]
) -> Parity:
    """Compare every sample; cosine and error are the worst seen, agreement is a share."""
    cosines, errors, agreeing = [], [], 0
    for sample, reference in zip(samples, references, strict=True):
        outputs = runner.run(sample.input_ids, sample.token_type_ids, sample.length)
        for name, expected in reference.items():
            found = outputs[name]
            norms = float(np.linalg.norm(found) * np.linalg.norm(expected))
            cosines.append(float(found @ expected) / norms if norms else 0.0)
            errors.append(float(np.abs(found - expected).max()))
        agreeing += best_choice(outputs, sample) == best_choice(reference, sample)
    return Parity(
        windows=len(samples),
        min_cosine=_rounded(float(np.min(cosines))),  # unlike min(), np.min lets no NaN slip by
        max_error=_rounded(float(np.max(errors))),
        agreement=_rounded(agreeing / len(samples)),
    )


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")


def best_choice(outputs: Outputs, sample: Sample) -> tuple[int, ...]:
    """Return the best label, or the best span of context tokens, as SQuAD decoding picks it."""
    if "logits" in outputs:
        return (int(outputs["logits"].argmax()),)
    start, end = outputs["start_logits"], outputs["end_logits"]
    longest, last = QaLimits().max_answer_tokens, len(start) - 1  # the last token is [SEP]
    spans = (
        (float(start[i] + end[j]), i, j)
        for i in range(sample.context, last)
        for j in range(i, min(i + longest, last))
    )
    return max(spans, default=(0.0, 0, 0))[1:]


def largest_logit(references: Sequence[Outputs]) -> float:
    """Return the scale that shares in LIMITS refer to."""
    return max(float(np.abs(values).max()) for outputs in references for values in outputs.values())


def check_parity(parity: Parity, recipe: Recipe, largest: float, file: str) -> None:
    """Raise ValueError where the file is further from float32 than its recipe may be."""
    limits = LIMITS[recipe.name]
    allowed = limits.max_error * largest
    if not (parity.min_cosine >= limits.min_cosine and parity.max_error <= allowed):
        raise ValueError(
            f"{file} does not compute what the checkpoint does: cosine {parity.min_cosine:.5f} "
            f"(at least {limits.min_cosine}), error {parity.max_error:.4g} (at most {allowed:.4g}) "
            f"on {parity.windows} text windows; nothing was published"
        )


def golden_tolerance(recipe: Recipe, largest: float) -> float:
    """Return how far outputs on another machine may be from those stored here."""
    return _rounded(LIMITS[recipe.name].golden * largest)
