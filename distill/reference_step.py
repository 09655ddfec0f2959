"""The step of DistilBERT's authors, as their paper and trainer describe it, to measure against.

Written for the benchmark from the description alone: micro-batches of a few sequences of like
length, float32, both models' full logits at every position, the selection of real tokens by a mask
over the logits, means per micro-batch that are averaged, one optimiser step after the last.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from distill.distillation import LossWeights
from distill.masking import NO_TARGET, MaskedBatch

MakeBatch = Callable[[NDArray[np.int64]], MaskedBatch]


class ReferenceStep:
    """Trains `student` on `teacher`; each call is one update over some sequences."""

    def __init__(
        self,
        student: Any,
        teacher: Any,
        weights: LossWeights,
        temperature: float,
        learning_rate: float = 5e-4,
        clip: float = 5.0,
    ) -> None:
        self.student, self.teacher = student.train(), teacher.eval()
        self._weights, self._temperature, self._clip = weights, temperature, clip
        self._optimizer = torch.optim.AdamW(
            student.parameters(), lr=learning_rate, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.0
        )

    def __call__(self, groups: Sequence[NDArray[np.int64]], make: MakeBatch) -> float:
        """One update over micro-batches of sequence ids; returns the mean loss."""
        total = 0.0
        for ids in groups:
            loss = self.loss(make(ids).to(self.student.device))
            if not bool(torch.isfinite(loss)):
                raise ValueError(f"the reference step's loss is not finite: {float(loss)}")
            (loss / len(groups)).backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())  # the authors' trainer logs every micro-batch too
        nn.utils.clip_grad_norm_(self.student.parameters(), self._clip)
        self._optimizer.step()
        self._optimizer.zero_grad()
        return total / len(groups)

    def loss(self, batch: MaskedBatch) -> Tensor:
        """Weighted sum of KL, masked-LM cross entropy and cosine loss, each a mean."""
        inputs = {"input_ids": batch.input_ids, "attention_mask": batch.mask.long()}
        student = self.student(**inputs, output_hidden_states=True)
        with torch.no_grad():
            teacher = self.teacher(**inputs, output_hidden_states=True)
        own = _selected(student.logits, batch.mask) / self._temperature
        theirs = _selected(teacher.logits, batch.mask) / self._temperature
        kl = functional.kl_div(
            functional.log_softmax(own, -1), functional.softmax(theirs, -1), reduction="batchmean"
        )
        labels = torch.full_like(batch.input_ids, NO_TARGET).flatten()
        labels[batch.positions] = batch.targets
        mlm = functional.cross_entropy(student.logits.flatten(0, 1), labels)
        own, theirs = (_selected(x.hidden_states[-1], batch.mask) for x in (student, teacher))
        cosine = functional.cosine_embedding_loss(own, theirs, own.new_ones(own.shape[0]))
        weights = self._weights
        found: Tensor = (
            weights.kl * kl * self._temperature**2 + weights.mlm * mlm + weights.cosine * cosine
        )
        return found


def like_lengths(
    ids: NDArray[np.int64], lengths: NDArray[np.int64], size: int
) -> list[NDArray[np.int64]]:
    """Sequences in groups of `size` of like length."""
    ordered = ids[np.argsort(lengths, kind="stable")]
    return [ordered[at : at + size] for at in range(0, len(ordered), size)]


def _selected(values: Tensor, mask: Tensor) -> Tensor:
    """[real tokens, n] of [sequences, tokens, n], through a mask of the values' own size."""
    wide = mask.unsqueeze(-1).expand_as(values)
    return torch.masked_select(values, wide).view(-1, values.shape[-1])
