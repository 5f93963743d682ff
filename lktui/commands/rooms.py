"""`lktui rooms`: every room of a server with its agents and dispatches, for people and scripts."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import msgspec

from lktui.clock import SystemClock
from lktui.commands.chosen_profile import chosen_profile
from lktui.commands.diagnostics import hint
from lktui.commands.headless import Headless, run_interruptible
from lktui.commands.text_table import table_lines
from lktui.core.cleanup import rooms_in
from lktui.core.commands import ReadRooms
from lktui.core.events import AnyEvent, ListedRoom, RoomsRead
from lktui.core.listed_room import find, known_agents
from lktui.core.problems import ExitCode, PortError, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.core.sanitize import clean
from lktui.core.signs import GLYPHS, UNKNOWN, age
from lktui.invocation import Invocation

READ_LIMIT_S = 120.0
_VERB = "rooms"


class AgentHere(msgspec.Struct, frozen=True):
    """An agent in a room; nobody has asked it whether it listens."""

    name: str
    identity: str
    state: str


class JobListed(msgspec.Struct, frozen=True):
    """A job as the server lists it: it stays as it is, whatever becomes of its agent."""

    id: str
    status: str
    identity: str


class DispatchListed(msgspec.Struct, frozen=True):
    """A dispatch as the server lists it."""

    id: str
    agent: str
    jobs: list[JobListed]


class RoomResult(msgspec.Struct, frozen=True, kw_only=True):
    """One room as scripts see it (README, "rooms")."""

    room: str
    outcome: str
    agents: list[AgentHere]
    dispatches: list[DispatchListed]
    people: int
    whose: str
    age_s: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("room", nargs="?", default="", metavar="ROOM", help="only this one")


def run(invocation: Invocation, args: argparse.Namespace) -> int:
    """Do it and give the exit code."""
    profile = chosen_profile(invocation, _VERB)
    return run_interruptible(_print_rooms(invocation, profile, args.room))


async def _print_rooms(invocation: Invocation, profile: Profile, only: str) -> int:
    answers: list[RoomsRead] = []

    def heard(events: list[AnyEvent]) -> None:
        answers.extend(event for event in events if isinstance(event, RoomsRead))

    async with Headless(invocation, heard) as engine:
        rooms = await read_rooms(engine, answers, profile, only)
        await engine.until(lambda state: state.queue_read, 1.0)
        ours = rooms_in(engine.state.cleanup.values())
    if only and not rooms:
        places = {"room": clean(only, limit=80), "host": profile.host}
        raise PortError(problem(ProblemCode.ROOM_MISSING, subject=only, **places))
    now = SystemClock().wall()
    if invocation.json:
        results = [_result(room, now, ours) for room in rooms]
        sys.stdout.write(msgspec.json.encode({"rooms": results}).decode() + "\n")
    else:
        _print_table(rooms, now, ours)
        if not rooms:
            hint(f"No rooms on {profile.host}.", quiet=invocation.quiet)
    return ExitCode.OK


async def read_rooms(
    engine: Headless, answers: Sequence[RoomsRead], profile: Profile, only: str = ""
) -> tuple[ListedRoom, ...]:
    """Read the rooms of a profile's server, or only one.

    Args:
        engine: Who is asked.
        answers: Where its answers are put as they come.
        profile: Whose server and key.
        only: The room; empty: all of them.

    Raises:
        PortError: They could not be read.
    """
    engine.send(ReadRooms(profile=profile, room=only))
    if not await engine.until(lambda _state: bool(answers), READ_LIMIT_S):
        host = profile.host
        raise PortError(problem(ProblemCode.CONNECT_TIMEOUT, subject=host, host=host))
    answer = answers[-1]
    if answer.problem is not None:
        raise PortError(answer.problem)
    return answer.rooms


def _print_table(rooms: Sequence[ListedRoom], now: float, ours: frozenset[str]) -> None:
    rows = []
    for room in rooms:
        found = find(room, now)
        agents = ", ".join(room.agents or known_agents(room)) or UNKNOWN
        dispatches = str(len(room.dispatches or ()))
        whose = _whose(room, ours)
        state = f"{GLYPHS[found.kind]} {found.words}"
        people = str(room.people)
        rows.append((state, room.name, agents, dispatches, people, whose, age(now - room.made_at)))
    if rows:
        heads = ("outcome", "room", "agents", "dispatches", "people", "whose", "age")
        sys.stdout.write("\n".join(table_lines(heads, rows)) + "\n")


def _result(room: ListedRoom, now: float, ours: frozenset[str]) -> RoomResult:
    agents = zip(room.agents, room.agent_identities, room.agent_states, strict=True)
    return RoomResult(
        room=room.name,
        outcome=find(room, now).code.value,
        agents=[AgentHere(name, identity, state) for name, identity, state in agents],
        dispatches=[
            DispatchListed(
                one.id,
                one.agent_name,
                [JobListed(job.id, job.status.value, job.identity) for job in one.jobs],
            )
            for one in room.dispatches or ()
        ],
        people=room.people,
        whose=_whose(room, ours),
        age_s=round(max(0.0, now - room.made_at), 1),
    )


def _whose(room: ListedRoom, ours: frozenset[str]) -> str:
    return "ours" if room.name in ours else "theirs"
