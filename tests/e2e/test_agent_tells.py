"""What a real agent's session tells beside its words: interruptions, errors, measurements."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from lktui.core.commands import Say, StartSession, WatchRoom
from lktui.core.events import Mark, Role
from lktui.core.profile import Profile
from lktui.core.transcript import Row
from tests.support.livekit_server import LiveKitServer
from tests.support.seer import Seer, seer
from tests.support.server import profile_at

pytestmark = [pytest.mark.usefixtures("echo_worker"), pytest.mark.full]

LONG = " ".join(f"word{number}" for number in range(200))
"""The agent takes four seconds to say it again."""


def profile(server: LiveKitServer, prefix: str, mode: str) -> Profile:
    return profile_at(server, room_prefix=prefix, metadata=json.dumps({"mode": mode}))


def of_agent(one: Seer) -> list[Row]:
    return [row for row in one.rows if row.role is Role.AGENT]


async def test_a_reply_that_is_interrupted_is_marked_for_who_talks_and_who_watches(
    livekit_server: LiveKitServer, prefix: str, tmp_path: Path
) -> None:
    using = profile(livekit_server, prefix, "session")
    async with AsyncExitStack() as stack:
        talker = await seer(stack, tmp_path / "talker")
        watcher = await seer(stack, tmp_path / "watcher")
        talker.send(StartSession(session=talker.session, profile=using))
        assert await talker.is_ready()
        watcher.send(WatchRoom(session=watcher.session, profile=using, room=talker.state.room))
        assert await watcher.is_ready()
        talker.send(Say(session=talker.session, key="typed:1", text=LONG))
        assert await talker.until(lambda: bool(talker.speaking)), talker.rows
        talker.send(Say(session=talker.session, key="typed:2", text="stop"))
        assert await talker.has_told(("agent", "echo: stop"))
        assert await watcher.has_told(("agent", "echo: stop"))
        for one in (talker, watcher):
            first, second = of_agent(one)
            print(one.rows)
            assert await one.until(lambda one=one: of_agent(one)[0].mark is Mark.INTERRUPTED)  # type: ignore[misc]  # bound
            assert f"echo: {LONG}".startswith(first.text)
            assert len(first.text) < len(LONG)
            assert second.mark is Mark.NONE
        assert of_agent(watcher)[0].text == of_agent(talker)[0].text


async def test_an_error_of_the_model_is_a_row_and_the_next_line_is_answered(
    livekit_server: LiveKitServer, prefix: str, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        one = await seer(stack, tmp_path)
        one.send(
            StartSession(session=one.session, profile=profile(livekit_server, prefix, "fails"))
        )
        assert await one.is_ready()
        one.send(Say(session=one.session, key="typed:1", text="hello"))
        assert await one.until(lambda: any(who == "error" for who, _ in one.facts))
        (error,) = [text for who, text in one.facts if who == "error"]
        assert "the model failed, as it was told to" in error
        one.send(Say(session=one.session, key="typed:2", text="again"))
        assert await one.has_told(("agent", "echo: again"))


async def test_what_was_measured_of_a_reply_stands_behind_it(
    livekit_server: LiveKitServer, prefix: str, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        one = await seer(stack, tmp_path)
        using = profile(livekit_server, prefix, "session")
        one.send(StartSession(session=one.session, profile=using))
        assert await one.is_ready()
        one.send(Say(session=one.session, key="typed:1", text="hello"))
        assert await one.until(lambda: any(who == "metrics" for who, _ in one.facts))
        speakers = [row.speaker for row in one.rows]
        reply = next(n for n, row in enumerate(one.rows) if row.role is Role.AGENT)
        assert speakers[reply + 1] == "metrics"
        assert one.rows[reply + 1].text.startswith("first token ")
