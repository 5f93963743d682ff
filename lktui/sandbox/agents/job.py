"""One job, from its assignment until the agent has left the room."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from lktui.clock import Clock
from lktui.sandbox.agents.agent_room import AgentRoom
from lktui.sandbox.agents.connection import finish
from lktui.sandbox.agents.conversation import Conversation
from lktui.sandbox.agents.demo_agents import Behaviour, DemoAgent

CRASH_S = 1.0
_log = logging.getLogger(__name__)


class CrashedError(Exception):
    """A job failed because it was meant to."""


async def do_job(
    agent: DemoAgent, behaviour: Behaviour, url: str, token: str, clock: Clock
) -> None:
    """Do one job; cancelled, the agent leaves at once.

    Args:
        agent: Who does it.
        behaviour: What it does; not `DECLINE`.
        url: The server's address.
        token: The agent's own, of the job's room.
        clock: Tells the time.

    Raises:
        StageError: The room could not be joined, or was lost before the session began.
        CrashedError: It crashed, as it was meant to.
    """
    if behaviour is Behaviour.NEVER_JOIN:
        await asyncio.Event().wait()
    await clock.sleep(agent.joins_after_s)
    room = AgentRoom()
    conversation = Conversation(agent, room, clock)
    try:
        await room.join(url, token, conversation)
        if behaviour is Behaviour.CRASH:
            await room.show_state("initializing")
            await clock.sleep(CRASH_S)
            raise CrashedError("crashed before its session had started, as it was meant to")
        await _until_over(agent, room, conversation)
    finally:
        # The server ends a job whose agent leaves: then it ends as it would have ended.
        with contextlib.suppress(asyncio.CancelledError):
            await finish(room.connection.leave())


async def _until_over(agent: DemoAgent, room: AgentRoom, conversation: Conversation) -> None:
    loop = asyncio.get_running_loop()
    talking = loop.create_task(conversation.run())
    ends = [
        loop.create_task(conversation.audience.gone()),
        loop.create_task(room.connection.closed()),
    ]
    tasks = [talking, *ends]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for end in ends:
            if end.done():
                _log.info("%s: %s", agent.name, end.result())
        if talking.done():
            talking.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
