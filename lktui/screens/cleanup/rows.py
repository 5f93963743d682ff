"""Cleanup items as rows and as stories."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lktui.core.actions import ActionId, key_of
from lktui.core.cleanup import CleanupItem, ItemState, What
from lktui.core.problems import ProblemCode
from lktui.core.signs import GLYPHS, UNKNOWN, StateKind, age, seconds
from lktui.screens.chrome import attention_of_item
from lktui.screens.cleanup.holds import holds
from lktui.screens.words import time_of_day
from lktui.widgets.columns import Column
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import STYLES
from lktui.widgets.list_table import Cell, Row

if TYPE_CHECKING:
    from lktui.core.fold import RoomsView

COLUMNS = (
    Column("state", 19, 20),
    Column("what", 8, 8, leave=4),
    Column("name", 32, 28, rooms=True, elastic=True),
    Column("tries", 5, 5, leave=3, align="right"),
    Column("age", 4, 4, align="right"),
    Column("profile", 0, 16, leave=1),
    Column("last problem", 0, 24, leave=2, elastic=True),
)
_KINDS = {
    ItemState.LIVE: StateKind.READY,
    ItemState.DUE: StateKind.WAITING,
    ItemState.RUNNING: StateKind.WAITING,
    ItemState.WAITING: StateKind.WAITING,
    ItemState.STUCK: StateKind.FAILED,
    ItemState.KEPT: StateKind.OVER,
    ItemState.LAST_LOOK: StateKind.OVER,
    ItemState.DONE: StateKind.OVER,
    ItemState.LEFT: StateKind.OVER,
}
_WORDS = {
    ItemState.LIVE: "in use",
    ItemState.DUE: "due",
    ItemState.RUNNING: "deleting",
    ItemState.WAITING: "next try",
    ItemState.STUCK: "stuck",
    ItemState.KEPT: "kept",
    ItemState.LAST_LOOK: "gone, look",
    ItemState.DONE: "gone",
    ItemState.LEFT: "left",
}
_HEADLINES = {
    ItemState.LIVE: "In use by a conversation",
    ItemState.DUE: "Due: nobody uses it any more",
    ItemState.RUNNING: "Being removed",
    ItemState.KEPT: "Kept, as auto_cleanup = false says",
    ItemState.DONE: "Gone: the server has said so",
    ItemState.LEFT: "Left: without an API key nobody here can delete it or look",
}
_STUCK_REMEDY = "mend the cause, then try again; or delete it elsewhere and forget it here"
_LATE = {
    What.ROOM: "an agent of it may still be on its way, and would make the room anew",
    What.DISPATCH: "its agent may still be on its way, into a room that is not ours; is put out",
}
_KEPT_REMEDY = (
    f"{key_of(ActionId.CLEANUP_TRY)} removes it, or later `lktui cleanup run NAME`; all that are"
    " kept: `lktui cleanup run --kept`"
)


def state_of(item: CleanupItem, now: float, began: float | None = None) -> tuple[StateKind, str]:
    """Say where an item is.

    Args:
        item: The item.
        now: Wall-clock seconds.
        began: When the try that is under way began, if it is known; wall-clock seconds.
    """
    wait_s = max(0, round(item.next_try_at - now))
    words = _WORDS[item.state]
    if item.state in (ItemState.DUE, ItemState.WAITING) and item.next_try_at and wait_s:
        words = f"{words} in {wait_s} s"
    if item.state is ItemState.LAST_LOOK:
        words = f"{words} {time_of_day(item.next_try_at)[:5]}"
    lasted_s = round(now - began) if began is not None else 0
    if item.state is ItemState.RUNNING and lasted_s > 0:
        words = f"{words} {lasted_s} s"
    return _KINDS[item.state], words


def row_of(
    item: CleanupItem,
    *,
    now: float,
    began: float | None,
    seen: frozenset[str],
    marked: bool = False,
) -> Row:
    """Make an item's row.

    Args:
        item: The item.
        now: Wall-clock seconds.
        began: When the try that is under way began, if it is known; wall-clock seconds.
        seen: What the person has looked at.
        marked: Whether it is marked.
    """
    kind, words = state_of(item, now, began)
    attention = attention_of_item(item)
    if attention in seen:
        attention = ""
    bold = " bold" if attention else ""
    tone = "$muted" if kind is StateKind.OVER else "$foreground"
    name, tries, lasted = name_of(item), item.all_tries, now - item.made_at
    problem = item.problem.summary if item.problem is not None else ""
    return Row(
        item.id,
        (
            Cell(f"{GLYPHS[kind]} {words}", STYLES[kind] + bold, words),
            Cell(item.what, "$muted", item.what),
            Cell(name, tone, name),
            Cell(str(tries), "$muted", float(tries)),
            Cell(age(lasted), "$muted", lasted),
            Cell(item.profile, "$muted", item.profile),
            Cell(problem, tone, problem or None),
        ),
        attention,
        marked,
    )


def name_of(item: CleanupItem) -> str:
    """Give an item's name; of one that has none yet the room's."""
    return item.name or item.room or UNKNOWN


def story_of(item: CleanupItem, now: float, rooms: RoomsView | None = None) -> DetailView:
    """Tell why an item is still there, and what it holds.

    Args:
        item: The item.
        now: Wall-clock seconds.
        rooms: The list of rooms of the item's server; None if it was not read.
    """
    kind, words = state_of(item, now)
    tries = item.all_tries
    headline = _HEADLINES.get(item.state, words.capitalize())
    if item.state is ItemState.KEPT and item.what is What.DISPATCH:
        headline = "Kept: it was asked for, and its agent is meant to stay"
    if item.state is ItemState.STUCK:
        lasted = seconds(now - item.made_at)
        headline = f"Stuck after {tries} tries in {lasted}; no more by itself"
    problem = item.problem
    seen = cause = remedy = ""
    if problem is not None:
        seen = f"{problem.summary}: {problem.detail}" if problem.detail else problem.summary
        cause = problem.cause
        remedy = problem.resolution
    if item.state is ItemState.STUCK:
        remedy = f"{remedy}: {_STUCK_REMEDY}" if remedy else _STUCK_REMEDY
    if item.state is ItemState.KEPT:
        remedy = _KEPT_REMEDY
    if item.state is ItemState.LAST_LOOK:
        headline = f"Gone; last look {time_of_day(item.next_try_at)}"
        cause = cause or _LATE[item.what]
        remedy = remedy or "nothing: a running lktui looks then, or the next one"
    if problem is not None and problem.code is ProblemCode.ROOM_IN_USE:
        headline = problem.summary
        seen = problem.detail
    misses = f"{item.misses} of {tries} tries had no answer" if item.misses else ""
    room = f"in room {item.room}" if item.name != item.room and item.room else ""
    host = urlsplit(item.url).netloc or item.url
    return DetailView(
        kind,
        headline,
        (
            ("seen", "; ".join(part for part in (seen, misses) if part)),
            ("cause", cause),
            ("do", remedy),
            ("holds", holds(item, rooms)),
            ("is", ", ".join(part for part in (room, f"on {host}" if host else "") if part)),
        ),
    )
