"""The parts of a masked language model, by the same names for BERT and DistilBERT."""

from typing import Any

import torch
from torch import Tensor


def encode(model: Any, input_ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
    """Hidden states [sequences, tokens, width]: of the embeddings, then after every layer.

    input_ids: [sequences, tokens]; mask: the same shape, true for real tokens.
    """
    body = getattr(model, model.base_model_prefix)
    output = body(
        input_ids=input_ids, attention_mask=_prepared(model, mask), output_hidden_states=True
    )
    states: tuple[Tensor, ...] = output.hidden_states
    return states


def _prepared(model: Any, mask: Tensor) -> Tensor:
    """The mask as the attention adds or applies it, [sequences, 1, 1, tokens].

    Of a mask [sequences, tokens] transformers asks whether all of it is true, and so waits for the
    device in every pass; a prepared one it takes as it is.
    """
    keys = mask[:, None, None, :]
    if model.config._attn_implementation != "eager":
        return keys
    lowest = torch.finfo(torch.float32).min
    return torch.zeros(keys.shape, device=mask.device).masked_fill(~keys, lowest)


def transform(model: Any, hidden: Tensor) -> Tensor:
    """The head's part before the vocabulary: [positions, width] to the same shape."""
    if model.config.model_type == "distilbert":
        turned: Tensor = model.vocab_layer_norm(model.activation(model.vocab_transform(hidden)))
    else:
        turned = model.cls.predictions.transform(hidden)
    return turned


def decoder(model: Any) -> tuple[Tensor, Tensor]:
    """Weight [vocabulary, width] and bias [vocabulary] of the head's last layer."""
    if model.config.model_type == "distilbert":
        layer = model.vocab_projector
    else:
        layer = model.cls.predictions.decoder
    return layer.weight, layer.bias
