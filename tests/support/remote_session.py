"""Questions to an agent's session, as LiveKit's RemoteSession protocol has them."""

from __future__ import annotations

import uuid

from livekit.protocol.agent_pb import agent_session as pb

from tests.support.person import SESSION, Person


async def ping(person: Person, agent: str) -> str:
    """Ask an agent whether its session lives; gives the question's id."""
    request = pb.SessionRequest(request_id=uuid.uuid4().hex)
    request.ping.SetInParent()
    await ask(person, agent, request)
    return request.request_id


async def ask(person: Person, agent: str, request: pb.SessionRequest) -> None:
    """Send a request to one agent only."""
    await person.me.send_bytes(
        pb.AgentSessionMessage(request=request).SerializeToString(),
        name=request.request_id,
        topic=SESSION,
        destination_identities=[agent],
    )


def messages(person: Person) -> list[tuple[str, pb.AgentSessionMessage]]:
    """Read what has come so far, each with its sender, in the order of its arrival."""
    return [
        (one.who, pb.AgentSessionMessage.FromString(bytes.fromhex(one.body)))
        for one in person.all_of("bytes")
    ]


def answers(person: Person, request_id: str) -> list[tuple[str, pb.SessionResponse]]:
    """Read who has answered one question, and what."""
    return [
        (who, message.response)
        for who, message in messages(person)
        if message.WhichOneof("message") == "response" and message.response.request_id == request_id
    ]


def events(person: Person) -> list[str]:
    """Read the names of all events, in the order of their arrival."""
    return [
        str(message.event.WhichOneof("event"))
        for _, message in messages(person)
        if message.WhichOneof("message") == "event"
    ]
