"""The families of checkpoints: what they call things, and what their config.json says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.layers import ACTIVATIONS
from export.manifest import QUESTION_ANSWERING, SEQUENCE_CLASSIFICATION
from export.shape import Mobile, Shape

TASKS = {
    "ForQuestionAnswering": QUESTION_ANSWERING,
    "ForSequenceClassification": SEQUENCE_CLASSIFICATION,
}
# our module in a layer -> its name in a layer of the checkpoint
BERT_LAYER = {
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.output": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "output_norm": "output.LayerNorm",
}
DISTILBERT_LAYER = {
    "attention.query": "attention.q_lin",
    "attention.key": "attention.k_lin",
    "attention.value": "attention.v_lin",
    "attention.output": "attention.out_lin",
    "attention_norm": "sa_layer_norm",
    "up": "ffn.lin1",
    "down": "ffn.lin2",
    "output_norm": "output_layer_norm",
}
BERT_SIZES = (
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "hidden_act",
)


@dataclass(frozen=True)
class Family:
    """The names one family uses.

    `sizes` are those of config.json for what Shape calls hidden, feed_forward, layers, heads and
    activation. `pooler` and `classifier` are modules of a classifier, `activation` comes between
    them.
    """

    layers: str
    layer: dict[str, str]
    pooler: str
    activation: str
    classifier: str = "classifier"
    sizes: tuple[str, str, str, str, str] = BERT_SIZES


FAMILIES = {
    "bert": Family("bert.encoder.layer", BERT_LAYER, "bert.pooler.dense", "tanh"),
    "distilbert": Family(
        "distilbert.transformer.layer",
        DISTILBERT_LAYER,
        "pre_classifier",
        "relu",
        sizes=("dim", "hidden_dim", "n_layers", "n_heads", "activation"),
    ),
    "electra": Family(
        "electra.encoder.layer", BERT_LAYER, "classifier.dense", "gelu", "classifier.out_proj"
    ),
    # The names in a layer depend on its parts: mobilebert_weights.py has them.
    "mobilebert": Family("mobilebert.encoder.layer", {}, "mobilebert.pooler.dense", "tanh"),
    "roberta": Family(
        "roberta.encoder.layer", BERT_LAYER, "classifier.dense", "tanh", "classifier.out_proj"
    ),
}


def shape_of(config: dict[str, Any], path: Path) -> Shape:
    """Turn the content of a config.json at `path` into a Shape.

    Raises ValueError that says what is unsupported and what is supported.
    """
    name = config.get("model_type")
    if name not in FAMILIES:
        raise ValueError(
            f"{path}: unsupported model family {name!r}; supported are {', '.join(FAMILIES)}"
        )
    family, task = FAMILIES[name], _task(config, path)
    hidden, feed_forward, layers, heads = (_size(config, key, path) for key in family.sizes[:4])
    mobile = _mobile(config, path) if name == "mobilebert" else None
    inner = mobile.width or hidden if mobile else hidden
    if inner % heads:
        raise ValueError(
            f"{path}: a width of {inner} cannot be divided among {heads} attention heads; "
            f"{family.sizes[3]} must divide it"
        )
    _refuse_what_differs(config, family, path)
    positions, skipped = _positions(config, name, path)
    pooled = task == SEQUENCE_CLASSIFICATION and config.get("classifier_activation", True)
    embedding = config.get("embedding_size", 128) if name in ("electra", "mobilebert") else None
    return Shape(
        family=name,
        task=task,
        vocab_size=_size(config, "vocab_size", path),
        hidden=hidden,
        feed_forward=feed_forward,
        layers=layers,
        heads=heads,
        positions=positions,
        token_types=0 if name == "distilbert" else config.get("type_vocab_size", 2),
        activation=config[family.sizes[4]],
        eps=config.get("layer_norm_eps", 1e-12),
        labels=_labels(config) if task == SEQUENCE_CLASSIFICATION else (),
        pooler=family.activation if pooled else None,
        embedding=embedding,
        mobile=mobile,
        skipped_positions=skipped,
    )


def _positions(config: dict[str, Any], name: str, path: Path) -> tuple[int, int]:
    """How many tokens the network takes, and the rows of the table before that of the first."""
    skipped = 0
    if name == "roberta":  # it counts from the row after that of its padding token
        padding = config.get("pad_token_id", 1)
        if type(padding) is not int or padding < 0:
            raise ValueError(f"{path}: pad_token_id must be a token's id, found {padding!r}")
        skipped = padding + 1
    positions = _size(config, "max_position_embeddings", path) - skipped
    if positions < 1:
        raise ValueError(f"{path}: max_position_embeddings leaves no position for a token")
    return positions, skipped


def _size(config: dict[str, Any], key: str, path: Path) -> int:
    value = config[key]
    if type(value) is not int or value < 1:
        raise ValueError(f"{path}: {key} must be a whole number of at least 1, found {value!r}")
    return value


def _task(config: dict[str, Any], path: Path) -> str:
    names = config.get("architectures") or []
    for name in names:
        for ending, task in TASKS.items():
            if name.endswith(ending):
                return task
    raise ValueError(
        f"{path}: unsupported architecture {', '.join(names) or 'none'}; the model needs a trained "
        f"head, supported are ...{', ...'.join(TASKS)}; add one with distilbert-mobile finetune"
    )


def _labels(config: dict[str, Any]) -> tuple[str, ...]:
    count = config.get("num_labels", 2)
    labels = config.get("id2label") or {str(i): f"LABEL_{i}" for i in range(count)}
    return tuple(labels[key] for key in sorted(labels, key=int))


def _refuse_what_differs(config: dict[str, Any], family: Family, path: Path) -> None:
    """Raise ValueError for a setting with which the network would compute something else."""
    activation = config[family.sizes[4]]
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"{path}: unsupported activation {activation!r}; supported are {', '.join(ACTIVATIONS)}"
        )
    if config.get("type_vocab_size", 2) not in (1, 2):
        found = config["type_vocab_size"]
        raise ValueError(f"{path}: {found} token types; supported are at most 2")
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise ValueError(f"{path}: only absolute position embeddings are supported")
    if config.get("is_decoder") or config.get("add_cross_attention"):
        raise ValueError(f"{path}: it describes a decoder; only encoders are supported")


def _mobile(config: dict[str, Any], path: Path) -> Mobile:
    norm = config.get("normalization_type", "no_norm")
    if norm not in ("no_norm", "layer_norm"):
        raise ValueError(
            f"{path}: unsupported normalization_type {norm!r}; supported are no_norm, layer_norm"
        )
    width = config.get("intra_bottleneck_size", 128) if config.get("use_bottleneck", True) else None
    within = config.get("use_bottleneck_attention", False)
    shared = config.get("key_query_shared_bottleneck", True) and not within
    if width is not None and not within and not shared:
        raise ValueError(
            f"{path}: bottlenecks around the attention only are unsupported; expected "
            "key_query_shared_bottleneck or use_bottleneck_attention"
        )
    return Mobile(
        trigram=config.get("trigram_input", True),
        width=width,
        shared=shared,
        feed_forwards=config.get("num_feedforward_networks", 4),
        layer_norm=norm == "layer_norm",
    )
