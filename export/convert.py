"""Writes and measures one model file in a process of its own: `python -m export.convert`.

The converters are large, chatty and settle global state (ExecuTorch's thread pool), so the build
starts one process per file. Job and answer are JSON on stdin and stdout; all chatter, that of C++
libraries included, goes to stderr, which the build shows only when the process dies.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from export import strict_json
from export.manifest import ModelFile
from export.recipes import find_recipe

GoldenOutputs = dict[str, dict[str, tuple[float, ...]]]


@dataclass(frozen=True)
class Job:
    """What to convert: `model` is the file to write, `buckets` its input lengths."""

    checkpoint: str
    model: str
    runtime: str
    recipe: str
    buckets: tuple[int, ...]


@dataclass(frozen=True)
class Converted:
    """The measured file, and the golden outputs, by sample name, of the file and of float32."""

    model: ModelFile
    outputs: GoldenOutputs
    reference: GoldenOutputs
    tolerance: float


@dataclass(frozen=True)
class Answer:
    """What the process says: a result, or the user's mistake that stopped it."""

    converted: Converted | None
    error: str | None


def convert_apart(job: Job) -> Converted:
    """Run the job in a fresh process.

    Raises ValueError for what the user can cure. A process that dies (the converters end it where
    the disk or the memory is full) raises OSError with its last words.
    """
    places = [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "export.convert"],  # -P: never from the current folder
        input=json.dumps(asdict(job)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise OSError(
            f"writing {Path(job.model).name} stopped with exit code {done.returncode}; "
            f"check the free disk space and memory. Its last words:\n{tail}"
        )
    answer = strict_json.parse(Answer, done.stdout, "the converter's answer")
    if answer.converted is None:
        raise ValueError(answer.error)
    return answer.converted


def convert(job: Job) -> Converted:
    """Write the file, account for its bytes, and prove that it computes what the network does."""
    from export import parity, pte, pte_file, runner, samples, sizes, tflite, tflite_file
    from export.checkpoint import load_network
    from tasks.tokenizer_files import read_tokenizer

    checkpoint, path, recipe = Path(job.checkpoint), Path(job.model), find_recipe(job.recipe)
    network = load_network(checkpoint)
    if job.runtime == "tflite":
        interface = tflite.write_tflite(network, recipe, job.buckets, path)
        tensors, operators = tflite_file.tflite_tensors(path), tflite_file.tflite_operators(path)
    else:
        interface = pte.write_pte(network, recipe, max(job.buckets), path)
        tensors, operators = pte_file.pte_tensors(path), pte_file.pte_operators(path)
    path.chmod(0o644)
    sizes.refuse_floats(tensors, recipe, path.name)

    texts = samples.make_samples(read_tokenizer(checkpoint), network.shape.task, job.buckets)
    references = [parity.reference_outputs(network, sample) for sample in texts]
    loaded = runner.OPENERS[job.runtime](path, interface)
    measured = parity.measure_parity(loaded, texts, references)
    largest = parity.largest_logit(references)
    parity.check_parity(measured, recipe, largest, path.name)

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
        tolerance=parity.golden_tolerance(recipe, largest),
    )


def _plain(outputs: dict[str, dict[str, npt.NDArray[np.float32]]]) -> GoldenOutputs:
    return {
        sample: {name: tuple(float(f"{x:.7g}") for x in values) for name, values in named.items()}
        for sample, named in outputs.items()
    }


def main() -> None:
    """Answer the job on stdin."""
    answer_fd = os.dup(1)
    os.dup2(2, 1)  # from here on whatever libraries print goes to stderr
    job = strict_json.parse(Job, sys.stdin.read(), "the converter's job")
    try:
        answer = Answer(converted=convert(job), error=None)
    except (ValueError, OSError) as error:
        answer = Answer(converted=None, error=str(error))
    with os.fdopen(answer_fd, "w", encoding="utf-8") as stream:
        stream.write(strict_json.dump(answer))


if __name__ == "__main__":
    main()
