"""Classification sets of any layout become texts and labels; GLUE's files need no flags."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.classification import (
    Columns,
    Labelled,
    class_ids,
    evaluation_split,
    hub_set,
    label_names,
    label_numbers,
    read_labelled,
    read_labelled_hub,
)
from tasks.glue import GLUE, GLUE_HUB, LABEL_TASKS, glue_macro, read_task, read_task_evaluation

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "classification"
ANY = Columns()


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def labelled(*labels: str) -> list[Labelled]:
    return [Labelled(f"row {i}", "a", None, label) for i, label in enumerate(labels)]


def test_common_columns_are_found_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "index\tsentence\tquestion\tlabel", "0\tIt is.\tIs it?\tyes")
    (item,) = read_labelled([path])
    assert (item.text, item.pair, item.label) == ("Is it?", "It is.", "yes")
    (item,) = read_labelled([write(tmp_path / "b.csv", "id,text,intent", '7,"a, b",pay')])
    assert (item.text, item.pair, item.label) == ("a, b", None, "pay")
    assert item.place == f"{tmp_path / 'b.csv'}, line 2"


def test_named_columns_win_and_numbers_read_files_without_names(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "text\tother\tlabel\tkind", "a\tb\t1\tx")
    (item,) = read_labelled([path], [Columns("other", None, "kind")])
    assert (item.text, item.pair, item.label) == ("b", None, "x")
    (item,) = read_labelled([path], [Columns("text", "other")])
    assert (item.text, item.pair, item.label) == ("a", "b", "1")
    path = write(tmp_path / "b.tsv", "a\tb\tx", "c\td\ty")
    items = read_labelled([path], [Columns("1", "0", "2")])
    assert [(i.text, i.pair, i.label) for i in items] == [("b", "a", "x"), ("d", "c", "y")]


def test_labels_of_any_kind_are_classes(tmp_path: Path) -> None:
    rows = [{"text": "a", "label": label} for label in (True, 2, "two words", 1.5)]
    items = read_labelled([write(tmp_path / "a.jsonl", *map(json.dumps, rows))])
    assert [item.label for item in items] == ["true", "2", "two words", "1.5"]
    assert label_names(labelled("10", "9", "-1", "9")) == ("-1", "9", "10")
    assert label_names(labelled("b", "10", "a")) == ("10", "a", "b")
    assert class_ids(labelled("b", "a"), ("a", "b")) == [1, 0]
    assert label_numbers(labelled("3.25", "-1e1")) == [3.25, -10]


@pytest.mark.parametrize(
    ("rows", "columns", "found"),
    [
        (["words\tlabel", "a\t1"], ANY, r"text and label were not found among the columns words"),
        (["text\tlabel", "a\t1"], Columns("body"), r"columns body were not.*--text-column"),
        (["text\tlabel", "a\t1"], Columns("0", None, "2"), r"columns 0, 2 were not found"),
        (["text\tlabel", "a\t "], ANY, r"line 2 has no label in column 'label'"),
        (["text\tlabel"], ANY, r"no rows in"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    tmp_path: Path, rows: list[str], columns: Columns, found: str
) -> None:
    with pytest.raises(ValueError, match=found):
        read_labelled([write(tmp_path / "a.tsv", *rows)], [columns])


def test_numbers_do_not_name_the_columns_of_json_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "a", "label": 1}')
    with pytest.raises(ValueError, match="columns 0, 1 were not found among the columns text"):
        read_labelled([path], [Columns("0", None, "1")])


def test_labels_that_cannot_be_learnt_are_refused() -> None:
    with pytest.raises(ValueError, match=r"every one of the 2 examples has the label 'a'"):
        label_names(labelled("a", "a"))
    with pytest.raises(
        ValueError, match=r"row 1: label 'c' is not one of the 2 known labels: a, b"
    ):
        class_ids(labelled("a", "c"), ("a", "b"))
    for bad in ("good", "nan", "inf"):
        with pytest.raises(ValueError, match=rf"row 0: label '{bad}' is not a number"):
            label_numbers(labelled(bad))


# One official line of each task; the columns are those of GLUE's own files.
OFFICIAL = {
    "cola": ("gj04\t1\t\tThey drank.", "They drank.", None, "acceptable"),
    "sst2": ("sentence\tlabel\nso dull\t0", "so dull", None, "negative"),
    "mrpc": (
        '\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t7\t8\tOne "a\t"b one',
        'One "a',
        '"b one',
        "equivalent",
    ),
    "stsb": (
        "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n"
        "0\tm\tf\t2012\t1\tnone\tnone\tA plane.\tA jet.\t4.250",
        *("A plane.", "A jet.", "4.250"),
    ),
    "qqp": (
        "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n9\t1\t2\thow\n1\t3\t4\tWho?\tWhom?\t0",
        *("Who?", "Whom?", "not_duplicate"),
    ),
    "mnli": (
        "index\tsentence1\tsentence2\tlabel1\tgold_label\n"
        "0\tA man.\tA cat.\tneutral\tcontradiction",
        *("A man.", "A cat.", "contradiction"),
    ),
    "qnli": (
        "index\tquestion\tsentence\tlabel\n0\tWhen?\tIn May.\tentailment",
        *("When?", "In May.", "entailment"),
    ),
    "rte": (
        "index\tsentence1\tsentence2\tlabel\n0\tIt rains.\tIt is wet.\tnot_entailment",
        *("It rains.", "It is wet.", "not_entailment"),
    ),
    "wnli": (
        "index\tsentence1\tsentence2\tlabel\n0\tHe saw it.\tHe saw Bo.\t1",
        *("He saw it.", "He saw Bo.", "entailment"),
    ),
}


@pytest.mark.parametrize("name", GLUE)
def test_official_files_need_no_flags(tmp_path: Path, name: str) -> None:
    content, text, pair, label = OFFICIAL[name]
    (item,) = read_task(LABEL_TASKS[name], [write(tmp_path / "train.tsv", content)], ANY)
    assert (item.text, item.pair, item.label) == (text, pair, label)


def test_imdbs_own_folders_are_read(tmp_path: Path) -> None:
    for label, texts in {"pos": ["Grand!", "Fine."], "neg": ["Bad."], "unsup": ["Hm."]}.items():
        (tmp_path / label).mkdir()
        for number, text in enumerate(texts):
            (tmp_path / label / f"{number}_9.txt").write_text(text)
    (tmp_path / "urls_pos.txt").write_text("http://...")
    items = read_task(LABEL_TASKS["imdb"], [tmp_path], ANY)
    assert [(i.text, i.label) for i in items] == [
        ("Bad.", "neg"),
        ("Grand!", "pos"),
        ("Fine.", "pos"),
    ]
    (tmp_path / "neg" / "1_1.txt").write_bytes(b"\xff")
    with pytest.raises(ValueError, match=r"1_1\.txt is not UTF-8"):
        read_task(LABEL_TASKS["imdb"], [tmp_path], ANY)


def test_mnli_is_scored_on_both_of_its_sets(tmp_path: Path) -> None:
    rows = "sentence1\tsentence2\tgold_label\na\tb\tneutral", "a\tb\tentailment"
    matched = write(tmp_path / "dev_matched.tsv", rows[0])
    other = write(tmp_path / "dev_mismatched.tsv", *rows)
    found = read_task_evaluation(LABEL_TASKS["mnli"], [matched, other], ANY)
    assert {suffix: len(items) for suffix, items in found.items()} == {"": 1, "_mm": 2}
    assert list(read_task_evaluation(LABEL_TASKS["mnli"], [matched], ANY)) == [""]


class Stub(list[dict[str, Any]]):
    """As much of a `datasets` table as is read."""

    def __init__(self, rows: list[dict[str, Any]], names: list[str] | None) -> None:
        super().__init__(rows)
        self.column_names = list(rows[0])
        self.features = {"label": type("Feature", (), {"names": names} if names else {})()}


@pytest.mark.parametrize(
    ("name", "asked", "row", "names"),
    [
        ("cola", "cola", {"sentence": "a", "label": 1}, ["unacceptable", "acceptable"]),
        (
            "mnli",
            "mnli",
            {"premise": "a", "hypothesis": "b", "label": 1},
            ["entailment", "neutral", "contradiction"],
        ),
        ("stsb", "stsb", {"sentence1": "a", "sentence2": "b", "label": 2.5}, None),
        ("imdb", None, {"text": "a", "label": 1}, ["neg", "pos"]),
    ],
)
def test_the_hub_is_asked_for_the_right_set(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    asked: str | None,
    row: dict[str, Any],
    names: list[str] | None,
) -> None:
    calls: list[tuple[str, str | None, str]] = []

    def load(hub: str, config: str | None, split: str) -> Stub:
        calls.append((hub, config, split))
        return Stub([row], names)

    monkeypatch.setattr("datasets.load_dataset", load)
    task = LABEL_TASKS[name]
    (item,) = read_task(task, [task.hub], ANY)
    assert (item.text, item.pair) == ("a", "b" if "b" in row.values() else None)
    assert item.label == (names[1] if names else "2.5")
    read_task_evaluation(task, [task.hub], ANY)
    hub = "stanfordnlp/imdb" if name == "imdb" else "nyu-mll/glue"
    splits = {
        "mnli": ["validation_matched", "validation_mismatched"],
        "imdb": ["test"],
    }.get(name, ["validation"])
    assert calls == [(hub, asked, split) for split in ["train", *splits]]


def test_a_hidden_test_set_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Stub([{"sentence": "a", "label": -1}], ["no", "yes"])
    monkeypatch.setattr("datasets.load_dataset", lambda *a, **k: rows)
    with pytest.raises(ValueError, match=r"glue \(train\), row 0 has no label; a hidden test set"):
        read_task(LABEL_TASKS["sst2"], [GLUE_HUB], ANY)


def test_without_a_network_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise ConnectionError("Couldn't reach 'nyu-mll/glue' on the Hub")

    monkeypatch.setattr("datasets.load_dataset", unreachable)
    with pytest.raises(
        ConnectionError, match=r"reach .*--data.*load_dataset\('nyu-mll/glue', 'rte'"
    ):
        read_task(LABEL_TASKS["rte"], [GLUE_HUB], ANY)


def test_a_datasets_folder_is_read_like_a_file(tmp_path: Path) -> None:
    for split, size in (("train", 3), ("test", 2)):
        row = json.dumps({"utterance": "pay", "intent": "bank"})
        write(tmp_path / f"{split}.jsonl", *[row] * size)
    source = Path(f"hub:{tmp_path}")
    split = evaluation_split(source)
    assert split == "test"
    items = read_labelled_hub(hub_set(source, split), ANY)
    assert [(i.text, i.label) for i in items] == [("pay", "bank")] * 2
    assert hub_set(Path("hub:o/n:c"), "train").config == "c"
    with pytest.raises(
        ValueError, match=r"columns body were not found among the columns utterance"
    ):
        read_labelled_hub(hub_set(source, "train"), Columns("body"))


def test_the_macro_score_counts_with_and_without_wnli() -> None:
    scores = dict.fromkeys(GLUE, 80.0) | {"wnli": 44.0}
    assert glue_macro(scores) == (pytest.approx(76), pytest.approx(80))
    with pytest.raises(ValueError, match="without rte"):
        glue_macro({name: 1.0 for name in GLUE if name != "rte"})


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not here")
@pytest.mark.parametrize(
    ("name", "size", "classes"),
    [
        ("squad-qnli-dev", 3000, 2),
        ("sentence-polarity-dev", 1000, 2),
        ("movie-reviews-dev", 400, 2),
        ("clinc150-dev", 3100, 151),
        ("banking77-dev", 1540, 77),
    ],
)
def test_real_sets_are_read_whole(name: str, size: int, classes: int) -> None:
    items = read_labelled([DATA / f"{name}.tsv.gz"])
    assert (len(items), len(label_names(items))) == (size, classes)
    assert all((item.pair is not None) == (name == "squad-qnli-dev") for item in items)
