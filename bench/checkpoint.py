"""A checkpoint folder as transformers runs it: the float32 reference for shipped files."""

from pathlib import Path

import torch
from transformers import AutoModelForQuestionAnswering
from transformers.utils.logging import disable_progress_bar

from export.checkpoint import read_shape, read_weights
from export.manifest import QUESTION_ANSWERING
from tasks.answers import Logits
from tasks.qa import SpanModel


def span_model(folder: Path, threads: int) -> tuple[SpanModel, int]:
    """The network of a question-answering checkpoint, and the most tokens that it takes."""
    shape = read_shape(folder)
    if shape.task != QUESTION_ANSWERING:
        raise ValueError(f"{folder} is not a question-answering checkpoint; evaluate one that is")
    read_weights(folder)  # refuses a damaged file with a cure
    disable_progress_bar()
    torch.set_num_threads(threads)
    model = AutoModelForQuestionAnswering.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True
    ).eval()

    @torch.inference_mode()
    def span_logits(input_ids: list[int], token_type_ids: list[int]) -> Logits:
        inputs = {"input_ids": torch.tensor([input_ids])}
        if shape.token_types:
            inputs["token_type_ids"] = torch.tensor([token_type_ids])
        output = model(**inputs)
        return output.start_logits[0].numpy(), output.end_logits[0].numpy()

    return span_logits, shape.positions
