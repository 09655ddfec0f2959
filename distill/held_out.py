"""How good a masked-LM is on text that it was not trained on."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from accelerate import Accelerator

from distill.corpus import Corpus
from distill.distillation import Teacher
from distill.masked_lm import decoder, encode, transform
from distill.masking import MaskedBatch, Masker, MaskSettings
from distill.order import token_batches
from distill.vocabulary_loss import TeacherTerm, VocabularyTerm, held_out_scores


class HeldOut:
    """The first held-out sequences of a corpus under fixed masks, alike for every run on it.

    Masks are the standard ones (15 %, all tokens alike), whatever the training uses.
    """

    def __init__(self, corpus: Corpus, sequences: int, micro_batch_tokens: int) -> None:
        self._split = corpus.held_out
        self._masker = Masker(corpus, MaskSettings(seed=0, smoothing=0.0, kl_positions="masked"))
        count = min(sequences, len(self._split))
        self._batches = (
            list(token_batches(count, self._split.length_of, micro_batch_tokens, 0, 0))
            if count
            else []
        )

    def __bool__(self) -> bool:
        return bool(self._batches)

    def scores(
        self,
        students: Mapping[str, Any],
        teacher: Teacher | None,
        accelerator: Accelerator,
        bf16: bool,
    ) -> dict[str, float]:
        """Masked-LM perplexity by student, and how often its best guess is the teacher's.

        The ranks share the work; all get the same result. "perplexity" and "agreement" are
        prefixed with the name where there are several students; "teacher_perplexity" beside them.
        """
        names = [*students, *(["teacher"] if teacher else [])]
        sums = torch.zeros(len(names), 3, dtype=torch.float64, device=accelerator.device)
        rank, ranks = accelerator.process_index, accelerator.num_processes
        with torch.no_grad(), torch.autocast(sums.device.type, torch.bfloat16, enabled=bf16):
            for first in range(0, len(self._batches), ranks):
                # A sharded teacher needs all ranks in each pass, also one without a batch left.
                counted = first + rank < len(self._batches)
                ids = self._batches[first + rank if counted else 0]
                batch = self._masker.batch(self._split, ids, 0).to(accelerator.device)
                target = _teacher_term(teacher, batch)
                terms = [_student_term(model, batch) for model in students.values()]
                if target is not None:
                    terms.append(
                        VocabularyTerm(target.hidden, target.weight, target.bias, 0.0, 1.0)
                    )
                for row, term in enumerate(terms):
                    found = held_out_scores(term, target, batch.targets)
                    sums[row] += counted * torch.stack([value.double() for value in found])
        sums = accelerator.reduce(sums, "sum")
        scores: dict[str, float] = {}
        for name, (loss, agreed, count) in zip(names, sums.tolist(), strict=True):
            prefix = f"{name}/" if len(students) > 1 else ""
            if name == "teacher":
                scores["teacher_perplexity"] = math.exp(loss / count)
                continue
            scores[f"{prefix}perplexity"] = math.exp(loss / count)
            if teacher:
                scores[f"{prefix}agreement"] = agreed / count
        return scores


def _student_term(model: Any, batch: MaskedBatch) -> VocabularyTerm:
    hidden = encode(model, batch.input_ids, batch.mask)[-1].flatten(0, 1)[batch.positions]
    return VocabularyTerm(transform(model, hidden), *decoder(model), 0.0, 1.0)


def _teacher_term(teacher: Teacher | None, batch: MaskedBatch) -> TeacherTerm | None:
    if teacher is None:
        return None
    hidden = teacher.read(batch.input_ids, batch.mask)[-1].flatten(0, 1)[batch.positions]
    return teacher.term(hidden)
