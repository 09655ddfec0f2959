"""The rewritten network against transformers, and checkpoints that cannot be exported."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    DistilBertConfig,
    DistilBertForQuestionAnswering,
    DistilBertForSequenceClassification,
    PreTrainedModel,
)

from export.checkpoint import load_network, read_licences, read_shape


def bert_config(**changes: Any) -> BertConfig:
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    sizes |= {"intermediate_size": 48, "vocab_size": 120, "max_position_embeddings": 64}
    return BertConfig(**(sizes | changes))


def distilbert_config(**changes: Any) -> DistilBertConfig:
    sizes = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48}
    sizes |= {"vocab_size": 120, "max_position_embeddings": 64}
    return DistilBertConfig(**(sizes | changes))


def save(model: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """Save with weights, biases and norms all random, so that none can be mixed up unseen."""
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    model.save_pretrained(folder)
    return model.eval()


MODELS = {
    "bert-qa": lambda: BertForQuestionAnswering(bert_config()),
    "bert-qa-one-token-type": lambda: BertForQuestionAnswering(bert_config(type_vocab_size=1)),
    "bert-qa-tanh-gelu": lambda: BertForQuestionAnswering(bert_config(hidden_act="gelu_new")),
    "bert-cls": lambda: BertForSequenceClassification(bert_config(num_labels=3)),
    "distilbert-qa": lambda: DistilBertForQuestionAnswering(distilbert_config()),
    "distilbert-qa-relu": lambda: DistilBertForQuestionAnswering(
        distilbert_config(activation="relu")
    ),
    "distilbert-cls": lambda: DistilBertForSequenceClassification(distilbert_config(num_labels=5)),
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("real", [2, 19, 40])
def test_logits_equal_those_of_transformers_under_padding(
    kind: str, real: int, tmp_path: Path
) -> None:
    model = save(MODELS[kind](), tmp_path)
    network = load_network(tmp_path)
    ids = torch.randint(5, 120, (1, 40), generator=torch.Generator().manual_seed(1))
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    mask[:, :real] = 1
    inputs = {"input_ids": ids, "attention_mask": mask}
    if "token_type_ids" in network.shape.inputs:
        types[:, real // 2 : real] = 1
        inputs["token_type_ids"] = types
    with torch.inference_mode():
        found, expected = network(**inputs), model(**inputs)
    assert set(found) <= set(expected)
    for name, logits in found.items():
        assert logits.is_contiguous()
        size = real if logits.shape[1] == 40 else None
        torch.testing.assert_close(
            logits[:, :size], expected[name][:, :size], atol=2e-5, rtol=1e-5, msg=name
        )


def test_token_types_change_the_answer_of_bert_and_are_no_input_of_distilbert(
    tmp_path: Path,
) -> None:
    save(MODELS["bert-qa"](), tmp_path / "bert")
    save(MODELS["distilbert-qa"](), tmp_path / "distilbert")
    network = load_network(tmp_path / "bert")
    ids = torch.arange(5, 25)[None]
    ones = torch.ones_like(ids)
    first, second = network(ids, ones, ones * 0), network(ids, ones, ones)
    assert (first["start_logits"] - second["start_logits"]).abs().max() > 1e-3
    assert load_network(tmp_path / "distilbert").shape.inputs == ("input_ids", "attention_mask")


def test_float16_weights_are_computed_in_float32(tmp_path: Path) -> None:
    model = save(MODELS["bert-qa"](), tmp_path).half()
    model.save_pretrained(tmp_path)
    assert {t.dtype for t in load_file(tmp_path / "model.safetensors").values()} == {torch.float16}
    network, reference = load_network(tmp_path), model.float()
    ids = torch.arange(5, 25)[None]
    found = network(ids, torch.ones_like(ids), torch.zeros_like(ids))["end_logits"]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, reference(ids).end_logits, atol=2e-5, rtol=1e-5)


def test_gamma_and_beta_of_the_first_checkpoints_are_understood(tmp_path: Path) -> None:
    save(MODELS["bert-qa"](), tmp_path)
    expected = load_network(tmp_path).state_dict()
    path = tmp_path / "model.safetensors"
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in load_file(path).items()
    }
    save_file(old, path)
    for name, tensor in load_network(tmp_path).state_dict().items():
        assert torch.equal(tensor, expected[name])


def change_config(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_unsupported_family_lists_the_supported_ones(tmp_path: Path) -> None:
    save(MODELS["bert-qa"](), tmp_path)
    change_config(tmp_path, model_type="deberta")
    with pytest.raises(ValueError, match="'deberta'; supported are bert, distilbert, electra"):
        read_shape(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"architectures": ["BertModel"]}, "trained head.*ForQuestionAnswering"),
        ({"architectures": None}, "unsupported architecture none"),
        ({"hidden_act": "silu"}, "activation 'silu'; supported are gelu"),
        ({"type_vocab_size": 3}, "3 token types"),
        ({"position_embedding_type": "relative_key"}, "absolute position"),
        ({"hidden_size": 64}, "does not fit config.json"),
        ({"num_hidden_layers": 3}, "lacks the tensor 'bert.encoder.layer.2"),
        ({"num_attention_heads": 5}, "width of 32 cannot be divided among 5 attention heads"),
        ({"num_attention_heads": 0}, "num_attention_heads must be .* at least 1, found 0"),
        ({"hidden_size": "32"}, "hidden_size must be a whole number .* found '32'"),
        ({"max_position_embeddings": 512}, "says 512 positions, but .* has 64 rows"),
        ({"is_decoder": True}, "describes a decoder"),
    ],
)
def test_what_the_network_cannot_compute_is_refused(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    save(MODELS["bert-qa"](), tmp_path)
    change_config(tmp_path, **changes)
    with pytest.raises(ValueError, match=message):
        load_network(tmp_path)


@pytest.mark.parametrize(
    ("family", "changes", "message"),
    [
        ("Roberta", {"max_position_embeddings": 2}, "leaves no position for a token"),
        ("Roberta", {"pad_token_id": None}, "pad_token_id must be a token's id, found None"),
        ("Electra", {"embedding_size": 16}, "does not fit config.json"),
        ("MobileBert", {"num_attention_heads": 5}, "a width of 128 cannot be divided among 5"),
        ("MobileBert", {"normalization_type": "batch_norm"}, "normalization_type 'batch_norm'"),
        ("MobileBert", {"key_query_shared_bottleneck": False}, "around the attention only"),
        ("MobileBert", {"num_feedforward_networks": 9}, r"lacks the tensor '.*\.ffn\.3\."),
    ],
)
def test_the_other_families_are_checked_as_strictly(
    family: str, changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "vocab_size": 99}
    config = getattr(transformers, f"{family}Config")(**sizes)
    save(getattr(transformers, f"{family}ForQuestionAnswering")(config), tmp_path)
    load_network(tmp_path)
    change_config(tmp_path, **changes)
    with pytest.raises(ValueError, match=message):
        load_network(tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_no_numbers_are_named(value: float, tmp_path: Path) -> None:
    save(MODELS["bert-qa"](), tmp_path)
    path = tmp_path / "model.safetensors"
    weights = load_file(path)
    weights["bert.encoder.layer.1.attention.self.key.bias"][7] = value
    save_file(weights, path)
    with pytest.raises(ValueError, match=r"'bert\.encoder\.layer\.1\.attention\.self\.key\.bias'"):
        load_network(tmp_path)


def test_missing_and_damaged_checkpoint_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"config\.json"):
        load_network(tmp_path)
    save(MODELS["bert-qa"](), tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ValueError, match="damaged or cut short"):
        load_network(tmp_path)
    path.unlink()
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors is missing"):
        load_network(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="not valid JSON"):
        load_network(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(ValueError, match="expected an object"):
        load_network(tmp_path)


def test_licences_come_from_the_model_card(tmp_path: Path) -> None:
    assert read_licences(tmp_path).weights is None
    card = "---\nlicense: apache-2.0\ndata_license: 'cc-by-sa-4.0'\n---\nlicense: no\n"
    (tmp_path / "README.md").write_text(card)
    licences = read_licences(tmp_path)
    assert (licences.weights, licences.data) == ("apache-2.0", "cc-by-sa-4.0")
