"""Settings of fine-tuning that come as a set: the default one, and the paper's."""

from collections.abc import Mapping

from tasks.glue import LABEL_TASKS

QUESTIONS = ("squad", "squad2")
TASKS = (*QUESTIONS, *LABEL_TASKS, "classification", "regression")

Settings = Mapping[str, int | float]

_DEFAULT: Settings = {
    "weight_task": 0.5,
    "weight_kl": 0.5,
    "weight_cosine": 0.0,
    "temperature": 2.0,
    "epochs": 3,
    "batch_size": 16,
    "learning_rate": 5e-5,
    "warmup": 0.1,
    "weight_decay": 0.01,
    "clip": 1.0,
    "max_length": 384,
    "stride": 128,
}
_LABELS: Settings = {"max_length": 128}
_LONG: Settings = {"max_length": 512}
# The second distillation as its authors' script runs it: no warm-up and no weight decay.
_PAPER: Settings = {"batch_size": 8, "warmup": 0.0, "weight_decay": 0.0}
# The command for GLUE in the authors' documentation of that time.
_PAPER_LABELS: Settings = {**_PAPER, "learning_rate": 2e-5}
RECIPES = ("default", "paper")
RECIPE_FIELDS = tuple(_DEFAULT)


def recipe_settings(recipe: str, task: str) -> Settings:
    """All settings of a recipe for a task."""
    length = {} if task in QUESTIONS else _LONG if task == "imdb" else _LABELS
    paper = {} if recipe == "default" else _PAPER if task in QUESTIONS else _PAPER_LABELS
    return {**_DEFAULT, **length, **paper}


def shown_defaults(name: str) -> str:
    """The default of a setting for `--help`: for questions, then where labels or paper differ."""
    base = _DEFAULT[name]
    parts = [f"default: {base}"]
    if name in _LABELS:
        parts.append(f"labels: {_LABELS[name]}, imdb: {_LONG[name]}")
    for title, settings in (("paper", _PAPER), ("paper, labels", _PAPER_LABELS)):
        if settings.get(name, base) != base and (title == "paper" or name not in _PAPER):
            parts.append(f"{title}: {settings[name]}")
    return "; ".join(parts)
