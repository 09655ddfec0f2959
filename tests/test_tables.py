"""Tables are read whole, with the place of every row, or refused with what is wrong."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.tables import read_table


def named(values: Sequence[str]) -> bool:
    return True


def rows(path: Path) -> list[list[str]]:
    return [list(row.values) for row in read_table(path, named).rows]


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("set.tsv", 'text\tlabel\r\nsays "no\t1\nbell\u2028ring\t0\n'),
        ("set.csv", 'text,label\n"says ""no",1\nbell\u2028ring,0\n'),
        (
            "set.jsonl",
            '{"text": "says \\"no", "label": 1}\n\n{"label": 0, "text": "bell\u2028ring"}\n',
        ),
    ],
)
def test_the_three_formats_hold_the_same_rows(
    tmp_path: Path, name: str, text: str, suffix: str
) -> None:
    content = b"\xef\xbb\xbf" * (name != "set.jsonl") + text.encode()
    path = tmp_path / (name + suffix)
    path.write_bytes(gzip.compress(content) if suffix else content)
    table = read_table(path, named)
    assert table.names == ("text", "label")
    found = list(table.rows)
    assert [list(row.values) for row in found] == [['says "no', "1"], ["bell\u2028ring", "0"]]
    assert found[0].place == f"{path}, line {1 if name == 'set.jsonl' else 2}"


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r\t")), min_size=1))
def test_every_line_of_a_tsv_is_a_row(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("tsv") / "set.tsv"
    path.write_text("text\tlabel\n" + "".join(f"{text}\t1\n" for text in texts), encoding="utf-8")
    assert rows(path) == [[text, "1"] for text in texts]


def test_a_first_line_without_names_is_a_row(tmp_path: Path) -> None:
    path = tmp_path / "set.tsv"
    path.write_text("a\t1\nb\t2\n")
    table = read_table(path, lambda values: False)
    assert (table.names, [row.values for row in table.rows]) == ((), [["a", "1"], ["b", "2"]])


def test_short_rows_are_left_out_only_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "set.tsv"
    path.write_text("text\tlabel\na\nb\t2\n")
    assert [row.values for row in read_table(path, named, skip_short=True).rows] == [["b", "2"]]
    with pytest.raises(ValueError, match=r"line 2: 1 values, but the table has 2 columns"):
        rows(path)
    path.write_text("text\tlabel\na\tb\t1\n")
    with pytest.raises(ValueError, match=r"line 2: 3 values"):
        list(read_table(path, named, skip_short=True).rows)


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("set.tsv", b"", r"set\.tsv is empty"),
        ("set.tsv", b"text\tlabel\n\xff\xfe\t1\n", r"not a TSV in UTF-8"),
        ("set.csv", b'text,label\n"a,1\n', r"not a CSV in UTF-8"),
        ("set.csv.gz", b"text,label\n", r"not a CSV in UTF-8"),
        ("set.jsonl", b'{"text": "a"\n', r"not JSON lines"),
        ("set.jsonl", b"[1]\n", r"line 1: expected an object"),
        ("set.jsonl", b'{"a": 1}\n{"b": 2}\n', r"line 2: 'a' is missing"),
        ("set.xlsx", b"a", r"unknown kind of table; expected one of \.tsv"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes, found: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=found):
        rows(tmp_path / name)


def test_a_cut_gzip_and_a_missing_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "set.tsv.gz"
    path.write_bytes(gzip.compress(b"text\tlabel\n" + b"word\t1\n" * 999)[:-12])
    with pytest.raises(ValueError, match=r"set\.tsv\.gz is not a TSV"):
        rows(path)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.tsv"):
        rows(tmp_path / "nowhere.tsv")


def test_a_long_document_fits(tmp_path: Path) -> None:
    path = tmp_path / "set.csv"
    path.write_text("text,label\n" + "word " * 100_000 + ",1\n")
    assert len(rows(path)[0][0]) == 500_000
    (tmp_path / "set.jsonl").write_text(json.dumps({"text": None, "label": 1.5}) + "\n")
    assert rows(tmp_path / "set.jsonl") == [["", "1.5"]]
