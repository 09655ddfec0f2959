"""The size account: where the bytes of a written model file go, and what must not be among them."""

from collections.abc import Sequence
from dataclasses import dataclass

from export.recipes import Recipe

TABLES = "embedding_tables"
LINEARS = "linear_weights"
BIASES = "biases_and_norms"
GRAPH = "graph"
FLOAT_LIMIT_BYTES = 1_000_000


@dataclass(frozen=True)
class StoredTensor:
    """One constant in a model file. `kind` is TABLES, LINEARS or BIASES."""

    kind: str
    dtype: str
    bytes: int


def account(tensors: Sequence[StoredTensor], file_bytes: int) -> dict[str, dict[str, int]]:
    """Add up bytes by class and dtype; what is no tensor is the graph, so the sum is the file."""
    sizes: dict[str, dict[str, int]] = {TABLES: {}, LINEARS: {}, BIASES: {}}
    for tensor in tensors:
        by_dtype = sizes[tensor.kind]
        by_dtype[tensor.dtype] = by_dtype.get(tensor.dtype, 0) + tensor.bytes
    return {**sizes, GRAPH: {"other": file_bytes - sum(tensor.bytes for tensor in tensors)}}


def refuse_floats(tensors: Sequence[StoredTensor], recipe: Recipe, file: str) -> None:
    """Raise ValueError where a quantized file still holds a large float tensor."""
    large = [t for t in tensors if t.dtype.startswith("float") and t.bytes > FLOAT_LIMIT_BYTES]
    if recipe.quantized and large:
        worst = max(large, key=lambda tensor: tensor.bytes)
        raise ValueError(
            f"{file} is called {recipe.name} but holds {len(large)} float tensors over "
            f"{FLOAT_LIMIT_BYTES / 1e6:.0f} MB, the largest {worst.bytes / 1e6:.1f} MB of "
            f"{worst.dtype} in {worst.kind}; nothing was published"
        )
