"""Why an action on the queue or on orphans is impossible now, and what is asked before it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lktui.core.action_reasons import no_engine, no_use
from lktui.core.action_types import Effect, Question, View
from lktui.core.cleanup import OVER, CleanupItem, ItemState, What
from lktui.core.signs import age
from lktui.core.wrap import clip

if TYPE_CHECKING:
    from lktui.core.orphans import Orphan


def no_try(view: View) -> str | None:
    """A try makes sense for what is neither gone nor in use; of the marked for one of them."""
    if not view.engine_runs:
        return no_engine(view)
    if view.marks:
        possible = any(_no_try_of(item) is None for item in view.items)
        return None if possible else "none of the marked can be tried"
    return "there is no row" if view.item is None else _no_try_of(view.item)


def _no_try_of(item: CleanupItem) -> str | None:
    if item.state in OVER:
        return "it is gone"
    if item.state is ItemState.LAST_LOOK:
        return "it is gone; the last look comes by itself"
    if item.state is ItemState.RUNNING:
        return "a try is under way"
    return "it is in use" if item.state is ItemState.LIVE else None


def no_try_all(view: View) -> str | None:
    """Something has to be left."""
    if not view.engine_runs:
        return no_engine(view)
    return None if view.unfinished else "nothing is left to clean up"


def no_forget(view: View) -> str | None:
    """What is in use is not forgotten, and what is gone needs not be."""
    if view.marks:
        return None if forgettable(view) else "none of the marked can be forgotten"
    item = view.item
    if item is None:
        return "there is no row"
    if item.state in OVER:
        return "it is gone"
    return "it is in use" if item.state is ItemState.LIVE else None


def forgettable(view: View) -> tuple[CleanupItem, ...]:
    """Give what is marked, or under the cursor, and neither gone nor in use."""
    chosen = view.items if view.marks else (view.item,) if view.item else ()
    resting = OVER | {ItemState.LIVE}
    return tuple(item for item in chosen if item.state not in resting)


def ask_forget(view: View) -> Question | None:
    """Name what will be left on the server, for ever if nobody else removes it."""
    items = forgettable(view)
    if not items:
        return None
    effects = tuple(
        Effect(item.name or item.agent_name or item.room, _left_of(item), harms=True)
        for item in items
    )
    if len(items) == 1:
        what = items[0].what
        return Question(f"forget this {what}?", effects, f"Forget the {what}")
    return Question(f"forget {len(items)} items?", effects, f"Forget {len(items)} items")


def _left_of(item: CleanupItem) -> str:
    host = clip(urlsplit(item.url).netloc or item.url, 24)
    if item.state is ItemState.LAST_LOOK:
        return "is gone; an agent that comes late would not be seen"
    if item.what is What.DISPATCH:
        return f"left on {host}; its agent may come"
    return f"left on {host}, maybe in use"


def no_orphans(view: View) -> str | None:
    """The server's rooms are listed by the key of the profile in use."""
    if not view.engine_runs:
        return no_engine(view)
    if view.profile is None:
        return no_use(view)
    return None if view.profile.capabilities.list_rooms else "the profile has no API key"


def no_orphan_delete(view: View) -> str | None:
    """There has to be one, and the profile may delete."""
    if not view.orphans:
        return "there is no row"
    if view.profile is not None and view.profile.read_only:
        return "profile is read-only"
    return no_orphans(view)


def ask_orphan_delete(view: View) -> Question | None:
    """Ask once, with the count, and say for each room who would be cut off."""
    if not view.orphans:
        return None
    rooms = "1 room" if len(view.orphans) == 1 else f"{len(view.orphans)} rooms"
    effects = tuple(Effect(orphan.name, *_cost_of(orphan, view.wall)) for orphan in view.orphans)
    return Question(f"delete {rooms}?", effects, f"Delete {rooms}")


def _cost_of(orphan: Orphan, wall: float) -> tuple[str, bool]:
    """Say who is cut off and how old the room is, and whether that is anybody."""
    lasted = age(max(0.0, wall - orphan.made_at))
    old = f"{lasted[:-1]} {lasted[-1]} old"
    if orphan.people:
        people = "1 participant" if orphan.people == 1 else f"{orphan.people} participants"
        return f"cuts {people}, {old}", True
    if orphan.agents:
        alone = "1 participant: an agent" if orphan.agents == 1 else f"{orphan.agents} agents"
        return f"cuts {alone} alone, {old}", True
    return f"empty, {old}", False
