"""A written model file against the float32 network of its checkpoint, on real text."""

from collections.abc import Callable, Sequence
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
    """What a recipe may differ from float32 on the samples."""

    min_cosine: float
    """On the worst sample."""
    max_error: float
    """Largest difference on the worst sample, as a share of the largest float32 logit."""
    min_agreement: float
    """Share of samples with float32's choice, or one that it scores within `golden` of its own."""
    golden: float
    """How far another machine may be from the outputs stored here, as a share of the same."""


# Seen on a trained 3-layer net and on DistilBERT's shape: int8 cosine 0.9999 and 4 % error
# (untrained tiny nets go down to 0.99), int8-embed4 0.9992 and 8 %, int4 0.995 and 25 %,
# int4-channel 0.99 and 25 %, int8-tensor 0.996 and 20 %, int8-static 0.99 and 50 %. 4-bit words of
# a trained 6-layer net: 0.997 and 64 %, for one of 5,000 tokens came near to being an answer; EM
# and F1 did not change, and those are the accuracy gate's. x86 and ARM differ by up to 3 % in int8.
LIMITS = {
    "fp32": Limits(min_cosine=0.99999, max_error=0.001, min_agreement=1.0, golden=0.001),
    "fp16": Limits(min_cosine=0.9995, max_error=0.03, min_agreement=0.95, golden=0.02),
    "int8": Limits(min_cosine=0.985, max_error=0.2, min_agreement=0.8, golden=0.1),
    "int8-embed4": Limits(min_cosine=0.98, max_error=0.9, min_agreement=0.7, golden=0.1),
    "int8-tensor": Limits(min_cosine=0.97, max_error=0.35, min_agreement=0.6, golden=0.1),
    "int4": Limits(min_cosine=0.95, max_error=1.0, min_agreement=0.5, golden=0.15),
    "int4-channel": Limits(min_cosine=0.95, max_error=1.0, min_agreement=0.5, golden=0.15),
    "int8-static": Limits(min_cosine=0.9, max_error=0.8, min_agreement=0.4, golden=0.15),
}


def reference_outputs(network: Network, sample: Sample) -> Outputs:
    """Run the float32 network on a sample at its padded length; real positions only."""
    size = len(sample.input_ids)
    values = sample.padded()
    inputs = {name: torch.tensor([values[name]]) for name in network.shape.inputs}
    with torch.inference_mode():
        outputs = network(**inputs)
    sizes = {tensor.name: "length" in tensor.shape for tensor in network.shape.outputs}
    return {
        name: logits.numpy().reshape(-1)[: size if sizes[name] else None]
        for name, logits in outputs.items()
    }


def network_model(network: Network) -> Callable[[list[int], list[int]], Outputs]:
    """Return what runs the float32 network on ids and token types of one unpadded input."""

    def run(input_ids: list[int], token_type_ids: list[int]) -> Outputs:
        return reference_outputs(network, Sample("", len(input_ids), input_ids, token_type_ids, 0))

    return run


def measure_parity(
    runner: Runner, samples: Sequence[Sample], references: Sequence[Outputs], tie: float = 0.0
) -> Parity:
    """Compare every sample; cosine and error are the worst seen, agreement is a share.

    A choice agrees that float32 scores at most `tie` below its own.
    """
    cosines, errors, agreeing = [], [], 0
    for sample, reference in zip(samples, references, strict=True):
        outputs = runner.run(sample.input_ids, sample.token_type_ids, sample.length)
        for name, expected in reference.items():
            found = outputs[name]
            if expected.size > 1:  # a single value has a sign and no direction
                cosines.append(cosine(found, expected))
            errors.append(float(np.abs(found - expected).max()))
        own, chosen = best_choice(reference, sample), best_choice(outputs, sample)
        agreeing += _score(reference, chosen) >= _score(reference, own) - tie
    return Parity(
        windows=len(samples),
        min_cosine=_rounded(float(np.min(cosines))),  # unlike min(), np.min lets no NaN slip by
        max_error=_rounded(float(np.max(errors))),
        agreement=_rounded(agreeing / len(samples)),
    )


def cosine(found: npt.NDArray[np.float32], expected: npt.NDArray[np.float32]) -> float:
    """Return the cosine of two flat arrays; 0.0 where one of them is zero."""
    norms = float(np.linalg.norm(found) * np.linalg.norm(expected))
    return float(found @ expected) / norms if norms else 0.0


def _score(outputs: Outputs, choice: tuple[int, ...]) -> float:
    if "logits" in outputs:
        return float(outputs["logits"][choice[0]])
    return float(outputs["start_logits"][choice[0]] + outputs["end_logits"][choice[1]])


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


def parity_fault(parity: Parity, recipe: Recipe, largest: float) -> str | None:
    """Say how the file is further from float32 than its recipe may be, or None."""
    limits = LIMITS[recipe.name]
    allowed = limits.max_error * largest
    if (
        parity.min_cosine >= limits.min_cosine
        and parity.max_error <= allowed
        and parity.agreement >= limits.min_agreement
    ):
        return None
    return (
        f"cosine {parity.min_cosine:.5f} (at least {limits.min_cosine}), "
        f"error {parity.max_error:.4g} (at most {allowed:.4g}), same choice in "
        f"{100 * parity.agreement:.0f} % (at least {100 * limits.min_agreement:.0f} %) "
        f"of {parity.windows} text windows"
    )


def golden_tolerance(recipe: Recipe, largest: float) -> float:
    """Return how far outputs on another machine may be from those stored here."""
    return _rounded(LIMITS[recipe.name].golden * largest)
