"""The text behind `/`."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lktui.core.filtering import Filter


def test_small_letters_match_any_case_and_a_capital_its_own() -> None:
    assert Filter("check").matches("Checkout")
    assert not Filter("Check").matches("checkout")
    assert Filter("zürich").matches("ZÜRICH")


def test_an_exclamation_mark_inverts() -> None:
    assert not Filter("!echo").matches("echo")
    assert Filter("!echo").matches("checkout")


def test_a_tilde_is_a_regular_expression() -> None:
    assert Filter("~^a.c$").matches("abc")
    assert not Filter("a.c").matches("abc")
    assert not Filter("!~^a").matches("abc")


def test_a_half_typed_expression_is_taken_literally() -> None:
    assert Filter("~(a").matches("x(a)")
    assert not Filter("~(a").matches("xa")


@given(row=st.text())
def test_a_sign_alone_hides_nothing(row: str) -> None:
    assert all(Filter(text).matches(row) for text in ("", "!", "~", "!~"))


@given(text=st.text(), row=st.text())
def test_any_text_can_be_typed(text: str, row: str) -> None:
    Filter(text).matches(row)


@given(text=st.text(min_size=1).filter(lambda text: text[0] not in "!~"), row=st.text())
def test_inverting_shows_exactly_the_rest(text: str, row: str) -> None:
    assert Filter(text).matches(row) is not Filter(f"!{text}").matches(row)


def test_an_expression_that_cannot_be_read_is_told_from_one_that_can() -> None:
    assert [Filter(text).is_valid for text in ("~([", "!~([")] == [False, False]
    assert [Filter(text).is_valid for text in ("", "([", "~", "~^a", "!~a$")] == [True] * 5
