"""ICE as a server needs it (RFC 8445 "lite"): one UDP socket for all peers, on loopback only.

Clients check, the server answers: no timers and no tasks of its own. A peer is known by the user
name that it was given in the session description, and afterwards by the address that it sends
from.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import string
import struct
from collections import deque

from aioice import stun

_log = logging.getLogger(__name__)

Address = tuple[str, int]

HOST = "127.0.0.1"
_BUFFER_BYTES = 4 << 20
_MAX_DATAGRAM = 2048
_DATAGRAMS_AT_ONCE = 64
_QUEUE_LIMIT = 4096
_STUN_FIRST_BYTES = 3
_SAFE = string.ascii_letters + string.digits


def _random_text(length: int) -> str:
    return "".join(secrets.choice(_SAFE) for _ in range(length))


class UdpPort:
    """The one socket; hands every datagram to the peer that it belongs to."""

    def __init__(self) -> None:
        """Bind a free port."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
        self._socket.bind((HOST, 0))
        self.number: int = self._socket.getsockname()[1]
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._read)
        self._by_user: dict[str, IceEnd] = {}
        self._by_address: dict[Address, IceEnd] = {}

    def __len__(self) -> int:
        return len(self._by_user)

    def open(self) -> IceEnd:
        """Make the server's end of one peer's connection."""
        end = IceEnd(self)
        self._by_user[end.user] = end
        return end

    def forget(self, end: IceEnd) -> None:
        """Take a peer's datagrams no more."""
        self._by_user.pop(end.user, None)
        for address in end.addresses:
            if self._by_address.get(address) is end:
                del self._by_address[address]

    def send(self, data: bytes, address: Address) -> None:
        """Send a datagram, which may get lost as datagrams do."""
        try:
            self._socket.sendto(data, address)
        except OSError as error:  # full buffers, or the peer's process is gone
            _log.debug("a datagram to %s is lost: %s", address, error)

    def close(self) -> None:
        """Give the port back."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        for _ in range(_DATAGRAMS_AT_ONCE):
            try:
                data, address = self._socket.recvfrom(_MAX_DATAGRAM)
            except (BlockingIOError, ConnectionError):
                return
            if not data:
                continue
            if data[0] <= _STUN_FIRST_BYTES:
                self._answer(data, address)
            elif end := self._by_address.get(address):
                end.received(data)

    def _answer(self, data: bytes, address: Address) -> None:
        try:
            request = stun.parse_message(data)
        except (ValueError, struct.error) as error:
            _log.debug("no STUN message from %s: %s", address, error)
            return
        user, _, _ = str(request.attributes.get("USERNAME", "")).partition(":")
        end = self._by_user.get(user)
        if (
            end is None
            or request.message_class is not stun.Class.REQUEST
            or not request.check_message_integrity(end.password.encode())
        ):
            return
        response = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=stun.Class.RESPONSE,
            transaction_id=request.transaction_id,
            attributes={"XOR-MAPPED-ADDRESS": address},
        )
        response.add_message_integrity(end.password.encode())
        self.send(bytes(response), address)
        self._by_address[address] = end
        end.checked(address, nominated="USE-CANDIDATE" in request.attributes)


class IceEnd:
    """The server's end of one peer's connection; what aiortc's DTLS takes for an ICE transport."""

    role = "controlled"
    state = "completed"

    def __init__(self, port: UdpPort) -> None:
        self._port = port
        self.user = _random_text(16)
        self.password = _random_text(32)
        self.addresses: set[Address] = set()
        self._address: Address | None = None
        self._loop = asyncio.get_running_loop()
        self.last_heard = self._loop.time()
        """When the peer last sent anything, on the loop's clock."""
        self._datagrams: deque[bytes] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._closed = False

    def checked(self, address: Address, *, nominated: bool) -> None:
        """Note that the peer can be reached at an address, and whether it wants to be."""
        self.last_heard = self._loop.time()
        self.addresses.add(address)
        if nominated or self._address is None:
            self._address = address

    def received(self, data: bytes) -> None:
        """Take a datagram; beyond a limit it is lost, as in a full buffer."""
        self.last_heard = self._loop.time()
        if len(self._datagrams) < _QUEUE_LIMIT:
            self._datagrams.append(data)
            self._wake()

    async def _recv(self) -> bytes:
        """Wait for the next datagram.

        Raises:
            ConnectionError: The connection is closed.
        """
        while not self._datagrams:
            if self._closed:
                raise ConnectionError("closed")
            self._waiting = self._loop.create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return self._datagrams.popleft()

    async def _send(self, data: bytes) -> None:
        """Send a datagram to where the peer wants it."""
        if self._address is not None and not self._closed:
            self._port.send(data, self._address)

    def close(self) -> None:
        """End whoever waits, and be forgotten."""
        self._closed = True
        self._datagrams.clear()
        self._port.forget(self)
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
