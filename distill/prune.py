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
from distill.prune_report import bytes_saved
from distill.student_config import StudentConfig
from distill.student_weights import VOCABULARY_WEIGHTS
from tasks.token_counts import Report
from tasks.tokenizer import load_tokenizer
from tasks.vocabulary_cut import Retokenisation, cut_vocabulary, required_tokens


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
    """Chooses the tokens that the text in `config.vocab_from` uses; errors as `cut_vocabulary`."""
    tokenizer = load_tokenizer(source)
    tokens = tokenizer.tokens
    added = [token["content"] for token in _tokenizer_json(source).get("added_tokens", [])]
    required = required_tokens(tokens, added, source)
    limits = config.vocab_min_count, config.vocab_size
    cut = cut_vocabulary(tokenizer, required, config.vocab_from, *limits, report)
    return Pruning([tokens[i] for i in cut.kept], cut.kept, len(tokens), cut.held_back)


def pruning_record(pruning: Pruning, student: Any) -> dict[str, Any]:
    """What `distill.json` says of a cut vocabulary; `student` is the model that has it."""
    after = len(pruning.tokens)
    return {
        "before": pruning.before,
        "after": after,
        "bytes_saved": bytes_saved(student, pruning.before - after),
        "held_back": asdict(pruning.held_back) if pruning.held_back else None,
    }


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
