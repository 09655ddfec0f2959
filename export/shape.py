"""What a checkpoint's config.json says about its network, in the same words for every family."""

from dataclasses import dataclass

from export.manifest import QUESTION_ANSWERING, TensorSpec


@dataclass(frozen=True)
class Mobile:
    """What MobileBERT has and the other families lack."""

    trigram: bool
    """Each token is embedded together with its two neighbours."""
    width: int | None
    """Width inside a layer, between its bottlenecks; None: no bottlenecks, as wide as outside."""
    shared: bool
    """Queries and keys have a bottleneck of their own, values come from outside the layer's."""
    feed_forwards: int
    """Feed-forward blocks in a layer."""
    layer_norm: bool
    """Layer norms, or else a scale and an offset in their places."""


@dataclass(frozen=True)
class Shape:
    """The sizes and kinds of one network."""

    family: str
    task: str
    vocab_size: int
    hidden: int
    feed_forward: int
    layers: int
    heads: int
    positions: int
    token_types: int
    activation: str
    eps: float
    labels: tuple[str, ...]
    pooler: str | None = None
    """Activation of the layer between a classifier and the first token; None: no such layer."""
    embedding: int | None = None
    """Width of the token table; None: as wide as the layers."""
    mobile: Mobile | None = None
    skipped_positions: int = 0
    """Rows of the checkpoint's position table before that of the first token."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the graph inputs, in order."""
        types = ("token_type_ids",) if self.token_types > 1 else ()
        return ("input_ids", "attention_mask", *types)

    @property
    def outputs(self) -> tuple[TensorSpec, ...]:
        """The graph outputs, in order."""
        if self.task == QUESTION_ANSWERING:
            names = ("start_logits", "end_logits")
            return tuple(TensorSpec(name, "float32", (1, "length")) for name in names)
        return (TensorSpec("logits", "float32", (1, len(self.labels))),)
