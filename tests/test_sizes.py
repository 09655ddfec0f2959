"""The size account adds up, and a large float tensor cannot hide in an int8 file."""

import pytest

from export.recipes import fp16, fp32, int8
from export.sizes import BIASES, LINEARS, SCALES, TABLES, StoredTensor, account, refuse_floats

TENSORS = [
    StoredTensor(TABLES, "int8", 2_000_000),
    StoredTensor(LINEARS, "int8", 300_000),
    StoredTensor(LINEARS, "int8", 200_000),
    StoredTensor(BIASES, "float32", 999_999),
]


def test_bytes_are_added_by_class_and_type_and_the_rest_is_the_graph() -> None:
    assert account(TENSORS, 3_600_000) == {
        "embedding_tables": {"int8": 2_000_000},
        "linear_weights": {"int8": 500_000},
        "biases_and_norms": {"float32": 999_999},
        "scales": {},
        "graph": {"other": 100_001},
    }


@pytest.mark.parametrize("kind", [TABLES, LINEARS, BIASES])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_float_tensor_over_a_megabyte_fails_int8_only(kind: str, dtype: str) -> None:
    tensors = [*TENSORS, StoredTensor(kind, dtype, 1_000_001)]
    with pytest.raises(
        ValueError, match=f"model.pte is called int8 .* 1.0 MB of {dtype} in {kind}"
    ):
        refuse_floats(tensors, int8(), "model.pte")
    refuse_floats(tensors, fp32(), "model.pte")


def test_small_float_tensors_are_fine_in_int8() -> None:
    refuse_floats(TENSORS, int8(), "model.pte")


def test_float16_may_hold_float16_and_nothing_wider() -> None:
    refuse_floats([StoredTensor(LINEARS, "float16", 5_000_000)], fp16(), "model.pte")
    with pytest.raises(ValueError, match=r"called fp16 .* of float32"):
        refuse_floats([StoredTensor(LINEARS, "float32", 5_000_000)], fp16(), "model.pte")


def test_scales_are_no_weights_and_what_is_kept_is_allowed() -> None:
    refuse_floats([StoredTensor(SCALES, "float32", 5_000_000)], int8(), "model.pte")
    kept = [StoredTensor(LINEARS, "float32", 5_000_000)]
    refuse_floats(kept, int8(), "model.pte", kept={5_000_000})
    with pytest.raises(ValueError, match="linear_weights"):
        refuse_floats(kept, int8(), "model.pte", kept={4_000_000})
