"""The .tflite file: signatures that share weights, int8 that is int8, outputs that are right."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from export.manifest import Interface
from export.network import Network
from export.recipes import fp32, int8
from export.runner import open_tflite
from export.sizes import BIASES, GRAPH, LINEARS, TABLES, account, refuse_floats
from export.tflite import write_tflite
from export.tflite_file import tflite_operators, tflite_tensors

LENGTHS = (16, 48)


@pytest.fixture(scope="module")
def written(
    tiny_network: Network, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Path, Interface]]:
    folder = tmp_path_factory.mktemp("tflite")
    paths = {}
    for recipe in (fp32(), int8()):
        path = folder / f"{recipe.name}.tflite"
        paths[recipe.name] = (path, write_tflite(tiny_network, recipe, LENGTHS, path))
    assert sorted(p.name for p in folder.iterdir()) == ["fp32.tflite", "int8.tflite"]
    return paths


@pytest.mark.parametrize(("recipe", "allowed"), [("fp32", 1e-5), ("int8", 0.15)])
@pytest.mark.parametrize(("length", "real"), [(16, 16), (16, 5), (48, 48), (48, 17), (48, 2)])
def test_every_signature_computes_the_network_under_padding(
    written: dict[str, tuple[Path, Interface]],
    tiny_network: Network,
    random_sample: Callable[..., Any],
    worst_error: Callable[..., float],
    recipe: str,
    allowed: float,
    length: int,
    real: int,
) -> None:
    assert (
        worst_error(open_tflite(*written[recipe]), tiny_network, random_sample(length, real))
        < allowed
    )


def test_signatures_share_one_copy_of_the_weights(
    written: dict[str, tuple[Path, Interface]], tiny_network: Network
) -> None:
    weights = sum(parameter.numel() for parameter in tiny_network.parameters())
    assert written["fp32"][0].stat().st_size < weights * 4 + 150_000
    assert written["int8"][0].stat().st_size < weights + 250_000


def test_int8_file_holds_its_tables_and_linears_in_int8(
    written: dict[str, tuple[Path, Interface]],
) -> None:
    path = written["int8"][0]
    tensors = tflite_tensors(path)
    sizes = account(tensors, path.stat().st_size)
    assert sizes[TABLES] == {"int8": 5064 * 64}
    assert sizes[LINEARS] == {"int8": 2 * (4 * 64 * 64 + 2 * 64 * 128) + 64 * 2}
    assert sizes[BIASES]["float32"] < 20_000
    assert sum(sum(part.values()) for part in sizes.values()) == path.stat().st_size
    assert sizes[GRAPH]["other"] > 0
    refuse_floats(tensors, int8(), path.name)


def test_a_float32_table_in_a_file_called_int8_is_refused(
    written: dict[str, tuple[Path, Interface]],
) -> None:
    tensors = tflite_tensors(written["fp32"][0])
    with pytest.raises(ValueError, match=r"called int8 .* 1\.3 MB of float32 in embedding_tables"):
        refuse_floats(tensors, int8(), "model.tflite")
    refuse_floats(tensors, fp32(), "model.tflite")


def test_only_lookups_and_reshapes_run_outside_the_delegate(
    written: dict[str, tuple[Path, Interface]],
) -> None:
    operators = tflite_operators(written["int8"][0])
    assert set(operators.left_over) <= {"CAST", "EMBEDDING_LOOKUP", "MUL", "RESHAPE"}
    assert operators.delegates == 1
    assert operators.delegated > 10 * sum(operators.left_over.values())


def test_an_existing_file_is_replaced(
    tiny_network: Network,
    random_sample: Callable[..., Any],
    worst_error: Callable[..., float],
    tmp_path: Path,
) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"old")
    interface = write_tflite(tiny_network, int8(), (16,), path)
    assert worst_error(open_tflite(path, interface), tiny_network, random_sample(16, 9)) < 0.15
