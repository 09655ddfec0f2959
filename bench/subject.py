"""What is measured: the files of a bundle, the length they run at, real tokens to run them on."""

from importlib import metadata
from pathlib import Path

from bench.result import RANDOM, RANDOM_LICENCE, TRAINED, Subject
from bench.shapes import count_parameters, weights_label
from export.bundle import MANIFEST, Bundle, record_file
from tasks.squad import read_squad, sample_path
from tasks.text_tokenizer import TextTokenizer
from tasks.tokenizer_files import open_tokenizer

PACKAGES = {
    "tflite": "ai-edge-litert",
    "pte": "executorch",
    "torch": "torch",
    "torch-eager": "torch",
    "torch-compile": "torch",
    "onnxruntime": "onnxruntime",
    "litert-stock": "ai-edge-litert",
    "executorch-stock": "executorch",
}


def runtime_version(runtime: str) -> str:
    """The package that runs a file, and its version."""
    return f"{PACKAGES[runtime]} {metadata.version(PACKAGES[runtime])}"


def describe_bundle(bundle: Bundle, runtime: str, parameters: int | None = None) -> Subject:
    """What is known of one model file of a bundle."""
    manifest = bundle.manifest
    model = bundle.model(runtime)
    return Subject(
        model=bundle.folder.resolve().name.removesuffix(f"-{manifest.recipe}"),
        recipe=manifest.recipe,
        weights=RANDOM if manifest.licences.weights == RANDOM_LICENCE else TRAINED,
        parameters=parameters,
        bundle=bundle.folder.resolve().name,
        manifest_sha256=record_file(bundle.folder / MANIFEST).sha256,
        file=model.file,
        file_bytes=manifest.files[model.file].bytes,
        file_sha256=manifest.files[model.file].sha256,
        parity=model.parity,
        size=model.size,
    )


def padded_length(bundle: Bundle, runtime: str, tokens: int) -> int:
    """The length that `tokens` real tokens run at: a fixed-length file pads them."""
    entries = bundle.model(runtime).interface.entries
    for entry in entries:
        if tokens <= entry.max_length:
            return max(tokens, entry.min_length)
    raise ValueError(
        f"{bundle.folder}: the {runtime} file takes at most {entries[-1].max_length} tokens, "
        f"{tokens} were asked for; measure shorter inputs or export with a larger bucket"
    )


def bundle_tokenizer(bundle: Bundle) -> TextTokenizer:
    """The tokenizer of a bundle."""
    record = bundle.manifest.tokenizer
    return open_tokenizer(
        bundle.folder / record.file,
        kind=record.kind,
        lowercase=record.lowercase,
        strip_accents=record.strip_accents,
    )


def real_tokens(tokenizer: TextTokenizer, tokens: int) -> tuple[list[int], list[int]]:
    """Exactly `tokens` ids and token types of real text: a question on our sample's passages."""
    items = read_squad([sample_path()])
    question = tokenizer.encode(items[0].question).ids
    context = [
        i for text in dict.fromkeys(q.context for q in items) for i in tokenizer.encode(text).ids
    ]
    if tokens < 8:
        raise ValueError(f"an input needs at least 8 tokens, {tokens} were asked for")
    asked = question[: (tokens - tokenizer.pair_specials) // 2]
    room = tokens - tokenizer.pair_specials - len(asked)
    while len(context) < room:
        context += context
    return tokenizer.pair(asked, context[:room])


def describe_checkpoint(name: str, folder: Path) -> Subject:
    """What is known of a checkpoint folder that is run as it is."""
    file = folder / "model.safetensors"
    record = record_file(file)
    return Subject(
        model=name,
        recipe="checkpoint",
        weights=weights_label(folder),
        parameters=count_parameters(folder),
        bundle=None,
        manifest_sha256=None,
        file=file.name,
        file_bytes=record.bytes,
        file_sha256=record.sha256,
        parity=None,
        size={},
    )
