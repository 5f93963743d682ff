"""The demo agents as a process of their own, at the sandbox and at a real server alike."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from livekit import rtc

from lktui.sandbox.agents import caller
from lktui.sandbox.agents.demo_agents import DEMO_AGENTS
from tests.support import remote_session, twirp
from tests.support.demo_agents import DemoAgents
from tests.support.person import CHAT, SESSION, TRANSCRIPTION, Person, token
from tests.support.sandbox import Sandbox
from tests.support.server import Server
from tests.support.waiting import until

_GREETING = DEMO_AGENTS[0].greeting


def a_room() -> str:
    return f"demo-{secrets.token_hex(4)}"


def agents_in(server: Server, room: str) -> list[str]:
    return [agent.identity for agent in twirp.agents(server, room)]


async def comes_true(condition: Callable[[], bool]) -> bool:
    return await asyncio.to_thread(until, condition)


async def hears(person: Person, text: str) -> None:
    """Wait until this was said on `lk.transcription`, its end or not."""

    def heard() -> bool:
        return text in "".join(one.body for one in person.all_of("chunk"))

    await person.until(heard, what=f"“{text}”")


async def greeted(server: Server, person: Person, room: str, agent: str) -> twirp.Dispatch:
    """Dispatch an agent and wait until it has begun to greet."""
    dispatch = twirp.create_dispatch(server, room, agent)
    await hears(person, "Hello, ")
    return dispatch


async def test_support_greets_answers_and_can_be_interrupted(
    server: Server, demo_agents: DemoAgents
) -> None:
    room = a_room()
    assert demo_agents.registered == ["support", "slow", "flaky", "crash"]
    async with Person(server, token(server, room, "ann")) as ann:
        await greeted(server, ann, room, "support")
        (agent,) = ann.room.remote_participants.values()
        assert agent.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
        assert agent.attributes["lk.agent.name"] == "support"
        ping = await remote_session.ping(ann, agent.identity)
        await ann.me.send_text("where is my order 20417?", topic=CHAT)
        await ann.until(lambda: len(ann.all_of("text")) == 2, what="reply")
        greeting, reply = ann.all_of("text")
        assert greeting.body == _GREETING[: len(greeting.body)] != _GREETING
        assert "20417" in reply.body
        for speech in (greeting, reply):
            assert (speech.who, speech.detail) == (agent.identity, TRANSCRIPTION)
            assert speech.begun_with["lk.transcription_final"] == "false"
            assert speech.attributes["lk.transcription_final"] == "true"
            assert speech.attributes["lk.segment_id"] == speech.begun_with["lk.segment_id"]
        assert [who for who, _ in remote_session.answers(ann, ping)] == [agent.identity]
        events = remote_session.events(ann)
        assert "function_tools_executed" in events
        assert events.index("user_state_changed") < events.index("function_tools_executed")


async def test_an_agent_leaves_with_its_user(
    sandbox: Sandbox, sandbox_demo_agents: DemoAgents
) -> None:
    room = a_room()
    async with Person(sandbox, token(sandbox, room, "ann")) as ann:
        await greeted(sandbox, ann, room, "support")
    assert await comes_true(lambda: not agents_in(sandbox, room))
    assert sandbox_demo_agents.process.poll() is None


async def test_an_agent_whose_dispatch_is_deleted_is_gone_at_once(
    sandbox: Sandbox, sandbox_demo_agents: DemoAgents
) -> None:
    room = a_room()
    async with Person(sandbox, token(sandbox, room, "ann")) as ann:
        dispatch = await greeted(sandbox, ann, room, "support")
        twirp.delete_dispatch(sandbox, room, dispatch.id)
        assert await comes_true(lambda: not agents_in(sandbox, room))
    assert sandbox_demo_agents.process.poll() is None


async def test_what_is_huge_or_no_message_at_all_does_not_break_it(
    sandbox: Sandbox, sandbox_demo_agents: DemoAgents
) -> None:
    room = a_room()
    async with Person(sandbox, token(sandbox, room, "ann")) as ann:
        await greeted(sandbox, ann, room, "support")
        await ann.me.send_bytes(b"\xff" * 200_000, topic=SESSION)
        await ann.me.send_bytes(b"\xff\xff", topic=SESSION)
        await ann.me.send_text("\x1b[2J" * 50_000, topic=CHAT)
        await hears(ann, "That was long")
        await ann.me.send_text("hello", topic=CHAT)
        await hears(ann, "Hello! Good")
        assert not any("\x1b" in one.body for one in ann.all_of("chunk"))
    assert "Traceback" not in sandbox_demo_agents.logged


async def test_flaky_is_seen_on_the_third_try(server: Server, demo_agents: DemoAgents) -> None:
    room = a_room()
    async with Person(server, token(server, room, "ann")) as ann:
        for status in ("JS_SUCCESS", "JS_RUNNING"):
            dispatch = twirp.create_dispatch(server, room, "flaky")
            assert await comes_true(lambda: bool(_jobs(server, room)))
            assert [job.status for job in _jobs(server, room)] == [status]
            assert agents_in(server, room) == []
            twirp.delete_dispatch(server, room, dispatch.id)
        await greeted(server, ann, room, "flaky")
    assert demo_agents.process.poll() is None


async def test_crash_is_there_for_a_second_and_never_ready(
    sandbox: Sandbox, sandbox_demo_agents: DemoAgents
) -> None:
    room = a_room()
    async with Person(sandbox, token(sandbox, room, "ann")) as ann:
        twirp.create_dispatch(sandbox, room, "crash")
        joined = await ann.sees("joined")
        left = await ann.sees("left", joined.who)
        assert left.at_s > joined.at_s
        states = {one.attributes.get("lk.agent.state") for one in ann.all_of("attributes")}
    assert states <= {"initializing"}
    reported = "crashed before its session had started"
    assert await comes_true(lambda: reported in sandbox_demo_agents.logged)


@pytest.mark.parametrize("end", [DemoAgents.close_input, DemoAgents.terminate])
async def test_when_it_ends_its_agents_and_the_caller_leave_nothing(
    sandbox: Sandbox, tmp_path: Path, end: Callable[[DemoAgents], int]
) -> None:
    with DemoAgents(sandbox, tmp_path / "log", caller=True) as agents:
        talking = await comes_true(lambda: len(agents_in(sandbox, caller.ROOM)) == 1)
        assert talking
        names = {one.identity for one in twirp.participants(sandbox, caller.ROOM)}
        assert caller.IDENTITY in names
        assert await asyncio.to_thread(end, agents) == 0
    assert caller.ROOM not in twirp.rooms(sandbox)


async def test_workers_come_back_to_a_server_that_was_away(tmp_path: Path) -> None:
    room = a_room()
    with Sandbox(tmp_path / "server.log") as own, DemoAgents(own, tmp_path / "log") as agents:
        await asyncio.to_thread(own.restart)
        again = await comes_true(lambda: agents.logged.count("registered as") == 8)
        assert again
        async with Person(own, token(own, room, "ann")) as ann:
            await greeted(own, ann, room, "support")


@pytest.mark.parametrize(
    ("secret", "exit_code", "said"),
    [("wrong" * 8, 1, "does not accept the key"), ("", 2, "set LIVEKIT_API_SECRET")],
)
def test_it_ends_at_once_where_trying_again_is_of_no_use(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    secret: str,
    exit_code: int,
    said: str,
) -> None:
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LIVEKIT_API_SECRET", secret)
    with subprocess.Popen(
        [sys.executable, "-m", "lktui.sandbox.agents"],
        stdin=subprocess.PIPE,  # stays open: the end of its input would end it too
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.wait(timeout=10) == exit_code
        assert process.stdout.read() == b""
        assert said in process.stderr.read().decode()


def _jobs(server: Server, room: str) -> list[twirp.JobState]:
    listed = twirp.dispatches(server, room)
    return [job.state for dispatch in listed for job in dispatch.jobs if job.state is not None]
