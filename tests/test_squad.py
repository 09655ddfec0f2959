"""SQuAD files are read completely, or refused with the place and the cure."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tasks.squad import Answer, read_hub, read_questions, read_squad, sample_path

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "qa"


def document(**changes: Any) -> dict[str, Any]:
    entry = {
        "id": "one",
        "question": "Where?",
        "answers": [{"text": "Žilina", "answer_start": 3}],
        **changes,
    }
    paragraph = {"context": "In Žilina 🙂 it rains.", "qas": [entry]}
    return {"version": "1.1", "data": [{"title": "Rain", "paragraphs": [paragraph]}]}


def write(folder: Path, content: Any, name: str = "set.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_question_comes_with_its_passage_and_answers(tmp_path: Path) -> None:
    (question,) = read_squad([write(tmp_path, document())])
    assert (question.id, question.question, question.title) == ("one", "Where?", "Rain")
    assert question.answers == (Answer("Žilina", 3),)
    assert not question.is_impossible


def test_gzip_and_several_files_are_read_in_order(tmp_path: Path) -> None:
    first = write(tmp_path, document())
    second = tmp_path / "more.json.gz"
    second.write_bytes(gzip.compress(json.dumps(document(id="two")).encode()))
    assert [q.id for q in read_squad([first, second])] == ["one", "two"]
    assert [q.id for q in read_squad([first, second], limit=1)] == ["one"]


def test_squad_2_questions_without_an_answer_are_impossible(tmp_path: Path) -> None:
    path = write(tmp_path, document(answers=[], is_impossible=True))
    (question,) = read_squad([path])
    assert question.is_impossible
    assert question.answers == ()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ([], r"expected 'data' to be a list"),
        ({"rows": 1}, r"expected 'data' to be a list, found nothing"),
        ({"data": [{"title": "x"}]}, r"data\[0\].*'paragraphs'"),
        (document(question=None), r"qas\[0\].*'question' to be a str, found NoneType"),
        (document(answers=[{"text": "rain", "answer_start": 3}]), r"does not hold 'rain' at"),
        (document(answers=[{"text": "Žilina", "answer_start": -19}]), r"does not hold"),
        ({"data": []}, r"no questions in"),
    ],
)
def test_other_json_is_refused_with_its_place(tmp_path: Path, content: Any, found: str) -> None:
    with pytest.raises(ValueError, match=found):
        read_squad([write(tmp_path, content)])


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"plain text", b""])
@pytest.mark.parametrize("name", ["set.json", "set.json.gz"])
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is not SQuAD JSON"):
        read_squad([path])


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.json.gz"
    path.write_bytes(gzip.compress(json.dumps(document()).encode())[:-20])
    with pytest.raises(ValueError, match="is not SQuAD JSON"):
        read_squad([path])


def test_a_missing_file_and_a_repeated_id_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json"):
        read_squad([tmp_path / "nowhere.json"])
    path = write(tmp_path, document())
    with pytest.raises(ValueError, match="'one' occurs twice"):
        read_squad([path, path])


def test_a_datasets_folder_is_read_like_a_file(tmp_path: Path) -> None:
    row = {"id": "one", "question": "Where?", "context": "In Žilina.", "title": "Rain"}
    rows = [
        {**row, "answers": {"text": ["Žilina"], "answer_start": [3]}},
        {**row, "id": "two", "answers": {"text": [], "answer_start": []}},
    ]
    (tmp_path / "validation.jsonl").write_text("\n".join(map(json.dumps, rows)))
    questions = read_questions([Path(f"hub:{tmp_path}")])
    assert [(q.id, q.is_impossible) for q in questions] == [("one", False), ("two", True)]
    assert questions[0].answers == (Answer("Žilina", 3),)
    assert len(read_hub(str(tmp_path), limit=1)) == 1


def test_a_datasets_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "validation.jsonl").write_text(json.dumps({"text": "hello", "label": 1}))
    with pytest.raises(ValueError, match=r"columns \['answers', 'context', 'id', 'question'\]"):
        read_hub(str(tmp_path))


def test_the_sample_has_ten_passages_with_questions() -> None:
    questions = read_squad([sample_path()])
    assert len({q.context for q in questions}) == 10
    assert all(q.answers for q in questions)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
def test_the_real_sets_have_the_known_number_of_questions() -> None:
    assert len(read_squad([DATA / "squad11-dev-A.json.gz"])) == 5253
    two = read_squad([DATA / "squad20-dev-A.json.gz"])
    assert (len(two), sum(q.is_impossible for q in two)) == (6318, 3111)
