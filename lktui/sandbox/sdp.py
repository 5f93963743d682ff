"""Session descriptions: what is needed of a client's offer, and the answer to it.

The sandbox carries data and no media. Media sections are accepted as `inactive` all the same, with
every section in one bundle: the SDK takes a rejected one for a failure (facts/livekit.md
section 7).
"""

from __future__ import annotations

import re
import secrets

import msgspec

from lktui.sandbox.ice import HOST

MAX_MESSAGE_BYTES = 65536
_SCTP_PORT = 5000
_HOST_PRIORITY = 2130706431
_KEPT = ("a=rtpmap", "a=fmtp", "a=rtcp-fb", "a=rtcp-mux")
_MAX_SECTIONS = 64


class SdpError(Exception):
    """The description is none, or has no section for data."""


class Remote(msgspec.Struct, frozen=True):
    """What the client's description says about its end."""

    fingerprint_algorithm: str
    fingerprint: str
    sctp_port: int
    max_message_bytes: int


class Local(msgspec.Struct, frozen=True):
    """What ours has to say about the server's end."""

    user: str
    password: str
    fingerprint_algorithm: str
    fingerprint: str
    udp_port: int


class Section(msgspec.Struct, frozen=True):
    """One `m=` section, with the attributes of the whole session below its own."""

    head: str
    lines: tuple[str, ...]
    session: tuple[str, ...]

    @property
    def mid(self) -> str:
        """The name under which it is bundled."""
        return self.value("mid") or ""

    @property
    def is_data(self) -> bool:
        """Whether it is for data channels."""
        return self.head.startswith("m=application")

    @property
    def is_rejected(self) -> bool:
        """Whether the client itself has given it up."""
        is_off = re.match(r"m=\S+ 0 ", self.head) is not None
        return is_off and "a=bundle-only" not in self.lines

    def value(self, name: str) -> str | None:
        """Look up an attribute; None where there is none."""
        start = f"a={name}:"
        for line in (*self.lines, *self.session):
            if line.startswith(start):
                return line[len(start) :].strip()
        return None


class Offer:
    """A client's offer."""

    def __init__(self, text: str) -> None:
        """Read it.

        Raises:
            SdpError: It has no usable section for data.
        """
        head, *parts = re.split(r"^(?=m=)", text.replace("\r\n", "\n"), flags=re.MULTILINE)
        if len(parts) > _MAX_SECTIONS:
            raise SdpError(f"{len(parts)} sections")
        session = tuple(line for line in head.splitlines() if line.startswith("a="))
        self.sections = tuple(_section(part, session) for part in parts)
        self.remote = _remote(self.sections)

    def answer(self, local: Local) -> str:
        """Accept everything, of which only data will flow."""
        bundle = " ".join(section.mid for section in self.sections if not section.is_rejected)
        lines = [
            "v=0",
            f"o=- {secrets.randbits(62)} 2 IN IP4 {HOST}",
            "s=-",
            "t=0 0",
            f"a=group:BUNDLE {bundle}",
            "a=ice-lite",
        ]
        for section in self.sections:
            lines += _answered(section, local)
        return "\r\n".join(lines) + "\r\n"


def _section(part: str, session: tuple[str, ...]) -> Section:
    head, *lines = part.splitlines()
    return Section(head=head, lines=tuple(lines), session=session)


def _remote(sections: tuple[Section, ...]) -> Remote:
    data = next((section for section in sections if section.is_data), None)
    if data is None:
        raise SdpError("no section for data channels")
    algorithm, _, fingerprint = (data.value("fingerprint") or "").partition(" ")
    if not fingerprint:
        raise SdpError("no fingerprint")
    try:
        return Remote(
            fingerprint_algorithm=algorithm,
            fingerprint=fingerprint,
            sctp_port=int(data.value("sctp-port") or _SCTP_PORT),
            max_message_bytes=int(data.value("max-message-size") or MAX_MESSAGE_BYTES),
        )
    except ValueError as error:
        raise SdpError(str(error)) from error


def _answered(section: Section, local: Local) -> list[str]:
    if section.is_rejected:
        return [section.head, "c=IN IP4 0.0.0.0", f"a=mid:{section.mid}", "a=inactive"]
    transport = [
        f"c=IN IP4 {HOST}",
        f"a=mid:{section.mid}",
        f"a=ice-ufrag:{local.user}",
        f"a=ice-pwd:{local.password}",
        f"a=fingerprint:{local.fingerprint_algorithm} {local.fingerprint}",
        "a=setup:passive",
        # The SDK reads the bundle's candidates in its first section, whatever that is.
        f"a=candidate:1 1 udp {_HOST_PRIORITY} {HOST} {local.udp_port} typ host",
        "a=end-of-candidates",
    ]
    if section.is_data:
        return [
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
            *transport,
            f"a=sctp-port:{_SCTP_PORT}",
            f"a=max-message-size:{MAX_MESSAGE_BYTES}",
        ]
    kept = [line for line in section.lines if line.startswith(_KEPT)]
    return [re.sub(r"^m=(\w+) \d+", r"m=\1 9", section.head), *transport, *kept, "a=inactive"]
