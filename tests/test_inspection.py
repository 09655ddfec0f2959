"""The account of a bundle is read from its bytes, budgets stop growth, a picture shows it."""

import json
from pathlib import Path
from typing import Any

import pytest

from distilbert_mobile import main
from export.bundle import load_bundle
from export.config import InspectConfig
from export.inspection import Account, account_of, check_budget, read_account
from export.manifest import Operators
from export.picture import draw_accounts
from export.sizes import BIASES, LINEARS, TABLES, Duplicate, StoredTensor, find_duplicates

TENSORS = [
    StoredTensor(LINEARS, "int8", 400, "a"),
    StoredTensor(LINEARS, "int8", 400, "a"),
    StoredTensor(TABLES, "int8", 400, "a"),
    StoredTensor(BIASES, "float32", 600, "b"),
    StoredTensor(BIASES, "float32", 600, "b"),
    StoredTensor(BIASES, "float32", 50),
    StoredTensor(BIASES, "float32", 50),
]
OPERATORS = Operators(delegated=90, delegates=1, left_over={"CAST": 2, "EMBEDDING_LOOKUP": 3})
BUDGETS = Path(__file__).with_name("budgets.json")


@pytest.fixture
def found() -> Account:
    return account_of("model.tflite", 4000, TENSORS, OPERATORS)


def test_equal_constants_are_found_whatever_they_are_used_for() -> None:
    first, second = find_duplicates(TENSORS)
    assert (first.bytes, first.copies, first.wasted) == (400, 3, 800)
    assert second == Duplicate(BIASES, "float32", 600, 2)
    assert find_duplicates(TENSORS[1:2] + TENSORS[3:4]) == ()


def test_shares_and_duplicates_are_of_the_whole_file(found: Account) -> None:
    assert found.duplicate_bytes == 800 + 600
    assert sum(part.bytes for part in found.parts) == 4000
    assert sum(part.share for part in found.parts) == pytest.approx(1)
    assert found.parts[0].kind == TABLES
    assert found.parts[0].share == pytest.approx(0.1)
    assert found.outside == 5


@pytest.mark.parametrize(
    ("max_outside", "max_bytes", "words"),
    [
        (4, None, r"5 operators run outside \(2 CAST, 3 EMBEDDING_LOOKUP\), allowed 4"),
        (None, 3999, "it has 4,000 bytes, allowed 3,999"),
        (0, 0, "allowed 0; it has 4,000"),
    ],
)
def test_a_file_over_its_budget_is_refused(
    found: Account, max_outside: int | None, max_bytes: int | None, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        check_budget(found, max_outside, max_bytes)


def test_a_budget_that_is_just_met_is_fine(found: Account) -> None:
    check_budget(found, 5, 4000)
    check_budget(found, None, None)


@pytest.mark.parametrize("name", ["account.svg", "account.png"])
def test_the_picture_is_the_same_bytes_each_time(found: Account, tmp_path: Path, name: str) -> None:
    drawn = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / name
        draw_accounts({"tflite": found, "pte": found}, path)
        drawn.append(path.read_bytes())
    assert drawn[0] == drawn[1]
    assert drawn[0].startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"picture": Path("account.jpg")}, ".svg or .png"),
        ({"max_outside": -1}, "max_outside must not be negative"),
        ({"max_bytes": -1}, "max_bytes must not be negative"),
    ],
)
def test_what_inspect_cannot_do_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        InspectConfig(Path("bundle"), **settings)


def test_the_shipped_student_stays_within_its_committed_budgets(shipped_bundle: Path) -> None:
    bundle, budgets = load_bundle(shipped_bundle), json.loads(BUDGETS.read_text())
    assert set(budgets) == set(bundle.manifest.models)
    for runtime, budget in budgets.items():
        one = read_account(bundle, runtime)
        assert one.operators == bundle.manifest.models[runtime].operators
        assert one.duplicate_bytes <= budget["duplicate_bytes"]
        check_budget(one, budget["outside"], budget["bytes"])


def test_inspect_as_a_command_tells_all_and_fails_over_budget(
    shipped_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "account.svg"
    assert main(["inspect", str(shipped_bundle), "--json", "--picture", str(picture)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"parts", "duplicates", "operators", "outside"} <= set(told["accounts"]["pte"])
    assert picture.is_file()
    assert main(["inspect", str(shipped_bundle), "--max-outside", "8"]) == 1
    assert "model.pte is over its budget" in capsys.readouterr().err
    assert main(["inspect", str(shipped_bundle)]) == 0
    assert "stored more than once" in capsys.readouterr().out
