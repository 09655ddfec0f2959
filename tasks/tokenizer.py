"""WordPiece through Hugging Face `tokenizers`, with spans in code points of the original text."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

from tasks.text_tokenizer import TextTokenizer

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


class WordPieceTokenizer(TextTokenizer):
    """BERT's tokenizer. Accents go with the case unless `strip_accents` is given."""

    kind = "wordpiece"
    file = "vocab.txt"
    special_tokens = SPECIAL_TOKENS
    separators = 1
    second_type = 1

    def __init__(
        self, vocab: dict[str, int], *, lowercase: bool, strip_accents: bool | None = None
    ) -> None:
        accents = lowercase if strip_accents is None else strip_accents
        backend = Tokenizer(WordPiece(vocab, unk_token="[UNK]", max_input_chars_per_word=100))
        backend.normalizer = BertNormalizer(lowercase=lowercase, strip_accents=accents)
        backend.pre_tokenizer = BertPreTokenizer()
        super().__init__(backend, vocab, lowercase, accents)


def read_vocab(path: Path) -> dict[str, int]:
    """Reads a `vocab.txt`: one token a line, the line number is the id."""
    if not path.is_file():
        raise FileNotFoundError(f"no vocabulary: {path} is missing")
    try:
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a UTF-8 vocabulary: {error}") from error
    tokens = [line.removesuffix("\r") for line in lines]
    vocab = {token: number for number, token in enumerate(tokens)}
    if len(vocab) != len(tokens):
        raise ValueError(f"{path} repeats {len(tokens) - len(vocab)} tokens; each must occur once")
    _check_vocab(vocab, path)
    return vocab


def _check_vocab(vocab: dict[str, int], path: Path) -> None:
    missing = [token for token in SPECIAL_TOKENS if token not in vocab]
    if missing:
        raise ValueError(
            f"{path} is not a BERT vocabulary: {', '.join(missing)} missing among {len(vocab)} "
            "tokens; expected BERT's WordPiece vocabulary, one token a line"
        )
    if sorted(vocab.values()) != list(range(len(vocab))):
        raise ValueError(f"{path}: token ids are not 0 to {len(vocab) - 1} without gaps")


def tokenizer_from_vocab(
    vocab: Path, *, lowercase: bool, strip_accents: bool | None = None
) -> WordPieceTokenizer:
    """The tokenizer of a bundle: its `vocab.txt` and the manifest's two flags."""
    return WordPieceTokenizer(read_vocab(vocab), lowercase=lowercase, strip_accents=strip_accents)


def load_tokenizer(folder: Path) -> WordPieceTokenizer:
    """The tokenizer of a Hugging Face checkpoint folder: `tokenizer.json`, or else `vocab.txt`."""
    if not folder.is_dir():
        raise FileNotFoundError(f"no such checkpoint folder: {folder}")
    if (folder / "tokenizer.json").is_file():
        return _from_tokenizer_json(folder / "tokenizer.json")
    settings = _read_json(folder / "tokenizer_config.json")
    lowercase = bool(settings.get("do_lower_case", True))
    strip_accents = _accents(folder, settings)
    _refuse_variants(folder, settings)
    return tokenizer_from_vocab(
        folder / "vocab.txt", lowercase=lowercase, strip_accents=strip_accents
    )


def model_kind(model: dict[str, Any]) -> str | None:
    """The kind of a tokenizer.json's model; the oldest files do not say it, their keys do."""
    if "type" in model:
        return str(model["type"])
    if "merges" in model:
        return "BPE"
    return "WordPiece" if "max_input_chars_per_word" in model else None


def _from_tokenizer_json(path: Path) -> WordPieceTokenizer:
    document = _read_json(path)
    model, normalizer = document.get("model") or {}, document.get("normalizer") or {}
    kinds = (model_kind(model), normalizer.get("type"))
    if kinds != ("WordPiece", "BertNormalizer"):
        raise ValueError(
            f"{path}: unsupported tokenizer {kinds[0]} with normalizer {kinds[1]}; supported is "
            "BERT's: WordPiece with BertNormalizer"
        )
    lowercase = bool(normalizer["lowercase"])
    strip_accents = _accents(path, normalizer)
    _refuse_variants(path, normalizer)
    _check_vocab(model["vocab"], path)
    return WordPieceTokenizer(model["vocab"], lowercase=lowercase, strip_accents=strip_accents)


def _accents(where: Path, settings: dict[str, Any]) -> bool | None:
    """Whether accents are removed; None, as in a file that says nothing: they go with the case."""
    value = settings.get("strip_accents")
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"{where}: strip_accents={value!r}; expected true, false or null")
    return value


def _refuse_variants(where: Path, settings: dict[str, Any]) -> None:
    """Control characters go and ideographs are split; other settings would be read wrong."""
    for key in ("tokenize_chinese_chars", "handle_chinese_chars", "clean_text"):
        if settings.get(key, True) is not True:
            raise ValueError(f"{where}: {key}={settings[key]} is unsupported; expected true")


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    return document
