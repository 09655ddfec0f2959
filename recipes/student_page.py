"""The page of the student that ships, docs/student: its scores, its training, its answers.

python recipes/student_page.py RUNS BUNDLE SQUAD_DEV     gathers results.json, then writes report.md
python recipes/student_page.py                           writes report.md from what is there

What results.json holds of trainings that are not in RUNS stays.

Scores come from the result files in docs/student/results:
distilbert-mobile evaluate MODEL --data FILE --out docs/student/results
and, for the narrower one that does not ship, in docs/student/narrower.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "docs" / "student"
PASSES = {
    "first pass": "minilm-l6-squad",
    "second pass, a": "second-a",
    "second pass, b": "second-b",
    "third pass, a": "third-a",
    "third pass, b": "third-b",
    "fourth pass, narrower": "fourth",
    "fifth pass, narrower, a": "fifth-a",
    "fifth pass, narrower, b": "fifth-b",
}
MEANS = {
    "second pass": "minilm-l6-second",
    "third pass": "minilm-l6-third",
    "fifth pass, narrower": "minilm-l6-fifth",
}
PARTS = {
    "part-full": "all steps",
    "part-no-hidden": "without the cosine of hidden states",
    "part-no-second": "without a teacher: plain fine-tuning",
    "part-no-pretraining": "without pre-training: cut out of all-MiniLM-L6-v2",
}
TEACHERS = {
    "teacher-1": "from all-MiniLM-L6-v2 itself",
    "teacher-2": "after masked-LM training on 52 million tokens",
    "teacher-3": "the same, another seed",
}
RUNTIMES = {"tflite": "LiteRT", "pte": "ExecuTorch", "torch": "checkpoint, float32"}
TRAINED_ON = " (**trained on**)"
SHOWN = 10
_KEPT = ("config", "inputs", "metrics", "versions")


def gather(known: dict[str, Any], runs: Path, bundle: Path, data: Path) -> dict[str, Any]:
    """Records and curves of the trainings, and the answers that the page shows."""
    records, curves, means = {}, {}, {}
    for name in (*PASSES.values(), *PARTS, *TEACHERS):
        if not (runs / name).is_dir() and name in known.get("records", {}):
            records[name], curves[name] = known["records"][name], known["curves"][name]
            continue
        record = json.loads((runs / name / "distill.json").read_text(encoding="utf-8"))
        record["inputs"].pop("records", None)
        records[name] = {part: record[part] for part in _KEPT}
        log = (runs / name / "metrics.jsonl").read_text(encoding="utf-8")
        rows = [json.loads(line) for line in log.splitlines()]
        curves[name] = [row for row in rows if "eval/f1" in row]
    for name in MEANS.values():
        if not (runs / name).is_dir() and name in known.get("means", {}):
            means[name] = known["means"][name]
            continue
        packed = json.loads((runs / name / "distill.json").read_text(encoding="utf-8"))["pack"]
        means[name] = packed["scores"][data.name]
    return {
        "records": records,
        "curves": curves,
        "means": means,
        "answers": _answers(bundle, data),
    }


def _answers(bundle_folder: Path, data: Path) -> list[dict[str, Any]]:
    """Ten questions with F1 100 and ten with F1 0, by the hash of their ids, and their answers."""
    from bench.subject import bundle_tokenizer
    from export.bundle import load_bundle
    from export.runner import open_runner
    from tasks.metrics import question_scores
    from tasks.qa import answer_question
    from tasks.squad import read_questions

    bundle = load_bundle(bundle_folder)
    runner, tokenizer = open_runner(bundle, "tflite"), bundle_tokenizer(bundle)
    assert bundle.manifest.qa is not None

    chosen: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    questions = read_questions([data])
    for question in sorted(questions, key=lambda q: hashlib.sha256(q.id.encode()).hexdigest()):
        found = answer_question(
            runner.span_logits, tokenizer, question.question, question.context, bundle.manifest.qa
        )
        answer = found.best.text if found.best else ""
        exact, f1 = question_scores(question, answer)
        right = exact == 1
        if (right or f1 == 0) and len(chosen[right]) < SHOWN:
            chosen[right].append(
                {
                    "id": question.id,
                    "title": question.title,
                    "question": question.question,
                    "answer": answer,
                    "references": sorted({one.text for one in question.answers}),
                    "right": right,
                }
            )
        if min(map(len, chosen.values())) == SHOWN:
            break
    return [*chosen[True], *chosen[False]]


def report(
    results: dict[str, Any], scores: list[dict[str, Any]], narrower: list[dict[str, Any]]
) -> str:
    """The page in Markdown; every number in it is computed from the results."""
    return (
        (HERE / "text.md")
        .read_text(encoding="utf-8")
        .format(
            scores=_scores(scores),
            curve=_curve(results),
            means=_means(results),
            narrower=_scores(narrower),
            narrower_mb=" and ".join(_megabytes(one) for one in narrower),
            ablation=_runs(results, PARTS, "student"),
            teachers=_runs(results, TEACHERS, "teacher"),
            answers=_shown(results["answers"]),
        )
    )


def _scores(scores: list[dict[str, Any]]) -> str:
    from tasks.intervals import bootstrap_interval

    lines = ["| data | questions | file | exact match | F1 | interval |", "|---" * 6 + "|"]
    for one in scores:
        found = one["accuracy"]
        low, high = bootstrap_interval(found["question_f1"])
        data = ", ".join(file["name"].removesuffix(".json.gz") for file in found["data"])
        data += TRAINED_ON if "-train" in data else ""
        if rule := found.get("null_threshold"):
            data += (
                f", null threshold {rule['value']:.2f} (F1 {rule['has_answer_f1']:.1f} with an "
                f"answer, {rule['no_answer_f1']:.1f} without)"
            )
        lines.append(
            f"| {data} | {found['n']:,} | {RUNTIMES[one['runtime']]} | {found['exact_match']:.2f} "
            f"| {found['f1']:.2f} | {low:.2f} to {high:.2f} |"
        )
    return "\n".join(lines)


def _megabytes(score: dict[str, Any]) -> str:
    return f"{score['subject']['file_bytes'] / 1e6:.2f}"


def _place(score: dict[str, Any]) -> tuple[bool, str, bool, int]:
    """Held-out data first, then by name, an answer to everything before the null threshold."""
    found = score["accuracy"]
    name = found["data"][0]["name"]
    null = found.get("null_threshold") is not None
    return "-train" in name, name, null, list(RUNTIMES).index(score["runtime"])


def _curve(results: dict[str, Any]) -> str:
    lines = ["| pass | update | F1 | exact match |", "|---" * 4 + "|"]
    for shown, name in PASSES.items():
        for row in results["curves"][name]:
            scores = f"{row['eval/f1']:.2f} | {row['eval/exact_match']:.2f}"
            lines.append(f"| {shown} | {row['update']:,} | {scores} |")
    return "\n".join(lines)


def _means(results: dict[str, Any]) -> str:
    lines = ["| pass | F1 of the mean | exact match |", "|---" * 3 + "|"]
    for shown, name in MEANS.items():
        found = results["means"][name]
        f1 = f"{found['f1']:.2f} ({found['f1_low']:.2f} to {found['f1_high']:.2f})"
        lines.append(f"| {shown} | {f1} | {found['exact_match']:.2f} |")
    return "\n".join(lines)


def _runs(results: dict[str, Any], runs: dict[str, str], head: str) -> str:
    lines = [f"| {head} | F1 after each pass | exact match at the end |", "|---" * 3 + "|"]
    for name, shown in runs.items():
        rows = results["curves"][name]
        f1 = ", ".join(f"{row['eval/f1']:.2f}" for row in rows)
        lines.append(f"| {shown} | {f1} | {rows[-1]['eval/exact_match']:.2f} |")
    return "\n".join(lines)


def _shown(answers: list[dict[str, Any]]) -> str:
    lines = []
    for right, head in ((True, "Well"), (False, "Badly")):
        lines += [
            f"**{head}**",
            "",
            "| article | question | answer | references |",
            "|---" * 4 + "|",
        ]
        for one in answers:
            if one["right"] == right:
                cells = (
                    one["title"].replace("_", " "),
                    one["question"],
                    one["answer"] or "(none)",
                    "; ".join(one["references"]),
                )
                plain = (" ".join(cell.replace("|", "/").split()) for cell in cells)
                lines.append(f"| {' | '.join(plain)} |")
        lines.append("")
    return "\n".join(lines).rstrip()


def main(arguments: list[str]) -> None:
    kept = HERE / "results.json"
    results = json.loads(kept.read_text(encoding="utf-8"))
    if arguments:
        runs, bundle, data = map(Path, arguments)
        results = gather(results, runs, bundle, data)
        kept.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    page = report(results, scores_in(HERE / "results"), scores_in(HERE / "narrower"))
    (HERE / "report.md").write_text(page, encoding="utf-8")


def scores_in(folder: Path) -> list[dict[str, Any]]:
    """The result files of a folder, in the order of a table."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    return sorted(found, key=_place)


if __name__ == "__main__":
    main(sys.argv[1:])
