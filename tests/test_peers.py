"""The comparison with others: every peer is checked under padding before it is timed."""

import math
from pathlib import Path

import pytest

from bench.config import Plan
from bench.gemm import Gemm
from bench.host import measure_together
from bench.machine import describe_device
from bench.peer_settings import MIN_COSINE, PEERS, PeerSetting, Reference, compare, make_file
from bench.peers import _reference
from bench.peers_config import PeersConfig
from bench.process import Worker
from bench.result import RANDOM, write_result
from bench.shapes import Shape, write_shape
from bench.speed_page import BEGIN, END, render, write_page
from export import strict_json

QUICK = Plan(rounds=2, runs=3, round_seconds=0.05, timeout_s=300)
TOKENS = 32


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shape = Shape("tiny", "bert", 2, 32, 2, 64, 0)
    return write_shape(shape, tmp_path_factory.mktemp("peers") / "tiny")


@pytest.fixture(scope="module")
def reference(checkpoint: Path) -> Reference:
    return _reference(checkpoint, TOKENS)


def _setting(name: str, checkpoint: Path, reference: Reference, folder: Path) -> PeerSetting:
    peer = PEERS[name]
    file = folder / f"{name}{peer.ending}" if peer.ending else checkpoint / "model.safetensors"
    setting = PeerSetting(checkpoint, peer, file, 1, TOKENS, reference)
    with Worker(name, 300) as worker:
        make_file(worker, setting)
    return setting


def test_the_reference_is_torch_on_fewer_tokens_than_are_measured(reference: Reference) -> None:
    assert len(reference.input_ids) == len(reference.start) == TOKENS * 3 // 4


@pytest.mark.parametrize("name", ["onnxruntime-int8", "torch-eager-fp32"])
def test_a_peer_is_right_under_padding_and_timed(
    name: str, checkpoint: Path, reference: Reference, tmp_path: Path
) -> None:
    setting = _setting(name, checkpoint, reference, tmp_path)
    (result,) = measure_together([setting], QUICK)
    assert result.runtime == PEERS[name].runtime
    assert result.subject.weights == RANDOM
    assert result.subject.parity is not None
    assert result.subject.parity.min_cosine >= MIN_COSINE[PEERS[name].recipe]
    assert result.speed
    assert len(result.speed.round_sizes) == 2


@pytest.mark.parametrize("name", ["litert-stock-int8", "executorch-stock-fp32"])
def test_a_stock_export_is_right_under_padding(
    name: str, checkpoint: Path, reference: Reference, tmp_path: Path
) -> None:
    setting = _setting(name, checkpoint, reference, tmp_path)
    with Worker(name, 300) as worker:
        setting.load(worker)
        setting.prove(worker, timed=False)
    assert setting.parity is not None


def test_a_peer_that_is_wrong_under_padding_is_not_timed(
    checkpoint: Path, reference: Reference, tmp_path: Path
) -> None:
    other = Reference(
        reference.input_ids, reference.token_type_ids, reference.start[::-1], reference.end[::-1]
    )
    setting = _setting("torch-eager-fp32", checkpoint, other, tmp_path)
    with pytest.raises(ValueError, match=r"wrong on padded input: cosine .* it is not timed"):
        measure_together([setting], QUICK)


def test_logits_that_are_no_numbers_do_not_pass() -> None:
    wanted = Reference([1, 2], [0, 0], [1.0, 2.0], [2.0, 1.0])
    assert compare({"start": [1.0, 2.0], "end": [2.0, 1.0]}, wanted).min_cosine > 0.9999
    found = compare({"start": [math.nan, 2.0], "end": [2.0, 1.0]}, wanted)
    assert not found.min_cosine >= MIN_COSINE["int8"]


def test_an_unchanged_file_is_not_made_again(
    checkpoint: Path, reference: Reference, tmp_path: Path
) -> None:
    setting = _setting("onnxruntime-fp32", checkpoint, reference, tmp_path)
    before = setting.file.stat().st_mtime_ns
    with Worker("nobody", 1) as worker:  # it would not have the time
        make_file(worker, setting)
    assert setting.file.stat().st_mtime_ns == before


def test_the_page_has_our_times_beside_those_of_others(
    checkpoint: Path, reference: Reference, tmp_path: Path
) -> None:
    settings = [_setting("torch-eager-fp32", checkpoint, reference, tmp_path)]
    (result,) = measure_together(settings, QUICK)
    results = tmp_path / "results"
    write_result(result, results / "one.json")
    gemm = Gemm("2026-01-01", describe_device(), "torch", 1, ((100, 100, 1000),), ((1.0, 0.5),))
    assert gemm.rate() == pytest.approx(20.0)
    (results / "gemm-1t.json").write_text(strict_json.dump(gemm))
    page = tmp_path / "speed.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write_page(results, page)
    text = page.read_text()
    assert text == f"before\n{BEGIN}\n{render(results)}{END}\nafter\n"
    assert "| torch eager | float32 |" in text
    assert "old" not in text
    page.write_text("no marks")
    with pytest.raises(ValueError, match="once, in this order"):
        write_page(results, page)


def test_unknown_peers_and_recipes_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown peer 'caffe'.*onnxruntime-fp32"):
        PeersConfig(peers=("caffe",))
    with pytest.raises(ValueError, match="int4"):
        PeersConfig(recipes=("int4",))
    assert set(PeersConfig.peers) == set(PEERS)
