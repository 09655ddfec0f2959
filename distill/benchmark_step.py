"""An update of pre-training as the trainer makes it, without its records, for the benchmark."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from distill.distillation import Distillation, LossWeights, Objective, Student, Teacher, count
from distill.reference_step import MakeBatch

Groups = Sequence[NDArray[np.int64]]
WEIGHTS = LossWeights(kl=5.0, mlm=2.0, cosine=1.0)
"""As the authors' command; the KL is taken at all positions."""


class OurStep:
    """An update as the trainer makes it."""

    def __init__(self, student: Any, teacher: Teacher, temperature: float, bf16: bool) -> None:
        self.model = Distillation(
            {"student": Student(student.train(), WEIGHTS, teacher.model)},
            teacher,
            Objective(temperature, relation_layer=-1, relation_heads=1, chunk=None),
        )
        self._bf16, self._device = bf16, student.device
        parameters = [p for p in self.model.parameters() if p.requires_grad]
        self._optimizer = torch.optim.AdamW(
            parameters, lr=5e-4, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.0, fused=True
        )
        self._parameters = parameters

    def __call__(self, groups: Groups, make: MakeBatch) -> float:
        """One update over micro-batches of sequence ids; returns the mean loss."""
        batches = [make(ids) for ids in groups]
        counts = count(batches).to(self._device)
        total = torch.zeros((), device=self._device)
        for batch in batches:
            with torch.autocast(self._device.type, torch.bfloat16, enabled=self._bf16):
                loss = self.model(batch.to(self._device), counts)["loss"]
            loss.backward()
            total += loss.detach()
        nn.utils.clip_grad_norm_(self._parameters, 5.0)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        return float(total)

    def flops(self, groups: Groups, make: MakeBatch) -> int:
        """Floating-point operations of the matrix products of an update, which it makes."""
        with FlopCounterMode(display=False) as counter:
            self(groups, make)
        return int(counter.get_total_flops())
