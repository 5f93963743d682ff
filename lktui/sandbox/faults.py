"""Faults on request: what a test, or somebody who tries the product, can ask the sandbox to do.

A fault is asked for by a POST to `/sandbox/faults`, JSON tagged by `type`, with a token as for the
API and the grant roomCreate. `lktui.sandbox.control` is the client for that.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]
"""Not scaled."""
Times = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class Fault(msgspec.Struct, frozen=True, tag_field="type", kw_only=True):
    """Something that goes wrong since it was asked to."""


class RefuseCall(Fault, frozen=True, tag="refuse_call"):
    """Answer the next calls of an API method with an error, without doing what they ask."""

    method: str
    """Such as `CreateDispatch`; `*` is any."""
    times: Times = 1
    """How many calls."""
    code: str = "unavailable"
    """Twirp's word for the error; it decides the HTTP status."""
    message: str = "refused, as it was asked to"


class DelayCall(Fault, frozen=True, tag="delay_call"):
    """Answer the next calls of an API method late."""

    method: str
    """Such as `CreateDispatch`; `*` is any."""
    delay_s: Seconds
    times: Times = 1
    """How many calls."""


class DropCall(Fault, frozen=True, tag="drop_call"):
    """Cut the connection of the next calls of an API method instead of answering."""

    method: str
    """Such as `CreateDispatch`; `*` is any."""
    times: Times = 1
    """How many calls."""
    done: bool = False
    """Whether what they ask is done all the same: then only the answer is lost."""


class CutSignal(Fault, frozen=True, tag="cut_signal"):
    """Cut a participant's signal connection, as a broken network does; its data goes on."""

    room: str
    identity: str


class Freeze(Fault, frozen=True, tag="freeze"):
    """Stop the whole server for a while: nothing is answered, all connections stay open."""

    duration_s: Seconds


class Die(Fault, frozen=True, tag="die"):
    """End the server at once, as a crash does."""


class SendText(Fault, frozen=True, tag="send_text"):
    """Send bytes as a text stream to everybody in a room, whether they are text or not."""

    room: str
    content: bytes
    """Sent as they are; base64 in JSON."""
    topic: str = "lk.chat"
    sender: str = ""
    """The identity that it comes from, in the room or not."""
    attributes: dict[str, str] = {}
    """Of the stream's header, such as `lk.segment_id`."""


AnyFault = RefuseCall | DelayCall | DropCall | CutSignal | Freeze | Die | SendText


class State(msgspec.Struct, frozen=True):
    """What the server holds, as `GET /sandbox/state` answers; for finding what is left behind."""

    rooms: int
    participants: int
    workers: int
    connections: int
    """Data connections, those that are being closed too."""
    tasks: int
    """Of the event loop."""
    objects: int
    """That Python's garbage collector knows of."""
    rss_bytes: int
    """Memory of the process."""
