"""`lktui retry`: dispatch an agent safely again, whoever has dispatched it before."""

from __future__ import annotations

import argparse

import msgspec

from lktui.commands.chosen_profile import chosen_profile
from lktui.commands.diagnostics import misused
from lktui.commands.headless import Headless, run_interruptible
from lktui.commands.room_attempt import attempt, seconds_to_wait
from lktui.commands.rooms import read_rooms
from lktui.core.events import AnyEvent, RoomsRead
from lktui.core.listed_room import known_agents
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.core.sanitize import clean
from lktui.invocation import Invocation

_VERB = "retry"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("room", metavar="ROOM", help="the room, which must be there")
    parser.add_argument(
        "agent", nargs="?", default="", metavar="AGENT", help="which one, if the room knows several"
    )
    parser.add_argument(
        "--wait", type=seconds_to_wait, metavar="S", help="give it up after so many seconds"
    )


def run(invocation: Invocation, args: argparse.Namespace) -> int:
    """Do it and give the exit code."""
    profile = chosen_profile(invocation, _VERB)
    timeout = args.wait or profile.join_timeout
    wanted = msgspec.structs.replace(profile, join_timeout=timeout)
    return run_interruptible(_retry(invocation, wanted, args.room, args.agent))


async def _retry(invocation: Invocation, profile: Profile, room: str, agent: str) -> int:
    answers: list[RoomsRead] = []

    def heard(events: list[AnyEvent]) -> None:
        answers.extend(event for event in events if isinstance(event, RoomsRead))

    async with Headless(invocation, heard) as engine:
        name = agent or await _only_agent(engine, answers, profile, room)
        own = profile.metadata if name == profile.agent_name else ""
        wanted = msgspec.structs.replace(profile, agent_name=name, metadata=own)
        return await attempt(engine, invocation, wanted, room, again=True)


async def _only_agent(
    engine: Headless, answers: list[RoomsRead], profile: Profile, room: str
) -> str:
    """Find the one agent that a room knows; else the profile's.

    Raises:
        PortError: There is no such room, or it knows several agents, or none at all is known.
    """
    rooms = await read_rooms(engine, answers, profile, room)
    if not rooms:
        shown = clean(room, limit=80)
        places = {"room": shown, "host": profile.host}
        raise PortError(problem(ProblemCode.ROOM_MISSING, subject=shown, **places))
    known = known_agents(rooms[0])
    if len(known) > 1:
        cause = f"the room knows {', '.join(known)}"
        raise PortError(misused("Which agent?", cause=cause, verb=_VERB))
    name = known[0] if known else profile.agent_name
    if not name:
        raise PortError(misused("Which agent?", cause="the room knows none", verb=_VERB))
    return name
