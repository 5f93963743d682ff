"""What a demo agent's connection makes of the SDK's peculiarities, over real sockets."""

from __future__ import annotations

import asyncio

import pytest
from livekit import rtc

from lktui.sandbox.agents import connection as module
from lktui.sandbox.agents.connection import Connection
from lktui.sandbox.agents.stage import StageError
from tests.support.person import MAY_SAY_ITS_STATE, Person, token
from tests.support.sandbox import Sandbox

_STATE = {"lk.agent.state": "listening"}
_set_attributes = rtc.LocalParticipant.set_attributes


async def _miss_the_answer(me: rtc.LocalParticipant, attributes: dict[str, str]) -> None:
    """Ask, and never come back, as the SDK does for 5 s when the answer was too fast for it."""
    await _set_attributes(me, attributes)
    await asyncio.Event().wait()


async def test_attributes_are_set_once_the_server_tells_them(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtc.LocalParticipant, "set_attributes", _miss_the_answer)
    agent = Connection()
    async with Person(sandbox, token(sandbox, "missed-answer", "user")) as user:
        granted = token(sandbox, "missed-answer", "agent", grants=MAY_SAY_ITS_STATE, is_agent=True)
        await agent.join(sandbox.url, granted)
        try:
            async with asyncio.timeout(module.SEND_LIMIT_S / 2):
                await agent.set_attributes(_STATE)
            assert agent.me.attributes == _STATE
            await user.sees("joined", "agent")  # with what was changed before
            assert user.room.remote_participants["agent"].attributes == _STATE
        finally:
            await agent.leave()


async def test_attributes_that_are_refused_hold_nobody_up(sandbox: Sandbox) -> None:
    agent = Connection()
    await agent.join(sandbox.url, token(sandbox, "refused-state", "agent", is_agent=True))
    try:
        await agent.set_attributes(_STATE)
        assert agent.me.attributes == {}
    finally:
        await agent.leave()


async def test_attributes_that_nobody_answers_are_given_up(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_me: rtc.LocalParticipant, _attributes: dict[str, str]) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(rtc.LocalParticipant, "set_attributes", hang)
    monkeypatch.setattr(module, "SEND_LIMIT_S", 0.1)
    agent = Connection()
    await agent.join(sandbox.url, token(sandbox, "no-answer", "agent", is_agent=True))
    try:
        with pytest.raises(StageError):
            await agent.set_attributes(_STATE)
    finally:
        await agent.leave()
