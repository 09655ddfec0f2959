"""One export: checkpoint folder in, complete bundle folder out, or nothing at all."""

import dataclasses
import shutil
import subprocess
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from export import strict_json
from export.bundle import (
    MANIFEST,
    Bundle,
    Golden,
    GoldenCase,
    load_bundle,
    record_file,
)
from export.checkpoint import WEIGHTS, checkpoint_sha256, load_network, read_licences, read_shape
from export.choices import kept_tokens, with_buckets
from export.config import ExportConfig
from export.convert import Converted
from export.manifest import (
    FORMAT_VERSION,
    QUESTION_ANSWERING,
    Manifest,
    Provenance,
    Tokenizer,
)
from export.materials import file_materials, training_materials
from export.recipes import find_recipe
from export.samples import golden_samples, make_samples
from export.sbom import SBOM, Sources, bill
from export.shape import Shape
from export.signature import read_private_key, sign
from export.staging import publish, staging
from export.steps import convert_file, evidence_folder, pass_gate, write_for_elsewhere
from export.vocabulary import cut_tokenizer
from tasks.hub import checkpoint_folder
from tasks.text_tokenizer import TextTokenizer
from tasks.tokenizer_files import read_tokenizer, write_tokenizer
from tasks.windows import QaLimits

GOLDEN = "golden.json"
EXPORT_PACKAGES = ("torch", "transformers", "tokenizers", "safetensors", "numpy")
PACKAGES = {
    "tflite": ("litert-torch", "ai-edge-quantizer", "ai-edge-litert"),
    "pte": ("executorch", "torchao"),
}


def build_bundle(
    config: ExportConfig, progress: Callable[[str], None] = lambda line: None
) -> Bundle:
    """Write and prove a bundle; `progress` is told each step in words.

    Everything happens in a temporary folder beside `config.out`, which gets its name only when
    the bundle is complete. Raises FileExistsError where `out` exists and `force` is not set,
    ValueError or FileNotFoundError for a checkpoint that cannot be exported, ConnectionError for
    one of the Hub that cannot be fetched, OSError where the disk refuses.
    """
    if config.out.exists() and not config.force:
        raise FileExistsError(f"{config.out} exists; choose another --out or add --force")
    source = checkpoint_folder(config.checkpoint, config.revision)
    config = dataclasses.replace(config, checkpoint=source, revision=None)
    shape, tokenizer = read_shape(config.checkpoint), read_tokenizer(config.checkpoint)
    if not config.buckets:
        config = with_buckets(config, shape, tokenizer, progress)
    _check(config, shape, tokenizer)
    kept = kept_tokens(config, shape, tokenizer, progress)
    tokenizer = cut_tokenizer(tokenizer, kept)
    shutil.rmtree(evidence_folder(config.out), ignore_errors=True)
    with staging(config.out) as folder:
        write_tokenizer(tokenizer, folder)
        converted = {}
        for runtime in config.runtimes:
            progress(f"writing and checking model.{runtime} ({config.recipe})")
            converted[runtime] = convert_file(config, runtime, folder, kept)
        if config.also:
            progress(f"writing files for {', '.join(config.also)}, which cannot run here")
            write_for_elsewhere(config, folder, kept)
        if config.gate_data:
            progress("answering the gate's questions with the checkpoint and the files")
            converted = pass_gate(config, folder, converted, kept)
        golden = _golden(config, shape, tokenizer, converted)
        (folder / GOLDEN).write_text(strict_json.dump(golden), encoding="utf-8")
        progress("writing the manifest")
        (folder / SBOM).write_text(_sbom(config, folder), encoding="utf-8")
        manifest = _manifest(config, shape, tokenizer, converted, folder)
        (folder / MANIFEST).write_text(strict_json.dump(manifest), encoding="utf-8")
        load_bundle(folder)
        if config.sign is not None:
            sign(folder, read_private_key(config.sign))
        publish(folder, config.out)
    return Bundle(folder=config.out, manifest=manifest)


def _check(config: ExportConfig, shape: Shape, tokenizer: TextTokenizer) -> None:
    """Raise ValueError for what cannot be exported, before a converter is started."""
    if config.buckets[-1] > shape.positions:
        raise ValueError(
            f"bucket {config.buckets[-1]} is longer than the {shape.positions} positions of "
            f"{config.checkpoint}; choose shorter buckets"
        )
    if tokenizer.vocab_size > shape.vocab_size:
        raise ValueError(
            f"{config.checkpoint} has {tokenizer.vocab_size} tokens in its vocabulary, "
            f"{shape.vocab_size} in its network; they do not belong together"
        )
    if config.sign is not None:
        read_private_key(config.sign)
    load_network(config.checkpoint)  # refuses weights that do not fit or are no numbers


def _golden(
    config: ExportConfig,
    shape: Shape,
    tokenizer: TextTokenizer,
    converted: dict[str, Converted],
) -> Golden:
    samples = golden_samples(make_samples(tokenizer, shape.task, config.buckets))
    one = next(iter(converted.values()))  # the float32 reference is the same in each
    cases = (
        GoldenCase(
            name=sample.name,
            length=sample.length,
            input_ids=tuple(sample.input_ids),
            token_type_ids=tuple(sample.token_type_ids),
            expected={
                "reference": one.reference[sample.name],
                **{runtime: result.outputs[sample.name] for runtime, result in converted.items()},
            },
        )
        for sample in samples
    )
    return Golden(tolerance=one.tolerance, cases=tuple(cases))


def _sbom(config: ExportConfig, folder: Path) -> str:
    """List what is in the folder so far, and what it was made from."""
    files = {path.name: record_file(path) for path in folder.iterdir()}
    sources = Sources(
        weights=record_file(config.checkpoint / WEIGHTS),
        materials=[
            *training_materials(config.checkpoint),
            *file_materials(config.calibration, "calibration"),
            *file_materials(config.gate_data, "gate data"),
            *file_materials(config.vocab_from, "vocabulary"),
        ],
        licences=read_licences(config.checkpoint),
        packages=[*EXPORT_PACKAGES, *(name for one in config.runtimes for name in PACKAGES[one])],
    )
    return bill(files, sources)


def _manifest(
    config: ExportConfig,
    shape: Shape,
    tokenizer: TextTokenizer,
    converted: dict[str, Converted],
    folder: Path,
) -> Manifest:
    answering = shape.task == QUESTION_ANSWERING
    files = {path.name: record_file(path) for path in sorted(folder.iterdir())}
    packages = ["torch", *(name for runtime in config.runtimes for name in PACKAGES[runtime])]
    return Manifest(
        format_version=FORMAT_VERSION,
        task=shape.task,
        recipe=find_recipe(config.recipe, config.keep).label,
        labels=shape.labels,
        models={runtime: result.model for runtime, result in converted.items()},
        tokenizer=Tokenizer(
            file=tokenizer.file,
            sha256=files[tokenizer.file].sha256,
            vocab_size=tokenizer.vocab_size,
            lowercase=tokenizer.lowercase,
            strip_accents=tokenizer.strip_accents,
            kind=tokenizer.kind,
        ),
        qa=QaLimits().for_length(config.buckets[-1]) if answering else None,
        golden=GOLDEN,
        files=files,
        licences=read_licences(config.checkpoint),
        provenance=Provenance(
            checkpoint_sha256=checkpoint_sha256(config.checkpoint),
            git_commit=_git_commit(),
            versions={name: metadata.version(name) for name in packages},
        ),
    )


def _git_commit() -> str | None:
    """Return the commit of the source tree this module was imported from, if it is one."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists() or shutil.which("git") is None:
        return None
    command = ["git", "-C", str(root), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
