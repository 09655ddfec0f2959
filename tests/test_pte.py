"""The .pte file: any length in one method, int8 that is int8, outputs that are right."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from export.manifest import Interface
from export.network import Network
from export.pte import write_pte
from export.pte_file import pte_operators, pte_tensors
from export.recipes import fp32, int8, int8_embed4
from export.runner import open_pte
from export.sizes import LINEARS, SCALES, TABLES, account, refuse_floats

LONGEST = 48


@pytest.fixture(scope="module")
def written(
    tiny_network: Network, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Path, Interface]]:
    folder = tmp_path_factory.mktemp("pte")
    before = {name: tensor.clone() for name, tensor in tiny_network.state_dict().items()}
    paths = {}
    for recipe in (int8(), fp32()):
        path = folder / f"{recipe.name}.pte"
        paths[recipe.name] = (path, write_pte(tiny_network, recipe, LONGEST, path))
    for name, tensor in tiny_network.state_dict().items():
        assert torch.equal(tensor, before[name]), "quantizing must work on a copy"
    return paths


@pytest.mark.parametrize(("recipe", "allowed"), [("fp32", 1e-5), ("int8", 0.15)])
def test_every_length_computes_the_network_padded_or_not(
    written: dict[str, tuple[Path, Interface]],
    tiny_network: Network,
    random_sample: Callable[..., Any],
    worst_error: Callable[..., float],
    recipe: str,
    allowed: float,
) -> None:
    runner = open_pte(*written[recipe])
    for length, real in [(2, 2), (3, 3), (48, 48), (48, 17), (17, 17), (33, 2), (24, 23)]:
        assert worst_error(runner, tiny_network, random_sample(length, real)) < allowed, (
            length,
            real,
        )


def test_int8_file_holds_its_tables_and_linears_in_int8(
    written: dict[str, tuple[Path, Interface]],
) -> None:
    path = written["int8"][0]
    tensors = pte_tensors(path)
    sizes = account(tensors, path.stat().st_size)
    assert sizes[TABLES] == {"int8": 5064 * 64}
    assert sizes[SCALES]["float32"] >= 5064 * 4
    assert sizes[LINEARS]["int8"] == 2 * (4 * 64 * 64 + 2 * 64 * 128) + 64 * 2
    assert sum(sum(part.values()) for part in sizes.values()) == path.stat().st_size
    refuse_floats(tensors, int8(), path.name)
    with pytest.raises(ValueError, match=r"1\.3 MB of float32 in embedding_tables"):
        refuse_floats(pte_tensors(written["fp32"][0]), int8(), "model.pte")


def test_what_runs_outside_the_delegates_is_counted(
    written: dict[str, tuple[Path, Interface]],
) -> None:
    operators = pte_operators(written["int8"][0])
    assert operators.left_over["quantized_decomposed::embedding_byte"] == 2
    assert operators.left_over["aten::native_layer_norm"] == 5
    assert operators.delegated > sum(operators.left_over.values())


def test_another_thread_count_in_the_same_process_is_refused(
    written: dict[str, tuple[Path, Interface]],
) -> None:
    path, interface = written["int8"]
    open_pte(path, interface, threads=1)
    with pytest.raises(ValueError, match="fresh process"):
        open_pte(path, interface, threads=2)


def test_a_table_in_4_bits_has_float16_scales_and_computes_the_network(
    tiny_network: Network,
    random_sample: Callable[..., Any],
    worst_error: Callable[..., float],
    tmp_path: Path,
) -> None:
    path = tmp_path / "model.pte"
    interface = write_pte(tiny_network, int8_embed4(), LONGEST, path)
    sizes = account(pte_tensors(path), path.stat().st_size)
    assert sizes[TABLES] == {"int4": 5000 * 64 // 2, "int8": 64 * 64}  # words, positions
    assert sizes[SCALES]["float16"] == 5000 * 64 // 32 * 2
    assert worst_error(open_pte(path, interface), tiny_network, random_sample(48, 31)) < 0.5
