"""The main job: students and the paper's two shapes, exported, proved, measured, on one page.

An interrupted study goes on where it stopped: bundles and results whose inputs have the same
hashes are used again.
"""

import dataclasses
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from bench.config import EvaluateConfig, StudyConfig
from bench.evaluate import accuracy_name, evaluate
from bench.host import measure_into, shape_folder
from bench.measured import RUNTIME_NAMES
from bench.report import write_report
from bench.result import RANDOM, Result, find_result_files, read_result
from bench.reuse import bundle_is_current, known_scores, known_session
from bench.setting import Candidate, Setting
from bench.shapes import count_parameters, find_shape, weights_label
from bench.study_peers import StudyPeers, peer_runtimes, peers_config
from bench.tables import count_threads
from export.bundle import MANIFEST
from export.config import ExportConfig
from tasks.squad import read_questions, sample_path

Progress = Callable[[str, int, int], None]
"""Called with what is done now, the steps finished and the steps in all."""


@dataclass(frozen=True)
class Study:
    """The results of a study, the page that shows them, and what could not be measured, and why."""

    results: tuple[Result, ...]
    page: Path
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """A checkpoint folder of the study."""

    checkpoint: Path
    parameters: int
    weights: str

    @property
    def name(self) -> str:
        """The folder's name, which the bundles carry on."""
        return self.checkpoint.resolve().name


@dataclass
class _Steps:
    """Counts finished steps; exports report from several threads."""

    progress: Progress
    total: int
    done: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, text: str) -> None:
        with self.lock:
            self.progress(text, self.done, self.total)

    def questions(self, what: str, done: int, total: int) -> None:
        if done == total or done % max(50, total // 10) == 0:
            self.say(f"{what}: question {done} of {total}")

    def finish(self, text: str) -> None:
        with self.lock:
            self.done += 1
            self.progress(text, self.done, self.total)


def study(config: StudyConfig, progress: Progress = lambda text, done, total: None) -> Study:
    """Run the study of `config`; returns its results after writing the report."""
    _check_inputs(config)
    scale = config.scale
    also = find_result_files(config.also) if config.also else []
    other = {path: read_result(path) for path in also}
    data = [(sample_path(),), *([config.data] if config.data else [])]
    sessions = [
        (runtime, threads, tokens)
        for threads in scale.threads
        for tokens in scale.tokens
        for runtime in (*config.runtimes, *peer_runtimes(config))
    ]
    of_models = [len(config.recipes_of(folder)) for folder in config.models]
    scored = (len(config.models) + sum(of_models)) * len(data)
    exported = sum(of_models) + len(scale.shapes) * len(scale.recipes)
    steps = _Steps(progress, len(scale.shapes) + exported + scored)
    steps.total += len(sessions) + 1
    models = _prepare_models(config, steps)
    refused = _export_all(config, models, steps)
    found: dict[Path, Result] = {}
    for model in models:
        if model.weights != RANDOM:
            for files in data:
                found |= _score(config, model, files, steps)
    peers = StudyPeers(config)
    for session in sessions:
        found |= _measure(config, models, peers, set(refused), *session, steps)
    shown = {**found, **other}
    page = write_report(list(shown.values()), config.report, list(shown))
    steps.finish(f"report: {page}")
    return Study(tuple(found.values()), page, (*refused.values(), *peers.left_out))


def _check_inputs(config: StudyConfig) -> None:
    """Find a mistake now, not after ten minutes."""
    for model in config.models:
        if not (model / "config.json").is_file():
            raise FileNotFoundError(
                f"{model} is not a checkpoint folder (it has no config.json); give --models the "
                "folder of a question-answering checkpoint"
            )
    names = [path.resolve().name for path in config.models] + list(config.scale.shapes)
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"two models are called {min(twice)!r}; rename one of the folders")
    for name in config.scale.shapes:
        find_shape(name)
    peers_config(config, config.scale.peers, max(config.scale.tokens))  # refuses unknown ones
    if config.data:
        read_questions(config.data, limit=config.questions)


def _prepare_models(config: StudyConfig, steps: _Steps) -> list[Model]:
    folders = list(config.models)
    for name in config.scale.shapes:
        steps.say(f"{name}: random weights")
        folders.append(shape_folder(name, config.runs))
        steps.finish(f"{name}: random weights ready")
    return [Model(f, count_parameters(f), weights_label(f)) for f in folders]


def bundle_folder(config: StudyConfig, model: Model, recipe: str) -> Path:
    """Where the study keeps the bundle of a model and a recipe."""
    return config.bundles / f"{model.name}-{recipe}"


def _export_all(config: StudyConfig, models: list[Model], steps: _Steps) -> dict[Path, str]:
    """Export what is missing, the largest first, `config.jobs` at a time.

    A precision in which random weights fail their proof is no reason to lose the rest: its bundle
    is returned with what was said. A student that fails ends the study.
    """
    refused: dict[Path, str] = {}
    tasks = [
        (model, recipe)
        for model in sorted(models, key=lambda m: -m.parameters)
        for recipe in config.recipes_of(model.checkpoint)
    ]
    with ThreadPoolExecutor(config.jobs) as pool:
        futures = [pool.submit(_export, config, *task, steps) for task in tasks]
        try:
            for future, (model, recipe) in zip(futures, tasks, strict=True):
                try:
                    future.result()
                except ValueError as error:
                    if model.weights != RANDOM:
                        raise
                    out = bundle_folder(config, model, recipe)
                    refused[out] = f"{out.name}: {' '.join(str(error).split())[:400]}"
                    steps.finish(f"left out: {refused[out]}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return refused


def _export(config: StudyConfig, model: Model, recipe: str, steps: _Steps) -> None:
    out = bundle_folder(config, model, recipe)
    if bundle_is_current(out, model.checkpoint, recipe, config.runtimes, config.scale.tokens):
        steps.finish(f"{out.name}: exported before, nothing changed")
        return
    from export.build import build_bundle

    wanted = ExportConfig(
        checkpoint=model.checkpoint,
        out=out,
        runtimes=config.runtimes,
        recipe=recipe,
        buckets=tuple(sorted(config.scale.tokens)),
        force=(out / MANIFEST).is_file(),
    )
    build_bundle(wanted, lambda line: steps.say(f"{out.name}: {line}"))
    steps.finish(f"{out.name}: exported")


def _score(
    config: StudyConfig, model: Model, data: tuple[Path, ...], steps: _Steps
) -> dict[Path, Result]:
    """EM and F1 of the checkpoint and of each shipped file on the same questions."""
    limit = None if data == (sample_path(),) else config.questions
    results: dict[Path, Result] = {}
    recipes = config.recipes_of(model.checkpoint)
    bundles = [bundle_folder(config, model, recipe) for recipe in recipes]
    for folder in (model.checkpoint, *bundles):
        found = known_scores(config, folder, data, limit)
        if found is None:
            found = evaluate(
                EvaluateConfig(
                    model=folder,
                    data=data,
                    questions=limit,
                    max_length=max(config.scale.tokens),
                    out=config.results,
                ),
                steps.questions,
            )
        steps.finish(f"{folder.name}: F1 " + ", ".join(_f1_text(result) for result in found))
        for result in found:
            assert result.accuracy
            name = accuracy_name(folder.resolve().name, result.runtime, result.accuracy.data)
            results[config.results / f"{name}.json"] = result
    return results


def _f1_text(result: Result) -> str:
    assert result.accuracy
    return f"{result.accuracy.f1:.1f} ({result.runtime})"


def _measure(
    config: StudyConfig,
    models: list[Model],
    peers: StudyPeers,
    refused: set[Path],
    runtime: str,
    threads: int,
    tokens: int,
    steps: _Steps,
) -> dict[Path, Result]:
    """Measure every model and precision on one runtime, thread count and length, in turns."""
    at_ends = threads == min(config.scale.threads) and tokens == max(config.scale.tokens)
    plan = dataclasses.replace(config.scale.plan, memory=at_ends)
    what = f"{RUNTIME_NAMES[runtime]}, {count_threads(threads)}, {tokens} tokens"
    settings: Sequence[Candidate]
    if runtime in config.runtimes:
        settings = [
            Setting(
                bundle_folder(config, model, recipe), runtime, threads, tokens, model.parameters
            )
            for model in models
            for recipe in config.recipes_of(model.checkpoint)
            if bundle_folder(config, model, recipe) not in refused
        ]
    else:
        checkpoints = [model.checkpoint for model in models]
        settings = peers.settings(checkpoints, runtime, threads, tokens, steps.say)
    paths = [config.results / f"{setting.name}.json" for setting in settings]
    results: list[Result] = []
    if settings:  # of a peer, all may have failed
        known = known_session(settings, paths, plan)
        results = known or measure_into(settings, plan, config.results, steps.say)
    steps.finish(f"speed: {what}: {len(settings)} files")
    return dict(zip(paths, results, strict=True))
