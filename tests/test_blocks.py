"""Tables in 4 bits: what is rounded once is stored exactly, and by both runtimes."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn

from distill.student import make_student
from distill.student_config import StudentConfig
from export.network import Network
from export.parity import reference_outputs
from export.recipes import find_recipe
from tasks.blocks import BLOCK_SIZE, LARGEST, block_numbers, block_scales, rounded_to_blocks
from tests.test_narrow import LENGTH, Write, write  # noqa: F401

TABLES = arrays(np.float32, (3, 2 * BLOCK_SIZE), elements=st.floats(-4, 4, width=32))


@given(TABLES)
def test_a_rounded_table_is_stored_exactly_and_survives_float16(table: Any) -> None:
    rounded = rounded_to_blocks(table)
    scales = block_scales(rounded)
    stored = block_numbers(rounded, scales) * np.repeat(scales, BLOCK_SIZE, axis=1)
    np.testing.assert_array_equal(stored, rounded)
    if np.abs(table).max() > 0.1 and scales[scales > 0].min() > 2**-10:  # no subnormal numbers
        np.testing.assert_array_equal(rounded.astype(np.float16), rounded)


@given(TABLES)
def test_the_chosen_scales_are_no_worse_than_those_of_the_largest_number(table: Any) -> None:
    scales = block_scales(table)
    plain = block_numbers(table, scales) * np.repeat(scales, BLOCK_SIZE, axis=1)
    chosen = rounded_to_blocks(table)
    error = [np.square(found - table).sum(dtype=np.float64) for found in (chosen, plain)]
    assert error[0] <= error[1] * (1 + 1e-5)
    assert np.abs(block_numbers(table, scales)).max() <= LARGEST


def test_normal_numbers_lose_a_tenth_of_their_deviation() -> None:
    table = np.random.default_rng(0).standard_normal((200, 64)).astype(np.float32)
    assert 0.08 < (rounded_to_blocks(table) - table).std() < 0.1


def test_a_width_that_blocks_do_not_divide_is_refused() -> None:
    with pytest.raises(ValueError, match=r"blocks of 32 .* width 40"):
        rounded_to_blocks(np.zeros((2, 40), np.float32))


@pytest.mark.parametrize("runtime", ["tflite", "pte"])
@pytest.mark.parametrize(("kept", "error"), [(("positions",), 1e-4), ((), 0.01)])
def test_a_file_holds_rounded_words_as_they_are_and_positions_closely(
    write: Write,  # noqa: F811
    tiny_network: Network,
    random_sample: Any,
    runtime: str,
    kept: tuple[str, ...],
    error: float,
) -> None:
    """With all else in float32 the file computes what the network with its rounded tables does.

    A token type is added to the rounded positions, as it is when a checkpoint is read: the sums are
    no numbers of 4 bits.
    """
    words, positions = tiny_network.tokens, tiny_network.positions
    before = [table.weight.detach().clone() for table in (words, positions)]
    try:
        for table in (words, positions):
            table.weight.data = torch.from_numpy(rounded_to_blocks(table.weight.detach().numpy()))
        positions.weight.data += torch.linspace(-0.3, 0.3, positions.embedding_dim)
        linears = [n for n, m in tiny_network.named_modules() if isinstance(m, nn.Linear)]
        runner, _ = write(runtime, find_recipe("int8-embed4", (*linears, *kept)))
        text = random_sample(LENGTH, 20)
        found = runner.run(text.input_ids, text.token_type_ids, text.length)
        for output, expected in reference_outputs(tiny_network, text).items():
            np.testing.assert_allclose(found[output], expected, atol=error * np.abs(expected).max())
    finally:
        for table, weight in zip((words, positions), before, strict=True):
            table.weight.data = weight


@pytest.mark.parametrize("family", ["bert", "distilbert"])
def test_a_student_starts_with_the_words_that_ship(
    make_bert: Any, tmp_path: Any, family: str
) -> None:
    from safetensors.torch import load_file

    teacher = make_bert(tmp_path / "teacher")
    kept = StudentConfig(teacher, tmp_path / "plain", family=family)
    rounded = StudentConfig(teacher, tmp_path / "rounded", family=family, table_bits=4)
    plain, found = (load_file(make_student(c) / "model.safetensors") for c in (kept, rounded))
    for name, value in found.items():
        expected = plain[name]
        if name.endswith("_embeddings.weight"):
            expected = torch.from_numpy(rounded_to_blocks(expected.numpy()))
            assert not torch.equal(expected, plain[name])
        assert torch.equal(value, expected), name


def test_other_bits_are_refused() -> None:
    with pytest.raises(ValueError, match="table_bits 3: only 4"):
        StudentConfig("teacher", out="out", table_bits=3)  # type: ignore[arg-type]
