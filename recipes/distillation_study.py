"""Gathers what `make -f recipes/runs.mk distillation` left into docs/distillation.

python recipes/distillation_study.py RUNS      gathers results.json and writes report.md from it
python recipes/distillation_study.py           writes report.md from the results that are there
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parents[1] / "docs" / "distillation"
STARTS = ("full", "no-mlm", "no-cosine", "no-kl", "cut", "random")
SHOWN = {
    "full": "triple loss",
    "no-mlm": "without the masked-LM loss",
    "no-cosine": "without the cosine",
    "no-kl": "without the KL",
    "cut": "no pre-training (layers 0, 2, 5 of the teacher)",
    "random": "random start (triple loss)",
}
PAPER = ("full", "no-mlm", "no-cosine", "no-kl", "random")
"""The order of the paper's Table 4."""
SEEDS = (42, 43, 44)
SECOND_DATA = "squad11-dev-A.json.gz"
KINDS = {"plain": "plain fine-tuning", "second": "second distillation"}
TASKS = {"squad": "eval_f1", "clinc": "eval_accuracy", "polarity": "eval_accuracy"}
FINE_TUNED = tuple(f"{task}-{start}" for task in TASKS for start in STARTS)
BENCHES = ("train-bench.json", "train-bench-fp32.json")
PRECISIONS = {"bf16": "bfloat16", "fp32": "float32"}
_KEPT = ("config", "metrics", "inputs", "versions")


def gather(runs: Path) -> dict[str, Any]:
    """The records of all runs by name, without what a record repeats of the runs before it.

    Of the fine-tunings of the starts those that are there: the page names what is missing.
    """
    names = ["mlm-teacher", *sorted({_run(kind, seed) for kind in KINDS for seed in SEEDS})]
    names += [f"ablations/{start}" for start in STARTS if start != "cut"]
    names += [name for name in FINE_TUNED if (runs / name).is_dir()]
    records = {}
    for name in names:
        record = _record(runs, name)
        record["inputs"].pop("records", None)
        records[name] = {part: record[part] for part in _KEPT}
    first = json.loads((runs / "ablations" / "metrics.jsonl").read_text().splitlines()[0])
    benches = [json.loads((runs / name).read_text(encoding="utf-8")) for name in BENCHES]
    teacher = _record(runs, _run("second", SEEDS[0]))["inputs"]["records"]["teacher"]
    return {
        "records": records,
        "before_training": first,
        "train_bench": benches,
        "second_teacher": teacher["pack"]["scores"][SECOND_DATA],
    }


def _record(runs: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((runs / name / "distill.json").read_text(encoding="utf-8"))
    return found


def _run(kind: str, seed: int) -> str:
    """The run of a seed; the first plain one is also that of the full start."""
    return "squad-full" if (kind, seed) == ("plain", SEEDS[0]) else f"{kind}-{seed}"


def report(results: dict[str, Any]) -> str:
    """The report in Markdown; every number in it is computed from the results."""
    records = results["records"]
    full, squad = records["ablations/full"], records["squad-full"]
    pretrained = records["mlm-teacher"], full
    seconds = sum(record["metrics"]["seconds_since_last_start"] for record in pretrained)
    return (
        (HERE / "text.md")
        .read_text(encoding="utf-8")
        .format(
            teacher_tokens=_millions(records["mlm-teacher"]["config"]["tokens"]),
            tokens=_millions(full["config"]["tokens"]),
            minutes=round(seconds / 60),
            batch_tokens=f"{full['config']['batch_tokens']:,}",
            questions=f"{squad['config']['questions']:,}",
            asked=f"{squad['config']['eval_questions']:,}",
            precision=PRECISIONS[full["config"]["precision"]],
            label_seeds=len(SEEDS),
            starts=_starts(results),
            second=_second(results),
            speed=_speed(results["train_bench"]),
        )
    )


def _millions(tokens: int) -> str:
    return f"{tokens / 1e6:g} million"


def _starts(results: dict[str, Any]) -> str:
    records = results["records"]
    scores: dict[str, list[Any]] = {
        start: [
            records[name]["metrics"]["best"][score] if name in records else None
            for task, score in TASKS.items()
            for name in [f"{task}-{start}"]
        ]
        for start in STARTS
    }
    means = {start: sum(found) / len(found) for start, found in scores.items() if None not in found}
    held_out = {start: _held_out(results, start) for start in STARTS}
    rows = []
    for start in STARTS:
        mean, full = means.get(start), means.get("full")
        change = "–" if mean is None or full is None else f"{mean - full:+.2f}"
        cells = [f"{held_out[start]['perplexity']:.1f}"]
        cells += [f"{100 * held_out[start]['agreement']:.1f} %"]
        cells += ["–" if score is None else f"{score:.2f}" for score in (*scores[start], mean)]
        rows.append(f"| {SHOWN[start]} | {' | '.join(cells)} | {change} |")
    head = (
        "student | held-out perplexity | agrees with the teacher | SQuAD F1 | CLINC150 | polarity"
    )
    pretrained = [start for start in STARTS if start != "cut"]
    teacher = results["before_training"]["eval/teacher_perplexity"]
    by_perplexity = sorted(pretrained, key=lambda start: held_out[start]["perplexity"])
    lines = [
        f"| {head} | mean | change |",
        "|---" + "|---:" * 7 + "|",
        *rows,
        "",
        f"The teacher's perplexity: {teacher:.1f}. From best to worst:",
        f"- in the paper: {_listed(PAPER)}",
        f"- here by perplexity: {_listed(by_perplexity)}",
    ]
    if means.keys() >= set(pretrained):
        by_mean = sorted(pretrained, key=lambda start: -means[start])
        lines.append(f"- here by the mean of the tasks: {_listed(by_mean)}")
    lines += ["", f"How far apart seeds are: {_spread(records)}."]
    missing = [name for name in FINE_TUNED if name not in records]
    if missing:
        lines += ["", f"Fine-tunings that were not run yet: {', '.join(missing)}."]
    return "\n".join(lines)


def _spread(records: dict[str, Any]) -> str:
    """How far the best seed is from the worst: of one start, and in the median of all starts."""
    squad = [_score(records[_run("plain", seed)]) for seed in SEEDS]
    found = [f"SQuAD {max(squad) - min(squad):.1f} F1 (triple loss)"]
    for task, shown in (("clinc", "CLINC150"), ("polarity", "polarity")):
        known = [records[name] for start in STARTS if (name := f"{task}-{start}") in records]
        seeds = [record["metrics"]["seeds"].values() for record in known]
        scores = [[best[TASKS[task]] for best in found_by] for found_by in seeds]
        apart = [max(one) - min(one) for one in scores]
        if apart:
            found.append(f"{shown} {median(apart):.1f} points (median of the starts)")
    return ", ".join(found)


def _score(record: dict[str, Any]) -> float:
    return float(record["metrics"]["best"][TASKS["squad"]])


def _listed(starts: Sequence[str]) -> str:
    return " > ".join(SHOWN[start] for start in starts)


def _held_out(results: dict[str, Any], start: str) -> dict[str, float]:
    if start != "cut":
        found: dict[str, float] = results["records"][f"ablations/{start}"]["metrics"]["held_out"]
        return found
    first = results["before_training"]
    return {name: first[f"eval/full/{name}"] for name in ("perplexity", "agreement")}


def _second(results: dict[str, Any]) -> str:
    records = results["records"]
    seeds = " | ".join(f"seed {seed}" for seed in SEEDS)
    lines = [f"| SQuAD dev-A F1 | {seeds} | median |", "|---" * (len(SEEDS) + 2) + "|"]
    for kind, shown in KINDS.items():
        scores = [_score(records[_run(kind, seed)]) for seed in SEEDS]
        cells = " | ".join(f"{score:.2f}" for score in [*scores, median(scores)])
        lines.append(f"| {shown} | {cells} |")
    teacher = results["second_teacher"]["f1"]
    lines.append(f"\nThe teacher of the second distillation has {teacher:.2f}.")
    return "\n".join(lines)


WAYS = {
    "ours": "this step",
    "sampled": "this step, KL at the masked and a sample of the other positions",
    "reference": "the authors' method",
}


def _speed(benches: Sequence[dict[str, Any]]) -> str:
    machine, rounds = benches[0]["machine"], benches[0]["rounds"]
    lines = [
        f"On {machine['processor']}, {machine['threads']} threads; {len(rounds)} paired updates of "
        f"{rounds[0]['tokens']:,} tokens, each way in turn. Ratios are those of the authors' time "
        "to this step's, median [lowest, highest].",
        "",
        "| | precision | tokens a second | by wall time | by processor time |",
        "|---|---|---:|---:|---:|",
    ]
    for bench in benches:
        lines += _ways(bench)
    shares = " and ".join(
        f"{100 * bench['medians']['share_of_peak']:.0f} % in {_precision(bench)}"
        for bench in benches
    )
    lines += [
        "",
        "Of the rate of a large matrix product, measured in the same minutes and precision, the "
        f"step with all positions reaches {shares}.",
        "",
        "| memory of the vocabulary losses | tokens | beyond the inputs |",
        "|---|---:|---:|",
    ]
    for entry in benches[0]["memory"]:
        size = entry["loss_bytes"]
        shown = "did not fit" if size is None else f"{size / 1e6:,.0f} MB"
        lines.append(f"| {entry['form']} | {entry['tokens']:,} | {shown} |")
    return "\n".join(lines)


def _ways(bench: dict[str, Any]) -> list[str]:
    """The rows of one run: each way's speed, and its ratio to the authors'."""
    found, rows = bench["medians"], []
    for way, shown in WAYS.items():
        authors = way == "reference"
        cells = [shown, PRECISIONS["fp32"] if authors else _precision(bench)]
        cells.append(f"{found[f'{way}_tokens_per_second']:.0f}")
        if authors:
            cells += ["1", "1"]
        else:
            ratios = sorted(r["reference"]["wall"] / r[way]["wall"] for r in bench["rounds"])
            name = "" if way == "ours" else f"{way}_"
            cells.append(
                f"**{found[f'{name}ratio_wall']:.2f}** [{ratios[0]:.2f}, {ratios[-1]:.2f}]"
            )
            cells.append(f"{found[f'{name}ratio_cpu']:.2f}")
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _precision(bench: dict[str, Any]) -> str:
    return PRECISIONS[bench["machine"]["precision"]]


def main(arguments: list[str]) -> None:
    if arguments:
        found = json.dumps(gather(Path(arguments[0])), indent=1, sort_keys=True)
        (HERE / "results.json").write_text(found + "\n", encoding="utf-8")
    results = json.loads((HERE / "results.json").read_text(encoding="utf-8"))
    (HERE / "report.md").write_text(report(results), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
