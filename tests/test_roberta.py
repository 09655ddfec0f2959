"""A RoBERTa from the Hub to answers: export, inspection, scores and `ask`, with its tokenizer."""

import json
import shutil
from pathlib import Path

import huggingface_hub
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import RobertaConfig, RobertaForQuestionAnswering, RobertaTokenizerFast

from bench.ask import ask
from bench.config import AskConfig, EvaluateConfig
from bench.evaluate import evaluate
from bench.subject import bundle_tokenizer
from distilbert_mobile import main
from export.build import build_bundle
from export.bundle import Bundle, load_golden
from export.config import ExportConfig, InspectConfig
from export.inspection import inspect_bundle
from tasks.tokenizer_files import read_tokenizer

PASSAGE = "The caf\u00e9 opens at nine. \U0001f600 It closes at six, or never."


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny RoBERTa whose tokens are the bytes, with spaces as RoBERTa has them."""
    folder = tmp_path_factory.mktemp("hub") / "c0ffee"
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    vocabulary = {t: i for i, t in enumerate([*specials, *ByteLevel.alphabet(), "<mask>"])}
    assert Tokenizer(BPE(vocab=vocabulary, merges=[])).get_vocab_size() == 261
    RobertaTokenizerFast(vocab=vocabulary, merges=[]).save_pretrained(folder)
    config = RobertaConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=98,
        type_vocab_size=1,
    )
    torch.manual_seed(0)
    model = RobertaForQuestionAnswering(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(folder)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    return folder


@pytest.fixture(scope="module")
def built(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The bundle of both runtimes, from a Hub that holds the checkpoint as owner/roberta at v1."""

    def snapshot_download(name: str, revision: str | None, **settings: object) -> str:
        assert (name, revision) == ("owner/roberta", "v1")
        return str(checkpoint)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
        out = tmp_path_factory.mktemp("out") / "roberta"
        return build_bundle(
            ExportConfig(Path("owner/roberta"), out, recipe="fp32", buckets=(64, 96), revision="v1")
        )


def test_the_bundle_carries_its_tokenizer_and_says_which_kind(
    built: Bundle, checkpoint: Path
) -> None:
    record = built.manifest.tokenizer
    assert (record.kind, record.file, record.vocab_size) == ("byte-bpe", "tokenizer.json", 261)
    assert (record.lowercase, record.strip_accents) == (False, False)
    assert "vocab.txt" not in built.manifest.files
    assert built.manifest.licences.weights == "mit"
    inputs = [tensor.name for tensor in built.manifest.models["pte"].interface.inputs]
    assert inputs == ["input_ids", "attention_mask"]
    ours, theirs = bundle_tokenizer(built), read_tokenizer(checkpoint)
    assert ours.tokens == theirs.tokens
    assert ours.encode(PASSAGE) == theirs.encode(PASSAGE)


def test_its_golden_cases_have_roberta_s_layout_and_still_compute(built: Bundle) -> None:
    for case in load_golden(built).cases:
        assert case.input_ids[0] == 0
        assert case.input_ids.count(2) == 3  # question </s></s> passage </s>
        assert set(case.token_type_ids) == {0}
    assert max(inspect_bundle(InspectConfig(built.folder)).golden_difference.values()) < 1e-4


def test_the_files_score_what_the_checkpoint_scores(
    built: Bundle, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = evaluate(EvaluateConfig(built.folder, questions=3))
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *a, **k: str(checkpoint))
    name = Path("owner/roberta@v1")
    (reference,) = evaluate(EvaluateConfig(name, questions=3, max_length=96))
    assert reference.subject.model == "roberta@c0ffee"
    for result in results:
        assert result.accuracy == reference.accuracy


def test_ask_answers_with_a_part_of_the_passage(built: Bundle) -> None:
    replies = [
        ask(AskConfig(built.folder, "When?", "-", runtime=runtime), PASSAGE)
        for runtime in ("tflite", "pte")
    ]
    assert replies[0].n_best
    for reply in replies:
        for span in reply.n_best:
            assert span.text == PASSAGE[span.start : span.end] != ""
    answers = [reply.answer and reply.answer.text for reply in replies]
    assert answers[0] == answers[1] is not None


def test_with_the_network_off_the_error_says_how_to_fetch_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    for command in (
        ["export", "owner/never-fetched", "--revision", "v2", "--out", out],
        ["evaluate", "owner/never-fetched@v2"],
    ):
        assert main(command) == 1
        shown = capsys.readouterr().err
        assert "hf download owner/never-fetched --revision v2 --local-dir DIR" in shown
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_found_before_a_converter_starts(
    value: float, checkpoint: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    shutil.copytree(checkpoint, folder)
    weights = load_file(folder / "model.safetensors")
    name = "roberta.encoder.layer.0.output.dense.weight"
    weights[name][3, 5] = value
    save_file(weights, folder / "model.safetensors")
    steps = list[str]()
    with pytest.raises(ValueError, match=f"the tensor '{name}' holds numbers that are not finite"):
        build_bundle(ExportConfig(folder, tmp_path / "out", buckets=(64,)), steps.append)
    assert steps == []
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_what_does_not_fit_is_refused_before_a_converter_starts(
    checkpoint: Path, tmp_path: Path
) -> None:
    steps = list[str]()

    def export(folder: Path, longest: int = 64) -> None:
        config = ExportConfig(folder, tmp_path / "out", buckets=(longest,))
        build_bundle(config, steps.append)

    with pytest.raises(ValueError, match="bucket 97 is longer than the 96 positions"):
        export(checkpoint, 97)
    folder = tmp_path / "in"
    shutil.copytree(checkpoint, folder)
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(settings | {"max_position_embeddings": 514}))
    with pytest.raises(ValueError, match=r"says 514 positions, but .* has 98 rows"):
        export(folder)
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(FileNotFoundError, match="holds no tokenizer"):
        export(folder)
    assert steps == []
