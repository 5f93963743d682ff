import pytest

from lktui.core.nearest import nearest


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("ehco", "echo"),
        ("ECHO", "echo"),
        ("apikey", "api_key"),
        ("Api-Key", "api_key"),
        ("zzz", ""),
        ("", ""),
    ],
)
def test_the_closest_known_word_is_given(word: str, found: str) -> None:
    assert nearest(word, ["echo", "api_key", "url"]) == found


def test_of_nothing_known_nothing_is_near() -> None:
    assert nearest("echo", []) == ""
