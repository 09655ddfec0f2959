"""The model card of a checkpoint, written from the run's own record."""

import json
from pathlib import Path
from typing import Any

from distill.folder import RECORD


def write_card(folder: Path) -> None:
    """Writes `README.md` with the settings, data and scores of the run."""
    facts = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    (folder / "README.md").write_text(_card(folder, facts), encoding="utf-8")


def _card(folder: Path, facts: dict[str, Any]) -> str:
    model = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config, best = facts["config"], facts["metrics"]["best"]
    layers = model.get("n_layers", model.get("num_hidden_layers"))
    width = model.get("dim", model.get("hidden_size"))
    scores = (
        f"F1 {best['eval_f1']:.2f}, exact match {best['eval_exact_match']:.2f} on "
        f"{facts['metrics']['eval_questions']} questions of `{_names(facts, 'eval_data')}` "
        f"(float32 checkpoint, at update {best['update']} of {facts['metrics']['updates']})."
        if best
        else "Not evaluated during training."
    )
    taught = f", distilled from `{config['teacher']}`" if config["teacher"] else ""
    return "\n".join(
        [
            "---",
            "language: en",
            "license: apache-2.0",
            "tags: [question-answering]",
            "---",
            "",
            f"# {config['out']}",
            "",
            f"Extractive question answering, {model['model_type']} with {layers} layers of width "
            f"{width}, started from `{config['student']}`{taught}.",
            "Written by `distilbert-mobile finetune` from `distill.json`.",
            "",
            "## Scores",
            scores,
            "",
            "## Data",
            f"{facts['metrics']['windows']} windows from `{_names(facts, 'data')}`.",
            "",
            "## Settings",
            *(f"- {key}: {value}" for key, value in sorted(config.items())),
            "",
            "## Versions",
            *(f"- {key}: {value}" for key, value in sorted(facts["versions"].items())),
            "",
        ]
    )


def _names(facts: dict[str, Any], part: str) -> str:
    return ", ".join(facts["config"][part])
