"""Pre-trains students on text with the triple loss, or a masked-LM without a teacher."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from accelerate import Accelerator

from distill.corpus import Corpus, open_corpus
from distill.engine import make_accelerator, train
from distill.folder import finished_folder, refuse_existing, write_record, write_text
from distill.job import EngineSettings, Outcome, Report
from distill.model import use_bf16
from distill.pretrain_config import PretrainConfig
from distill.pretrain_job import PretrainJob
from distill.sources import Sources
from distill.state import claim_folder
from distill.student import copy_tokenizer
from distill.trackers import copy_logs

ABLATIONS = "ablations.json"


@dataclass(frozen=True)
class Pretrained:
    """What a run left: its folder, and the held-out scores of each student by name."""

    folder: Path
    scores: dict[str, dict[str, float]]
    teacher_perplexity: float | None
    seconds_since_last_start: float


def pretrain(
    config: PretrainConfig, report: Report, progress: Callable[[str, int, int], None]
) -> Pretrained | None:
    """Trains and writes a masked-LM checkpoint folder, or one folder for each ablation.

    Works in `<out>.partial` and renames it at the end; the same command, also with another number
    of ranks, continues an unfinished run from its last saved state. Raises FileExistsError where
    `out` exists, ValueError where an unfinished run had other settings, where teacher, student and
    text do not fit each other, or where a loss is not finite. Returns None on ranks but the first.
    """
    refuse_existing(config.out, config.force)
    accelerator = make_accelerator()
    folder = config.out.with_name(config.out.name + ".partial")
    sources = Sources(config, folder)
    if accelerator.is_main_process:
        claim = {"config": sources.settings(), "inputs": sources.hashes}
        claim_folder(folder, claim, config.force)
        sources.tokenise(progress)
        sources.make_students()
    accelerator.wait_for_everyone()
    corpus = open_corpus(sources.corpus)
    job = PretrainJob(config, sources, corpus, accelerator)
    outcome = train(accelerator, job, _engine_settings(config, accelerator), folder, report)
    result = _result(config, outcome)
    if accelerator.is_main_process:
        _finish(config, sources, corpus, folder, outcome, result)
    accelerator.wait_for_everyone()
    accelerator.free_memory()
    return result if accelerator.is_main_process else None


def _engine_settings(config: PretrainConfig, accelerator: Accelerator) -> EngineSettings:
    return EngineSettings(
        learning_rate=config.learning_rate,
        warmup=config.warmup,
        weight_decay=config.weight_decay,
        clip=config.clip,
        save_every=config.save_every,
        seed=config.seed,
        bf16=use_bf16(config.precision, accelerator.device),
        betas=(0.9, 0.98),  # as the authors' trainer
        epsilon=1e-6,
        trackers=config.trackers,
        evaluate_first=True,
    )


def _result(config: PretrainConfig, outcome: Outcome) -> Pretrained:
    scores: dict[str, dict[str, float]] = {}
    for key, value in outcome.scores.items():
        name, _, score = key.rpartition("/")
        if key != "teacher_perplexity":
            scores.setdefault(name or "student", {})[score] = value
    teacher = outcome.scores.get("teacher_perplexity")
    return Pretrained(config.out, scores, teacher, outcome.seconds)


def _finish(
    config: PretrainConfig,
    sources: Sources,
    corpus: Corpus,
    folder: Path,
    outcome: Outcome,
    result: Pretrained,
) -> None:
    """Puts weights, tokenizer, records and logs together as the finished output."""
    inputs = {**sources.hashes, "corpus": corpus.hash}
    with finished_folder(config.out, config.force, suffix=".final") as final:
        shutil.copytree(outcome.weights, final, dirs_exist_ok=True)
        for name in sources.names:
            target = final / name if config.ablations else final
            copy_tokenizer(sources.tokenizer, target)
            metrics = {
                "updates": outcome.update,
                "held_out": result.scores.get(name),
                "teacher_perplexity": result.teacher_perplexity,
                "seconds_since_last_start": round(outcome.seconds),
                "variant": name if config.ablations else None,
            }
            write_record(target, "pretrain", sources.named(), inputs, metrics)
        copy_logs(folder, final)
        if config.ablations:
            write_text(final / ABLATIONS, json.dumps(result.scores, indent=1) + "\n")
    shutil.rmtree(folder)
