"""The numeric recipes a model can be written in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """How the numbers of one network are stored and computed."""

    name: str
    quantized: bool
    """int8 linears (one scale per output channel, activations quantized as they arrive) and int8
    embedding tables (one scale per row); layer norms and biases stay float32."""


def fp32() -> Recipe:
    """Everything in float32: the yardstick for the other recipes."""
    return Recipe(name="fp32", quantized=False)


def int8() -> Recipe:
    """Linears and embedding tables in int8, activations quantized at run time."""
    return Recipe(name="int8", quantized=True)


RECIPES = {recipe.name: recipe for recipe in (fp32(), int8())}


def find_recipe(name: str) -> Recipe:
    """Return the recipe called `name`; an unknown name raises ValueError listing the known ones."""
    if name not in RECIPES:
        raise ValueError(f"unknown recipe {name!r}; choose one of: {', '.join(RECIPES)}")
    return RECIPES[name]
