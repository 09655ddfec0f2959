"""The head of a checkpoint: which one it has, and how checkpoints with and without it are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError, safe_open
from transformers import AutoConfig
from transformers.utils import logging

from distill.folder import require_checkpoint
from distill.student_config import HEADS

CLASSES = {
    "mlm": "AutoModelForMaskedLM",
    "qa": "AutoModelForQuestionAnswering",
    "classification": "AutoModelForSequenceClassification",
    "none": "AutoModel",
}
# A weight that only checkpoints with this head have, in BERT and in DistilBERT.
_MARKS = {
    "mlm": ("cls.predictions.transform.dense.weight", "vocab_transform.weight"),
    "qa": ("qa_outputs.weight",),
    "classification": ("classifier.weight",),
}
_ENCODER = (
    *("bert.", "distilbert.", "embeddings.", "encoder.", "transformer.", "pooler."),
    "cls.seq_relationship.",  # next-sentence prediction, which no student has
)


def weight_names(folder: Path) -> set[str]:
    """Names of the weights of a checkpoint folder; reads the headers alone.

    Raises FileNotFoundError without safetensors files and ValueError for a damaged one.
    """
    require_checkpoint(folder)
    files = sorted(folder.glob("model*.safetensors"))
    if not files:
        raise FileNotFoundError(
            f"no weights in {folder}: model.safetensors is missing; save the checkpoint again with "
            "save_pretrained of transformers 5, which writes it"
        )
    names: set[str] = set()
    for file in files:
        try:
            with safe_open(file, "pt") as weights:
                names |= set(weights.keys())
        except SafetensorError as error:
            raise ValueError(f"{file} is damaged or cut short ({error}); fetch it again") from error
    return names


def head_of(folder: Path) -> str:
    """The head that a checkpoint has, one of HEADS.

    Raises ValueError for a head that is none of them.
    """
    names = weight_names(folder)
    for head, marks in _MARKS.items():
        if names & set(marks):
            found = head
            break
    else:
        found = "none"
    other = sorted(name for name in names if found == "none" and not name.startswith(_ENCODER))
    pooled = any("pooler." in name or name.startswith("pre_classifier.") for name in names)
    if other or (found == "classification" and not pooled):
        raise ValueError(
            f"the head of the checkpoint in {folder} is not supported (found the weight "
            f"{other[0] if other else 'classifier.weight'}); supported: {', '.join(HEADS)}. Say "
            "--head none to leave it out"
        )
    return found


def read_config(folder: Path, families: tuple[str, ...]) -> Any:
    """The config of a checkpoint of one of these families.

    Raises FileNotFoundError without a checkpoint and ValueError for another family.
    """
    require_checkpoint(folder)
    config = AutoConfig.from_pretrained(folder)
    if config.model_type not in families:
        raise ValueError(
            f"the checkpoint in {folder} is of family {config.model_type!r}; supported: "
            f"{', '.join(families)}"
        )
    return config


def load_with_head(folder: Path, head: str, **settings: Any) -> tuple[Any, set[str]]:
    """A float32 model with this head, and the names of weights that the checkpoint lacks.

    Only parts of the head (and BERT's pooler) can be lacking; they start random. Raises
    FileNotFoundError without weights and ValueError where parts of the encoder are missing.
    """
    weight_names(folder)
    with _quiet():
        model, found = getattr(transformers, CLASSES[head]).from_pretrained(
            folder,
            dtype=torch.float32,
            output_loading_info=True,
            ignore_mismatched_sizes=True,
            **settings,
        )
    missing = set(found["missing_keys"])
    wrong = sorted(str(entry[0]) for entry in found["mismatched_keys"])
    body = ("embeddings.", "encoder.", "transformer.")
    wrong += sorted(
        n for n in missing if n.removeprefix(f"{model.base_model_prefix}.").startswith(body)
    )
    if wrong:
        raise ValueError(
            f"the weights in {folder} do not fit its config.json: {wrong[0]} is missing or has "
            f"another shape ({len(wrong)} such weights); fetch the checkpoint again"
        )
    return model, missing


@contextmanager
def _quiet() -> Iterator[None]:
    """No tables of missing weights and no bars from transformers: errors and records say it."""
    logging.disable_progress_bar()
    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
