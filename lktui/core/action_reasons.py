"""Why an action is impossible now, and what is asked before it: pure functions of a View."""

from __future__ import annotations

from lktui.core.action_types import Effect, Question, View
from lktui.core.cleanup import OVER, ItemState
from lktui.core.events import Phase

_NOT_YOURS = "it is no conversation of yours"


def _of_row(view: View) -> str | None:
    return None if view.rows else "there is no row"


def _no_engine(view: View) -> str:
    return view.engine_fault or "the engine does not run"


def no_start(view: View) -> str | None:
    """A conversation needs a profile without faults and an engine."""
    if not view.engine_runs:
        return _no_engine(view)
    return no_use(view)


def no_use(view: View) -> str | None:
    """A profile can be used if its file has no faults."""
    if view.profile is not None:
        return None
    return "its file has faults" if view.profile_name else "there is no profile"


def no_profile_delete(view: View) -> str | None:
    """The environment's profile is no file."""
    if not view.profile_name:
        return "there is no profile"
    return "it comes from the environment" if view.profile_name == "env" else None


def ask_profile_delete(view: View) -> Question | None:
    """A profile's file holds what may be written nowhere else."""
    effect = Effect(view.profile_name, "its file is removed, with any secret in it", harms=True)
    return Question(f"delete profile {view.profile_name}?", (effect,), "Delete the profile")


def no_open(view: View) -> str | None:
    """Only own conversations can be opened."""
    return _of_row(view) or (None if view.session is not None else _NOT_YOURS)


def no_retry(view: View) -> str | None:
    """A retry follows a verdict."""
    session = view.session
    if session is None:
        return _of_row(view) or _NOT_YOURS
    if not view.engine_runs:
        return _no_engine(view)
    if session.phase is Phase.RETRYING:
        return f"already retrying {session.room}"
    if session.diagnosis is None or not session.diagnosis.settled:
        return "there is no verdict yet"
    return None if session.over else no_end(view)


def ask_retry(view: View) -> Question | None:
    """Ask only where an agent that answers would be removed."""
    session = view.session
    if session is None or not session.ready or session.agent is None:
        return None
    state = session.agent.state or "in the room"
    effect = Effect(session.agent.name or session.agent.identity, f"is {state}; it is removed")
    return Question(f"retry {session.room}?", (effect,), "Remove it and dispatch again")


def no_failed(view: View) -> str | None:
    """`Retry failed` needs one that has failed."""
    if not view.engine_runs:
        return _no_engine(view)
    return None if view.failed else "no conversation has failed"


def no_end(view: View) -> str | None:
    """What is over or ending cannot be ended."""
    session = view.session
    if session is None:
        return _of_row(view) or _NOT_YOURS
    if session.phase is Phase.ENDING:
        return "it is ending"
    return "it is over" if session.over else None


def ask_end(view: View) -> Question | None:
    """Ask only where the room is deleted with others in it."""
    session = view.session
    if session is None or not session.ours or not session.auto_cleanup or not view.others:
        return None
    people = "1 participant" if view.others == 1 else f"{view.others} participants"
    effect = Effect(session.room, f"is deleted: cuts {people} besides you", harms=True)
    return Question(f"end {session.room}?", (effect,), "End and delete the room")


def no_conversation(view: View) -> str | None:
    """On Live there may be none."""
    return "there is no conversation" if view.session is None else None


def no_room_yet(view: View) -> str | None:
    """The name is known once the room is."""
    return no_conversation(view) or (None if view.room else "it has no room yet")


def no_talk(view: View) -> str | None:
    """One talks in a conversation that goes on."""
    return no_conversation(view) or no_end(view)


def no_retry_here(view: View) -> str | None:
    """The same as in a row, where there is a conversation."""
    return no_conversation(view) or no_retry(view)


def no_other_call(view: View) -> str | None:
    """Another conversation has to go on."""
    own = view.session is not None and not view.session.over
    return None if len(view.talking) > own else "no other conversation goes on"


def went_wrong(view: View) -> bool:
    """A retry is the thing to do after a verdict that is not good."""
    return view.session is not None and view.session.went_wrong


def no_try(view: View) -> str | None:
    """A try makes sense for what is neither gone nor in use."""
    item = view.item
    if item is None:
        return "there is no row"
    if item.state in OVER:
        return "it is gone"
    if item.state is ItemState.RUNNING:
        return "a try is under way"
    if item.state is ItemState.LIVE:
        return "it is in use"
    return None if view.engine_runs else _no_engine(view)


def no_try_all(view: View) -> str | None:
    """Something has to be left."""
    if not view.engine_runs:
        return _no_engine(view)
    return None if view.unfinished else "nothing is left to clean up"


def no_forget(view: View) -> str | None:
    """What is in use is not forgotten, and what is gone needs not be."""
    item = view.item
    if item is None:
        return "there is no row"
    if item.state in OVER:
        return "it is gone"
    return "it is in use" if item.state is ItemState.LIVE else None


def ask_forget(view: View) -> Question | None:
    """A forgotten item may stay on the server."""
    if view.item is None:
        return None
    name = view.item.name or view.item.room
    effect = Effect(name, "may stay on the server; nobody tries any more", harms=True)
    return Question(f"forget this {view.item.what}?", (effect,), f"Forget the {view.item.what}")


def no_rows(view: View) -> str | None:
    """Copying needs a row."""
    return _of_row(view)


def no_filter(view: View) -> str | None:
    """Filtering needs rows, or a filter to change."""
    return None if view.filtered else _of_row(view)


def ask_quit(view: View) -> Question | None:
    """Ask only while a conversation goes on."""
    if not view.talking:
        return None
    effects = tuple(Effect(room or "a new room", "ends and is cleaned up") for room in view.talking)
    some = "the conversation" if len(effects) == 1 else f"{len(effects)} conversations"
    return Question("quit?", effects, f"End {some} and quit")
