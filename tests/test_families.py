"""RoBERTa, ELECTRA and MobileBERT: the network against transformers, the files against it."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch import Tensor
from transformers import PreTrainedModel

from export.checkpoint import load_network
from export.network import Network
from export.pte import write_pte
from export.recipes import find_recipe
from export.runner import OPENERS
from export.tflite import write_tflite

LENGTH = 24


def tiny(family: str, head: str, **changes: Any) -> PreTrainedModel:
    """A model of tiny sizes whose weights, biases, norms and tables are all random."""
    settings: dict[str, Any] = {
        "vocab_size": 120,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 64,
        "num_labels": 2 if head == "QuestionAnswering" else 5,
    }
    config = getattr(transformers, f"{family}Config")(**(settings | changes))
    torch.manual_seed(0)
    model: PreTrainedModel = getattr(transformers, f"{family}For{head}")(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model.eval()


MOBILE = {"embedding_size": 12, "intra_bottleneck_size": 16, "num_feedforward_networks": 3}
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "roberta": ("Roberta", {"type_vocab_size": 1}),
    "roberta-two-types-other-pad": ("Roberta", {"type_vocab_size": 2, "pad_token_id": 3}),
    "electra": ("Electra", {"embedding_size": 20}),
    "electra-one-width": ("Electra", {"embedding_size": 32}),
    "mobilebert": ("MobileBert", MOBILE),
    "mobilebert-layer-norm": ("MobileBert", MOBILE | {"normalization_type": "layer_norm"}),
    "mobilebert-one-feed-forward": ("MobileBert", MOBILE | {"num_feedforward_networks": 1}),
    "mobilebert-narrow-attention": ("MobileBert", MOBILE | {"use_bottleneck_attention": True}),
    "mobilebert-no-bottleneck": ("MobileBert", MOBILE | {"use_bottleneck": False}),
    "mobilebert-no-bottleneck-layer-norm": (
        "MobileBert",
        MOBILE | {"use_bottleneck": False, "normalization_type": "layer_norm"},
    ),
    "mobilebert-no-trigram": ("MobileBert", MOBILE | {"trigram_input": False}),
    "mobilebert-nothing-to-widen": (
        "MobileBert",
        MOBILE | {"trigram_input": False, "embedding_size": 32},
    ),
    "mobilebert-no-pooler": ("MobileBert", MOBILE | {"classifier_activation": False}),
}


def inputs_of(model: PreTrainedModel, real: int, typed: bool) -> dict[str, Tensor]:
    """Random ids of `real` tokens, padded on the right as the model's tokenizer pads."""
    pad = int(model.config.pad_token_id)
    ids = torch.randint(5, 120, (1, LENGTH), generator=torch.Generator().manual_seed(1))
    ids[:, real:] = pad
    inputs = {"input_ids": ids, "attention_mask": (torch.arange(LENGTH)[None] < real).long()}
    if typed:
        inputs["token_type_ids"] = (torch.arange(LENGTH)[None] >= real // 2).long()
    return inputs


def compare(found: dict[str, Tensor], expected: Any, real: int) -> None:
    for name, logits in found.items():
        size = real if logits.shape[1] == LENGTH else None
        wanted = expected[name][:, :size]
        largest = float(wanted.abs().max())  # without bottlenecks and norms hundreds
        assert largest > 0.1
        torch.testing.assert_close(logits[:, :size], wanted, atol=1e-5 * max(1, largest), rtol=0)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("head", ["QuestionAnswering", "SequenceClassification"])
@pytest.mark.parametrize("real", [2, 11, LENGTH])
def test_logits_equal_those_of_transformers_under_padding(
    variant: str, head: str, real: int, tmp_path: Path
) -> None:
    family, changes = VARIANTS[variant]
    model = tiny(family, head, **changes)
    if family == "MobileBert":  # the next test is about a [PAD] that is not nothing
        model.get_input_embeddings().weight.data[model.config.pad_token_id] = 0
    model.save_pretrained(tmp_path)
    network = load_network(tmp_path)
    inputs = inputs_of(model, real, "token_type_ids" in network.shape.inputs)
    with torch.inference_mode():
        compare(network(**inputs), model(**inputs), real)


@pytest.mark.parametrize("variant", ["mobilebert", "mobilebert-layer-norm"])
def test_padding_never_changes_what_mobilebert_computes(variant: str, tmp_path: Path) -> None:
    """Its tokens see their neighbours: transformers lets the last one see the first [PAD]."""
    model = tiny("MobileBert", "QuestionAnswering", **VARIANTS[variant][1])
    model.save_pretrained(tmp_path)
    network, inputs = load_network(tmp_path), inputs_of(model, 11, True)
    bare = {name: values[:, :11] for name, values in inputs.items()}
    with torch.inference_mode():
        compare(network(**inputs), model(**bare), 11)
        changed = (model(**inputs).start_logits - model(**bare).start_logits[:, :1])[:, :11]
    assert changed.abs().max() > 1e-3


def test_roberta_takes_as_many_tokens_as_it_has_positions_after_padding(tmp_path: Path) -> None:
    model = tiny("Roberta", "QuestionAnswering", max_position_embeddings=LENGTH + 2)
    model.save_pretrained(tmp_path)
    network = load_network(tmp_path)
    assert network.shape.positions == LENGTH
    inputs = inputs_of(model, LENGTH, typed=True)
    inputs["token_type_ids"] *= 0
    with torch.inference_mode():
        compare(network(**inputs), model(**inputs), LENGTH)


def test_the_network_asks_for_no_family_by_name(tmp_path: Path) -> None:
    """A config that only renames the family cannot change what is computed."""
    model = tiny("Electra", "SequenceClassification", embedding_size=20)
    model.save_pretrained(tmp_path)
    network = load_network(tmp_path)
    other = Network(dataclasses.replace(network.shape, family="nobody's")).eval()
    other.load_state_dict(network.state_dict())
    inputs = inputs_of(model, 11, typed=True)
    with torch.inference_mode():
        assert torch.equal(network(**inputs)["logits"], other(**inputs)["logits"])


# RoBERTa in fp32, from text to answers, is in test_roberta.py.
@pytest.mark.parametrize("runtime", ["pte", "tflite"])
@pytest.mark.parametrize(
    ("family", "recipe"),
    [
        ("roberta", "int8"),
        ("electra", "fp32"),
        ("electra", "int8"),
        ("mobilebert", "fp32"),
        ("mobilebert", "int8"),
    ],
)
def test_the_files_compute_what_the_network_does(
    family: str, runtime: str, recipe: str, tmp_path: Path
) -> None:
    name, changes = VARIANTS[family]
    if family == "mobilebert":
        changes = changes | {"num_feedforward_networks": 2}
    model = tiny(name, "QuestionAnswering", num_hidden_layers=1, **changes)
    model.save_pretrained(tmp_path)
    network, path = load_network(tmp_path), tmp_path / f"model.{runtime}"
    if runtime == "pte":
        interface = write_pte(network, find_recipe(recipe), LENGTH, path)
    else:
        interface = write_tflite(network, find_recipe(recipe), (LENGTH,), path)
    runner = OPENERS[runtime](path, interface)
    for real in (2, 11, LENGTH):
        inputs = inputs_of(model, real, "token_type_ids" in network.shape.inputs)
        ids = inputs["input_ids"][0, :real].tolist()
        types = inputs.get("token_type_ids", torch.zeros(1, real, dtype=torch.long))
        outputs = runner.run(ids, types[0, :real].tolist(), LENGTH)
        with torch.inference_mode():
            expected = network(**inputs)
        for output, found in outputs.items():
            wanted = expected[output][0, :real].numpy()
            share = np.abs(found - wanted).max() / np.abs(wanted).max()
            assert share < (1e-5 if recipe == "fp32" else 0.2), (output, real)
