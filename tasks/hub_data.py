"""Splits of Hugging Face `datasets` sets, by Hub id or local folder."""

from typing import Any


def load_hub_split(name: str, config: str | None, split: str) -> Any:
    """One split as a `datasets` table; a set that was fetched once comes from the cache.

    Raises ConnectionError where the Hub cannot be asked, and what `datasets` raises for an unknown
    set, configuration or split: ValueError or FileNotFoundError.
    """
    import datasets

    try:
        return datasets.load_dataset(name, config, split=split)
    except ConnectionError as error:
        raise ConnectionError(
            f"{error}. Give local files with --data and --eval-data, or fetch the data set where "
            f"there is a network: python -c \"import datasets; datasets.load_dataset('{name}'"
            + (f", '{config}'" if config else "")
            + ')"'
        ) from error
