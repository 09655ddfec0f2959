"""Text is read as documents of lines, or refused with the file, the line and the cure."""

import gzip
import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tasks.text
from tasks.text import find_sources, read_documents, read_lines


def write(folder: Path, content: str | bytes, name: str = "a.txt") -> Path:
    path = folder / name
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a"])
def test_a_document_ends_at_a_blank_line(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, "\n\none\ntwo \r\n \t\n\n\nthree", name)
    assert [[line.strip() for line in d] for d in read_documents([path])] == [
        ["one", "two"],
        ["three"],
    ]


def test_with_lines_every_line_is_a_document(tmp_path: Path) -> None:
    path = write(tmp_path, "one\ntwo\n\nthree\n")
    assert list(read_documents([path], lines=True)) == [["one\n"], ["two\n"], ["three\n"]]


def test_documents_do_not_reach_over_files(tmp_path: Path) -> None:
    files = [write(tmp_path, "one", "1.txt"), write(tmp_path, "two", "2.txt")]
    assert list(read_documents(files)) == [["one"], ["two"]]


@given(
    words=st.lists(st.text("aé🙂", min_size=1, max_size=9), min_size=1, max_size=60),
    limit=st.integers(10, 40),
)
def test_a_long_line_comes_in_parts_that_cut_no_word(
    words: list[str], limit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = write(tmp_path_factory.mktemp("long"), " ".join(words) + "\nlast\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks.text, "LONG_LINE", limit)
        (document,) = read_documents([path])
        lines = list(read_documents([path], lines=True))
    assert [word for part in document for word in part.split()] == [*words, "last"]
    assert max(map(len, document)) <= 2 * limit
    assert len(lines) == 2


def test_a_file_of_one_endless_line_is_never_held_as_a_whole(tmp_path: Path) -> None:
    path = write(tmp_path, "word " * 1_000_000, "a.txt.gz")
    tracemalloc.start()
    characters = sum(len(line) for line in read_lines(path) if line)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert characters == 5_000_000
    assert peak < 2_000_000


def test_contexts_of_squad_are_documents(tmp_path: Path) -> None:
    paragraphs = [{"context": "one\n\nmore", "qas": []}, {"context": "two"}]
    content = json.dumps({"data": [{"paragraphs": paragraphs}]})
    path = write(tmp_path, content, "a.json.gz")
    assert list(read_documents([path])) == [["one", "more"], ["two"]]


def test_texts_of_json_lines_are_documents(tmp_path: Path) -> None:
    path = write(tmp_path, '{"text": "one\\ntwo"}\n\n{"text": "three", "id": 3}\n', "a.jsonl")
    assert list(read_documents([path])) == [["one", "two"], ["three"]]


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz", "a.jsonl"])
def test_what_is_not_utf8_is_named_with_its_line(tmp_path: Path, name: str) -> None:
    content = b'{"text": "one"}\n' * 9000 + b"caf\xe9\n" + b"more\n" * 9000
    path = write(tmp_path, content, name)
    with pytest.raises(ValueError, match=rf"{name} is not UTF-8: line 9001: .*0xe9.*iconv"):
        list(read_lines(path))


def test_utf16_is_refused_in_its_first_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 1:"):
        list(read_lines(write(tmp_path, "Hello\nworld\n".encode("utf-16"))))


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    assert list(read_documents([write(tmp_path, b"\xef\xbb\xbfone\n")])) == [["one\n"]]


@pytest.mark.parametrize("keep", [5, 60])
def test_a_gzip_file_cut_short_is_refused(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(bytes(range(65, 120)) * 9)[:keep])
    with pytest.raises(ValueError, match=r"a\.txt\.gz is not a whole gzip file"):
        list(read_lines(path))


def test_what_is_no_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(b"plain text")
    with pytest.raises(ValueError, match="not a whole gzip file"):
        list(read_lines(path))


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.json", "[]", "TypeError.*expected.*paragraphs"),
        ("a.json", '{"data": [{"paragraphs": [{"context": 3}]}]}', "type int"),
        ("a.json", '{"data": [{}]}', "KeyError 'paragraphs'"),
        ("a.json", "nonsense", "JSONDecodeError"),
        ("a.json", "[" * 100_000, "RecursionError"),
        ("a.jsonl", '{"text": "one"}\n{"text": null}', "line 2: .*NoneType.*one object"),
        ("a.jsonl", '{"text": "one"}\n{"body": "two"}', "line 2: KeyError 'text'"),
        ("a.jsonl", '"text"', "line 1: TypeError"),
        ("a.jsonl", "plain", "line 1: JSONDecodeError"),
    ],
)
def test_other_json_is_refused(tmp_path: Path, name: str, content: str, found: str) -> None:
    path = write(tmp_path, content, name)
    with pytest.raises(ValueError, match=rf"(?s){name}.*{found}"):
        list(read_lines(path))


def test_globs_are_sorted_and_names_keep_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("b.txt", "a.txt", "c.md", "[x].txt"):
        write(tmp_path, "text", name)
    (tmp_path / "folder.txt").mkdir()
    found = find_sources([tmp_path / "c.md", tmp_path / "?.txt"])
    assert [path.name for path in found] == ["c.md", "a.txt", "b.txt"]
    assert find_sources([tmp_path / "[x].txt"]) == [tmp_path / "[x].txt"]
    monkeypatch.chdir(tmp_path)
    assert find_sources([Path("?.txt")]) == [Path("a.txt"), Path("b.txt")]
    assert find_sources([Path("hub:owner/name")]) == [Path("hub:owner/name")]


def test_missing_doubled_and_folder_sources_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "text")
    with pytest.raises(FileNotFoundError, match=r"no such text file: .*nothing\.txt"):
        find_sources([tmp_path / "nothing.txt"])
    with pytest.raises(FileNotFoundError, match=r"no file matches .*\*\.md"):
        find_sources([tmp_path / "*.md"])
    with pytest.raises(ValueError, match=r"a\.txt is given twice"):
        find_sources([path, tmp_path / "*.txt"])
    with pytest.raises(ValueError, match=r"is a folder.*\*\.txt"):
        find_sources([tmp_path])


@pytest.mark.parametrize("field", ["text", "context"])
def test_a_hub_data_set_is_streamed(tmp_path: Path, field: str) -> None:
    rows = [json.dumps({"id": i, field: f"one {i}\n\nmore"}) for i in range(3)]
    write(tmp_path, "\n".join(rows), "train.jsonl")
    found = list(read_documents([Path(f"hub:{tmp_path}")]))
    assert found == [[f"one {i}", "more"] for i in range(3)]


def test_a_hub_data_set_without_text_is_refused(tmp_path: Path) -> None:
    write(tmp_path, '{"id": 1, "body": "one"}', "train.jsonl")
    with pytest.raises(ValueError, match=r"no column of text or context; found body, id"):
        list(read_documents([Path(f"hub:{tmp_path}")]))
