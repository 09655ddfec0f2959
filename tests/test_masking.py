"""Masks follow from (seed, epoch, sequence) alone and have the shares that they claim."""

import time

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from distill.corpus import Corpus, open_corpus
from distill.corpus_build import build_corpus
from distill.corpus_config import CorpusConfig
from distill.masking import NO_TARGET, MaskedBatch, Masker, MaskSettings

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [f"w{n}" for n in range(40)]
PIECES = [f"##p{n}" for n in range(10)]
RANDOM = [i for i in range(len(SPECIALS) + 1 + len(WORDS) + len(PIECES)) if i > 5]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Sequences of 14 to 128 tokens: words of falling frequency, some in pieces, some unknown."""
    folder = tmp_path_factory.mktemp("corpus")
    vocabulary = [*SPECIALS, "[unused0]", *WORDS, *PIECES]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    random = np.random.default_rng(5)
    chances = 1 / np.arange(1, 41) / sum(1 / np.arange(1, 41))
    documents = []
    for _ in range(400):
        words = random.choice(WORDS, random.integers(12, 120), p=chances).tolist()
        for at in np.flatnonzero(random.random(len(words)) < 0.2):
            pieces = random.integers(0, 10, random.integers(1, 3))
            words[at] += "".join(f"p{piece}" for piece in pieces)
        documents.append(" ".join([*words, "unknown"]))
    (folder / "a.txt").write_text("\n".join(documents), encoding="utf-8")
    config = CorpusConfig(
        folder, (folder / "a.txt",), folder / "c", 128, lines=True, held_out_every=10
    )
    return open_corpus(build_corpus(config, lambda *_: None))


def batch_of(
    corpus: Corpus, ids: list[int] | range, epoch: int = 0, **changes: object
) -> MaskedBatch:
    masker = Masker(corpus, MaskSettings(**{"seed": 3, **changes}))  # type: ignore[arg-type]
    return masker.batch(corpus.train, np.array(ids), epoch)


def originals(corpus: Corpus, batch: MaskedBatch) -> torch.Tensor:
    """The batch before it was masked."""
    found = torch.full_like(batch.input_ids, corpus.pad_id)
    for row, number in enumerate(batch.sequences.tolist()):
        sequence = torch.from_numpy(corpus.train.sequence(number))
        found[row, : len(sequence)] = sequence
    return found


def chosen(batch: MaskedBatch) -> torch.Tensor:
    """[B, L] bool: the tokens with a masked-LM target."""
    found = torch.zeros(batch.mask.numel(), dtype=torch.bool)
    found[batch.positions[batch.targets != NO_TARGET]] = True
    return found.view(batch.mask.shape)


@pytest.mark.parametrize("kl_positions", ["all", "masked", "sampled"])
@pytest.mark.parametrize("whole_words", [False, True])
def test_a_batch_is_what_it_says(corpus: Corpus, kl_positions: str, whole_words: bool) -> None:
    batch = batch_of(corpus, range(50), kl_positions=kl_positions, whole_words=whole_words)
    true = originals(corpus, batch)
    lengths = torch.from_numpy(corpus.train.length_of(np.arange(50)))
    assert batch.input_ids.shape[1] == -(-int(lengths.max()) // 8) * 8
    assert torch.equal(batch.mask.sum(1), lengths)
    assert torch.equal(batch.mask, true != corpus.pad_id)
    picked = chosen(batch)
    assert torch.equal(batch.input_ids[~picked], true[~picked])
    with_target = batch.targets != NO_TARGET
    assert torch.equal(batch.targets[with_target], true.view(-1)[batch.positions[with_target]])
    assert not torch.isin(true[picked], torch.arange(5)).any()
    assert (picked.sum(1) >= 1).all()
    assert (batch.positions.diff() > 0).all()
    assert batch.mask.view(-1)[batch.positions].all()
    assert [
        t.dtype for t in (batch.sequences, batch.input_ids, batch.positions, batch.targets)
    ] == ([torch.int64] * 4)
    assert (batch.mask.dtype, batch.kl_weights.dtype) == (torch.bool, torch.float32)
    assert batch.positions.shape == batch.targets.shape == batch.kl_weights.shape


def test_the_mask_of_a_sequence_does_not_depend_on_its_batch(corpus: Corpus) -> None:
    together = batch_of(corpus, range(40), kl_positions="sampled")
    width = together.mask.shape[1]
    for row in (0, 7, 39):
        alone = batch_of(corpus, [row], kl_positions="sampled")
        size = int(alone.mask.sum())
        assert torch.equal(alone.input_ids[0, :size], together.input_ids[row, :size])
        here = together.positions // width == row
        assert torch.equal(together.positions[here] % width, alone.positions)
        assert torch.equal(together.targets[here], alone.targets)
        assert torch.equal(together.kl_weights[here], alone.kl_weights)


def test_seed_epoch_sequence_and_split_each_change_the_mask(corpus: Corpus) -> None:
    base = chosen(batch_of(corpus, range(40)))
    assert torch.equal(base, chosen(batch_of(corpus, range(40))))
    for other in (batch_of(corpus, range(40), epoch=1), batch_of(corpus, range(40), seed=4)):
        both = (base & chosen(other)).sum() / base.sum()
        assert both < 0.4
    masker = Masker(corpus, MaskSettings(seed=3, smoothing=0))
    ids = np.arange(30)
    sides = [chosen(masker.batch(s, ids, 0))[:, :14] for s in (corpus.train, corpus.held_out)]
    assert (sides[0] & sides[1]).sum() / sides[0].sum() < 0.4


@pytest.mark.parametrize("whole_words", [False, True])
@pytest.mark.parametrize("share", [0.15, 0.4])
def test_the_share_is_met_and_split_80_10_10(
    corpus: Corpus, share: float, whole_words: bool
) -> None:
    counts = np.zeros(4)
    maskable = 0
    true = originals(corpus, batch_of(corpus, range(360)))
    for epoch in range(8):
        batch = batch_of(corpus, range(360), epoch, share=share, whole_words=whole_words)
        maskable += int((true > 5).sum())
        seen, target = batch.input_ids[chosen(batch)], true[chosen(batch)]
        masked, kept = seen == corpus.mask_id, seen == target
        assert torch.isin(seen[~masked], torch.tensor(RANDOM)).all()
        counts += [len(seen), masked.sum(), kept.sum(), (~masked & ~kept).sum()]
    chance = 1 / len(RANDOM)  # a random token may be the true one
    assert counts[0] / maskable == pytest.approx(share, rel=0.02)
    assert counts[1:] / counts[0] == pytest.approx(
        [0.8, 0.1 + 0.1 * chance, 0.1 * (1 - chance)], abs=0.01
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.7, 1.5])
def test_the_chance_of_a_token_falls_with_its_count(corpus: Corpus, smoothing: float) -> None:
    """One token of a sequence of many: its chance is its weight over the sum of weights."""
    number = int(np.argmax(corpus.train.length_of(np.arange(len(corpus.train)))))
    sequence = corpus.train.sequence(number)
    weights = np.where(sequence > 5, np.maximum(corpus.counts[sequence], 1.0) ** -smoothing, 0)
    expected = weights / weights.sum()
    masker = Masker(corpus, MaskSettings(3, share=1e-9, smoothing=smoothing))
    hits = np.zeros(len(sequence))
    epochs = 4000
    for epoch in range(epochs):
        picked = masker.batch(corpus.train, np.array([number]), epoch)
        hits[picked.positions[picked.targets != NO_TARGET]] += 1
    assert hits.sum() == epochs
    free = expected > 0
    # Chi-square; its standard deviation is the root of twice the degrees of freedom.
    chi = ((hits - epochs * expected)[free] ** 2 / (epochs * expected[free])).sum()
    assert chi < free.sum() + 5 * np.sqrt(2 * free.sum())
    assert hits[~free].sum() == 0


def test_whole_words_are_masked_as_a_whole(corpus: Corpus) -> None:
    inside = torch.tensor([token.startswith("##") for token in corpus.tokens])
    halves = {True: 0, False: 0}
    for whole_words in halves:
        batch = batch_of(corpus, range(360), whole_words=whole_words)
        true, picked = originals(corpus, batch), chosen(batch)
        joined = inside[true[:, 1:]]
        halves[whole_words] = int((joined & (picked[:, 1:] != picked[:, :-1])).sum())
    assert halves[True] == 0
    assert halves[False] > 100


def test_a_mask_is_drawn_anew_each_epoch_until_every_token_had_its_turn(corpus: Corpus) -> None:
    found = chosen(batch_of(corpus, [0]))
    for epoch in range(1, 60):
        found |= chosen(batch_of(corpus, [0], epoch, smoothing=0))
    true = originals(corpus, batch_of(corpus, [0]))
    assert torch.equal(found, true > 5)


def test_all_and_masked_positions_have_weight_1(corpus: Corpus) -> None:
    batch = batch_of(corpus, range(30), kl_positions="all")
    assert torch.equal(batch.positions, batch.mask.view(-1).nonzero()[:, 0])
    assert (batch.kl_weights == 1).all()
    batch = batch_of(corpus, range(30), kl_positions="masked")
    assert (batch.targets != NO_TARGET).all()
    assert (batch.kl_weights == 1).all()


@pytest.mark.parametrize("kl_sample", [0.001, 0.15, 1.0])
def test_sampled_weights_stand_for_all_positions(corpus: Corpus, kl_sample: float) -> None:
    batch = batch_of(corpus, range(60), kl_positions="sampled", kl_sample=kl_sample)
    rows = batch.positions // batch.mask.shape[1]
    masked = batch.targets != NO_TARGET
    others = batch.mask.sum(1) - torch.bincount(rows[masked], minlength=60)
    sampled = torch.bincount(rows[~masked], minlength=60)
    assert torch.equal(sampled, (kl_sample * others).double().round().long().clamp(min=1))
    assert (batch.kl_weights[masked] == 1).all()
    weights = torch.bincount(rows, batch.kl_weights, minlength=60)
    assert weights.tolist() == pytest.approx(batch.mask.sum(1).tolist())


def test_the_sampled_sum_is_an_unbiased_estimate_of_the_sum_over_all(corpus: Corpus) -> None:
    ids = list(range(8))
    width = batch_of(corpus, ids).mask.shape[1]
    values = np.random.default_rng(1).lognormal(0, 1.5, 8 * width)  # losses vary by far
    mask = batch_of(corpus, ids).mask.view(-1).numpy()
    for share in (0.05, 0.4):
        sums = []
        for epoch in range(1200):
            batch = batch_of(corpus, ids, epoch, kl_positions="sampled", kl_sample=share)
            sums.append(float((values[batch.positions] * batch.kl_weights.numpy()).sum()))
        error = np.std(sums) / np.sqrt(len(sums))
        assert abs(np.mean(sums) - values[mask].sum()) < 4 * error
        assert error < 0.03 * values[mask].sum()


class Batches(torch.utils.data.Dataset[MaskedBatch]):
    """Four batches of ten sequences."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus, self.masker = corpus, Masker(corpus, MaskSettings(seed=3))

    def __len__(self) -> int:
        return 4

    def __getitem__(self, number: int) -> MaskedBatch:
        return self.masker.batch(self.corpus.train, np.arange(10) + 10 * number, 0)


@pytest.mark.parametrize("context", ["fork", "spawn"])
def test_workers_make_the_same_batches(corpus: Corpus, context: str) -> None:
    loader = DataLoader(
        Batches(corpus), batch_size=None, num_workers=2, multiprocessing_context=context
    )
    for number, batch in enumerate(loader):
        here = batch_of(corpus, list(range(10 * number, 10 * number + 10)))
        assert torch.equal(batch.input_ids, here.input_ids)
        assert torch.equal(batch.positions, here.positions)


def test_a_batch_moves_as_a_whole(corpus: Corpus) -> None:
    moved = batch_of(corpus, range(3)).to("meta")
    assert {tensor.device.type for tensor in vars(moved).values()} == {"meta"}


@pytest.mark.parametrize("kl_positions", ["all", "masked", "sampled"])
def test_a_sequence_of_special_tokens_only_has_no_mask(corpus: Corpus, kl_positions: str) -> None:
    odd = 3
    masker = Masker(corpus, MaskSettings(seed=3, kl_positions=kl_positions))
    # Everything that this sequence holds is declared special.
    masker._choosable[corpus.train.sequence(odd)] = False
    alone = masker.batch(corpus.train, np.array([odd]), 0)
    assert not chosen(alone).any()
    assert torch.equal(alone.input_ids, originals(corpus, alone))
    rows = chosen(masker.batch(corpus.train, np.arange(8), 0)).sum(1)
    assert rows[odd] == 0
    assert rows.sum() > 0


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"share": 0}, "share must be between 0 and 1"),
        ({"share": 1}, "share must be between 0 and 1"),
        ({"smoothing": -1}, "smoothing must be 0"),
        ({"kl_positions": "some"}, "'some' is unknown; known: all, masked, sampled"),
        ({"kl_sample": 0}, "kl_sample is a share"),
    ],
)
def test_wrong_settings_are_refused(changes: dict[str, object], found: str) -> None:
    with pytest.raises(ValueError, match=found):
        MaskSettings(**{"seed": 0, **changes})  # type: ignore[arg-type]


def test_masking_is_fast(corpus: Corpus) -> None:
    masker = Masker(corpus, MaskSettings(seed=3, kl_positions="sampled"))
    begin = time.process_time()
    for epoch in range(5):
        for at in range(0, 320, 64):
            masker.batch(corpus.train, np.arange(at, at + 64), epoch)
    # Sequences of 75 tokens on average; 1,000 a second of 128 are asked, 10,000 are usual.
    assert 5 * 320 / (time.process_time() - begin) > 2000
