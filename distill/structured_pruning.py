"""Structured pruning: the attention heads and feed-forward neurons that a task needs least.

What a part is worth is the Fisher information of a gate of 1 at its output: the mean over examples
of the squared gradient of an example's loss by the gate (Kwon et al., "A fast post-training pruning
framework for transformers", 2022). All layers are ranked together, so some keep more than others.

A silenced part stays where it is with all its weights 0, so the checkpoint keeps the shape of its
family and loads everywhere. No gradient reaches weights that are 0 before and behind the part: it
stays silent in any further training, which computes without it (`distill.narrow_linear`), and
`export` leaves it out. What stays is fitted to give what the whole model gave
(`distill.least_squares`).
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from distill.batches import Batch, collate, epoch_batches
from distill.finetune_config import FinetuneConfig
from distill.finetune_model import Finetuning, Weights
from distill.finetune_tasks import make_task
from distill.folder import (
    finished_folder,
    hash_folder,
    read_records,
    refuse_existing,
    write_record,
)
from distill.layer_parts import Parts, layer_names, layers_of, own_name
from distill.least_squares import refit
from distill.model import check_length, save_model
from distill.structured_pruning_config import PruneConfig
from distill.student import copy_tokenizer
from tasks.token_counts import Report
from tasks.tokenizer import load_tokenizer

BLOCK = 32
"""Neurons are kept and silenced by so many, for the kernels take them in groups of 8, 16 or 32."""
BATCH = 8


def prune(config: PruneConfig, report: Report = lambda *_: None) -> Path:
    """Writes the checkpoint with its least important heads and neurons silenced.

    At least one head and one block of neurons stay in each layer. Raises ValueError for data or a
    family that cannot be used, FileNotFoundError without a checkpoint.
    """
    refuse_existing(config.out, config.force)
    settings = FinetuneConfig(
        student=config.checkpoint,
        out=config.out,
        data=config.data,
        task=config.task,
        questions=config.examples,
        max_length=config.max_length,
        seed=config.seed,
        dropout=0.0,
    )
    task = make_task(settings, load_tokenizer(config.checkpoint))
    model = task.load_student(config.checkpoint, torch.device("cpu"))
    check_length(model, config.checkpoint, config.max_length)
    pad_id = model.config.pad_token_id or 0
    batches = [
        collate([task.examples[i] for i in batch], pad_id)
        for batch in epoch_batches(
            [len(one.input_ids) for one in task.examples], BATCH, config.seed, 0
        )
    ]
    information = _Information(model)
    for number, batch in enumerate(batches):
        report("weighing heads and neurons", number, len(batches))
        information.add(batch)
    whole = copy.deepcopy(model)
    heads = chosen(information.heads, config.heads, 1)
    neurons = chosen(information.neurons, config.neurons, BLOCK)
    if not any([*heads, *neurons]):
        raise ValueError(
            f"--heads {config.heads} and --neurons {config.neurons} silence nothing in this model: "
            f"{len(heads)} layers of {len(information.heads[0])} heads and "
            f"{len(information.neurons[0])} neurons, which go by {BLOCK}; give larger shares"
        )
    for parts, silent_heads, silent_neurons in zip(layers_of(model), heads, neurons, strict=True):
        _silence(parts, silent_heads, silent_neurons, len(information.heads[0]))
    refit(model, whole, layer_names(model), _residual_sums(model), batches, report)
    with finished_folder(config.out, config.force) as folder:
        save_model(model, folder)
        copy_tokenizer(config.checkpoint, folder)
        metrics = {
            "heads": [len(a) - len(b) for a, b in zip(information.heads, heads, strict=True)],
            "neurons": [len(a) - len(b) for a, b in zip(information.neurons, neurons, strict=True)],
            "windows": len(task.examples),
        }
        inputs = {
            "student": hash_folder(config.checkpoint),
            "records": read_records({"student": config.checkpoint}),
        }
        write_record(folder, "prune", config, inputs, metrics)
    return config.out


def chosen(worth: list[Tensor], share: float, block: int) -> list[list[int]]:
    """The parts of each layer to silence: of all layers together the `share` that is worth least.

    They go by blocks of a layer's weakest, and the last, strongest block of a layer stays.
    """
    blocks = [
        (float(values[ids].sum()) / len(ids), layer, ids.tolist())
        for layer, values in enumerate(worth)
        for ids in torch.split(values.argsort(), block)[:-1]
    ]
    wanted = round(share * sum(map(len, worth)))
    silent: list[list[int]] = [[] for _ in worth]
    for _, layer, ids in sorted(blocks, key=lambda one: one[0]):
        if sum(map(len, silent)) + len(ids) <= wanted:
            silent[layer] += ids
    return [sorted(ids) for ids in silent]


def _residual_sums(model: Any) -> list[tuple[str, str]]:
    """Of a layer, the linears whose output joins a residual, and the norms of these sums."""
    return [
        (own_name(model, f"{part}output.dense"), own_name(model, f"{part}output.LayerNorm"))
        for part in ("attention.", "")
    ]


class _Information:
    """Adds up, for each part, the squared gradients of the examples' losses by its gate.

    heads: [heads] a layer; neurons: [neurons] a layer.
    """

    def __init__(self, model: Any) -> None:
        self._model = Finetuning(
            model.eval().requires_grad_(False), [], Weights(1.0, 0.0, 0.0, 1.0)
        )
        self._parts = layers_of(model)
        count = model.config.num_attention_heads
        self.heads = [torch.zeros(count) for _ in self._parts]
        self.neurons = [torch.zeros(parts.down.in_features) for parts in self._parts]

    def add(self, batch: Batch) -> None:
        """Each example has gates of its own, so one backward pass gives all their gradients."""
        sums = [*self.heads, *self.neurons]
        linears = [part.mixed for part in self._parts] + [part.down for part in self._parts]
        gates = [torch.ones(len(batch.weights), len(one), requires_grad=True) for one in sums]
        with _gated(linears, gates):
            loss = self._model(batch, torch.ones(2, dtype=torch.float64))["loss"]
        for one, gradient in zip(sums, torch.autograd.grad(loss, gates), strict=True):
            one += gradient.square().sum(0)


@contextmanager
def _gated(linears: list[nn.Linear], gates: list[Tensor]) -> Iterator[None]:
    """Multiplies what enters each linear by its gates [inputs, parts], parts of equal width."""

    def multiply(gate: Tensor) -> Callable[[nn.Module, tuple[Tensor, ...]], Tensor]:
        def hook(module: nn.Module, inputs: tuple[Tensor, ...]) -> Tensor:
            x = inputs[0]
            width = x.shape[-1] // gate.shape[-1]
            return x * gate.repeat_interleave(width, dim=-1)[:, None]

        return hook

    hooks = [
        linear.register_forward_pre_hook(multiply(gate))
        for linear, gate in zip(linears, gates, strict=True)
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@torch.no_grad()
def _silence(parts: Parts, heads: list[int], neurons: list[int], count: int) -> None:
    """Sets all weights of these heads (of `count`) and neurons to 0."""
    width = parts.mixed.in_features // count
    rows = [row for head in heads for row in range(head * width, (head + 1) * width)]
    for linear, columns, sources in (
        (parts.mixed, rows, parts.queries),
        (parts.down, neurons, (parts.up,)),
    ):
        linear.weight[:, columns] = 0
        for source in sources:
            source.weight[columns] = 0
            source.bias[columns] = 0
