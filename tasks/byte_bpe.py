"""RoBERTa's tokenizer: byte-pair merges on UTF-8 bytes, with spans in code points of the text."""

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.processors import ByteLevel as TrimSpans

from tasks.text_tokenizer import TextTokenizer
from tasks.tokenizer import model_kind

TOKENIZER_JSON = "tokenizer.json"
VOCAB_JSON = "vocab.json"
MERGES = "merges.txt"


class ByteBpeTokenizer(TextTokenizer):
    """Byte-level BPE. A space belongs to the word after it, and not to that word's span.

    A character of several bytes may take several tokens, each with the span of the character; the
    span of a token that is only a space is empty.
    """

    kind = "byte-bpe"
    file = TOKENIZER_JSON
    special_tokens = ("<pad>", "<unk>", "<s>", "</s>", "<mask>")
    separators = 2
    second_type = 0

    def __init__(
        self, vocab: dict[str, int], merges: list[tuple[str, str]], *, prefix_space: bool = False
    ) -> None:
        self.merges = merges
        self.prefix_space = prefix_space
        backend = Tokenizer(BPE(vocab=vocab, merges=merges))
        backend.pre_tokenizer = ByteLevel(add_prefix_space=prefix_space)
        backend.post_processor = TrimSpans(add_prefix_space=prefix_space, trim_offsets=True)
        super().__init__(backend, vocab, lowercase=False, strip_accents=False)

    def document(self) -> str:
        """The tokenizer as the text of a tokenizer.json that Hugging Face's libraries read too."""
        vocab = {token: number for number, token in enumerate(self.tokens)}
        level = {"type": "ByteLevel", "add_prefix_space": self.prefix_space, "trim_offsets": True}
        content: dict[str, Any] = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [],
            "normalizer": None,
            "pre_tokenizer": {**level, "use_regex": True},
            "post_processor": {**level, "use_regex": True},
            "decoder": {**level, "use_regex": True},
            "model": {"type": "BPE", "vocab": vocab, "merges": [list(m) for m in self.merges]},
        }
        return json.dumps(content, ensure_ascii=False) + "\n"


def read_tokenizer_json(path: Path) -> ByteBpeTokenizer:
    """Reads a tokenizer.json with a byte-level BPE; ValueError for settings it would read wrong."""
    document = _read_object(path)
    model = document.get("model") or {}
    level = document.get("pre_tokenizer") or {}
    kinds = (model_kind(model), level.get("type"))
    if kinds != ("BPE", "ByteLevel"):
        raise ValueError(
            f"{path}: unsupported tokenizer {kinds[0]} after {kinds[1]}; supported are RoBERTa's "
            "(BPE after ByteLevel) and BERT's (WordPiece after BertPreTokenizer)"
        )
    _refuse_variants(path, document, model, level)
    merges = [tuple(m.split(" ") if isinstance(m, str) else m) for m in model.get("merges", [])]
    return _checked(path, model.get("vocab"), merges, bool(level.get("add_prefix_space", False)))


def read_vocab_and_merges(folder: Path) -> ByteBpeTokenizer:
    """Reads the `vocab.json` and `merges.txt` of a checkpoint folder without tokenizer.json."""
    path = folder / MERGES
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text: {error}") from error
    # The first line may name a version; a line that is no merge is found below.
    merges = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    settings = _read_object(folder / "tokenizer_config.json", needed=False)
    prefix_space = bool(settings.get("add_prefix_space", False))
    return _checked(path, _read_object(folder / VOCAB_JSON), merges, prefix_space)


def _refuse_variants(
    path: Path, document: dict[str, Any], model: dict[str, Any], level: dict[str, Any]
) -> None:
    expected = {
        "normalizer": (document.get("normalizer"), None),
        "use_regex": (level.get("use_regex", True), True),
        "dropout": (model.get("dropout"), None),
        "continuing_subword_prefix": (model.get("continuing_subword_prefix") or None, None),
        "end_of_word_suffix": (model.get("end_of_word_suffix") or None, None),
        "byte_fallback": (model.get("byte_fallback", False), False),
        "ignore_merges": (model.get("ignore_merges", False), False),
    }
    for key, (found, wanted) in expected.items():
        if found != wanted:
            raise ValueError(
                f"{path}: {key}={json.dumps(found)[:60]} is unsupported; "
                f"expected {json.dumps(wanted)}"
            )
    added = [str(token.get("content")) for token in document.get("added_tokens") or []]
    extra = [token for token in added if token not in ByteBpeTokenizer.special_tokens]
    if extra:
        raise ValueError(
            f"{path}: added tokens are unsupported, found {', '.join(extra[:5])}; expected none "
            f"but {' '.join(ByteBpeTokenizer.special_tokens)}"
        )


def _checked(path: Path, vocab: Any, merges: list[Any], prefix_space: bool) -> ByteBpeTokenizer:
    """Builds the tokenizer; ValueError where its parts do not belong together."""
    if not isinstance(vocab, dict) or not all(type(number) is int for number in vocab.values()):
        raise ValueError(f"{path}: the vocabulary must be an object of tokens and their ids")
    # A byte without a token would be dropped in silence.
    needed = [*ByteBpeTokenizer.special_tokens, *sorted(ByteLevel.alphabet())]
    missing = [token for token in needed if token not in vocab]
    if missing:
        raise ValueError(
            f"{path} is not RoBERTa's kind of vocabulary: {', '.join(missing[:5])} missing among "
            f"{len(vocab)} tokens; expected its five special tokens and all 256 bytes"
        )
    if sorted(vocab.values()) != list(range(len(vocab))):
        raise ValueError(f"{path}: token ids are not 0 to {len(vocab) - 1} without gaps")
    for merge in merges:
        if len(merge) != 2 or "".join(merge) not in vocab or not vocab.keys() >= set(merge):
            raise ValueError(f"{path}: the merge {list(merge)} does not fit the vocabulary")
    return ByteBpeTokenizer(vocab, merges, prefix_space=prefix_space)


def _read_object(path: Path, needed: bool = True) -> dict[str, Any]:
    if not path.is_file():
        if needed:
            raise FileNotFoundError(f"no vocabulary: {path} is missing")
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ValueError(f"{path} must hold an object")
    return document
