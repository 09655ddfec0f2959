"""The numeric recipes a model can be written in."""

from dataclasses import dataclass, replace

ROW, BLOCK, TENSOR = "row", "block", "tensor"

DYNAMIC, STATIC = "dynamic", "static"


@dataclass(frozen=True)
class Numbers:
    """How one kind of weight is stored: `dtype`, and for integers what shares a scale.

    ROW: an output channel of a linear, a word of a table. BLOCK: BLOCK_SIZE weights of such a row.
    TENSOR: everything.
    """

    dtype: str
    scales: str = ROW

    @property
    def integer(self) -> bool:
        """Whether the weights are quantized."""
        return self.dtype.startswith("int")


FLOAT32, FLOAT16 = Numbers("float32"), Numbers("float16")
INT8, INT4 = Numbers("int8"), Numbers("int4", BLOCK)

POSITIONS = "positions"
"""The table of positions in a network; the other is that of the words."""


@dataclass(frozen=True)
class Recipe:
    """How the numbers of one network are stored and computed."""

    name: str
    linears: Numbers
    tables: Numbers
    activations: str = "float32"
    """What enters a quantized linear: DYNAMIC scales found as it arrives, or STATIC ones."""
    runtimes: tuple[str, ...] = ("tflite", "pte")
    keep: tuple[str, ...] = ()
    """Modules of the network, by dotted name, that stay float32 with all that is inside them."""

    @property
    def quantized(self) -> bool:
        """Whether any weight is stored as an integer."""
        return self.linears.integer or self.tables.integer

    def table(self, name: str) -> Numbers:
        """How the table of this dotted name is stored.

        Positions have 8 bits where words have 4. The first token type is folded into them, so that
        a rounding before training does not survive there, and every token adds its position.
        """
        positions = name == POSITIONS and self.tables.dtype == "int4"
        return INT8 if positions else self.tables

    @property
    def label(self) -> str:
        """The name, and what is kept apart from it."""
        return self.name + (f", float32: {' '.join(self.keep)}" if self.keep else "")

    def keeps(self, module: str) -> bool:
        """Whether the module of this dotted name stays float32."""
        return any(module == kept or module.startswith(f"{kept}.") for kept in self.keep)


def fp32() -> Recipe:
    """Everything in float32 (32 bits): the yardstick for the other recipes."""
    return Recipe("fp32", FLOAT32, FLOAT32)


def fp16() -> Recipe:
    """Linears and tables stored in float16 (16 bits, no scales); the rest stays float32.

    Half the bytes for almost no loss, and no gain in speed on a CPU: LiteRT turns the weights
    into float32 when it loads them, ExecuTorch multiplies in float16.
    """
    return Recipe("fp16", FLOAT16, FLOAT16)


def int8() -> Recipe:
    """Linears (a scale per output channel) and tables (a scale per word) in 8 bits.

    Activations enter a linear in 8 bits with scales found as they arrive. Attention products,
    softmax, layer norms and biases stay float32.
    """
    return Recipe("int8", INT8, INT8, DYNAMIC)


def int8_static() -> Recipe:
    """As int8, but the scales of what enters and leaves a linear are settled beforehand.

    They come from running calibration texts. Only linears are static; what lies between them
    stays float32. It loses more than int8 (an outlier in one place costs all others their
    precision) and gains little speed: for accelerators that take nothing else.
    """
    return Recipe("int8-static", INT8, INT8, STATIC)


def int4() -> Recipe:
    """Linears and words in 4 bits with a scale for each block of 32 weights, positions in 8 bits.

    Activations as in int8. Needs widths that blocks of 32 divide.
    """
    return Recipe("int4", INT4, INT4, DYNAMIC)


def int4_channel() -> Recipe:
    """Linears in 4 bits with one scale per output channel, tables in 8 bits; for any width.

    Activations as in int8. The coarse scales cost accuracy: measure before shipping.
    """
    return Recipe("int4-channel", Numbers("int4"), INT8, DYNAMIC)


def int8_embed4() -> Recipe:
    """As int8, with the words in 4 bits and a scale for each block of 32 numbers of a word.

    Half of a small model is its word table, which loses next to nothing this way.
    """
    return Recipe("int8-embed4", INT8, INT4, DYNAMIC)


def int8_tensor() -> Recipe:
    """As int8 with a single scale per tensor, for LiteRT runtimes that know no other.

    tflite-runtime 2.14 runs files with a scale per channel and computes nonsense.
    """
    whole = Numbers("int8", TENSOR)
    return Recipe("int8-tensor", whole, whole, DYNAMIC, runtimes=("tflite",))


RECIPES = {
    made.name: made
    for made in (
        fp32(),
        fp16(),
        int8(),
        int8_static(),
        int4(),
        int4_channel(),
        int8_embed4(),
        int8_tensor(),
    )
}


def find_recipe(name: str, keep: tuple[str, ...] = ()) -> Recipe:
    """Return the recipe called `name` with some modules kept in float32.

    An unknown name raises ValueError listing the known ones.
    """
    if name not in RECIPES:
        raise ValueError(f"unknown recipe {name!r}; choose one of: {', '.join(RECIPES)}")
    return replace(RECIPES[name], keep=keep)
