"""A real livekit-agents worker in a room with a person: talk, pings, and how its jobs are ended."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest
from livekit import api

from tests.contract.slow import SLOW_ON_THE_REAL_ONE
from tests.support.agents_worker import AgentsWorker
from tests.support.person import CHAT, TRANSCRIPTION, Person, token
from tests.support.remote_session import answers, events, ping
from tests.support.server import Server
from tests.support.waiting import PATIENCE_S, eventually

_JOIN_S = PATIENCE_S
_PONG_S = 2.0
_LEAVES_S = 2.5
"""An agent that can hear of it has left so soon after its dispatch was deleted."""
_REMOVED_S = 3.0
"""One that cannot is removed after so long."""
_DEAD_S = 22.4


async def dispatched(client: api.LiveKitAPI, room: str, name: str, mode: str) -> str:
    """Ask for an agent; gives the dispatch's id."""
    metadata = json.dumps({"mode": mode})
    request = api.CreateAgentDispatchRequest(room=room, agent_name=name, metadata=metadata)
    return (await client.agent_dispatch.create_dispatch(request)).id


async def present(client: api.LiveKitAPI, room: str) -> list[str]:
    """Read which agents are in a room."""
    listed = await client.room.list_participants(api.ListParticipantsRequest(room=room))
    kind = api.ParticipantInfo.Kind.AGENT
    return [one.identity for one in listed.participants if one.kind == kind]


async def arrived(client: api.LiveKitAPI, room: str) -> str:
    """Wait for the agent that joins a room; gives its identity."""
    (agent,) = await eventually(lambda: present(client, room), bool, timeout_s=_JOIN_S)
    return agent


async def gone(client: api.LiveKitAPI, room: str, *, within_s: float = PATIENCE_S) -> None:
    """Wait until no agent is in a room."""
    await eventually(lambda: present(client, room), lambda agents: not agents, timeout_s=within_s)


async def listening(person: Person, agent: str) -> None:
    """Wait until an agent is seen to listen."""

    def listens() -> bool:
        seen = person.room.remote_participants.get(agent)
        return seen is not None and seen.attributes.get("lk.agent.state") == "listening"

    await person.until(listens, within_s=_JOIN_S, what=f"listening {agent}")


async def ponged(person: Person, agent: str, *, within_s: float = PATIENCE_S) -> bool:
    """Ping an agent; whether it alone has answered in time."""
    question = await ping(person, agent)
    try:
        await person.until(
            lambda: answers(person, question) != [], within_s=within_s, what="answer to a ping"
        )
    except AssertionError:
        return False
    ((who, answer),) = answers(person, question)
    return who == agent and answer.WhichOneof("response") == "pong"


async def test_a_session_answers_pings_and_lines_and_tells_what_it_does(
    server: Server, client: api.LiveKitAPI, worker: AgentsWorker, room: str
) -> None:
    async with Person(server, token(server, room, "person")) as person:
        await dispatched(client, room, worker.name, "session")
        agent = await arrived(client, room)
        await listening(person, agent)
        assert await ponged(person, agent)
        await person.me.send_text("hello", topic=CHAT)
        reply = await person.sees("text", agent)
        assert (reply.detail, reply.body) == (TRANSCRIPTION, "echo: hello")
        # `final` may be true at the beginning already: a short reply has ended when it is read.
        assert reply.attributes["lk.transcription_final"] == "true"
        assert reply.attributes["lk.segment_id"]
        assert len(person.all_of("chunk", agent)) > 1
        await person.until(
            lambda: events(person).count("conversation_item_added") >= 2,
            what="items of both sides",
        )
        assert "agent_state_changed" in events(person)
        states = [one.attributes.get("lk.agent.state") for one in person.all_of("attributes")]
        assert [one for one in states if one in ("thinking", "speaking")]


@SLOW_ON_THE_REAL_ONE
async def test_an_agent_without_a_session_answers_lines_and_no_ping(
    server: Server, client: api.LiveKitAPI, worker: AgentsWorker, room: str
) -> None:
    async with Person(server, token(server, room, "person")) as person:
        await dispatched(client, room, worker.name, "raw")
        agent = await arrived(client, room)
        await listening(person, agent)
        assert not await ponged(person, agent, within_s=_PONG_S)
        await person.me.send_text("hello", topic=CHAT)
        await person.until(
            lambda: {one.detail for one in person.all_of("text", agent)} == {CHAT, TRANSCRIPTION},
            what="reply on both topics",
        )
        assert {one.body for one in person.all_of("text", agent)} == {"echo: hello"}


@SLOW_ON_THE_REAL_ONE
@pytest.mark.parametrize("mode", ["session", "raw"])
async def test_an_agent_leaves_as_soon_as_its_dispatch_is_deleted(
    server: Server, client: api.LiveKitAPI, worker: AgentsWorker, room: str, mode: str
) -> None:
    async with Person(server, token(server, room, "person")) as person:
        dispatch = await dispatched(client, room, worker.name, mode)
        agent = await arrived(client, room)
        await listening(person, agent)
        await client.agent_dispatch.delete_dispatch(dispatch, room)
        await gone(client, room, within_s=_LEAVES_S / server.delays)  # short of a removal


@SLOW_ON_THE_REAL_ONE
async def test_an_agent_that_hears_of_nothing_is_removed(
    server: Server, client: api.LiveKitAPI, worker: AgentsWorker, room: str
) -> None:
    dispatch = await dispatched(client, room, worker.name, "stuck")
    await arrived(client, room)
    deleted_at = time.monotonic()
    await client.agent_dispatch.delete_dispatch(dispatch, room)
    await gone(client, room)
    assert time.monotonic() - deleted_at > 0.9 * _REMOVED_S * server.delays


@SLOW_ON_THE_REAL_ONE
async def test_a_job_that_has_not_joined_makes_its_deleted_room_anew(
    client: api.LiveKitAPI, worker: AgentsWorker, room: str
) -> None:
    await dispatched(client, room, worker.name, "slow")
    await asyncio.sleep(1)  # the job is taken, and joins three seconds from now
    await client.room.delete_room(api.DeleteRoomRequest(room=room))
    assert await present(client, room) == []
    await arrived(client, room)
    listed = await client.agent_dispatch.list_dispatch(room)
    assert [one.agent_name for one in listed] == [""]
    await client.room.delete_room(api.DeleteRoomRequest(room=room))


@SLOW_ON_THE_REAL_ONE
async def test_two_dispatches_are_two_agents(
    server: Server, client: api.LiveKitAPI, worker: AgentsWorker, room: str
) -> None:
    async with Person(server, token(server, room, "person")) as person:
        for _ in range(2):
            await dispatched(client, room, worker.name, "raw")
        agents = await eventually(
            lambda: present(client, room), lambda found: len(found) == 2, timeout_s=_JOIN_S
        )
        for agent in agents:
            await listening(person, agent)
        await person.me.send_text("hello", topic=CHAT)
        await person.until(
            lambda: len({one.who for one in person.all_of("text")}) == 2,
            what="replies of both",
        )


@SLOW_ON_THE_REAL_ONE
async def test_agents_of_a_dead_worker_stay_and_answer_nothing(
    server: Server, client: api.LiveKitAPI, room: str, agents_environment: Path, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    async with Person(server, token(server, room, "person")) as person:
        worker = await asyncio.to_thread(AgentsWorker, agents_environment, server, log, name=room)
        with worker:
            await dispatched(client, room, worker.name, "session")
            agent = await arrived(client, room)
            await listening(person, agent)
            died_at = time.monotonic()  # at once
        assert await present(client, room) == [agent]
        question = await ping(person, agent)
        await gone(client, room, within_s=_DEAD_S + PATIENCE_S)
        assert time.monotonic() - died_at > 0.9 * _DEAD_S * server.delays
        assert (await person.sees("left", agent)).detail == "CONNECTION_TIMEOUT"
        assert answers(person, question) == []
        listed = await client.agent_dispatch.list_dispatch(room)
        (named,) = (one for one in listed if one.agent_name)
        (job,) = named.state.jobs
        assert job.state.status == api.JobStatus.JS_RUNNING


@pytest.mark.full
async def test_a_worker_without_a_name_joins_a_new_room_once(
    own_server: Server, room: str, agents_environment: Path, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    worker = await asyncio.to_thread(AgentsWorker, agents_environment, own_server, log, name="")
    async with api.LiveKitAPI(own_server.url, own_server.key, own_server.secret) as client:
        with worker:
            await client.room.create_room(api.CreateRoomRequest(name=room))
            agent = await arrived(client, room)
            (implicit,) = await client.agent_dispatch.list_dispatch(room)
            assert implicit.agent_name == ""
            identity = api.RoomParticipantIdentity(room=room, identity=agent)
            await client.room.remove_participant(identity)
            async with Person(own_server, token(own_server, room, "person")):
                await asyncio.sleep(_LEAVES_S)
                assert await present(client, room) == []


@SLOW_ON_THE_REAL_ONE
async def test_an_agent_outlives_a_restart_and_its_dispatch_does_not(
    own_server: Server, room: str, agents_environment: Path, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    worker = await asyncio.to_thread(AgentsWorker, agents_environment, own_server, log, name="echo")
    async with api.LiveKitAPI(own_server.url, own_server.key, own_server.secret) as client:
        with worker:
            async with Person(own_server, token(own_server, room, "person")) as person:
                await dispatched(client, room, worker.name, "session")
                agent = await arrived(client, room)
                await listening(person, agent)
                await asyncio.to_thread(own_server.restart)
                await person.sees("reconnected")
                await listening(person, agent)
                assert await present(client, room) == [agent]
                listed = await client.agent_dispatch.list_dispatch(room)
                assert [one.agent_name for one in listed] == [""]
                assert await ponged(person, agent)
