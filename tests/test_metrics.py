"""EM and F1 are those of the official scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional.text import squad

from tasks.metrics import exact_match, f1, normalize_answer, score
from tasks.squad import Answer, Question

TEXTS = st.text(
    alphabet=st.one_of(st.sampled_from("aAthen .,-'\u00a0é1 \n"), st.characters(codec="utf-8")),
    max_size=30,
)


@given(TEXTS, TEXTS)
def test_they_agree_with_another_port_of_the_official_script(prediction: str, answer: str) -> None:
    expected = squad(
        {"prediction_text": prediction, "id": "1"},
        {"answers": {"text": [answer], "answer_start": [0]}, "id": "1"},
    )
    assert 100 * exact_match(prediction, answer) == pytest.approx(float(expected["exact_match"]))
    assert 100 * f1(prediction, answer) == pytest.approx(float(expected["f1"]), abs=1e-4)


def test_normalisation_drops_case_punctuation_articles_and_blanks() -> None:
    assert normalize_answer(" The  U.S.A., an\tOtter's den!\n") == "usa otters den"
    assert normalize_answer("a the an") == ""
    assert normalize_answer("theatre an.") == "theatre"


def question(key: str, *answers: str) -> Question:
    made = tuple(Answer(text, 0) for text in answers)
    return Question(key, "?", "", made, is_impossible=not answers)


def test_the_best_reference_counts_and_articles_do_not() -> None:
    questions = [question("a", "red fox", "the quick fox"), question("b", "owl")]
    found = score(questions, {"a": "A quick fox!", "b": "an eagle owl"})
    assert found.exact_match == 50.0
    assert found.f1 == pytest.approx(100 * (1 + 2 / 3) / 2)
    assert (found.n, found.no_answer_f1) == (2, None)


def test_squad_2_scores_its_two_parts() -> None:
    questions = [question("a", "red fox"), question("b"), question("c")]
    found = score(questions, {"a": "red", "b": "", "c": "something"})
    assert found.has_answer_f1 == pytest.approx(200 / 3)
    assert found.no_answer_f1 == 50.0
    assert found.f1 == pytest.approx((200 / 3 + 100) / 3)


def test_a_missing_prediction_and_an_empty_set_are_errors() -> None:
    with pytest.raises(ValueError, match=r"1 of 2 questions have no prediction.*'b'"):
        score([question("a", "x"), question("b", "y")], {"a": "x"})
    with pytest.raises(ValueError, match="empty"):
        score([], {})
