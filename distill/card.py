"""The model card of a checkpoint, written from the run's own record."""

import json
from pathlib import Path
from typing import Any

from distill.folder import RECORD
from tasks.intervals import CONFIDENCE


def write_card(folder: Path) -> None:
    """Writes `README.md` with the model's origin, data, settings and scores."""
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    model = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    parts = [_front_matter(record), _origin(record, model)]
    if about := record.get("pack", {}).get("about"):
        parts += [about, ""]
    parts += ["## Scores", *_scores(record), "", "## Training", *_time(folder), *_training(record)]
    for place, name, ancestor in _ancestors(record):
        parts += ["", f"## How `{name}`, the {place}, was made", *_training(ancestor)]
    versions = ", ".join(f"{name} {number}" for name, number in sorted(record["versions"].items()))
    parts += ["", f"Made with {versions}.", ""]
    (folder / "README.md").write_text("\n".join(parts), encoding="utf-8")


def _ancestors(record: dict[str, Any], prefix: str = "") -> list[tuple[str, str, dict[str, Any]]]:
    """What the weights were made from, with its place (student, student's teacher) and its name.

    What has several places stands at the first (`folder.put_record`); the settings of a run name
    what it started from.
    """
    found = []
    for place, ancestor in record["inputs"].get("records", {}).items():
        found.append((f"{prefix}{place}", _name_in(record["config"], place), ancestor))
        found += _ancestors(ancestor, f"{prefix}{place}'s ")
    return found


def _name_in(config: dict[str, Any], place: str) -> str:
    """What a run's settings call its student, its teacher or its teacher-2."""
    role, _, number = place.partition("-")
    named = config[role] if role in config else config["checkpoint"]  # a pruning's
    return str(named[int(number or 1) - 1] if isinstance(named, list) else named)


def _front_matter(record: dict[str, Any]) -> str:
    kind = "question-answering" if _asks_questions(record) else "text-classification"
    lines = ["---", "language: en", f"tags: [{kind}]"]
    if "pack" in record:
        config = record["pack"]["config"]
        lines += [f"license: {config['license']}", f"data_license: {config['data_license']}"]
    return "\n".join([*lines, "---", ""])


def _origin(record: dict[str, Any], model: dict[str, Any]) -> str:
    config = record["config"]
    layers = model.get("n_layers", model.get("num_hidden_layers"))
    width = model.get("dim", model.get("hidden_size"))
    teachers = ", ".join(f"`{name}`" for name in config["teacher"])
    mean = f"; {found}" if (found := _mean_of(record)) else ""
    taught = f" and distilled from {teachers}" if teachers else ""
    return (
        f"# {_name(record)}\n\n{_purpose(record, model)}: {model['model_type']}, {layers} layers "
        f"of width {width}, {model['vocab_size']} tokens. Started from `{config['student']}`"
        f"{taught}{mean}. This card is written from `{RECORD}`, which holds the "
        "hashes of all inputs.\n"
    )


def _mean_of(record: dict[str, Any]) -> str:
    runs = _averaged(record)
    if not runs:
        return ""
    seeds = ", ".join(str(run["config"]["seed"]) for run in [record, *runs])
    return f"its weights are the mean of {len(runs) + 1} runs, of the seeds {seeds}"


def _averaged(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of further runs whose weights are in the mean."""
    return list(record.get("pack", {}).get("records", {}).values())


def _name(record: dict[str, Any]) -> str:
    return str(record.get("pack", record)["config"]["out"])


def _asks_questions(record: dict[str, Any]) -> bool:
    return str(record["config"]["task"]).startswith("squad")


def _purpose(record: dict[str, Any], model: dict[str, Any]) -> str:
    if _asks_questions(record):
        return "Extractive question answering"
    if model.get("problem_type") == "regression":
        return f"Regression of a text's score ({record['config']['task']})"
    labels = list(model["id2label"].values())
    shown = ", ".join(labels[:12]) + (", ..." if len(labels) > 12 else "")
    return f"Text classification ({record['config']['task']}) into {len(labels)} labels, {shown}"


def _named_scores(best: dict[str, Any]) -> str:
    """The scores of an evaluation in words; GLUE's mean of several metrics says so."""
    names = {"eval_f1": "F1", "eval_score": "mean"}
    scores = {key: value for key, value in best.items() if key.startswith("eval_")}
    if len(scores) == 2 or "eval_macro_f1" in scores:
        scores.pop("eval_score", None)  # the mean of one
    return ", ".join(
        f"{names.get(key, key.removeprefix('eval_').replace('_', ' '))} {value:.2f}"
        for key, value in scores.items()
    )


def _scores(record: dict[str, Any]) -> list[str]:
    best, metrics, lines = record["metrics"]["best"], record["metrics"], []
    for data, found in record.get("pack", {}).get("scores", {}).items():
        tuned = found.get("tuned_null_threshold")
        under = "" if tuned is None else f", null threshold {tuned:.2f}, the best for this data"
        lines.append(
            f"- These float16 weights: F1 {found['f1']:.2f} ({CONFIDENCE:.0f} % interval "
            f"{found['f1_low']:.2f} to {found['f1_high']:.2f}), exact match "
            f"{found['exact_match']:.2f} on the {found['n']} questions of `{data}`{under}."
        )
    if best and not _averaged(record):
        data = ", ".join(record["config"]["eval_data"])
        kind = "questions" if _asks_questions(record) else "examples"
        lines.append(
            f"- When chosen, in float32: {_named_scores(best)} on {metrics['eval_questions']} "
            f"{kind} of `{data}` (update {best['update']} of {metrics['updates']})."
        )
    if not lines:
        return ["Not evaluated."]
    command = f"`distilbert-mobile evaluate {_name(record)} --data FILE`"
    return [*lines, f"- The command for each: {command}; the intervals are bootstrapped."]


def _time(folder: Path) -> list[str]:
    """How long the updates took, by the log; evaluations and starts are not in it."""
    logs = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("metrics*.jsonl"))]
    rows = [json.loads(line) for log in logs for line in log.splitlines()]
    timed = [row for row in rows if row.get("tokens")]
    seconds = sum(row["tokens"] / row["tokens_per_second"] for row in timed)
    tokens = sum(row["tokens"] for row in timed)
    if not timed:
        return []
    return [
        f"{len(timed)} updates on {tokens / 1e6:.2f} M tokens took {seconds / 3600:.2f} hours.",
        "",
    ]


def _training(record: dict[str, Any]) -> list[str]:
    """The command and its settings; those that were left out are not listed."""
    windows = record["metrics"].get("windows")
    seen = [f"- training windows: {windows}"] if windows else []
    if mean := _mean_of(record):
        seen.append(f"- {mean}")
    settings = [
        f"- {name}: {', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in sorted(record["config"].items())
        if value not in (None, [])
    ]
    return [f"`distilbert-mobile {record['command']}` with", "", *settings, *seen]
