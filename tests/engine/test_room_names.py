"""Rooms are asked for by the name that the server knows, whatever of it can be shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.sanitize import clean
from lktui.engine import room_names
from lktui.engine.room_names import RoomNames


@given(st.text(max_size=300))
def test_the_real_name_is_found_by_the_one_that_is_shown(real: str) -> None:
    names = RoomNames()
    shown = names.shown(real)
    assert shown == clean(shown)
    assert names.real(shown) == real


def test_a_name_that_was_never_listed_is_taken_as_it_is() -> None:
    assert RoomNames().real("call-5521") == "call-5521"


def test_names_without_end_take_no_memory_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_names, "_MAX_KNOWN", 2)
    names = RoomNames()
    shown = [names.shown(f"{number}\n") for number in range(3)]
    assert [names.real(name) for name in shown] == ["0 ", "1\n", "2\n"]
