"""The size account: where the bytes of a written model file go, and what must not be among them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from export.recipes import Recipe

TABLES = "embedding_tables"
LINEARS = "linear_weights"
BIASES = "biases_and_norms"
SCALES = "scales"
GRAPH = "graph"
FLOAT_LIMIT_BYTES = 1_000_000


@dataclass(frozen=True)
class StoredTensor:
    """One constant in a model file. `kind` is TABLES, LINEARS, BIASES or SCALES."""

    kind: str
    dtype: str
    bytes: int


def account(tensors: Sequence[StoredTensor], file_bytes: int) -> dict[str, dict[str, int]]:
    """Add up bytes by class and dtype; what is no tensor is the graph, so the sum is the file.

    A .tflite keeps scales by row in its graph, and only those by block as tensors.
    """
    sizes: dict[str, dict[str, int]] = {TABLES: {}, LINEARS: {}, BIASES: {}, SCALES: {}}
    for tensor in tensors:
        by_dtype = sizes[tensor.kind]
        by_dtype[tensor.dtype] = by_dtype.get(tensor.dtype, 0) + tensor.bytes
    return {**sizes, GRAPH: {"other": file_bytes - sum(tensor.bytes for tensor in tensors)}}


def refuse_floats(
    tensors: Sequence[StoredTensor], recipe: Recipe, file: str, kept: Collection[int] = ()
) -> None:
    """Raise ValueError where a narrowed file still holds a large wide tensor.

    Integer recipes may hold no float over FLOAT_LIMIT_BYTES, float16 ones no float32. `kept` lists
    the float32 sizes in bytes of what the recipe keeps.
    """
    wide = {"float32", "float16"} if recipe.quantized else {"float32"}
    if recipe.linears.dtype == "float32":
        wide = set()
    large = [
        tensor
        for tensor in tensors
        if tensor.dtype in wide
        and tensor.kind != SCALES
        and tensor.bytes > FLOAT_LIMIT_BYTES
        and not (tensor.dtype == "float32" and tensor.bytes in kept)
    ]
    if large:
        worst = max(large, key=lambda tensor: tensor.bytes)
        raise ValueError(
            f"{file} is called {recipe.name} but holds {len(large)} float tensors over "
            f"{FLOAT_LIMIT_BYTES / 1e6:.0f} MB, the largest {worst.bytes / 1e6:.1f} MB of "
            f"{worst.dtype} in {worst.kind}; nothing was published"
        )
