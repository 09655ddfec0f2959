"""Our files against what others make of the same weights, measured in turns in one run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.cache import measure_cache
from bench.gemm import measure_gemm
from bench.host import measure_into, shape_folder
from bench.peer_settings import PEERS, Peer, PeerSetting, Reference, Refused, make_file
from bench.peers_config import PeersConfig
from bench.process import Worker
from bench.result import RANDOM, Result
from bench.reuse import bundle_is_current, known_session
from bench.setting import Candidate, Setting
from bench.shapes import count_parameters, weights_label
from bench.speed_page import around_tables, write_page
from bench.subject import real_tokens
from bench.typical import is_known, measure_typical
from export import strict_json
from export.buckets import choose_by_data
from export.bundle import MANIFEST
from export.config import ExportConfig
from tasks.tokenizer_files import read_tokenizer

Progress = Callable[[str, int, int], None]
MAKING_TIMEOUT_S = 1800.0


@dataclass(frozen=True)
class Comparison:
    """All that one run found."""

    results: tuple[Result, ...]
    refused: tuple[Refused, ...]
    out: Path


def compare_peers(config: PeersConfig, progress: Progress = lambda *_: None) -> Comparison:
    """Make all files that are missing, measure them in turns, and write results and page.

    A killed run goes on where it was: what was measured on the same bytes, device and plan stays.
    What others' tools refuse, or compute wrongly under padding, is written down and left out.
    """
    results: list[Result] = []
    refused: list[Refused] = []
    if config.page is not None:
        around_tables(config.out, config.page)  # refuses a page without a place for them
    config.out.mkdir(parents=True, exist_ok=True)
    for threads in config.threads:
        progress("the machine's rate of int8 matrix products", 0, 0)
        _write(measure_gemm(threads), config.out / f"gemm-{threads}t.json")
    checkpoints = [path.resolve() for path in config.models]
    checkpoints += [shape_folder(name, config.checkpoints).resolve() for name in config.shapes]
    steps, done = len(checkpoints) * len(config.tokens), 0
    for checkpoint in checkpoints:
        bundles = [
            _bundle(config, checkpoint, recipe, config.tokens, progress)
            for recipe in config.recipes
        ]
        for tokens in config.tokens:
            progress(f"{checkpoint.name}: {tokens} tokens", done, steps)
            peers, failed = make_peers(config, checkpoint, tokens, progress)
            results += _measure(config, checkpoint, bundles, peers, tokens, progress)
            refused += failed
            done += 1
        for bundle in bundles if "tflite" in config.runtimes else ():
            progress(f"{bundle.name}: memory of all buckets", done, steps)
            _write(measure_cache(bundle), config.out / f"cache-{bundle.name}.json")
        # The vocabulary of random weights is a stand-in, which cuts words into too many pieces.
        if config.data and weights_label(checkpoint) != RANDOM:
            _ask_typical(config, checkpoint, progress)
    if config.page is not None:
        write_page(config.out, config.page)
    return Comparison(tuple(results), tuple(refused), config.out)


def _measure(
    config: PeersConfig,
    checkpoint: Path,
    bundles: Sequence[Path],
    peers: Sequence[PeerSetting],
    tokens: int,
    progress: Progress,
) -> list[Result]:
    """Measure our bundles and the peers at one length, a session for each thread count."""
    results: list[Result] = []
    parameters = count_parameters(checkpoint)
    for threads in config.threads:
        settings: list[Candidate] = [
            Setting(bundle, runtime, threads, tokens, parameters)
            for bundle in bundles
            for runtime in config.runtimes
        ]
        settings += [peer.with_threads(threads) for peer in peers]
        paths = [config.out / f"{setting.name}.json" for setting in settings]
        known = known_session(settings, paths, config.plan)
        results += known or measure_into(
            settings, config.plan, config.out, lambda text: progress(text, 0, 0)
        )
    return results


def _ask_typical(config: PeersConfig, checkpoint: Path, progress: Progress) -> None:
    lengths = _lengths(config, checkpoint)
    for recipe in config.recipes:
        bundle = _bundle(config, checkpoint, recipe, lengths, progress)
        for runtime in config.runtimes:
            for threads in config.threads:
                path = config.out / f"typical-{bundle.name}-{runtime}-{threads}t.json"
                if not is_known(path, config, bundle, runtime):
                    progress(f"{bundle.name}, {runtime}: typical questions", 0, 0)
                    _write(measure_typical(config, bundle, runtime, threads), path)


def _lengths(config: PeersConfig, checkpoint: Path) -> tuple[int, ...]:
    """The lengths that typical questions are asked at: those of the data that settles them."""
    if not config.bucket_data:
        return config.tokens
    from export.checkpoint import read_shape  # needs torch, which a study of bundles does without

    tokenizer, shape = read_tokenizer(checkpoint), read_shape(checkpoint)
    return choose_by_data(tokenizer, shape, config.bucket_data).buckets


def _write(value: Any, path: Path) -> None:
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(strict_json.dump(value), encoding="utf-8")
    partial.replace(path)


def _bundle(
    config: PeersConfig,
    checkpoint: Path,
    recipe: str,
    lengths: Sequence[int],
    progress: Progress,
) -> Path:
    usual = sorted(lengths) == sorted(config.tokens)
    out = config.bundles / f"{checkpoint.name}-{recipe}{'' if usual else '-auto'}"
    if not bundle_is_current(out, checkpoint, recipe, config.runtimes, lengths):
        from export.build import build_bundle

        wanted = ExportConfig(
            checkpoint=checkpoint,
            out=out,
            runtimes=config.runtimes,
            recipe=recipe,
            buckets=tuple(sorted(lengths)),
            force=(out / MANIFEST).is_file(),
        )
        build_bundle(wanted, lambda line: progress(f"{out.name}: {line}", 0, 0))
    return out


def _reference(checkpoint: Path, tokens: int) -> Reference:
    ids, types = real_tokens(read_tokenizer(checkpoint), max(8, tokens * 3 // 4))
    with Worker(f"torch of {checkpoint}", MAKING_TIMEOUT_S) as worker:
        worker.ask("load_checkpoint", folder=str(checkpoint), threads=1)
        logits = worker.ask("span_logits", input_ids=ids, token_type_ids=types)
    return Reference(ids, types, logits["start"], logits["end"])


def make_peers(
    config: PeersConfig, checkpoint: Path, tokens: int, progress: Progress
) -> tuple[list[PeerSetting], list[Refused]]:
    """Make each peer's file and try it once; what fails is noted and left out."""
    found: list[PeerSetting] = []
    refused: list[Refused] = []
    peers = [PEERS[name] for name in config.peers]
    peers = [peer for peer in peers if not peer.fixed or tokens in config.stock_tokens]
    reference = _reference(checkpoint, tokens) if peers else None
    for peer in peers:
        assert reference is not None
        progress(f"{checkpoint.name}: making {peer.name} for {tokens} tokens", 0, 0)
        file = peer_file(config.files, checkpoint, peer, tokens)
        setting = PeerSetting(checkpoint, peer, file, 1, tokens, reference)
        note = config.out / f"refused-{checkpoint.name}-{peer.name}-{tokens}.json"
        note.unlink(missing_ok=True)
        try:
            with Worker(setting.about, MAKING_TIMEOUT_S) as worker:
                make_file(worker, setting)
            with Worker(setting.about, MAKING_TIMEOUT_S) as worker:
                worker.ask("prepare", runtime=peer.runtime)
                setting.load(worker)
                setting.prove(worker, timed=False)
            found.append(setting)
        except ValueError as error:
            said = " ".join(str(error).replace(str(checkpoint), checkpoint.name).split())[-400:]
            refused.append(Refused(checkpoint.name, peer.name, tokens, said))
            _write(refused[-1], note)
    return found, refused


def peer_file(folder: Path, checkpoint: Path, peer: Peer, tokens: int) -> Path:
    """Where a peer's file is: in `folder`, or the checkpoint's own where it needs none."""
    if peer.ending is None:
        return checkpoint / "model.safetensors"
    length = f"-{tokens}" if peer.fixed else ""
    return folder / checkpoint.name / f"{peer.name}{length}{peer.ending}"
