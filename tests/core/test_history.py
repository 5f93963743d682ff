"""What was done: commands that can be pasted, no secret, nothing hidden by polling."""

from __future__ import annotations

import shlex

import pytest

from lktui.core.events import ApiCalled
from lktui.core.history import MAX_ENTRIES, HistoryEntry, command_of, entry_of_call, with_entry


def call(name: str, room: str = "", subject: str = "", metadata: str = "") -> ApiCalled:
    return ApiCalled(
        call=name, profile="a profile", room=room, subject=subject, metadata=metadata, answer="ok"
    )


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (
            call("create_dispatch", "my room", "echo", '{"a": 1}'),
            ["--profile", "a profile", "dispatch", "my room", "echo", "--metadata", '{"a": 1}',
             "--json"],
        ),
        (call("list_rooms"), ["--profile", "a profile", "rooms", "--json"]),
        (call("list_participants", "r"), ["--profile", "a profile", "rooms", "r", "--json"]),
        (call("delete_dispatch", "r", "AD_1"), ["cleanup", "run", "AD_1"]),
        (call("delete_room", "r"), ["cleanup", "run", "r"]),
        (call("remove_participant", "r", "x"), ["--profile", "a profile", "retry", "r", "--json"]),
        (call("connect", "r", "x"), ["probe", "a profile", "--json"]),
    ],
)  # fmt: skip
def test_a_command_can_be_pasted_into_a_shell(done: ApiCalled, words: list[str]) -> None:
    assert shlex.split(command_of(done)) == ["lktui", *words]


def test_what_no_verb_does_has_no_command() -> None:
    assert command_of(call("update_room", "r")) == ""


def entries(*calls: ApiCalled) -> tuple[HistoryEntry, ...]:
    made: tuple[HistoryEntry, ...] = ()
    for number, one in enumerate(calls):
        made = with_entry(made, entry_of_call(one, number))
    return made


def test_the_newest_comes_first() -> None:
    made = entries(call("create_room", "a"), call("create_room", "b"))
    assert [entry.text for entry in made] == ["create_room b", "create_room a"]


def test_reads_with_the_same_answer_are_one_entry_that_keeps_its_number() -> None:
    made = entries(call("list_rooms"), call("create_room", "a"), call("list_rooms"))
    assert [(entry.text, entry.count) for entry in made] == [
        ("list_rooms", 2),
        ("create_room a", 1),
    ]
    assert made[0].number == 0


def test_what_changes_something_is_never_joined() -> None:
    made = entries(call("create_dispatch", "r", "a"), call("create_dispatch", "r", "a"))
    assert len(made) == 2


def test_the_oldest_are_dropped() -> None:
    made = entries(*(call("create_room", str(number)) for number in range(MAX_ENTRIES + 5)))
    assert len(made) == MAX_ENTRIES
    assert made[-1].text == "create_room 5"
