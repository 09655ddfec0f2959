"""Every recipe on both runtimes: the numbers it promises, what it keeps, what it computes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from export import lint
from export.network import Network
from export.parity import LIMITS, reference_outputs
from export.pte import write_pte
from export.pte_file import pte_tensors
from export.recipes import RECIPES, Recipe, find_recipe
from export.runner import Runner, open_pte, open_tflite
from export.sizes import LINEARS, SCALES, TABLES, StoredTensor, account, refuse_floats
from export.tflite import write_tflite
from export.tflite_file import tflite_tensors
from export.trace import Traced, first_departure, trace

LENGTH = 32
NARROW = {
    "fp16": ("float16", {"float16"}),
    "int8-static": ("int8", {"int8"}),
    "int4": ("int4", {"int4", "int8"}),
    "int4-channel": ("int4", {"int8"}),
    "int8-embed4": ("int8", {"int4", "int8"}),
    "int8-tensor": ("int8", {"int8"}),
}
"""What linears and tables are stored in; int8 and fp32 have their tests beside each runtime."""

Write = Callable[..., tuple[Runner, list[StoredTensor]]]


@pytest.fixture(scope="module")
def write(tiny_network: Network, random_sample: Any, tmp_path_factory: Any) -> Write:
    """A function that writes the network for a runtime; returns it loaded, and what it holds."""
    calibration = [random_sample(LENGTH, real) for real in range(8, 32)]

    def make(runtime: str, recipe: Recipe) -> tuple[Runner, list[StoredTensor]]:
        path: Path = tmp_path_factory.mktemp("narrow") / f"model.{runtime}"
        if runtime == "tflite":
            interface = write_tflite(tiny_network, recipe, (LENGTH,), path, calibration)
            return open_tflite(path, interface), tflite_tensors(path)
        interface = write_pte(tiny_network, recipe, LENGTH, path, calibration)
        return open_pte(path, interface), pte_tensors(path)

    return make


@pytest.mark.parametrize("runtime", ["tflite", "pte"])
@pytest.mark.parametrize("name", NARROW)
def test_a_recipe_stores_what_it_says_and_computes_the_network_within_its_limits(
    write: Write, tiny_network: Network, random_sample: Any, name: str, runtime: str
) -> None:
    recipe = find_recipe(name)
    if runtime not in recipe.runtimes:
        pytest.skip(f"{name} is for {', '.join(recipe.runtimes)}")
    runner, tensors = write(runtime, recipe)
    sizes = account(tensors, sum(tensor.bytes for tensor in tensors))
    linears, tables = NARROW[name]
    assert (set(sizes[LINEARS]), set(sizes[TABLES])) == ({linears}, tables)
    refuse_floats(tensors, recipe, "model")
    for real in (3, 20, LENGTH):
        text = random_sample(LENGTH, real)
        found = runner.run(text.input_ids, text.token_type_ids, text.length)
        for output, expected in reference_outputs(tiny_network, text).items():
            norms = np.linalg.norm(found[output]) * np.linalg.norm(expected)
            assert found[output] @ expected / norms > LIMITS[name].min_cosine
    assert set(RECIPES) == {*NARROW, "fp32", "int8"}


@pytest.mark.parametrize("runtime", ["tflite", "pte"])
def test_kept_modules_stay_float32_and_the_rest_is_narrowed(write: Write, runtime: str) -> None:
    recipe = find_recipe("int8", ("head", "layers.1.attention", "positions"))
    _, tensors = write(runtime, recipe)
    kept = sorted(t.bytes for t in tensors if t.dtype == "float32" and t.kind in (LINEARS, TABLES))
    assert kept == sorted([4 * 2 * 64, *[4 * 64 * 64] * 4, 4 * 64 * 64])
    narrow = sum(t.bytes for t in tensors if t.dtype == "int8" and t.kind == LINEARS)
    assert narrow == 4 * 64 * 64 + 2 * 2 * 64 * 128
    assert any(t.kind == TABLES and t.dtype == "int8" for t in tensors)
    assert all(t.bytes < 64 * 64 for t in tensors if t.kind == SCALES) or runtime == "pte"


def test_a_module_to_keep_that_is_not_there_is_refused(tiny_network: Network) -> None:
    with pytest.raises(ValueError, match=r"called 'layers\.7' to keep.*layers\.1\.down"):
        lint.check_widths(tiny_network, find_recipe("int8", ("layers.7",)))


def test_blocks_that_do_not_divide_a_width_are_refused_before_anything_is_written() -> None:
    network = nn.ModuleDict({"tokens": nn.Embedding(9, 64), "up": nn.Linear(40, 64)})
    with pytest.raises(ValueError, match=r"width 40 of up; choose int8 or int4-channel"):
        lint.check_widths(network, find_recipe("int4"))
    lint.check_widths(network, find_recipe("int4", ("up",)))
    lint.check_widths(network, find_recipe("int8-embed4"))


class Masked(nn.Module):
    """A network as exporters write it without thought: a mask of the lowest float."""

    def __init__(self, network: Network, low: float, stored: bool) -> None:
        super().__init__()
        self.network, self.low = network, low
        self.register_buffer("lowest", torch.tensor(low) if stored else None)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        logits = self.network(input_ids, attention_mask, token_type_ids)["start_logits"]
        if self.lowest is not None:
            return logits + (1.0 - attention_mask) * self.lowest
        return logits.masked_fill(attention_mask == 0, self.low)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("low", [torch.finfo(torch.float32).min, -float("inf"), -1e5])
def test_a_mask_that_float16_cannot_hold_never_reaches_a_narrow_graph(
    tiny_network: Network, low: float, stored: bool
) -> None:
    network = Masked(tiny_network, low, stored)
    inputs = tiny_network.shape.inputs
    place = "lowest" if stored else "masked_fill"
    for name in ("fp16", "int8", "int4"):
        with pytest.raises(ValueError, match=rf"{place}.* holds .*which {name} cannot"):
            lint.refuse_extremes(network, inputs, find_recipe(name))
    lint.refuse_extremes(network, inputs, find_recipe("fp32"))


@pytest.mark.parametrize("name", ["fp16", "int8"])
def test_our_own_network_holds_nothing_extreme(tiny_network: Network, name: str) -> None:
    lint.refuse_extremes(tiny_network, tiny_network.shape.inputs, find_recipe(name))


@pytest.mark.parametrize("runtime", ["tflite", "pte"])
def test_a_trace_names_the_first_layer_that_departs(
    tiny_network: Network, random_sample: Any, runtime: str, tmp_path: Path
) -> None:
    """An outlier in one column of a layer ruins the scale that its other values share."""
    network = Network(tiny_network.shape).eval().requires_grad_(False)
    network.load_state_dict(tiny_network.state_dict())
    network.layers[1].up.weight[0] *= 3000.0
    network.layers[1].up.bias[0] = 500.0
    network.layers[1].down.weight *= 20.0
    network.layers[1].down.weight[:, 0] = 0.0
    texts = [random_sample(LENGTH, 20), random_sample(16, 10)]
    places = trace(network, find_recipe("int8"), runtime, texts, (), tmp_path)
    assert [place.place for place in places] == ["embeddings", "layer_0", "layer_1"]
    first = first_departure(places, 0.99)
    assert first is not None
    assert first.place == "layer_1"
    assert first_departure(places, 0.0) is None
    assert list(tmp_path.iterdir()) == []


def test_a_traced_network_gives_what_transformers_calls_hidden_states(
    make_bert: Callable[..., Path], tmp_path: Path
) -> None:
    from transformers import BertForQuestionAnswering

    from export.checkpoint import load_network

    folder = make_bert(tmp_path, layers=2)
    network = load_network(folder)
    traced = Traced(network.shape).eval()
    traced.load_state_dict(network.state_dict())
    ids = torch.arange(5, 17)[None]
    ones, zeros = torch.ones_like(ids), torch.zeros_like(ids)
    model = BertForQuestionAnswering.from_pretrained(folder).eval()
    with torch.inference_mode():
        found = traced(ids, ones, zeros)
        expected = model(ids, ones, zeros, output_hidden_states=True).hidden_states
    for values, states in zip(found.values(), expected, strict=True):
        torch.testing.assert_close(values, states[0], atol=2e-5, rtol=1e-5)
