"""Writes and measures one model file. Run apart, as `python -m export.convert`."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from export.apart import answer_job
from export.manifest import Interface, ModelFile, Parity
from export.recipes import STATIC, Recipe, find_recipe

GoldenOutputs = dict[str, dict[str, tuple[float, ...]]]


@dataclass(frozen=True)
class Job:
    """What to convert: `model` is the file to write, `buckets` its input lengths.

    `kept_tokens` are the ids of a cut vocabulary, none of them for a whole one. `calibration` names
    files of texts for a static recipe; `evidence` is the folder for the file and the comparison of
    its layers where it is not what the checkpoint is.
    """

    checkpoint: str
    model: str
    runtime: str
    recipe: str
    keep: tuple[str, ...]
    buckets: tuple[int, ...]
    kept_tokens: tuple[int, ...]
    calibration: tuple[str, ...]
    evidence: str


@dataclass(frozen=True)
class Converted:
    """The measured file, and the golden outputs, by sample name, of the file and of float32."""

    model: ModelFile
    outputs: GoldenOutputs
    reference: GoldenOutputs
    tolerance: float


def convert(job: Job) -> Converted:
    """Write the file, account for its bytes, and prove that it computes what the network does."""
    from export import lint, parity, pte_file, runner, samples, sizes, tflite_file
    from export.checkpoint import load_network
    from export.vocabulary import cut_network, cut_tokenizer
    from tasks.tokenizer_files import read_tokenizer

    folder, path = Path(job.checkpoint), Path(job.model)
    recipe = find_recipe(job.recipe, job.keep)
    network = cut_network(load_network(folder), job.kept_tokens)
    network.keep_positions(max(job.buckets))
    tokenizer = cut_tokenizer(read_tokenizer(folder), job.kept_tokens)
    lint.check_widths(network, recipe)
    lint.refuse_extremes(network, network.shape.inputs, recipe)
    calibration: Sequence[Any] = ()
    if recipe.activations == STATIC:
        files = [Path(name) for name in job.calibration]
        task = network.shape.task
        calibration = samples.calibration_samples(tokenizer, task, job.buckets, files)
    interface = _write(network, recipe, job, calibration)
    if job.runtime == "tflite":
        tensors, operators = tflite_file.tflite_tensors(path), tflite_file.tflite_operators(path)
    else:
        tensors, operators = pte_file.pte_tensors(path), pte_file.pte_operators(path)
    path.chmod(0o644)
    sizes.refuse_floats(tensors, recipe, path.name, lint.kept_bytes(network, recipe))

    texts = samples.make_samples(tokenizer, network.shape.task, job.buckets)
    references = [parity.reference_outputs(network, sample) for sample in texts]
    largest = parity.largest_logit(references)
    tolerance = parity.golden_tolerance(recipe, largest)
    loaded = runner.OPENERS[job.runtime](path, interface)
    measured = parity.measure_parity(loaded, texts, references, tie=tolerance)
    fault = parity.parity_fault(measured, recipe, largest)
    if fault is not None:
        raise ValueError(_refusal(fault, measured, network, recipe, job, texts, calibration))

    golden = samples.golden_samples(texts)
    outputs = {s.name: loaded.run(s.input_ids, s.token_type_ids, s.length) for s in golden}
    expected = {s.name: references[texts.index(s)] for s in golden}
    return Converted(
        model=ModelFile(
            file=path.name,
            interface=interface,
            parity=measured,
            accuracy=None,
            size=sizes.account(tensors, path.stat().st_size),
            operators=operators,
        ),
        outputs=_plain(outputs),
        reference=_plain(expected),
        tolerance=tolerance,
    )


def _write(network: Any, recipe: Recipe, job: Job, calibration: Sequence[Any]) -> Interface:
    from export import pte, tflite

    path = Path(job.model)
    if job.runtime == "tflite":
        return tflite.write_tflite(network, recipe, job.buckets, path, calibration)
    return pte.write_pte(network, recipe, max(job.buckets), path, calibration)


def _refusal(
    fault: str,
    measured: Parity,
    network: Any,
    recipe: Recipe,
    job: Job,
    texts: Sequence[Any],
    calibration: Sequence[Any],
) -> str:
    """Keep the evidence of a file that fails, and say where in the network it goes wrong."""
    from export import parity, trace

    evidence, path = Path(job.evidence), Path(job.model)
    evidence.mkdir(parents=True, exist_ok=True)
    places = trace.trace(network, recipe, job.runtime, texts, calibration, evidence)
    shutil.copy(path, evidence / path.name)
    report = {
        "fault": fault,
        "recipe": recipe.label,
        "parity": asdict(measured),
        "places": [asdict(place) for place in places],
    }
    found = evidence / f"parity-{job.runtime}.json"
    found.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    first = trace.first_departure(places, parity.LIMITS[recipe.name].min_cosine)
    where = (
        "no layer is under the cosine limit by itself"
        if first is None
        else f"the first place that departs is {first.place} (cosine {first.cosine:.5f})"
    )
    return (
        f"{path.name} does not compute what the checkpoint does: {fault}; {where}. "
        f"Nothing was published; the file and the comparison by layer are in {evidence}. "
        "Keep that part in float32 (--keep) or choose another recipe"
    )


def _plain(outputs: dict[str, dict[str, npt.NDArray[np.float32]]]) -> GoldenOutputs:
    return {
        sample: {name: tuple(float(f"{x:.7g}") for x in values) for name, values in named.items()}
        for sample, named in outputs.items()
    }


if __name__ == "__main__":
    answer_job(Job, convert)
