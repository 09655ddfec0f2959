"""Model files for accelerators that this host has not: written, checked for form, never run.

Run apart, as `python -m export.elsewhere`.
"""

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.apart import answer_job

NOT_RUN = "not-run.json"
FILES = {
    "coreml": "model-coreml-fp16.pte",
    "coreml-int8": "model-coreml-int8.pte",
    "vulkan": "model-vulkan-fp16.pte",
}
"""File name by target. Core ML: neural engine, GPU and CPU of Apple devices from iOS 18 on; Vulkan:
GPUs of Android phones. Both compute in float16, `coreml-int8` stores weights in 8 bits."""


@dataclass(frozen=True)
class ElsewhereJob:
    """Write the network for `target` to `path`, for inputs of exactly `length` tokens."""

    checkpoint: str
    target: str
    path: str
    length: int
    kept_tokens: tuple[int, ...]


@dataclass(frozen=True)
class Written:
    """What is known of such a file: how to call it, who computes it, what no accelerator takes."""

    file: str
    target: str
    length: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    delegates: tuple[str, ...]
    left_over: tuple[str, ...]
    status: str = "written, not run here: no such hardware"


@dataclass(frozen=True)
class NotRun:
    """Content of NOT_RUN."""

    files: tuple[Written, ...]


def write_elsewhere(job: ElsewhereJob) -> Written:
    """Convert the network; raises ValueError where a package is missing."""
    import torch
    from executorch.exir import to_edge_transform_and_lower

    from export import lint
    from export.checkpoint import load_network
    from export.pte import Outputs
    from export.recipes import fp16
    from export.vocabulary import cut_network

    network = cut_network(load_network(Path(job.checkpoint)), job.kept_tokens)
    lint.refuse_extremes(network, network.shape.inputs, fp16())
    model: Any = Outputs(copy.deepcopy(network))
    if job.target == "coreml-int8":
        _store_in_8_bits(model)
    inputs = tuple(torch.ones(1, job.length, dtype=torch.int32) for _ in network.shape.inputs)
    program = torch.export.export(model, inputs, strict=False)
    partitioner = _vulkan() if job.target == "vulkan" else _coreml()
    edge = to_edge_transform_and_lower(program, partitioner=[partitioner])
    with Path(job.path).open("wb") as stream:
        written = edge.to_executorch()
        written.write_to_file(stream)
    plan = written.executorch_program.execution_plan[0]
    return Written(
        file=Path(job.path).name,
        target=job.target,
        length=job.length,
        inputs=network.shape.inputs,
        outputs=tuple(tensor.name for tensor in network.outputs),
        delegates=tuple(delegate.id for delegate in plan.delegates),
        left_over=tuple(operator.name for operator in plan.operators),
    )


def _store_in_8_bits(model: Any) -> None:
    import torch
    from torch import nn
    from torchao.quantization import IntxWeightOnlyConfig, PerAxis, quantize_

    config = IntxWeightOnlyConfig(weight_dtype=torch.int8, granularity=PerAxis(0))
    quantize_(model, config, filter_fn=lambda m, name: isinstance(m, nn.Linear | nn.Embedding))


def _vulkan() -> Any:
    from executorch.backends.vulkan.partitioner.vulkan_partitioner import VulkanPartitioner

    return VulkanPartitioner({"force_fp16": True})


def _coreml() -> Any:
    try:
        import coremltools
    except ImportError:
        raise ValueError(
            "Core ML files need the package coremltools; pip install 'distilbert-mobile[coreml]'"
        ) from None
    from executorch.backends.apple.coreml.compiler import CoreMLBackend
    from executorch.backends.apple.coreml.partition import CoreMLPartitioner

    specs = CoreMLBackend.generate_compile_specs(
        compute_precision=coremltools.precision.FLOAT16,
        minimum_deployment_target=coremltools.target.iOS18,
    )
    return CoreMLPartitioner(compile_specs=specs)


if __name__ == "__main__":
    answer_job(ElsewhereJob, write_elsewhere)
