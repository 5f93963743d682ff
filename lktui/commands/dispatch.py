"""`lktui dispatch`: an agent into a room that is there, and whether it really came."""

from __future__ import annotations

import argparse

import msgspec

from lktui.commands.chosen_profile import chosen_profile
from lktui.commands.headless import Headless, run_interruptible
from lktui.commands.room_attempt import attempt, seconds_to_wait
from lktui.core.profile import Profile
from lktui.invocation import Invocation

_VERB = "dispatch"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("room", metavar="ROOM", help="the room, which must be there")
    parser.add_argument("agent", metavar="AGENT", help="the name under which it is registered")
    parser.add_argument("--metadata", metavar="M", help="handed to the dispatch")
    parser.add_argument(
        "--wait", type=seconds_to_wait, metavar="S", help="give it up after so many seconds"
    )


def run(invocation: Invocation, args: argparse.Namespace) -> int:
    """Do it and give the exit code."""
    profile = chosen_profile(invocation, _VERB)
    own = profile.metadata if args.agent == profile.agent_name else ""
    wanted = msgspec.structs.replace(
        profile,
        agent_name=args.agent,
        metadata=own if args.metadata is None else args.metadata,
        join_timeout=args.wait or profile.join_timeout,
    )
    return run_interruptible(_dispatch(invocation, wanted, args.room))


async def _dispatch(invocation: Invocation, profile: Profile, room: str) -> int:
    async with Headless(invocation) as engine:
        return await attempt(engine, invocation, profile, room, again=False)
