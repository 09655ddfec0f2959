"""Tiny checkpoints with random weights and a vocabulary of single characters; no network."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported: no test may use the network
# Tiny models gain nothing from threads, and on a busy machine they lose much to waiting.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def compiler() -> None:
    """What torch.compile needs on a CPU; .ci/run installs it."""
    if shutil.which("g++") is None:
        pytest.skip("torch.compile needs g++")


@pytest.fixture(scope="session")
def character_vocab() -> list[str]:
    """The specials and every character of our sample, at the start of a word and inside one."""
    from tasks.squad import read_squad, sample_path

    text = "".join(q.context + q.question for q in read_squad([sample_path()])).lower()
    letters = sorted({letter for letter in text if not letter.isspace()})
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    return [*specials, *letters, *(f"##{letter}" for letter in letters)]


@pytest.fixture(scope="session")
def make_bert(character_vocab: list[str]) -> Callable[..., Path]:
    """A function that writes a random BERT checkpoint into a folder: for questions, or masked."""

    def write(
        folder: Path, layers: int = 4, seed: int = 0, head: str = "qa", **changes: Any
    ) -> Path:
        import torch
        from transformers import BertConfig, BertForMaskedLM, BertForQuestionAnswering

        torch.manual_seed(seed)
        settings = {
            "vocab_size": len(character_vocab),
            "hidden_size": 32,
            "num_hidden_layers": layers,
            "num_attention_heads": 4,
            "intermediate_size": 48,
            "max_position_embeddings": 128,
            **changes,
        }
        kind = {"qa": BertForQuestionAnswering, "mlm": BertForMaskedLM}[head]
        model = kind(BertConfig(**settings))
        for weight in model.parameters():  # away from 0 and 1, so that a lost weight is seen
            weight.data += 0.05 * torch.randn_like(weight)
        model.save_pretrained(folder)
        vocab = "\n".join(character_vocab) + "\n"
        (folder / "vocab.txt").write_text(vocab, encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def tiny_network() -> Any:
    """A random network for questions: two layers, 64 wide, 5,000 words, 64 positions."""
    import torch

    from export.manifest import QUESTION_ANSWERING
    from export.network import Network
    from export.shape import Shape

    shape = Shape(
        family="bert",
        task=QUESTION_ANSWERING,
        vocab_size=5000,
        hidden=64,
        feed_forward=128,
        layers=2,
        heads=4,
        positions=64,
        token_types=2,
        activation="gelu",
        eps=1e-12,
        labels=(),
    )
    torch.manual_seed(0)
    network = Network(shape).eval().requires_grad_(False)
    network.second_type.normal_()
    return network


@pytest.fixture(scope="session")
def random_sample() -> Callable[[int, int], Any]:
    """A function from a padded length and a number of real tokens to an input of random ids."""
    import numpy as np

    from export.samples import Sample

    def make(length: int, real: int) -> Sample:
        ids = np.random.default_rng(real).integers(5, 5000, real).tolist()
        types = [0] * (real // 2) + [1] * (real - real // 2)
        return Sample(f"{real} of {length}", length, ids, types, real // 2)

    return make


@pytest.fixture(scope="session")
def worst_error() -> Callable[[Any, Any, Any], float]:
    """A function that runs a sample and returns the largest difference from the float32 network."""
    import numpy as np

    from export.parity import reference_outputs

    def measure(runner: Any, network: Any, text: Any) -> float:
        found = runner.run(text.input_ids, text.token_type_ids, text.length)
        expected = reference_outputs(network, text)
        assert list(found) == ["start_logits", "end_logits"]
        return max(float(np.abs(found[name] - expected[name]).max()) for name in expected)

    return measure


@pytest.fixture(scope="session")
def shipped_bundle() -> Path:
    """The bundle of the student in models/, both runtimes, as the study exports it; in build/."""
    from export.shipped import SHIPPED, todays_bundle

    root = Path(__file__).resolve().parents[1]
    return todays_bundle(root / "build" / SHIPPED.bundle_name).folder
