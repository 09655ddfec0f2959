"""A packed .tflite computes the same bits, and holds once what its graphs share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from export import tflite
from export.network import Network
from export.recipes import int8
from export.runner import open_tflite
from export.tflite_pack import ALIGNMENT, pack

LENGTHS = (16, 32, 48)


@pytest.fixture
def loose(
    tiny_network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Any]:
    """An int8 file as the quantizer writes it."""
    monkeypatch.setattr(tflite, "pack", lambda path: None)
    path = tmp_path / "loose.tflite"
    return path, tflite.write_tflite(tiny_network, int8(), LENGTHS, path)


def test_packing_changes_no_bit_of_any_output_and_saves_what_signatures_repeat(
    loose: tuple[Path, Any], random_sample: Callable[..., Any], tmp_path: Path
) -> None:
    path, interface = loose
    packed = tmp_path / "packed.tflite"
    packed.write_bytes(path.read_bytes())
    pack(packed)
    channels = 2 * (5 * 64 + 128) + 2  # of the linears: a scale of 4 and a zero point of 8 bytes
    saved = path.stat().st_size - packed.stat().st_size
    assert saved > (len(LENGTHS) - 1) * channels * 12
    before, after = open_tflite(path, interface), open_tflite(packed, interface)
    for length in LENGTHS:
        sample = random_sample(length, length - 5)
        one = before.run(sample.input_ids, sample.token_type_ids, length)
        other = after.run(sample.input_ids, sample.token_type_ids, length)
        for name, values in one.items():
            np.testing.assert_array_equal(values, other[name])


def test_packing_keeps_every_constant_aligned_and_is_done_after_once(
    loose: tuple[Path, Any],
) -> None:
    from ai_edge_litert import schema_py_generated as schema

    path, _ = loose
    original = path.read_bytes()
    pack(path)
    once = path.read_bytes()
    pack(path)
    assert path.read_bytes() == once

    def constants(content: bytes) -> list[bytes]:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        behind = [buffer for buffer in model.buffers if buffer.size]
        assert all(buffer.offset % ALIGNMENT == 0 for buffer in behind)
        return [content[buffer.offset : buffer.offset + buffer.size] for buffer in behind]

    assert len(constants(once)) > 10
    assert constants(once) == constants(original)
