"""The size account: where the bytes of a written model file go, and what must not be among them."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
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
    digest: str | None = None
    """SHA-256 of its content, where the reader of the file could find it."""


@dataclass(frozen=True)
class Duplicate:
    """Equal constants that a file stores more than once: `wasted` bytes would go with sharing."""

    kind: str
    dtype: str
    bytes: int
    copies: int

    @property
    def wasted(self) -> int:
        """Bytes of all copies but one."""
        return self.bytes * (self.copies - 1)


def account(tensors: Sequence[StoredTensor], file_bytes: int) -> dict[str, dict[str, int]]:
    """Add up bytes by class and dtype; what is no tensor is the graph, so the sum is the file.

    A .tflite keeps scales by row in its graph, and only those by block as tensors.
    """
    sizes: dict[str, dict[str, int]] = {TABLES: {}, LINEARS: {}, BIASES: {}, SCALES: {}}
    for tensor in tensors:
        by_dtype = sizes[tensor.kind]
        by_dtype[tensor.dtype] = by_dtype.get(tensor.dtype, 0) + tensor.bytes
    return {**sizes, GRAPH: {"other": file_bytes - sum(tensor.bytes for tensor in tensors)}}


def find_duplicates(tensors: Iterable[StoredTensor]) -> tuple[Duplicate, ...]:
    """List the contents that are stored twice or more, the most wasteful first."""
    copies = Counter(tensor for tensor in tensors if tensor.digest is not None)
    merged: dict[str, Duplicate] = {}
    for tensor, count in copies.items():
        digest = str(tensor.digest)
        earlier = merged[digest].copies if digest in merged else 0
        merged[digest] = Duplicate(tensor.kind, tensor.dtype, tensor.bytes, count + earlier)
    found = [one for one in merged.values() if one.copies > 1]
    return tuple(sorted(found, key=lambda one: (-one.wasted, one.kind, one.dtype)))


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
