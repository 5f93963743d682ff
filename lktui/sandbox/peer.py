"""One client's data connection: ICE, DTLS and SCTP, with LiveKit's two data channels on it.

The client offers; the server opens `_reliable` and `_lossy` for what it sends and reads the
client's own channels of the same names. ORTC objects of aiortc do the work.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import cast

from aiortc import (
    RTCCertificate,
    RTCDataChannel,
    RTCDataChannelParameters,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceTransport,
    RTCSctpCapabilities,
    RTCSctpTransport,
)

from lktui.sandbox.ice import UdpPort
from lktui.sandbox.sdp import MAX_MESSAGE_BYTES, Local, Offer, Remote
from lktui.tasks import Tasks

_log = logging.getLogger(__name__)

_RELIABLE = "_reliable"
_LOSSY = "_lossy"


class Peer:
    """The server's end of one client's data connection."""

    def __init__(
        self,
        port: UdpPort,
        certificate: RTCCertificate,
        *,
        on_data: Callable[[bytes, bool], None],
        on_open: Callable[[], None],
    ) -> None:
        """Prepare; the client's offer begins it.

        Args:
            port: Where its datagrams arrive.
            certificate: The server's.
            on_data: Called with each message and whether it came on the reliable channel.
            on_open: Called once, when messages can be sent.
        """
        self._on_data = on_data
        self._ice = port.open()
        # Of its ICE transport DTLS uses no more than IceEnd has.
        self._dtls = RTCDtlsTransport(cast("RTCIceTransport", self._ice), [certificate])
        self._dtls._set_role("server")  # noqa: SLF001 - the answer says `passive`
        self._sctp = RTCSctpTransport(self._dtls)
        self._sctp.on("datachannel", self._listen)
        self._reliable = self._channel(RTCDataChannelParameters(label=_RELIABLE))
        self._lossy = self._channel(
            RTCDataChannelParameters(label=_LOSSY, ordered=False, maxRetransmits=0)
        )
        self._reliable.once("open", on_open)
        fingerprint = next(
            one for one in certificate.getFingerprints() if one.algorithm == "sha-256"
        )
        self._local = Local(
            user=self._ice.user,
            password=self._ice.password,
            fingerprint_algorithm=fingerprint.algorithm,
            fingerprint=fingerprint.value,
            udp_port=port.number,
        )
        self._tasks = Tasks("a data connection")
        self._ended = asyncio.Event()
        self._dtls.on("statechange", self._note_end)
        self._started = False
        self._max_message_bytes = MAX_MESSAGE_BYTES

    @property
    def last_heard(self) -> float:
        """When the client last sent anything, on the loop's clock."""
        return self._ice.last_heard

    def answer(self, offer_text: str) -> str:
        """Answer an offer: the first begins the connection, later ones change nothing of it.

        Raises:
            SdpError: The offer cannot be used.
        """
        offer = Offer(offer_text)
        if not self._started:
            self._started = True
            self._max_message_bytes = offer.remote.max_message_bytes or MAX_MESSAGE_BYTES
            self._tasks.start(self._connect(offer.remote))
        return offer.answer(self._local)

    def send(self, data: bytes, *, reliable: bool) -> None:
        """Send a message; before the connection is open and after its end it is lost.

        One that is larger than the client takes is lost as well.
        """
        channel = self._reliable if reliable else self._lossy
        if len(data) > self._max_message_bytes:
            _log.warning("a message of %d bytes is too large for a client", len(data))
        elif channel.readyState == "open":
            channel.send(data)

    async def closed_by_client(self, limit_s: float) -> None:
        """Wait until the client has closed the connection, but not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._ended.wait()

    async def close(self) -> None:
        """End the connection, whatever state it is in."""
        await self._tasks.cancel()
        try:
            await self._sctp.stop()
            await self._dtls.stop()
        finally:
            self._ice.close()
            self._dtls.remove_all_listeners()

    async def _connect(self, remote: Remote) -> None:
        fingerprint = RTCDtlsFingerprint(remote.fingerprint_algorithm, remote.fingerprint)
        await self._dtls.start(RTCDtlsParameters([fingerprint]))
        if self._dtls.state != "connected":
            _log.warning("a client's DTLS handshake failed")
            return
        await self._sctp.start(RTCSctpCapabilities(remote.max_message_bytes), remote.sctp_port)

    def _note_end(self) -> None:
        if self._dtls.state in {"closed", "failed"}:
            self._ended.set()

    def _channel(self, parameters: RTCDataChannelParameters) -> RTCDataChannel:
        channel = RTCDataChannel(self._sctp, parameters)
        self._listen(channel)
        return channel

    def _listen(self, channel: RTCDataChannel) -> None:
        if channel.label not in (_RELIABLE, _LOSSY):
            return
        is_reliable = channel.label == _RELIABLE

        def take(message: bytes | str) -> None:
            if isinstance(message, bytes):
                self._on_data(message, is_reliable)

        channel.on("message", take)
