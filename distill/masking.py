"""Masked-LM batches whose masks are a pure function of (seed, epoch, sequence id)."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from distill.corpus import Corpus, Split
from distill.order import mixed, padded_width

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

KL_POSITIONS = ("all", "masked", "sampled")
NO_TARGET = -100
"""Target of a position without a masked-LM loss, as torch's cross entropy has it."""

MASKED, KEPT = 0.8, 0.1
"""Of the chosen tokens: replaced by [MASK], left as they are; the rest becomes a random token.
Devlin et al., "BERT" (NAACL 2019), section 3.1."""

# Independent streams of random numbers of one sequence.
_CHOICE, _EXTRA, _CHANGE, _TOKEN, _SAMPLE = range(5)


@dataclass(frozen=True)
class MaskSettings:
    """How tokens are chosen for the masked-LM loss, and where the teacher is imitated."""

    seed: int
    share: float = 0.15
    smoothing: float = 0.7
    whole_words: bool = False
    kl_positions: str = "all"
    kl_sample: float = 0.15

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError(f"the masked share must be between 0 and 1: {self.share}")
        if self.smoothing < 0:
            raise ValueError(f"smoothing must be 0 (all tokens alike) or above: {self.smoothing}")
        if self.kl_positions not in KL_POSITIONS:
            known = ", ".join(KL_POSITIONS)
            raise ValueError(f"kl_positions {self.kl_positions!r} is unknown; known: {known}")
        if not 0 < self.kl_sample <= 1:
            raise ValueError(f"kl_sample is a share above 0, up to 1: {self.kl_sample}")


@dataclass(frozen=True)
class MaskedBatch:
    """B sequences padded to L tokens, and the P positions where vocabulary losses are taken."""

    sequences: Tensor
    """[B] int64: ids of the sequences in their split."""
    input_ids: Tensor
    """[B, L] int64: masked tokens, padded."""
    mask: Tensor
    """[B, L] bool: True where there is a token."""
    positions: Tensor
    """[P] int64: indices into the B * L flattened positions, rising."""
    targets: Tensor
    """[P] int64: the true token where it was chosen for the masked-LM loss, else NO_TARGET."""
    kl_weights: Tensor
    """[P] float32: weights with which the position counts in the KL."""

    def to(self, device: torch.device | str) -> "MaskedBatch":
        """The batch on another device; from page-locked memory without waiting for it."""
        return MaskedBatch(
            *(getattr(self, f.name).to(device, non_blocking=True) for f in fields(self))
        )

    def pin_memory(self) -> "MaskedBatch":
        """The batch in page-locked memory; a DataLoader with `pin_memory` calls it."""
        return MaskedBatch(*(getattr(self, f.name).pin_memory() for f in fields(self)))


@dataclass(frozen=True)
class _Flat:
    """The tokens of a batch one after another, without padding; all arrays are [tokens]."""

    ids: Ints
    row: Ints
    lengths: Ints
    """[B]: tokens of each sequence."""
    place: Ints
    """Position in its sequence."""
    keys: NDArray[np.uint64]
    """Hash of (seed, epoch, split, sequence, place): the source of all its random numbers."""


class Masker:
    """Masks sequences of one corpus; may be sent to the workers of a DataLoader."""

    def __init__(self, corpus: Corpus, settings: MaskSettings) -> None:
        self.settings = settings
        self._mask_id, self._pad_id = corpus.mask_id, corpus.pad_id
        special = [corpus.pad_id, corpus.unk_id, corpus.cls_id, corpus.sep_id, corpus.mask_id]
        unused = [i for i, token in enumerate(corpus.tokens) if token.startswith("[unused")]
        self._choosable = np.ones(len(corpus.tokens), dtype=bool)
        self._choosable[special] = False
        self._random_tokens = np.setdiff1d(np.arange(len(corpus.tokens)), special + unused)
        self._inside_word = np.array([token.startswith("##") for token in corpus.tokens])
        # Sanh et al. smooth as word2vec and XLM do: rare tokens are chosen more often.
        self._weights = np.maximum(corpus.counts, 1.0) ** -settings.smoothing

    def batch(self, split: Split, ids: Ints, epoch: int) -> MaskedBatch:
        """The sequences `ids` of a split with their masks of this epoch, padded to one width."""
        flat = self._flat(split, ids, epoch)
        chosen = self._choose(flat)
        positions, weights = self._kl_positions(flat, chosen)
        width = padded_width(int(flat.lengths.max()))
        input_ids = np.full((len(ids), width), self._pad_id)
        mask = np.arange(width) < flat.lengths[:, None]
        input_ids[mask] = self._changed(flat, chosen)
        targets = np.where(chosen, flat.ids, NO_TARGET)
        at = flat.row * width + flat.place
        return MaskedBatch(
            torch.from_numpy(np.array(ids, dtype=np.int64)),
            torch.from_numpy(input_ids),
            torch.from_numpy(mask),
            torch.from_numpy(at[positions]),
            torch.from_numpy(targets[positions]),
            torch.from_numpy(weights[positions].astype(np.float32)),
        )

    def _flat(self, split: Split, ids: Ints, epoch: int) -> _Flat:
        sequences = [split.sequence(int(i)) for i in ids]
        lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
        row = np.repeat(np.arange(len(ids)), lengths)
        place = np.arange(len(row)) - _starts(lengths)[row]
        name = int.from_bytes(split.name.encode()[:7], "big")
        keys = mixed(np.uint64(self.settings.seed), epoch, name, np.asarray(ids)[row], place)
        return _Flat(np.concatenate(sequences), row, lengths, place, keys)

    def _choose(self, flat: _Flat) -> Bools:
        """The tokens for the masked-LM loss: words (or tokens) drawn one by one by weight.

        The smallest of exponential times with the weights as rates are a draw without replacement
        (Efraimidis and Spirakis, 2006). A sequence gets `share` of its tokens in expectation: the
        unit that crosses the number is taken with the chance of what is missing. One is always.
        """
        settings = self.settings
        free = self._choosable[flat.ids]
        # Without whole words each token is a unit. A piece starts at a word, or at a part of one
        # that is longer than a piece: after [CLS] a unit begins in any case.
        begins = ~(self._inside_word[flat.ids] & settings.whole_words) | (flat.place <= 1)
        unit = np.cumsum(begins) - 1
        first = np.flatnonzero(begins)
        sizes = np.bincount(unit)
        rates = np.bincount(unit, self._weights[flat.ids]) / sizes
        times = -np.log(_uniform(flat.keys[first], _CHOICE)) / rates
        rows, units = flat.row[first], np.flatnonzero(free[first])
        units = units[np.lexsort((times[units], rows[units]))]
        sizes, rows = sizes[units], rows[units]

        asked = settings.share * np.bincount(flat.row, free, minlength=len(flat.lengths))
        before = np.cumsum(sizes) - sizes
        opens = np.flatnonzero(np.diff(rows, prepend=-1))
        before -= np.repeat(before[opens], np.diff(opens, append=len(rows)))
        spare = asked[rows] - before
        row_starts = _starts(flat.lengths)
        chance = _uniform(flat.keys[row_starts], _EXTRA)[rows]
        taken = np.zeros(len(first), dtype=bool)
        taken[units] = (spare >= sizes) | (spare > chance * sizes) | (before == 0)
        return np.asarray(taken[unit] & free)

    def _changed(self, flat: _Flat, chosen: Bools) -> Ints:
        """The tokens that the models see: of those chosen 80 % [MASK], 10 % kept, 10 % random."""
        draw = _uniform(flat.keys, _CHANGE)
        tokens = (_uniform(flat.keys, _TOKEN) * len(self._random_tokens)).astype(np.int64)
        tokens = np.minimum(tokens, len(self._random_tokens) - 1)
        found = np.where(chosen & (draw < MASKED), self._mask_id, flat.ids)
        other = chosen & (draw >= MASKED + KEPT)
        return np.where(other, self._random_tokens[tokens], found)

    def _kl_positions(self, flat: _Flat, chosen: Bools) -> tuple[Bools, NDArray[np.float64]]:
        """Which tokens take part in vocabulary losses, and the weight of each in the KL."""
        weights = np.ones(len(flat.ids))
        if self.settings.kl_positions == "all":
            return np.ones_like(chosen), weights
        if self.settings.kl_positions == "masked":
            return chosen, weights
        others = np.bincount(flat.row, ~chosen, minlength=len(flat.lengths)).astype(np.int64)
        sampled = np.rint(self.settings.kl_sample * others).astype(np.int64)
        sampled = np.minimum(np.maximum(sampled, 1), others)
        # Others first, in random order within each sequence: the first `sampled` of them are taken.
        order = np.lexsort((_uniform(flat.keys, _SAMPLE), chosen, flat.row))
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order)) - _starts(flat.lengths)[flat.row[order]]
        taken = ~chosen & (rank < sampled[flat.row])
        ratio = others / np.maximum(sampled, 1)
        weights[taken] = ratio[flat.row[taken]]
        return chosen | taken, weights


def _starts(lengths: Ints) -> Ints:
    return np.asarray(np.cumsum(lengths) - lengths)


def _uniform(keys: NDArray[np.uint64], stream: int) -> NDArray[np.float64]:
    """Random numbers above 0 and up to 1, one for each key."""
    bits = mixed(keys, stream) >> np.uint64(11)
    return np.asarray((bits + np.uint64(1)) * 2.0**-53, dtype=np.float64)
