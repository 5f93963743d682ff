"""What an action is, and what it is told of the state to say whether it is possible now."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from lktui.core.cleanup import CleanupItem
    from lktui.core.events import ListedRoom
    from lktui.core.orphans import Orphan
    from lktui.core.profile import Profile
    from lktui.core.session import SessionState


class Scope(StrEnum):
    """Where an action can be reached: a screen, what screens share, or a place that takes keys."""

    PROFILES = "profiles"
    ROOMS = "rooms"
    LIVE = "live"
    CLEANUP = "cleanup"
    ORPHANS = "orphans"
    TRIES = "all tries"
    MARKS = "lists with marks"
    LIST = "lists"
    MOVING = "moving"
    GLOBAL = "everywhere"
    COMPOSER = "while typing"
    FILTER = "while filtering"
    FORM = "while editing a profile"
    CHOICE = "on a choice"
    IMPORT = "import"
    DOCTOR = "test"
    PATH = "while naming a file"
    SHEET = "while dispatching"
    PALETTE = "palette"
    CONFIRM = "when asked"
    HELP = "help"
    HISTORY = "history"
    NOTE = "while noting"
    EXPORT = "exporting"
    PAST = "past sessions"


class Danger(Enum):
    """What an action can do to others."""

    SAFE = 0
    DISRUPTIVE = 1
    """Ends or replaces something that can be started again."""
    DESTRUCTIVE = 2
    """Cannot be undone: it always asks."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What is under the cursor and what goes on: a snapshot from which reasons are given."""

    profile: Profile | None = None
    """Of the row on Profiles, elsewhere the one in use; None also if its file has faults."""
    profile_name: str = ""
    session: SessionState | None = None
    """Of the row, or the one that Live shows."""
    room: str = ""
    """Of the row, also where it is nobody's we know."""
    others: int = 0
    """People in the session's room but ourselves and its agent."""
    listed: ListedRoom | None = None
    """The row's room as the server lists it, if it does."""
    marks: int = 0
    """Rows that are marked."""
    profiles: tuple[str, ...] = ()
    """Names of the marked profiles that can be used."""
    marked: tuple[SessionState, ...] = ()
    """The conversations among them."""
    chosen: int = 0
    """Found profiles that an import would write."""
    unsaved: tuple[str, ...] = ()
    """Fields of a form that leaving it would lose."""
    item: CleanupItem | None = None
    items: tuple[CleanupItem, ...] = ()
    """What is marked in the queue."""
    orphans: tuple[Orphan, ...] = ()
    """What is marked among the orphans; without marks the one under the cursor."""
    wall: float = 0.0
    """Now, seconds since the epoch: for ages in questions."""
    rows: int = 0
    """Rows in view, behind the filter."""
    filtered: bool = False
    talking: tuple[str, ...] = ()
    """Rooms of the conversations that go on."""
    watches: int = 0
    """Rooms that are watched unseen."""
    failed: int = 0
    """Conversations that a retry could mend; on Rooms those in view."""
    unfinished: int = 0
    """Cleanup items that somebody still has to work on."""
    engine_runs: bool = True
    engine_fault: str = ""
    """Why it can do nothing, if it says so itself."""


class Effect(msgspec.Struct, frozen=True):
    """One thing that an action would touch, and how."""

    subject: str
    words: str
    harms: bool = False
    """Whether people other than the one who is asked lose something."""


class Question(msgspec.Struct, frozen=True):
    """What is asked before an action; the answer is its verb, or nothing is done."""

    title: str
    effects: tuple[Effect, ...]
    verb: str
    """At most 40 cells: what the `y` key does."""


def always(_view: View) -> None:
    """Find no reason against it."""


def never(_view: View) -> bool:
    """Find no hurry."""
    return False


def unasked(_view: View) -> None:
    """Ask nothing."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a person can do."""

    id: str
    """`rooms.retry`: public and stable, what a keymap names."""
    title: str
    """For the footer, at most 13 cells."""
    help: str
    """One sentence of at most 49 cells without its full stop: help page and README."""
    keys: tuple[str, ...]
    """In Textual's names; the first is displayed. One without a key is in the palette only."""
    scope: Scope
    rank: int = 0
    """Place in the footer, 1 first; 0 is never there."""
    eager: Callable[[View], bool] = never
    """Whether it is the thing to do now: then it comes first in the footer."""
    bulk: bool = False
    """Acts on the marked rows, where there are some."""
    danger: Danger = Danger.SAFE
    unavailable: Callable[[View], str | None] = always
    """The reason why it is impossible now, or None."""
    ask: Callable[[View], Question | None] = unasked
    """What has to be agreed to first, or None."""
