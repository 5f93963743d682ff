"""Why an action is impossible now, and what is asked before it: pure functions of a View."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lktui.core.action_types import Effect, Question, View
from lktui.core.listed_room import known_agents
from lktui.core.phases import Phase

if TYPE_CHECKING:
    from lktui.core.session import SessionState

_NOT_YOURS = "it is no conversation of yours"
_ELSEWHERE = "it goes on in another lktui: here it is only read"


def _of_row(view: View) -> str | None:
    return None if view.rows else "there is no row"


def no_engine(view: View) -> str:
    """Say why the engine can do nothing."""
    return view.engine_fault or "the engine does not run"


def no_start(view: View) -> str | None:
    """A conversation needs a profile without faults and an engine."""
    if not view.engine_runs:
        return no_engine(view)
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
        return no_engine(view)
    if session.elsewhere:
        return _ELSEWHERE
    if session.phase is Phase.RETRYING:
        return f"already retrying {session.room}"
    if session.diagnosis is None or not session.diagnosis.settled:
        return "there is no verdict yet"
    return None if session.over else no_end(view)


def ask_retry(view: View) -> Question | None:
    """Ask only where an agent that answers would be removed."""
    session = view.session
    if session is None or not session.alive or session.agent is None:
        return None
    state = session.agent.state or "in the room"
    effect = Effect(session.agent.name or session.agent.identity, f"is {state}; it is removed")
    return Question(f"retry {session.room}?", (effect,), "Remove it and dispatch again")


def no_retry_row(view: View) -> str | None:
    """In Rooms: of the marked conversations one has to be possible; other people's rooms too."""
    if view.marks:
        if any(no_retry(_of(view, session)) is None for session in view.marked):
            return None
        return "none of the marked can be retried"
    if view.session is not None or view.listed is None:
        return no_retry(view)
    if len(known_agents(view.listed)) != 1:
        several = len(known_agents(view.listed)) > 1
        return "several agents are known here" if several else "no agent is known here"
    return _no_call(view)


def ask_retry_row(view: View) -> Question | None:
    """Name every agent that answers and would be removed; others' rooms always."""
    if view.marks:
        asked = [ask_retry(_of(view, session)) for session in view.marked]
        effects = [effect for question in asked if question for effect in question.effects]
        count = len(view.marked)
        title, verb = f"retry {count} marked?", "Remove them and dispatch again"
        return Question(title, tuple(effects), verb) if effects else None
    if view.session is not None or view.listed is None:
        return ask_retry(view)
    room = view.listed
    name = next(iter(known_agents(room)), "")
    states = [state or "in the room" for state in room.agent_states] or ["not in the room"]
    effect = Effect(name, f"is {', '.join(states)}; it is removed", harms=bool(room.agents))
    made = Effect(room.name, "was made by another program or person", harms=True)
    return Question(f"retry {name} in {room.name}?", (effect, made), "Remove it and dispatch again")


def _of(view: View, session: SessionState) -> View:
    return msgspec.structs.replace(view, session=session, room=session.room, marks=0, marked=())


def _no_call(view: View) -> str | None:
    """The server's API needs an engine, a key, and a profile that may change things."""
    if not view.engine_runs:
        return no_engine(view)
    profile = view.profile
    if profile is None:
        return no_use(view)
    if not profile.capabilities.dispatch:
        return "the profile has no API key"
    return "profile is read-only" if profile.read_only else None


def no_dispatch(view: View) -> str | None:
    """A dispatch goes into a room that is there."""
    session = view.session
    if not view.room:
        return _of_row(view) or "it has no room yet"
    if view.listed is None and (session is None or session.over):
        return "the room is gone"
    return _no_call(view)


def dispatches_of(view: View) -> tuple[tuple[str, str], ...]:
    """Give id and agent of the dispatches of the room under the cursor."""
    listed = view.listed.dispatches if view.listed is not None else None
    if listed is not None:
        return tuple((dispatch.id, dispatch.agent_name) for dispatch in listed)
    session = view.session
    attempt = session.attempt if session is not None and not session.over else None
    if session is None or attempt is None or not attempt.dispatch_id:
        return ()
    return ((attempt.dispatch_id, session.agent_name),)


def no_withdraw(view: View) -> str | None:
    """There has to be a dispatch."""
    return _of_row(view) or _no_call(view) or (
        None if dispatches_of(view) else "no dispatch is known here"
    )  # fmt: skip


def ask_withdraw(view: View) -> Question | None:
    """An agent leaves with its dispatch."""
    known = dispatches_of(view)
    effects = tuple(
        Effect(name, f"{key} is deleted; its agent leaves", True) for key, name in known
    )
    what = f"{len(known)} dispatches" if len(known) != 1 else "the dispatch"
    return Question(f"withdraw {what} in {view.room}?", effects, f"Withdraw {what}")


def ask_second(view: View, agent: str) -> Question | None:
    """Ask before an agent would be there twice: both would answer every line."""
    room = view.listed
    there = list(known_agents(room)) if room is not None else []
    session = view.session
    if session is not None and session.agent is not None and session.agent.here:
        there.append(session.agent_name)
    if agent not in there:
        return None
    effect = Effect(agent, "is there or on its way: two would answer every line", harms=True)
    return Question(f"dispatch a second {agent}?", (effect,), "Dispatch a second one")


def no_failed(view: View) -> str | None:
    """`Retry failed` needs one that has failed."""
    if not view.engine_runs:
        return no_engine(view)
    return None if view.failed else "no conversation has failed"


def no_end(view: View) -> str | None:
    """What is over or ending cannot be ended."""
    session = view.session
    if session is None:
        return _of_row(view) or _NOT_YOURS
    if session.elsewhere:
        return _ELSEWHERE
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


def no_end_row(view: View) -> str | None:
    """In Rooms: of the marked conversations one has to go on."""
    if not view.marks:
        return no_end(view)
    goes_on = any(no_end(_of(view, session)) is None for session in view.marked)
    return None if goes_on else "none of the marked goes on"


def ask_end_row(view: View) -> Question | None:
    """Ask once for all that are marked: their rooms may hold others."""
    if not view.marks:
        return ask_end(view)
    going_on = [session for session in view.marked if no_end(_of(view, session)) is None]
    effects = tuple(_end_of(session) for session in going_on)
    return Question(f"end {len(effects)} marked?", effects, f"End {len(effects)} conversations")


def _end_of(session: SessionState) -> Effect:
    """Say what goes with a conversation: nobody has counted who else is in a marked one's room."""
    deleted = session.ours and session.auto_cleanup
    words = "ends; the room goes, with whoever is in it" if deleted else "ends; the room stays"
    return Effect(session.room or "a new room", words, harms=deleted)


def no_conversation(view: View) -> str | None:
    """On Live there may be none."""
    return "there is no conversation" if view.session is None else None


def no_room_yet(view: View) -> str | None:
    """The name is known once the room is."""
    return no_conversation(view) or (None if view.room else "it has no room yet")


def no_room_of_row(view: View) -> str | None:
    """The name is known once the room is."""
    return _of_row(view) or (None if view.room else "it has no room yet")


def no_talk(view: View) -> str | None:
    """One talks in a conversation that goes on."""
    if view.session is not None and view.session.watched:
        return "this room is only watched: nobody there sees you"
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
