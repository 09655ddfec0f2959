"""The steps of an export that run in processes of their own, and where their evidence goes."""

import dataclasses
from pathlib import Path

from export import strict_json
from export.apart import run_apart
from export.config import ExportConfig
from export.convert import Converted, Job
from export.elsewhere import FILES, NOT_RUN, ElsewhereJob, NotRun, Written
from export.gate import Candidate, GateJob, Verdicts, check_drop
from tasks.squad import is_hub


def evidence_folder(out: Path) -> Path:
    """Return where the evidence of a gate goes: beside the bundle, which may never come."""
    return out.with_name(f"{out.name}.evidence")


def convert_file(
    config: ExportConfig, runtime: str, folder: Path, kept: tuple[int, ...]
) -> Converted:
    """Write one model file into `folder` and measure it; errors as `run_apart`."""
    job = Job(
        checkpoint=str(config.checkpoint.resolve()),
        model=str((folder / f"model.{runtime}").resolve()),
        runtime=runtime,
        recipe=config.recipe,
        keep=config.keep,
        buckets=config.buckets,
        kept_tokens=kept,
        calibration=tuple(str(path.resolve()) for path in config.calibration),
        evidence=str(evidence_folder(config.out).resolve()),
    )
    return run_apart("export.convert", job, Converted, f"writing model.{runtime}")


def write_for_elsewhere(config: ExportConfig, folder: Path, kept: tuple[int, ...]) -> None:
    """Write the files that cannot run here into `folder`, and what is known of them."""
    written = []
    for target in config.also:
        job = ElsewhereJob(
            checkpoint=str(config.checkpoint.resolve()),
            target=target,
            path=str((folder / FILES[target]).resolve()),
            length=config.buckets[-1],
            kept_tokens=kept,
        )
        written.append(run_apart("export.elsewhere", job, Written, f"writing {FILES[target]}"))
    if written:
        text = strict_json.dump(NotRun(tuple(written)))
        (folder / NOT_RUN).write_text(text, encoding="utf-8")


def pass_gate(
    config: ExportConfig,
    folder: Path,
    converted: dict[str, Converted],
    kept: tuple[int, ...],
) -> dict[str, Converted]:
    """Score checkpoint and files; keep what changed as evidence, and refuse too large a loss."""
    job = GateJob(
        checkpoint=str(config.checkpoint.resolve()),
        candidates={
            runtime: Candidate(str((folder / one.model.file).resolve()), one.model.interface)
            for runtime, one in converted.items()
        },
        data=tuple(str(path) if is_hub(path) else str(path.resolve()) for path in config.gate_data),
        questions=config.gate_questions,
        max_length=config.buckets[-1],
        kept_tokens=kept,
    )
    verdicts = run_apart("export.gate", job, Verdicts, "the accuracy gate")
    evidence = evidence_folder(config.out)
    evidence.mkdir(parents=True)
    (evidence / "accuracy.json").write_text(strict_json.dump(verdicts), encoding="utf-8")
    check_drop(verdicts.judged, config.max_f1_drop)
    return {
        runtime: dataclasses.replace(
            one,
            model=dataclasses.replace(one.model, accuracy=verdicts.judged[runtime].accuracy),
        )
        for runtime, one in converted.items()
    }
