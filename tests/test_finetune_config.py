"""Recipes fill in what is left out, a flag beside them wins, and data has the right default."""

from pathlib import Path
from typing import Any

import pytest

from distill.finetune_config import FinetuneConfig
from distill.recipes import RECIPE_FIELDS, TASKS, recipe_settings, shown_defaults
from tasks.glue import GLUE

START, OUT, DATA = Path("student"), Path("out"), (Path("data.json"),)


def config(**changes: Any) -> FinetuneConfig:
    return FinetuneConfig(START, OUT, **{"data": DATA, **changes})


def test_the_papers_second_distillation_by_name() -> None:
    found = config(recipe="paper", teacher=(Path("teacher"),))
    assert (found.learning_rate, found.epochs, found.batch_size) == (5e-5, 3, 8)
    assert (found.max_length, found.stride) == (384, 128)
    assert (found.weight_kl, found.weight_task, found.temperature) == (0.5, 0.5, 2.0)
    assert (found.warmup, found.weight_decay, found.clip) == (0.0, 0.0, 1.0)


def test_labels_are_shorter_and_the_papers_glue_has_a_rate_of_its_own() -> None:
    assert config(task="classification").max_length == 128
    assert config(task="imdb").max_length == 512
    assert config(task="mnli", recipe="paper").learning_rate == 2e-5
    assert config(task="mnli").learning_rate == 5e-5


def test_a_flag_beside_the_recipe_wins_also_with_its_default() -> None:
    found = config(recipe="paper", batch_size=16, warmup=0.1, epochs=1)
    assert (found.batch_size, found.warmup, found.epochs) == (16, 0.1, 1)
    assert found.weight_decay == 0.0


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("recipe", ["default", "paper"])
def test_every_recipe_is_complete(task: str, recipe: str) -> None:
    assert set(recipe_settings(recipe, task)) == set(RECIPE_FIELDS)
    found = config(task=task, recipe=recipe)
    assert all(getattr(found, name) is not None for name in RECIPE_FIELDS)


def test_help_says_every_default_that_a_recipe_can_give() -> None:
    for name in RECIPE_FIELDS:
        text = shown_defaults(name)
        for task in ("squad", "imdb", "sst2"):
            for recipe in ("default", "paper"):
                assert str(recipe_settings(recipe, task)[name]) in text


def test_tasks_without_data_come_from_the_hub() -> None:
    hubs = {
        **dict.fromkeys(GLUE, "hub:nyu-mll/glue"),
        "squad": "hub:rajpurkar/squad",
        "squad2": "hub:rajpurkar/squad_v2",
        "imdb": "hub:stanfordnlp/imdb",
    }
    for task, hub in hubs.items():
        found = config(task=task, data=())
        assert found.data == found.eval_data == (Path(hub),)
    own = config(task="sst2", data=(), eval_data=(Path("dev.tsv"),))
    assert own.eval_data == (Path("dev.tsv"),)
    assert config(task="sst2").eval_data == ()
