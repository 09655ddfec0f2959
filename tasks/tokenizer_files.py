"""The tokenizer of a checkpoint folder, whatever its kind, and the file a bundle carries of it."""

import json
from pathlib import Path

from tasks.byte_bpe import (
    MERGES,
    TOKENIZER_JSON,
    VOCAB_JSON,
    ByteBpeTokenizer,
    read_tokenizer_json,
    read_vocab_and_merges,
)
from tasks.text_tokenizer import TextTokenizer
from tasks.tokenizer import (
    WordPieceTokenizer,
    load_tokenizer,
    model_kind,
    tokenizer_from_vocab,
)


def read_tokenizer(folder: Path) -> TextTokenizer:
    """The tokenizer of a Hugging Face checkpoint folder: BERT's or RoBERTa's.

    Raises FileNotFoundError where the folder holds none, ValueError for another kind.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"no such checkpoint folder: {folder}")
    path = folder / TOKENIZER_JSON
    if path.is_file():
        return load_tokenizer(folder) if _model(path) == "WordPiece" else read_tokenizer_json(path)
    if (folder / MERGES).is_file() and (folder / VOCAB_JSON).is_file():
        return read_vocab_and_merges(folder)
    if (folder / WordPieceTokenizer.file).is_file():
        return load_tokenizer(folder)
    raise FileNotFoundError(
        f"{folder} holds no tokenizer: {TOKENIZER_JSON}, {WordPieceTokenizer.file} (BERT's), or "
        f"{VOCAB_JSON} with {MERGES} (RoBERTa's); save it with tokenizer.save_pretrained(folder)"
    )


def _model(path: Path) -> str | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    model = document.get("model") if isinstance(document, dict) else None
    return model_kind(model) if isinstance(model, dict) else None


def write_tokenizer(tokenizer: TextTokenizer, folder: Path) -> None:
    """Writes the tokenizer's file into a bundle folder, as `open_tokenizer` reads it."""
    if isinstance(tokenizer, ByteBpeTokenizer):
        text = tokenizer.document()
    else:
        text = "".join(f"{token}\n" for token in tokenizer.tokens)
    (folder / tokenizer.file).write_text(text, encoding="utf-8", newline="\n")


def open_tokenizer(
    path: Path, *, kind: str, lowercase: bool, strip_accents: bool | None = None
) -> TextTokenizer:
    """The tokenizer of a bundle: its file, and what the manifest says of it."""
    if kind == WordPieceTokenizer.kind:
        return tokenizer_from_vocab(path, lowercase=lowercase, strip_accents=strip_accents)
    if kind == ByteBpeTokenizer.kind:
        return read_tokenizer_json(path)
    raise ValueError(
        f"unknown kind of tokenizer {kind!r} for {path}; known are {WordPieceTokenizer.kind} and "
        f"{ByteBpeTokenizer.kind}: use the tool that wrote the bundle"
    )
