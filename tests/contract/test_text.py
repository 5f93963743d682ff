"""Text and byte streams: who gets what, in which order, and under whose name."""

from __future__ import annotations

import pytest

from tests.contract.slow import SLOW_ON_THE_REAL_ONE
from tests.support.person import CHAT, MAY_SAY_ITS_STATE, SESSION, TRANSCRIPTION, Person, token
from tests.support.server import Server

_LONG = "0123456789 äöü 日本語 " * 4000
"""Longer than one chunk of a stream, and than one packet of its transport."""


async def test_a_typed_line_reaches_all_others_and_not_its_sender(
    server: Server, room: str
) -> None:
    async with (
        Person(server, token(server, room, "one")) as one,
        Person(server, token(server, room, "two")) as two,
        Person(server, token(server, room, "three")) as three,
    ):
        await one.me.send_text("hello", topic=CHAT)
        for other in (two, three):
            heard = await other.sees("text")
            assert (heard.who, heard.detail, heard.body) == ("one", CHAT, "hello")
        await two.me.send_text("bye", topic=CHAT)
        assert (await one.sees("text")).who == "two"


async def test_an_addressed_line_reaches_nobody_else(server: Server, room: str) -> None:
    async with (
        Person(server, token(server, room, "one")) as one,
        Person(server, token(server, room, "two")) as two,
        Person(server, token(server, room, "three")) as three,
    ):
        await one.me.send_text("secret", topic=CHAT, destination_identities=["two"])
        await one.me.send_text("open", topic=CHAT)
        await three.sees("text")
        assert [heard.body for heard in three.all_of("text")] == ["open"]
        await two.until(
            lambda: [heard.body for heard in two.all_of("text")] == ["secret", "open"],
            what="both lines in their order",
        )


async def test_chunks_keep_their_order_and_the_trailer_adds_its_attributes(
    server: Server, room: str
) -> None:
    words = [f"word-{n} " for n in range(200)]
    async with (
        Person(server, token(server, room, "agent", is_agent=True)) as agent,
        Person(server, token(server, room, "person")) as person,
    ):
        writer = await agent.me.stream_text(
            topic=TRANSCRIPTION,
            attributes={"lk.segment_id": "SG_1", "lk.transcription_final": "false"},
        )
        for word in words:
            await writer.write(word)
        await writer.aclose(attributes={"lk.transcription_final": "true"})
        heard = await person.sees("text", "agent")
        assert (heard.detail, heard.body) == (TRANSCRIPTION, "".join(words))
        assert heard.begun_with["lk.segment_id"] == "SG_1"
        assert heard.attributes == {"lk.segment_id": "SG_1", "lk.transcription_final": "true"}


async def test_a_delta_is_there_before_its_stream_ends(server: Server, room: str) -> None:
    async with (
        Person(server, token(server, room, "agent", is_agent=True)) as agent,
        Person(server, token(server, room, "person")) as person,
    ):
        writer = await agent.me.stream_text(
            topic=TRANSCRIPTION, attributes={"lk.transcription_final": "false"}
        )
        await writer.write("first")
        opened = await person.sees("chunk", "agent")
        assert (opened.body, opened.begun_with) == ("first", {"lk.transcription_final": "false"})
        await writer.aclose()
        assert (await person.sees("text")).body == "first"


@pytest.mark.parametrize("compressible", [True, False])
async def test_a_long_text_arrives_whole(server: Server, room: str, compressible: bool) -> None:  # noqa: FBT001 - a case
    text = _LONG if compressible else "".join(f"{n * n * 7919:x}" for n in range(20_000))
    async with (
        Person(server, token(server, room, "one")) as one,
        Person(server, token(server, room, "two")) as two,
    ):
        await one.me.send_text(text, topic=CHAT)
        assert (await two.sees("text")).body == text


async def test_only_an_agent_may_speak_in_anothers_name(server: Server, room: str) -> None:
    async with (
        Person(server, token(server, room, "agent", is_agent=True)) as agent,
        Person(server, token(server, room, "person")) as person,
        Person(server, token(server, room, "other")) as other,
    ):
        for name in ("person", "not-in-the-room"):
            writer = await agent.me.stream_text(topic=TRANSCRIPTION, sender_identity=name)
            await writer.write(f"{name} said it")
            await writer.aclose()
            assert (await other.sees("text", name)).body == f"{name} said it"
        writer = await person.me.stream_text(topic=TRANSCRIPTION, sender_identity="agent")
        await writer.write("not the agent's")
        await writer.aclose()
        await other.until(lambda: len(other.all_of("text")) == 3, what="third transcription")
        assert other.all_of("text")[-1].who == "person"


async def test_bytes_reach_the_one_addressed_or_everybody(server: Server, room: str) -> None:
    request, event = b"\x00\xff request", bytes(range(256)) * 200
    async with (
        Person(server, token(server, room, "agent", is_agent=True)) as agent,
        Person(server, token(server, room, "person")) as person,
        Person(server, token(server, room, "other")) as other,
    ):
        await person.me.send_bytes(
            request, name="1", topic=SESSION, destination_identities=["agent"]
        )
        heard = await agent.sees("bytes", "person")
        assert (heard.detail, heard.body) == (SESSION, request.hex())
        await agent.me.send_bytes(event, name="2", topic=SESSION)
        for one in (person, other):
            assert (await one.sees("bytes", "agent")).body == event.hex()
        assert len(other.all_of("bytes")) == 1


@SLOW_ON_THE_REAL_ONE
async def test_a_stream_whose_sender_goes_breaks_off(server: Server, room: str) -> None:
    joining = token(server, room, "agent", is_agent=True, grants=MAY_SAY_ITS_STATE)
    async with Person(server, token(server, room, "person")) as person:
        async with Person(server, joining) as agent:
            # Who has not been announced is not told to have left either.
            await agent.me.set_attributes({"lk.agent.state": "speaking"})
            writer = await agent.me.stream_text(topic=TRANSCRIPTION)
            await writer.write("I was about to")
            await person.sees("chunk", "agent")
        assert (await person.sees("broken")).who == "agent"
