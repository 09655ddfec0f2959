"""MobileBERT's tensors as those of the network, scales and offsets folded into the linears."""

from torch import Tensor

from export.shape import Mobile, Shape

Weights = dict[str, Tensor]


def fold_embeddings(shape: Shape, mobile: Mobile, weights: Weights, state: Weights) -> Weights:
    """Complete `state`, which has the tables, by what follows them."""
    where = "mobilebert.embeddings"
    state = dict(state)
    scale, offset = (weights[f"{where}.LayerNorm.{part}"] for part in ("weight", "bias"))
    widened = mobile.trigram or shape.embedding != shape.hidden
    if widened:
        for part in ("weight", "bias"):
            state[f"widen.dense.{part}"] = weights[f"{where}.embedding_transformation.{part}"]
    if mobile.layer_norm:
        return state | {"norm.weight": scale, "norm.bias": offset}
    for name in ("positions.weight", "second_type"):
        state[name] = state[name] * scale
    if widened:
        _scale_outputs(state, "widen.dense", scale, offset)
    else:
        state["tokens.weight"] = state["tokens.weight"] * scale
        state["positions.weight"] = state["positions.weight"] + offset
    return state


def mobile_layer(mobile: Mobile, weights: Weights, where: str) -> Weights:
    """The tensors of the layer that the checkpoint keeps under `where`."""
    state: Weights = {}

    def linear(ours: str, theirs: str) -> None:
        for part in ("weight", "bias"):
            state[f"{ours}.{part}"] = weights[f"{where}.{theirs}.{part}"]

    def norm(theirs: str) -> tuple[Tensor, Tensor]:
        weight, bias = (weights[f"{where}.{theirs}.{part}"] for part in ("weight", "bias"))
        return weight, bias

    def bottleneck(ours: str, theirs: str) -> None:
        linear(f"{ours}.0", f"{theirs}.dense")
        weight, bias = norm(f"{theirs}.LayerNorm")
        if mobile.layer_norm:
            state[f"{ours}.1.weight"], state[f"{ours}.1.bias"] = weight, bias
        else:
            _scale_outputs(state, f"{ours}.0", weight, bias)

    def residual(ours_linear: str, ours_sum: str, theirs: str) -> None:
        linear(ours_linear, f"{theirs}.dense")
        weight, bias = norm(f"{theirs}.LayerNorm")
        state[f"{ours_sum}.weight"] = weight
        if mobile.layer_norm:
            state[f"{ours_sum}.bias"] = bias
        else:
            _scale_outputs(state, ours_linear, weight, bias)

    for part in ("query", "key", "value"):
        linear(f"attention.{part}", f"attention.self.{part}")
    residual("attention.output", "attention_sum", "attention.output")
    last = mobile.feed_forwards - 1
    for i in range(mobile.feed_forwards):
        theirs = "" if i == last else f"ffn.{i}."
        linear(f"forwards.{i}.up", f"{theirs}intermediate.dense")
        residual(f"forwards.{i}.down", f"forwards.{i}.sum", f"{theirs}output")
    if mobile.width is not None:
        bottleneck("enter", "bottleneck.input")
        residual("leave", "leave_sum", "output.bottleneck")
        if mobile.shared:
            bottleneck("ask", "bottleneck.attention")
    return state


def _scale_outputs(state: Weights, linear: str, scale: Tensor, offset: Tensor) -> None:
    """Let the linear of that name give its output times `scale` plus `offset`."""
    state[f"{linear}.weight"] = state[f"{linear}.weight"] * scale[:, None]
    state[f"{linear}.bias"] = state[f"{linear}.bias"] * scale + offset
