"""Reads extractive question answering sets in the SQuAD 1.1 and 2.0 JSON format."""

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.hub_data import load_hub_split

HUB = "hub:"


@dataclass(frozen=True)
class Answer:
    """A reference answer: its text and where it starts, in Unicode code points of the context."""

    text: str
    start: int


@dataclass(frozen=True)
class Question:
    """One question on one passage, with its reference answers (none if it is unanswerable).

    certain: false where the set says that the first answer's place in the passage is a guess
    (`"offset": "heuristic"`); its text is right.
    """

    id: str
    question: str
    context: str
    answers: tuple[Answer, ...]
    is_impossible: bool = False
    title: str = ""
    certain: bool = True


def sample_path() -> Path:
    """The passages and questions that ship with the tool."""
    return Path(__file__).with_name("sample.json")


def read_squad(paths: Sequence[Path], limit: int | None = None) -> list[Question]:
    """Reads SQuAD JSON files (`.json` or `.json.gz`) in the given order.

    Raises FileNotFoundError for a missing file and ValueError for one that is not SQuAD JSON, that
    repeats an id, or that holds no question at all.
    """
    questions: list[Question] = []
    seen: dict[str, Path] = {}
    for path in paths:
        for question in _parse(_read_json(path), path):
            if question.id in seen:
                raise ValueError(
                    f"question id {question.id!r} occurs twice: in {seen[question.id]} and in "
                    f"{path}; ids must be unique over all the files given together"
                )
            seen[question.id] = path
            questions.append(question)
            if limit is not None and len(questions) == limit:
                return questions
    if not questions:
        raise ValueError(
            f"no questions in {', '.join(map(str, paths)) or 'the empty list of files'}"
        )
    return questions


def read_hub(name: str, split: str = "validation", limit: int | None = None) -> list[Question]:
    """Reads a Hugging Face `datasets` set with SQuAD columns, by Hub id or local folder."""
    table = load_hub_split(name, None, split)
    missing = {"id", "question", "context", "answers"} - set(table.column_names)
    if missing:
        raise ValueError(
            f"data set {name!r} is not SQuAD-like: columns {sorted(missing)} are missing, "
            f"found {sorted(table.column_names)}"
        )
    rows = table if limit is None else table.select(range(min(limit, len(table))))
    return [_from_hub_row(row) for row in rows]


def read_questions(
    sources: Sequence[Path], split: str = "validation", limit: int | None = None
) -> list[Question]:
    """Reads questions from SQuAD files, or from the Hub where the one source is `hub:NAME`."""
    hub = [source for source in sources if is_hub(source)]
    if not hub:
        return read_squad(sources, limit)
    if len(sources) > 1:
        raise ValueError(f"{hub[0]} must be the only data source, found {len(sources)} sources")
    return read_hub(str(hub[0]).removeprefix(HUB), split, limit)


def is_hub(source: Path) -> bool:
    """Whether a data source names a Hub data set, as `hub:NAME`, and no file."""
    return str(source).startswith(HUB)


def _from_hub_row(row: dict[str, Any]) -> Question:
    texts, starts = row["answers"]["text"], row["answers"]["answer_start"]
    answers = tuple(Answer(t, int(s)) for t, s in zip(texts, starts, strict=True))
    return Question(
        str(row["id"]),
        row["question"],
        row["context"],
        answers,
        not answers,
        row.get("title") or "",
    )


def _read_json(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"no such data file: {path}")
    open_text = gzip.open if path.suffix == ".gz" else open
    try:
        with open_text(path, "rt", encoding="utf-8") as file:
            return json.load(file)
    except (json.JSONDecodeError, UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path} is not SQuAD JSON: {error}; expected a UTF-8 JSON file (or .json.gz) with "
            'a top-level "data" list'
        ) from error


def _parse(document: Any, path: Path) -> Iterator[Question]:
    where = str(path)
    for a, article in enumerate(_items(document, "data", where)):
        spot = f"{where}: data[{a}]"
        title = article.get("title", "") if isinstance(article, dict) else ""
        for p, paragraph in enumerate(_items(article, "paragraphs", spot)):
            place = f"{spot}.paragraphs[{p}]"
            context = _field(paragraph, "context", str, place)
            for q, entry in enumerate(_items(paragraph, "qas", place)):
                yield _question(entry, context, title, f"{place}.qas[{q}]")


def _question(entry: Any, context: str, title: str, place: str) -> Question:
    impossible = bool(_field(entry, "is_impossible", bool, place, default=False))
    answers = []
    for n, item in enumerate(_field(entry, "answers", list, place)):
        spot = f"{place}.answers[{n}]"
        text = _field(item, "text", str, spot)
        start = _field(item, "answer_start", int, spot)
        if context[start : start + len(text)] != text or start < 0:
            raise ValueError(
                f"{spot}: the context does not hold {text[:40]!r} at answer_start {start} (found "
                f"{context[max(start, 0) : max(start, 0) + len(text)][:40]!r}); offsets count "
                "Unicode code points"
            )
        answers.append(Answer(text, start))
    if not impossible and not answers:
        impossible = True
    return Question(
        id=_field(entry, "id", str, place),
        question=_field(entry, "question", str, place),
        context=context,
        answers=() if impossible else tuple(answers),
        is_impossible=impossible,
        title=title,
        certain=entry.get("offset") != "heuristic",
    )


_REQUIRED = object()


def _field(item: Any, key: str, kind: type, place: str, default: Any = _REQUIRED) -> Any:
    if isinstance(item, dict) and key not in item and default is not _REQUIRED:
        return default
    if not isinstance(item, dict) or not isinstance(item.get(key), kind):
        found = (
            type(item.get(key)).__name__ if isinstance(item, dict) and key in item else "nothing"
        )
        raise ValueError(
            f"{place} is not SQuAD: expected {key!r} to be a {kind.__name__}, found {found}"
        )
    return item[key]


def _items(item: Any, key: str, place: str) -> list[Any]:
    found: list[Any] = _field(item, key, list, place)
    return found
