"""Vocabulary pruning: the tokens that a text uses, and a tokenizer and tables of just these."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from distill.folder import write_text
from distill.prune_report import Retokenisation, bytes_saved, compare_tokenizers
from distill.student_config import StudentConfig
from distill.student_weights import VOCABULARY_WEIGHTS
from distill.token_counts import Report, count_tokens, held_back_passages
from tasks.tokenizer import SPECIAL_TOKENS, WordPieceTokenizer, load_tokenizer


@dataclass(frozen=True)
class Pruning:
    """A cut vocabulary: its tokens, their ids in the teacher's (rising), and what the cut does.

    `held_back` is None where the text is too short to hold a part of it back.
    """

    tokens: list[str]
    kept: NDArray[np.int64]
    before: int
    held_back: Retokenisation | None


def prune_vocabulary(config: StudentConfig, source: Path, report: Report) -> Pruning:
    """Chooses the tokens that the text in `config.vocab_from` uses.

    The vocabulary comes from all of the text; what a cut does is measured on its held-back tenth
    with a vocabulary from the other nine, so the figures hold for text that is not known yet.
    Raises ValueError for text without a token, and for limits that leave too little.
    """
    tokenizer = load_tokenizer(source)
    tokens, sources = tokenizer.tokens, config.vocab_from
    required = required_tokens(tokens, source)
    counts = count_tokens(tokenizer, sources, report)
    limits = required, config.vocab_min_count, config.vocab_size
    kept = kept_ids(counts.total, *limits)
    measured = kept_ids(counts.total - counts.held_back, *limits)
    report("reading the held-back tenth with the cut vocabulary", 0, 0)
    held_back = compare_tokenizers(
        tokenizer,
        _with_tokens(tokenizer, measured),
        held_back_passages(sources, counts.by_document),
    )
    return Pruning([tokens[number] for number in kept], kept, len(tokens), held_back)


def _with_tokens(tokenizer: WordPieceTokenizer, kept: NDArray[np.int64]) -> WordPieceTokenizer:
    vocab = {tokenizer.tokens[old]: new for new, old in enumerate(kept)}
    return WordPieceTokenizer(
        vocab, lowercase=tokenizer.lowercase, strip_accents=tokenizer.strip_accents
    )


def kept_ids(
    counts: NDArray[np.int64],
    required: NDArray[np.bool_],
    min_count: int,
    size: int | None,
) -> NDArray[np.int64]:
    """The ids to keep, rising: required tokens and those that occur `min_count` times.

    With `size`, of the others the most frequent alone (of two equally frequent ones the first).
    Raises ValueError where the required tokens are more than `size`.
    """
    fixed = int(required.sum())
    if size is not None and fixed > size:
        raise ValueError(
            f"vocab_size {size} is too small: the special tokens and all single characters of the "
            f"vocabulary are {fixed} tokens, and they always stay"
        )
    chosen = np.flatnonzero((counts >= min_count) & ~required)
    if size is not None and len(chosen) > size - fixed:
        chosen = chosen[np.argsort(-counts[chosen], kind="stable")][: size - fixed]
    return np.sort(np.concatenate([np.flatnonzero(required), chosen])).astype(np.int64)


def pruning_record(pruning: Pruning, student: Any) -> dict[str, Any]:
    """What `distill.json` says of a cut vocabulary; `student` is the model that has it."""
    after = len(pruning.tokens)
    return {
        "before": pruning.before,
        "after": after,
        "bytes_saved": bytes_saved(student, pruning.before - after),
        "held_back": asdict(pruning.held_back) if pruning.held_back else None,
    }


def required_tokens(tokens: Sequence[str], source: Path) -> NDArray[np.bool_]:
    """Which tokens always stay: specials, tokens added to the tokenizer, single characters.

    A single character stays at the start of a word and inside one (`##x`), so that every word of
    letters that the teacher knows can still be spelt. Raises ValueError for a tokenizer with
    added tokens outside its vocabulary.
    """
    added = [token["content"] for token in _tokenizer_json(source).get("added_tokens", [])]
    outside = sorted(set(added) - set(tokens))
    if outside:
        raise ValueError(
            f"the tokenizer of {source} has added tokens outside its vocabulary, such as "
            f"{outside[0]!r}; a vocabulary like this cannot be cut"
        )
    always = {*SPECIAL_TOKENS, *added}
    return np.array([t in always or len(t.removeprefix("##")) <= 1 for t in tokens])


def cut_tables(weights: dict[str, Tensor], kept: NDArray[np.int64]) -> dict[str, Tensor]:
    """A state dict with the kept rows of the tables that have a row for each token."""
    rows = torch.from_numpy(kept)
    return {n: v[rows] if n in VOCABULARY_WEIGHTS else v for n, v in weights.items()}


def use_vocabulary(model_config: Any, kept: NDArray[np.int64]) -> None:
    """Fits a model config to a cut vocabulary: its size, and the ids of its special tokens.

    Raises ValueError where the model has fewer tokens than its tokenizer.
    """
    if model_config.vocab_size <= kept[-1]:
        raise ValueError(
            f"the teacher's tables have {model_config.vocab_size} tokens, but its tokenizer knows "
            f"the id {kept[-1]}; they do not belong together"
        )
    new_ids = {int(old): new for new, old in enumerate(kept)}
    for name in ("pad_token_id", "bos_token_id", "eos_token_id"):
        old = getattr(model_config, name, None)
        if isinstance(old, int):
            setattr(model_config, name, new_ids.get(old))
    model_config.vocab_size = len(kept)


def write_tokenizer(source: Path, target: Path, tokens: Sequence[str]) -> None:
    """Writes the tokenizer files of `source` for a vocabulary of these tokens alone.

    Every id in them becomes the token's place in `tokens`. Raises FileNotFoundError for a folder
    without a tokenizer.
    """
    vocab = {token: number for number, token in enumerate(tokens)}
    document = _tokenizer_json(source)
    if not document and not (source / "vocab.txt").is_file():
        raise FileNotFoundError(f"{source} has no tokenizer: vocab.txt and tokenizer.json missing")
    write_text(target / "vocab.txt", "".join(f"{token}\n" for token in tokens))
    if document:
        _renumber(document, vocab)
        write_text(target / "tokenizer.json", json.dumps(document, ensure_ascii=False))
    settings = source / "tokenizer_config.json"
    if settings.is_file():
        values = json.loads(settings.read_text(encoding="utf-8"))
        if decoder := values.get("added_tokens_decoder"):
            values["added_tokens_decoder"] = {
                str(vocab[token["content"]]): token for token in decoder.values()
            }
        write_text(target / "tokenizer_config.json", json.dumps(values, ensure_ascii=False))
    if (source / "special_tokens_map.json").is_file():
        shutil.copyfile(source / "special_tokens_map.json", target / "special_tokens_map.json")


def _renumber(document: dict[str, Any], vocab: dict[str, int]) -> None:
    """Puts a vocabulary and its ids into a `tokenizer.json`, in place."""
    document["model"]["vocab"] = vocab
    for token in document.get("added_tokens", []):
        token["id"] = vocab[token["content"]]
    if padding := document.get("padding"):
        padding["pad_id"] = vocab[padding["pad_token"]]
    processor = document.get("post_processor") or {}
    for special in processor.get("special_tokens", {}).values():  # TemplateProcessing
        special["ids"] = [vocab[token] for token in special["tokens"]]
    for name in ("sep", "cls"):  # BertProcessing
        if name in processor:
            processor[name] = [processor[name][0], vocab[processor[name][0]]]


def _tokenizer_json(folder: Path) -> dict[str, Any]:
    path = folder / "tokenizer.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found
