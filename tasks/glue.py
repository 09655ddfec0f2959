"""The nine GLUE tasks and IMDb: columns, classes in official order, metrics, splits of the Hub."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tasks.classification import (
    Columns,
    Labelled,
    hub_set,
    only_hub,
    read_labelled,
    read_labelled_hub,
)

GLUE_HUB = Path("hub:nyu-mll/glue")


@dataclass(frozen=True)
class LabelTask:
    """A named set: what its files look like and how it is scored.

    layouts: columns of its official file, and of a file made from the Hub's rows.
    labels: the classes in the order of their official numbers; empty for regression.
    eval_splits: Hub splits to evaluate on, by the suffix that their metrics get.
    """

    name: str
    layouts: tuple[Columns, ...]
    labels: tuple[str, ...]
    metrics: tuple[str, ...]
    hub: Path = GLUE_HUB
    eval_splits: Mapping[str, str] = field(default_factory=lambda: {"": "validation"})
    skip_short: bool = False

    @property
    def regression(self) -> bool:
        return not self.labels


_YES = ("entailment", "not_entailment")
_SENTENCES = Columns("sentence1", "sentence2", "label")
_TASKS = (
    # CoLA's files name no columns: source, label, mark, sentence.
    LabelTask(
        "cola",
        (Columns("sentence", None, "label"), Columns("3", None, "1")),
        ("unacceptable", "acceptable"),
        ("matthews",),
    ),
    LabelTask(
        "sst2", (Columns("sentence", None, "label"),), ("negative", "positive"), ("accuracy",)
    ),
    LabelTask(
        "mrpc",
        (Columns("#1 String", "#2 String", "Quality"), _SENTENCES),
        ("not_equivalent", "equivalent"),
        ("accuracy", "f1"),
    ),
    LabelTask(
        "stsb",
        (Columns("sentence1", "sentence2", "score"), _SENTENCES),
        (),
        ("pearson", "spearman"),
    ),
    # A few lines of the official training file lack columns; everybody leaves them out.
    LabelTask(
        "qqp",
        (
            Columns("question1", "question2", "is_duplicate"),
            Columns("question1", "question2", "label"),
        ),
        ("not_duplicate", "duplicate"),
        ("accuracy", "f1"),
        skip_short=True,
    ),
    LabelTask(
        "mnli",
        (
            Columns("sentence1", "sentence2", "gold_label"),
            Columns("premise", "hypothesis", "label"),
        ),
        ("entailment", "neutral", "contradiction"),
        ("accuracy",),
        eval_splits={"": "validation_matched", "_mm": "validation_mismatched"},
    ),
    LabelTask("qnli", (Columns("question", "sentence", "label"),), _YES, ("accuracy",)),
    LabelTask("rte", (_SENTENCES,), _YES, ("accuracy",)),
    LabelTask("wnli", (_SENTENCES,), ("not_entailment", "entailment"), ("accuracy",)),
    LabelTask(
        "imdb",
        (Columns("text", None, "label"), Columns("review", None, "sentiment")),
        ("neg", "pos"),
        ("accuracy",),
        hub=Path("hub:stanfordnlp/imdb"),
        eval_splits={"": "test"},
    ),
)
LABEL_TASKS = {task.name: task for task in _TASKS}
GLUE = ("cola", "mnli", "mrpc", "qnli", "qqp", "rte", "sst2", "stsb", "wnli")


def read_task(
    task: LabelTask, sources: Sequence[Path], columns: Columns, split: str = "train"
) -> list[Labelled]:
    """Reads a named set from its official files, from tables, or from a Hub data set.

    columns: those given by the user, which replace the known layouts. Labels come back under their
    official names, also where a file has their numbers.
    """
    given = columns != Columns()
    hub = only_hub(sources)
    if hub is None:
        layouts = (columns,) if given else task.layouts
        found = read_labelled(sources, layouts, skip_short=task.skip_short)
    else:
        config = task.name if hub == GLUE_HUB else None
        own = task.layouts[0] if len(task.layouts) == 1 else _hub_columns(task)
        found = read_labelled_hub(hub_set(hub, split, config), columns if given else own)
    return found if task.regression else [_named(item, task.labels) for item in found]


def read_task_evaluation(
    task: LabelTask, sources: Sequence[Path], columns: Columns
) -> dict[str, list[Labelled]]:
    """The evaluation sets of a task, by the suffix of their metrics.

    Only MNLI has two; its second is the file with "mismatched" in its name.
    """
    if only_hub(sources) is not None:
        return {
            suffix: read_task(task, sources, columns, split)
            for suffix, split in task.eval_splits.items()
        }
    parts: dict[str, list[Path]] = {suffix: [] for suffix in task.eval_splits}
    for source in sources:
        other = "_mm" in parts and "mismatched" in source.name
        parts["_mm" if other else ""].append(source)
    return {suffix: read_task(task, part, columns) for suffix, part in parts.items() if part}


def glue_macro(scores: Mapping[str, float]) -> tuple[float, float | None]:
    """GLUE's mean over all nine tasks, and over the eight without WNLI (None where WNLI is alone).

    scores: for each task the mean of its metrics. Raises ValueError where one is missing.
    """
    missing = [name for name in GLUE if name not in scores]
    if missing:
        raise ValueError(f"no macro score without {', '.join(missing)}")
    eight = [scores[name] for name in GLUE if name != "wnli"]
    return (sum(eight) + scores["wnli"]) / 9, sum(eight) / 8


def _hub_columns(task: LabelTask) -> Columns:
    return next(layout for layout in task.layouts if layout.label == "label")


def _named(item: Labelled, labels: Sequence[str]) -> Labelled:
    """The same example with the official name of its class, where a file has the number."""
    if item.label in labels:
        return item
    named = {"negative": "neg", "positive": "pos"}.get(item.label)
    if named is not None and named in labels:
        return Labelled(item.place, item.text, item.pair, named)
    if item.label.isdecimal() and int(item.label) < len(labels):
        return Labelled(item.place, item.text, item.pair, labels[int(item.label)])
    return item
