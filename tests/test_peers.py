"""The comparison with others: every peer is checked under padding before it is timed."""

import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bench.cache import CacheUse
from bench.config import Plan
from bench.gemm import Gemm
from bench.host import measure_together
from bench.machine import describe_device
from bench.peer_settings import (
    MIN_COSINE,
    PEERS,
    PeerSetting,
    Reference,
    Refused,
    compare,
    make_file,
)
from bench.peers import _reference, compare_peers
from bench.peers_config import PeersConfig
from bench.process import Worker
from bench.result import RANDOM, DataFile, Result, read_result, write_result
from bench.samples import median
from bench.shapes import LABEL_FILE, Shape, write_shape
from bench.speed_page import marks, render, write_page
from bench.tables import number
from bench.typical import Typical, is_known
from export import strict_json
from export.bundle import load_bundle
from tasks.squad import sample_path

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
    begin, end = marks(results)
    other = "\n".join(marks(tmp_path / "other machine"))
    page.write_text(f"{other}\n{begin}\nold\n{end}\nafter\n")
    write_page(results, page)
    text = page.read_text()
    assert text == f"{other}\n{begin}\n{render(results)}{end}\nafter\n"
    assert "| torch eager | float32 |" in text
    assert "old" not in text
    page.write_text("no marks")
    with pytest.raises(ValueError, match="once, in this order"):
        write_page(results, page)


def test_the_page_sets_our_int8_against_others_and_the_machine(tmp_path: Path) -> None:
    study = Path(__file__).resolve().parents[1] / "docs" / "study" / "results"
    ours = read_result(study / "distilbert-int8-tflite-1t-384.json")
    assert ours.speed
    slow = tuple(2 * ms for ms in ours.speed.wall_ms), tuple(4 * ms for ms in ours.speed.cpu_ms)
    speed = replace(ours.speed, wall_ms=slow[0], cpu_ms=slow[1])
    subject = replace(ours.subject, file="x.onnx", size={})
    theirs = replace(ours, runtime="onnxruntime", subject=subject, speed=speed)
    write_result(ours, tmp_path / "ours.json")
    write_result(theirs, tmp_path / "theirs.json")
    weights = ours.subject.size["linear_weights"]["int8"]
    # A machine that needs 10 ms for the linears of 384 tokens.
    gemm = Gemm("now", ours.device, "torch", 1, ((384, weights, 1),), ((10.0, 11.0),))
    (tmp_path / "gemm-1t.json").write_text(strict_json.dump(gemm))
    typical = Typical(
        *("now", ours.device, ours.subject, "tflite", ours.runtime_version, 1),
        *((DataFile("dev.json", "0"),), 1, 384, (128, 384), (100, 200), (10.0, 30.0)),
        *((100.0, 100.0), (10.0, 10.0), (100.0, 100.0)),
    )
    (tmp_path / "typical-x.json").write_text(strict_json.dump(typical))
    cache = CacheUse(
        *("now", ours.device, ours.subject, ours.runtime_version, 1, (64, 128), 50_000_000),
        *(100.0, 20.0, 120_000_000, 110_000_000),
    )
    (tmp_path / "cache-x.json").write_text(strict_json.dump(cache))
    refused = Refused("distilbert", "torch-compile-fp32", 384, "no | compiler")
    (tmp_path / "refused-x.json").write_text(strict_json.dump(refused))
    text = render(tmp_path)
    assert "**0.50** [0.50, 0.50]; 0.25" in text
    assert f"| distilbert | **ours, LiteRT** | 384 | 10.0 | {number(_cpu(ours))} |" in text
    assert "| 128, 384 | 1 | 150 | 20.0 | 100 | **0.20** | 0.10 |" in text
    assert "| distilbert int8 | 64, 128 | 120 | 110 | 100 | 20.0 | 50.0 |" in text
    assert "no \\| compiler" in text


def _cpu(result: Result) -> float:
    assert result.speed
    return median(result.speed.cpu_ms)


def test_files_of_one_length_make_one_row(tmp_path: Path) -> None:
    study = Path(__file__).resolve().parents[1] / "docs" / "study" / "results"
    for length, size in ((128, 65_000_000), (384, 66_000_000)):
        result = read_result(study / f"distilbert-int8-tflite-1t-{length}.json")
        digest = str(length) * 20
        subject = replace(
            result.subject,
            file=f"stock-{length}.tflite",
            file_bytes=size,
            file_sha256=(digest + "0" * 64)[:64],
        )
        stock = replace(result, runtime="litert-stock", subject=subject)
        write_result(stock, tmp_path / f"stock-{length}.json")
    text = render(tmp_path)
    (row,) = [line for line in text.splitlines() if line.startswith("| stock export, LiteRT")]
    assert row.startswith("| stock export, LiteRT | int8 | 66.0 |")
    assert "–" not in row


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_where_it_was(checkpoint: Path, tmp_path: Path) -> None:
    trained = shutil.copytree(checkpoint, tmp_path / "tiny")
    (trained / LABEL_FILE).unlink()  # stand-ins for published shapes are asked no questions
    config = PeersConfig(
        models=(trained,),
        shapes=(),
        peers=("onnxruntime-fp32",),
        recipes=("fp32",),
        runtimes=("tflite",),
        threads=(1,),
        tokens=(32, 64),
        rounds=2,
        runs=3,
        data=(sample_path(),),
        questions=2,
        bucket_data=(sample_path(),),
        bundles=tmp_path / "bundles",
        files=tmp_path / "files",
        out=tmp_path / "out",
    )

    def stop(text: str, done: int, total: int) -> None:
        if done == 1:  # of the two lengths
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare_peers(config, stop)
    kept = {path.name: path.read_bytes() for path in config.out.glob("tiny-*-32.json")}
    assert len(kept) == 2
    found = compare_peers(config)
    assert {result.workload.tokens for result in found.results if result.workload} == {32, 64}
    assert kept == {path.name: path.read_bytes() for path in config.out.glob("tiny-*-32.json")}
    assert not list(config.out.glob(".*"))
    bundle = config.bundles / "tiny-fp32-auto"
    asked = config.out / f"typical-{bundle.name}-tflite-1t.json"
    assert is_known(asked, config, bundle, "tflite")
    lengths = strict_json.parse(Typical, asked.read_text(), asked.name).buckets
    assert lengths == tuple(
        e.max_length for e in load_bundle(bundle).model("tflite").interface.entries
    )
    assert set(lengths) != {32, 64}
    assert not is_known(asked, replace(config, questions=3), bundle, "tflite")


SPEED = Path(__file__).resolve().parents[1] / "docs" / "speed"


def test_the_page_says_what_its_results_say(tmp_path: Path) -> None:
    committed = SPEED.with_suffix(".md").read_text(encoding="utf-8")
    page = tmp_path / "speed.md"
    page.write_text(committed, encoding="utf-8")
    machines = [folder for folder in SPEED.iterdir() if folder.is_dir()]
    assert machines
    for machine in machines:
        write_page(machine, page)
    assert page.read_text(encoding="utf-8") == committed


def test_a_page_without_a_place_for_the_tables_is_refused_before_anything_is_measured(
    checkpoint: Path, tmp_path: Path
) -> None:
    page = tmp_path / "speed.md"
    page.write_text("no marks")
    config = PeersConfig(models=(checkpoint,), shapes=(), out=tmp_path / "out", page=page)
    with pytest.raises(ValueError, match=r"speed\.md must hold the lines .*results of out: begin"):
        compare_peers(config)
    assert not config.out.exists()


def test_unknown_peers_and_recipes_are_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown peer 'caffe'.*onnxruntime-fp32"):
        PeersConfig(peers=("caffe",))
    with pytest.raises(ValueError, match="int4"):
        PeersConfig(recipes=("int4",))
    assert set(PeersConfig.peers) == set(PEERS)
