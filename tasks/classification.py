"""Reads classification and regression sets: a text or a pair of texts, and a label."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.hub_data import load_hub_split
from tasks.squad import HUB, is_hub
from tasks.tables import Row, read_table

# Names that columns have in common sets, the likeliest first.
_TEXTS = ("text", "sentence", "review", "utterance", "query", "content", "question")
_PAIRS = {
    "sentence1": "sentence2",
    "question1": "question2",
    "premise": "hypothesis",
    "text1": "text2",
    "question": "sentence",
}
_LABELS = ("label", "labels", "intent", "class", "category", "target", "gold_label", "score")


@dataclass(frozen=True)
class Columns:
    """Names of columns; digits count columns from 0 in a file that names none. None: find it."""

    text: str | None = None
    pair: str | None = None
    label: str | None = None

    @property
    def numbered(self) -> bool:
        return self.text is not None and self.text.isdigit()


@dataclass(frozen=True)
class Labelled:
    """One example; `place` says where it was read, `label` is a class or a number as written."""

    place: str
    text: str
    pair: str | None
    label: str


@dataclass(frozen=True)
class HubSet:
    """A Hub data set: its id, its configuration, and the split to read."""

    name: str
    config: str | None
    split: str


def read_labelled(
    sources: Sequence[Path],
    layouts: Sequence[Columns] = (Columns(),),
    *,
    skip_short: bool = False,
) -> list[Labelled]:
    """Reads tables (TSV, CSV, JSON lines, also .gz) and folders of texts in the given order.

    A folder has one folder for each label with a `.txt` file for each text, as IMDb's own; one
    named `unsup` has no labels and is left out.

    layouts: the columns that a file may have; the first that fits its first line counts. Raises
    FileNotFoundError for a missing file and ValueError where none fits, where a label is missing or
    where there is no row at all.
    """
    found: list[Labelled] = []
    for path in sources:
        found += _read_folder(path) if path.is_dir() else _read_file(path, layouts, skip_short)
    if not found:
        raise ValueError(f"no rows in {', '.join(map(str, sources)) or 'the empty list of files'}")
    return found


def read_labelled_hub(hub: HubSet, columns: Columns) -> list[Labelled]:
    """Reads one split of a Hub data set; numbered classes come back under their names."""
    table = load_hub_split(hub.name, hub.config, hub.split)
    chosen = _fit(columns, table.column_names)
    if chosen is None:
        raise ValueError(_misfit(f"data set {hub.name}", (columns,), table.column_names))
    names = getattr(table.features[chosen.label], "names", None)
    found = []
    for number, row in enumerate(table):
        place, label = f"{hub.name} ({hub.split}), row {number}", row[chosen.label]
        if label is None or (names and label < 0):
            raise ValueError(f"{place} has no label; a hidden test set cannot be used")
        shown = names[label] if names else str(label)
        pair = row[chosen.pair] if chosen.pair else None
        found.append(Labelled(place, row[chosen.text], pair, shown))
    return found


def hub_set(source: Path, split: str, config: str | None = None) -> HubSet:
    """What `hub:NAME` or `hub:NAME:CONFIG` names."""
    name, _, given = str(source).removeprefix(HUB).partition(":")
    return HubSet(name, given or config, split)


def evaluation_split(source: Path) -> str:
    """The split of a Hub data set to evaluate on: validation, or else test."""
    import datasets

    hub = hub_set(source, "")
    found: list[str] = datasets.get_dataset_split_names(hub.name, hub.config)
    for split in ("validation", "dev", "test"):
        if split in found:
            return split
    raise ValueError(f"{source} has no split to evaluate on: found {', '.join(found)}")


def only_hub(sources: Sequence[Path]) -> Path | None:
    """The one Hub source among the sources, None where all are files.

    Raises ValueError for a Hub data set beside other sources.
    """
    hub = [source for source in sources if is_hub(source)]
    if hub and len(sources) > 1:
        raise ValueError(f"{hub[0]} must be the only data source, found {len(sources)} sources")
    return hub[0] if hub else None


def label_names(examples: Sequence[Labelled]) -> tuple[str, ...]:
    """The classes that occur, numbers in their order, else by name.

    Raises ValueError for fewer than two.
    """
    names = {example.label for example in examples}
    if len(names) < 2:
        raise ValueError(
            f"every one of the {len(examples)} examples has the label {next(iter(names), None)!r}; "
            "a classifier needs at least two"
        )
    if all(name.lstrip("-").isdecimal() for name in names):
        return tuple(sorted(names, key=lambda name: (int(name), name)))
    return tuple(sorted(names))


def class_ids(examples: Sequence[Labelled], names: Sequence[str]) -> list[int]:
    """The class number of each example: the place of its label among `names`.

    Raises ValueError for a label that is not among them.
    """
    ids = {name: number for number, name in enumerate(names)}
    for example in examples:
        if example.label not in ids:
            some = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
            raise ValueError(
                f"{example.place}: label {example.label!r} is not one of the {len(names)} known "
                f"labels: {some}"
            )
    return [ids[example.label] for example in examples]


def label_numbers(examples: Sequence[Labelled]) -> list[float]:
    """The labels as numbers, for regression; raises ValueError for one that is none."""
    found = []
    for example in examples:
        try:
            number = float(example.label)
        except ValueError:
            number = float("nan")
        if not abs(number) < float("inf"):  # NaN too
            raise ValueError(f"{example.place}: label {example.label!r} is not a number")
        found.append(number)
    return found


def _read_folder(path: Path) -> Iterator[Labelled]:
    for folder in sorted(part for part in path.iterdir() if part.is_dir()):
        if folder.name != "unsup":
            for file in sorted(folder.glob("*.txt")):
                try:
                    text = file.read_text(encoding="utf-8")
                except UnicodeDecodeError as error:
                    raise ValueError(f"{file} is not UTF-8: {error}") from error
                yield Labelled(str(file), text, None, folder.name)


def _read_file(path: Path, layouts: Sequence[Columns], skip_short: bool) -> Iterator[Labelled]:
    def has_names(values: Sequence[str]) -> bool:
        chosen = _choose(layouts, values)
        return chosen is None or not chosen.numbered

    table = read_table(path, has_names, skip_short=skip_short)
    if table.names:
        named = [columns for columns in layouts if not columns.numbered]
        chosen = _choose(named, table.names)
    else:
        chosen = next(columns for columns in layouts if columns.numbered)
    if chosen is None:
        raise ValueError(_misfit(str(path), layouts, table.names))
    for row in table.rows:
        yield _example(row, chosen, table.names)


def _example(row: Row, columns: Columns, names: Sequence[str]) -> Labelled:
    def value(column: str) -> str:
        index = names.index(column) if names else int(column)
        if index >= len(row.values):
            raise ValueError(f"{row.place}: no column {index}, found {len(row.values)} columns")
        return row.values[index]

    assert columns.text is not None
    assert columns.label is not None
    label = value(columns.label).strip()
    if not label:
        raise ValueError(f"{row.place} has no label in column {columns.label!r}")
    pair = value(columns.pair) if columns.pair is not None else None
    return Labelled(row.place, value(columns.text), pair, label)


def _choose(layouts: Sequence[Columns], names: Sequence[str]) -> Columns | None:
    return next((fit for columns in layouts if (fit := _fit(columns, names)) is not None), None)


def _fit(columns: Columns, names: Sequence[str]) -> Columns | None:
    """The columns with the open ones filled from the file's names; None if it does not have them.

    A second text is taken without being asked for only where the pair of names is a common one.
    """
    if columns.numbered:
        numbers = [columns.text, columns.pair, columns.label]
        wanted = [int(number) for number in numbers if number is not None]
        return columns if max(wanted) < len(names) else None
    text, pair, label = columns.text, columns.pair, columns.label
    if text is None:
        found = next((one for one, other in _PAIRS.items() if {one, other} <= set(names)), None)
        if found is not None and pair in (None, _PAIRS[found]):
            text, pair = found, _PAIRS[found]
        else:
            text = next((name for name in _TEXTS if name in names and name != pair), None)
    if label is None:
        label = next((name for name in _LABELS if name in names and name != text), None)
    if text is None or label is None or not {text, label, pair or text} <= set(names):
        return None
    return Columns(text, pair, label)


def _misfit(where: str, layouts: Sequence[Columns], names: Sequence[str]) -> str:
    asked: list[Any] = [
        name for layout in layouts for name in (layout.text, layout.pair, layout.label) if name
    ]
    wanted = f"columns {', '.join(dict.fromkeys(asked))} were" if asked else "text and label were"
    return (
        f"{where}: {wanted} not found among the columns {', '.join(names)}; name them with "
        "--text-column, --pair-column and --label-column (from a file without names: their "
        "numbers, from 0)"
    )
