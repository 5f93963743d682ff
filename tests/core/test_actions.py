"""The registry of actions: what must hold for every entry, now and later."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from lktui.core.action_types import Action, Danger, Scope, View
from lktui.core.actions import (
    ACTIONS,
    PARENTS,
    ActionId,
    key_of,
    keys_table,
    of_scopes,
    shown_key,
)
from lktui.core.footer_entries import footer_entries, help_entry
from lktui.core.wrap import cell_width

TAKEN_BY_TERMINALS = {f"ctrl+{letter}" for letter in "abhijmqsz"} | {"ctrl+enter"}
PALETTE_OF = (Scope.PROFILES, Scope.ROOMS, Scope.LIVE, Scope.CLEANUP)
EXTRAS = {ActionId.REDRAW, ActionId.INTERRUPT}
"""Reached by a ctrl key alone, since they are for a terminal in trouble."""


@pytest.mark.parametrize("name", ActionId)
def test_every_name_has_its_action(name: ActionId) -> None:
    assert ACTIONS[name].id == name


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.id)
def test_an_action_can_be_shown(action: Action) -> None:
    assert 0 < cell_width(action.title) <= 13
    assert 0 < cell_width(action.help) <= 49
    assert action.help[0].islower()
    assert not action.help.endswith(".")


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.id)
def test_no_key_is_one_that_terminals_or_tmux_take(action: Action) -> None:
    assert not TAKEN_BY_TERMINALS.intersection(action.keys)


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.id)
def test_nothing_is_reached_by_a_ctrl_key_alone(action: Action) -> None:
    if action.id not in EXTRAS and action.keys:
        assert not action.keys[0].startswith("ctrl+")


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.id)
def test_what_has_no_key_is_in_the_palette(action: Action) -> None:
    in_palette = {one.id for scope in PALETTE_OF for one in of_scopes((scope, *PARENTS[scope]))}
    assert action.keys or action.id in in_palette


@pytest.mark.parametrize("scope", Scope)
def test_no_key_does_two_things_in_one_place(scope: Scope) -> None:
    here = of_scopes((scope, *PARENTS.get(scope, ())))
    keys = list(itertools.chain.from_iterable(action.keys for action in here))
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("scope", PARENTS)
def test_ranks_are_unambiguous(scope: Scope) -> None:
    ranks = [action.rank for action in of_scopes((scope, *PARENTS[scope])) if action.rank]
    assert len(ranks) == len(set(ranks))


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.id)
def test_what_cannot_be_undone_asks(action: Action) -> None:
    if action.danger is Danger.DESTRUCTIVE:
        assert action.ask.__name__ != "unasked"


def test_the_impossible_comes_last_in_the_footer() -> None:
    view = View(rows=1)
    entries = footer_entries((Scope.ROOMS, Scope.LIST), view)
    titles = [title for _, title in entries]
    assert titles.index("Filter") < titles.index("Retry")


def test_without_rows_the_footer_leaves_out_the_impossible() -> None:
    assert ("r", "Retry") not in footer_entries([Scope.ROOMS], View())


def test_keys_are_shown_as_people_write_them() -> None:
    assert key_of(ActionId.BACK) == "esc"
    assert shown_key("pagedown") == "pgdn"
    assert help_entry(typing=False) == ("?", "Help")
    assert help_entry(typing=True) == ("esc ?", "Help")


def test_the_table_of_keys_names_every_action() -> None:
    table = keys_table()
    assert table.endswith("|\n")
    for action in ACTIONS.values():
        assert action.help in table


def test_the_table_of_keys_in_the_readme_is_fresh() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    written = readme.partition("<!-- keys -->\n")[2].partition("<!-- /keys -->")[0]
    assert written == keys_table(), "write `keys_table()` between the marks"
