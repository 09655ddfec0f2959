"""Silenced heads and neurons: the least needed ones, silent for good, and in no file that ships."""

import copy
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModelForQuestionAnswering

from distill.finetune import finetune
from distill.finetune_config import FinetuneConfig
from distill.layer_parts import layers_of
from distill.narrow_linear import compute_without_silent
from distill.structured_pruning import BLOCK, chosen, prune
from distill.structured_pruning_config import PruneConfig
from distill.student import make_student
from distill.student_config import StudentConfig
from export.build import build_bundle
from export.checkpoint import load_network
from export.config import ExportConfig
from export.runner import open_runner
from tasks.squad import sample_path

HEADS, LAYERS, NEURONS = 4, 2, 96


@pytest.fixture(scope="module", params=["bert", "distilbert"])
def checkpoint(
    request: pytest.FixtureRequest,
    make_bert: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    source = make_bert(folder / "source", layers=LAYERS, intermediate_size=NEURONS)
    return make_student(
        StudentConfig(source, folder / "student", depth=LAYERS, family=request.param)
    )


@pytest.fixture(scope="module")
def pruned(checkpoint: Path) -> Path:
    return prune(settings(checkpoint, checkpoint.with_name("pruned")))


def settings(checkpoint: Path, out: Path, **changes: Any) -> PruneConfig:
    config = PruneConfig(
        checkpoint, (sample_path(),), out, heads=0.5, neurons=1 / 3, examples=6, max_length=96
    )
    return replace(config, **changes)


def silent(folder: Path) -> tuple[list[list[int]], list[list[int]]]:
    """The heads and the neurons of each layer that have no weight left, before and behind."""
    model = AutoModelForQuestionAnswering.from_pretrained(folder)
    heads, neurons = [], []
    for parts in layers_of(model):
        rows = torch.cat(
            [torch.cat([one.weight, one.bias[:, None]], 1) for one in parts.queries], 1
        )
        rows = torch.cat([rows, parts.mixed.weight.T], 1).unflatten(0, (HEADS, -1))
        heads.append([i for i, head in enumerate(rows) if not head.any()])
        up = torch.cat([parts.up.weight, parts.up.bias[:, None], parts.down.weight.T], 1)
        neurons.append([i for i, neuron in enumerate(up) if not neuron.any()])
    return heads, neurons


def logits_of(model: Any, real: int = 20) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Inputs of `real` tokens under padding, and the logits of the real ones."""
    ids = torch.arange(5, 37)[None]
    inputs = {"input_ids": ids, "attention_mask": (torch.arange(32) < real).long()[None]}
    with torch.inference_mode():
        found = model(**inputs)
    return inputs, {name: found[name][:, :real] for name in ("start_logits", "end_logits")}


def test_what_was_asked_for_is_silent_and_the_record_says_it(pruned: Path) -> None:
    heads, neurons = silent(pruned)
    assert sum(map(len, heads)) == HEADS * LAYERS // 2
    assert sum(map(len, neurons)) == BLOCK * 2
    assert all(len(found) < HEADS for found in heads)
    record = json.loads((pruned / "distill.json").read_text())
    assert record["metrics"]["heads"] == [HEADS - len(found) for found in heads]
    assert record["metrics"]["neurons"] == [NEURONS - len(found) for found in neurons]
    assert record["inputs"]["student"]["model.safetensors"]


def test_the_exported_network_has_only_the_rest_and_computes_the_same(pruned: Path) -> None:
    model = AutoModelForQuestionAnswering.from_pretrained(pruned).eval()
    inputs, expected = logits_of(model)
    network = load_network(pruned)
    heads, neurons = silent(pruned)
    for layer, no_heads, no_neurons in zip(network.layers, heads, neurons, strict=True):
        assert layer.attention.query.out_features == 8 * (HEADS - len(no_heads))
        assert layer.up.out_features == NEURONS - len(no_neurons)
    if "token_type_ids" in network.shape.inputs:
        inputs["token_type_ids"] = torch.zeros_like(inputs["input_ids"])
    found = network(**inputs)
    for name, logits in expected.items():
        torch.testing.assert_close(found[name][:, :20], logits, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("checkpoint", ["bert"], indirect=True)
def test_both_runtimes_run_the_narrow_file(pruned: Path, tmp_path: Path) -> None:
    bundle = build_bundle(ExportConfig(pruned, tmp_path / "pruned", recipe="int8", buckets=(32,)))
    _, expected = logits_of(AutoModelForQuestionAnswering.from_pretrained(pruned).eval())
    for runtime in ("tflite", "pte"):
        start, _ = open_runner(bundle, runtime).span_logits(list(range(5, 25)), [0] * 20)
        assert np.corrcoef(start, expected["start_logits"][0].numpy())[0, 1] > 0.99


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_what_is_silent_stays_so_in_training(pruned: Path, precision: str, tmp_path: Path) -> None:
    trained = finetune(
        FinetuneConfig(
            student=pruned,
            out=tmp_path / "trained",
            data=(sample_path(),),
            questions=16,
            max_length=96,
            batch_size=8,
            epochs=1,
            dropout=0.0,
            precision=precision,
            learning_rate=1e-2,
        ),
        lambda now: None,
    ).folder
    assert silent(trained) == silent(pruned)
    before, after = (load_file(folder / "model.safetensors") for folder in (pruned, trained))
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_training_computes_without_what_is_silent(pruned: Path) -> None:
    """The same answers and gradients from narrower products, and the same weights to save."""
    model = AutoModelForQuestionAnswering.from_pretrained(pruned)
    narrow = copy.deepcopy(model)
    compute_without_silent(narrow)
    assert list(narrow.state_dict()) == list(model.state_dict())
    widths: dict[str, int] = {}
    for name, module in narrow.named_modules():
        if isinstance(module, torch.nn.Linear):
            module.register_forward_hook(
                lambda _, inputs, output, name=name: widths.update({name: output.shape[-1]})
            )
    ids = torch.arange(5, 37).view(2, 16)
    answers = []
    for one in (model, narrow):
        found = one(input_ids=ids)
        answers.append(torch.stack([found.start_logits, found.end_logits]))
        (found.start_logits[:, 3] - found.end_logits[:, 7]).sum().backward()
    torch.testing.assert_close(*answers, atol=2e-5, rtol=1e-5)
    names = {id(module): name for name, module in narrow.named_modules()}
    for parts, no_heads, no_neurons in zip(layers_of(narrow), *silent(pruned), strict=True):
        assert widths[names[id(parts.up)]] == NEURONS - len(no_neurons)
        for query in parts.queries:
            assert widths[names[id(query)]] == 8 * (HEADS - len(no_heads))
    gradients = dict(narrow.named_parameters())
    largest = max(float(one.grad.abs().max()) for one in model.parameters() if one.grad is not None)
    for name, weights in model.named_parameters():
        if weights.grad is not None:
            torch.testing.assert_close(
                gradients[name].grad, weights.grad, rtol=1e-4, atol=1e-6 * largest, msg=name
            )


def test_a_layer_without_a_voice_keeps_one_part(checkpoint: Path) -> None:
    model = AutoModelForQuestionAnswering.from_pretrained(checkpoint).eval()
    with torch.no_grad():
        for linear in (*layers_of(model)[0].queries, layers_of(model)[0].mixed):
            linear.weight.zero_()
            linear.bias.zero_()
    narrow = copy.deepcopy(model)
    compute_without_silent(narrow)
    _, expected = logits_of(model)
    _, found = logits_of(narrow)
    for name, logits in expected.items():
        torch.testing.assert_close(found[name], logits)


def test_a_head_that_hardly_speaks_goes_first(checkpoint: Path, tmp_path: Path) -> None:
    model = AutoModelForQuestionAnswering.from_pretrained(checkpoint)
    with torch.no_grad():
        layers_of(model)[1].mixed.weight[:, 16:24] *= 1e-4
        layers_of(model)[0].down.weight[:, 10:42] *= 1e-4
    quiet = tmp_path / "quiet"
    shutil.copytree(checkpoint, quiet)
    model.save_pretrained(quiet)
    found = silent(prune(settings(quiet, tmp_path / "out", heads=1 / 8, neurons=1 / 6)))
    assert found == ([[], [2]], [list(range(10, 42)), []])


def test_what_stays_takes_over_what_it_can(checkpoint: Path, tmp_path: Path) -> None:
    model = AutoModelForQuestionAnswering.from_pretrained(checkpoint).eval()
    with torch.no_grad():
        for parts in layers_of(model):  # the second block says what the first does, more quietly
            parts.up.weight[BLOCK : 2 * BLOCK] = parts.up.weight[:BLOCK]
            parts.up.bias[BLOCK : 2 * BLOCK] = parts.up.bias[:BLOCK]
            parts.down.weight[:, BLOCK : 2 * BLOCK] *= 0.02
    twice = tmp_path / "twice"
    shutil.copytree(checkpoint, twice)
    model.save_pretrained(twice)
    out = prune(settings(twice, tmp_path / "out", heads=0.0, neurons=1 / 3))
    assert silent(out) == ([[], []], [list(range(BLOCK, 2 * BLOCK))] * 2)
    _, expected = logits_of(model)
    _, found = logits_of(AutoModelForQuestionAnswering.from_pretrained(out).eval())
    with torch.no_grad():
        for parts in layers_of(model):
            parts.down.weight[:, BLOCK : 2 * BLOCK] = 0
    _, lost = logits_of(model)
    for name, logits in expected.items():
        departs, would_depart = ((one[name] - logits).abs().max() for one in (found, lost))
        assert departs < would_depart / 20


def test_the_same_examples_give_the_same_weights(
    pruned: Path, checkpoint: Path, tmp_path: Path
) -> None:
    again = prune(settings(checkpoint, tmp_path / "again"))
    first, second = ((one / "model.safetensors").read_bytes() for one in (pruned, again))
    assert first == second


@given(
    worth=st.lists(st.lists(st.floats(0, 1), min_size=1, max_size=9), min_size=1, max_size=4),
    share=st.floats(0, 0.99),
    block=st.integers(1, 3),
)
def test_the_least_worthy_go_and_every_layer_keeps_some(
    worth: list[list[float]], share: float, block: int
) -> None:
    found = chosen([torch.tensor(one) for one in worth], share, block)
    assert sum(map(len, found)) <= round(share * sum(map(len, worth)))
    for values, gone in zip(worth, found, strict=True):
        assert len(gone) % block == 0
        assert len(gone) < len(values)
        kept = [values[i] for i in range(len(values)) if i not in gone]
        lost = [values[i] for i in gone]
        assert not gone or max(lost) <= min(kept) + 1e-6


def test_a_network_without_silence_is_left_alone(checkpoint: Path) -> None:
    network = load_network(checkpoint)
    assert [layer.attention.heads for layer in network.layers] == [HEADS] * LAYERS
    assert [layer.up.out_features for layer in network.layers] == [NEURONS] * LAYERS


def test_a_layer_that_is_all_silent_keeps_one_of_each(checkpoint: Path, tmp_path: Path) -> None:
    shutil.copytree(checkpoint, tmp_path, dirs_exist_ok=True)
    weights = load_file(tmp_path / "model.safetensors")
    for name, weight in weights.items():
        if name.endswith(("out_lin.weight", "lin2.weight", "output.dense.weight")):
            weight.zero_()
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    inputs, expected = logits_of(AutoModelForQuestionAnswering.from_pretrained(tmp_path).eval())
    network = load_network(tmp_path)
    assert network.layers[0].attention.heads == network.layers[0].up.out_features == 1
    if "token_type_ids" in network.shape.inputs:
        inputs["token_type_ids"] = torch.zeros_like(inputs["input_ids"])
    found = network(**inputs)["start_logits"][:, :20]
    torch.testing.assert_close(found, expected["start_logits"], atol=2e-5, rtol=1e-5)


def test_shares_that_come_to_nothing_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="silence nothing in this model: 2 layers of 4 heads and 96"
    ):
        prune(settings(checkpoint, tmp_path / "out", heads=0.01, neurons=0.01))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": 1.0}, "heads is a share of at least 0 and less than 1: 1.0"),
        ({"neurons": -0.1}, "neurons is a share"),
        ({"heads": 0.0, "neurons": 0.0}, "both 0: nothing would be silenced"),
        ({"examples": 0}, "examples must be at least 1"),
        ({"task": "poetry"}, "task 'poetry' is unknown"),
    ],
)
def test_wrong_settings_are_refused(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        settings(tmp_path, tmp_path / "out", **changes)


def test_inputs_longer_than_the_model_takes_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="takes at most 128 tokens; give --max-length 128 or less"):
        prune(settings(checkpoint, tmp_path / "out", max_length=200))
    assert not list(tmp_path.iterdir())


def test_an_output_that_exists_is_left_alone(checkpoint: Path, pruned: Path) -> None:
    before = (pruned / "model.safetensors").read_bytes()
    with pytest.raises(FileExistsError, match="--force"):
        prune(settings(checkpoint, pruned))
    assert (pruned / "model.safetensors").read_bytes() == before
