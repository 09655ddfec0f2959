"""The relation loss is MiniLMv2's formula on real queries, keys and values."""

import math
from typing import Any

import pytest
import torch
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertForMaskedLM

from distill.relations import Recorded, qkv, relation_kl_sum

LAYERS, WIDTH, HEADS = 3, 24, 4
IDS = torch.arange(10).view(2, 5)
MASK = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])


def bert() -> Any:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=11,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=8,
    )
    return BertModel(config).eval()


def distilbert() -> Any:
    torch.manual_seed(1)
    config = DistilBertConfig(vocab_size=11, dim=16, n_layers=2, n_heads=2, hidden_dim=8)
    return DistilBertForMaskedLM(config).eval()


def run(model: Any, layer: int) -> Recorded:
    with qkv(model, layer) as recorded:
        model(input_ids=IDS, attention_mask=MASK.long())
    return recorded


@pytest.mark.parametrize("layer", [0, 2, -1])
def test_what_is_recorded_makes_the_attention_of_bert(layer: int) -> None:
    model = bert()
    model.set_attn_implementation("eager")
    recorded = run(model, layer)
    query, key, value = (
        part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in recorded.parts()
    )
    with torch.no_grad():
        output = model(
            input_ids=IDS,
            attention_mask=MASK.long(),
            output_attentions=True,
            output_hidden_states=True,
        )
    scores = query @ key.transpose(-1, -2) / math.sqrt(WIDTH // HEADS)
    weights = scores.masked_fill(~MASK[:, None, None], -1e9).softmax(-1)
    torch.testing.assert_close(weights.detach(), output.attentions[layer])
    entering = output.hidden_states[:-1][layer]
    expected = model.encoder.layer[layer].attention.self.value(entering)
    torch.testing.assert_close(value.transpose(1, 2).flatten(2), expected)


def test_distilbert_is_recorded_with_gradients_and_hooks_go() -> None:
    model = distilbert()
    recorded = run(model, 1)
    recorded.parts()[0].sum().backward()
    attention = model.distilbert.transformer.layer[1].attention
    assert attention.q_lin.weight.grad is not None
    assert not attention.q_lin._forward_hooks
    before = recorded.query
    model(input_ids=IDS)
    assert recorded.query is before


def test_the_loss_is_the_written_formula_for_models_of_different_widths() -> None:
    student, teacher, heads = run(distilbert(), -1), run(bert(), 1), 8
    expected = torch.zeros(())
    for mine, theirs in zip(student.parts(), teacher.parts(), strict=True):
        for row, size in enumerate((5, 3)):
            for head in range(heads):
                logs = []
                for states in (mine, theirs):
                    wide = states.shape[-1] // heads
                    part = states[row, :size, head * wide : (head + 1) * wide]
                    logs.append(torch.log_softmax(part @ part.T / math.sqrt(wide), -1))
                expected += (logs[1].exp() * (logs[1] - logs[0])).sum()
    found = relation_kl_sum(student, teacher, MASK, heads)
    torch.testing.assert_close(found, expected / (3 * heads))
    assert float(found.detach()) > 0


def test_equal_models_have_no_loss_and_padding_has_no_gradient() -> None:
    torch.manual_seed(2)
    parts = [torch.randn(2, 5, 8, requires_grad=True) for _ in range(3)]
    other = Recorded(*(torch.randn(2, 5, 8) for _ in range(3)))
    assert float(relation_kl_sum(Recorded(*parts), Recorded(*parts), MASK, 2).detach()) == 0
    relation_kl_sum(Recorded(*parts), other, MASK, 2).backward()
    for part in parts:
        assert part.grad is not None
        assert torch.equal(part.grad[~MASK], torch.zeros(2, 8))
        assert part.grad[MASK].abs().sum(-1).min() > 0


def test_the_sum_over_sequences_does_not_depend_on_their_batch() -> None:
    torch.manual_seed(2)
    mine, theirs = ([torch.randn(2, 5, 8) for _ in range(3)] for _ in range(2))
    whole = relation_kl_sum(Recorded(*mine), Recorded(*theirs), MASK, 2)
    cut = torch.zeros(())
    for row, size in enumerate((5, 3)):
        one, other = (Recorded(*(p[row : row + 1, :size] for p in x)) for x in (mine, theirs))
        cut += relation_kl_sum(one, other, MASK[row : row + 1, :size], 2)
    torch.testing.assert_close(whole, cut)


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="layers 0 to 2"), qkv(bert(), 3):
        pass
    with pytest.raises(ValueError, match="24 cannot be cut into 5 relation heads"):
        relation_kl_sum(run(bert(), 0), run(bert(), 0), MASK, 5)
    with pytest.raises(ValueError, match="did not run"):
        relation_kl_sum(Recorded(), Recorded(), MASK, 2)
    other = bert()
    other.config.model_type = "roberta"
    with pytest.raises(ValueError, match="'roberta'"), qkv(other, 0):
        pass
