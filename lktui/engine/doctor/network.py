"""The network as the doctor asks it: names, connections, a page, the signalling WebSocket."""

from __future__ import annotations

import asyncio
import email.utils
import socket
import ssl

import aiohttp

from lktui.clock import Clock
from lktui.core.sanitize import clean
from lktui.engine.doctor.case import HttpAnswer, Opened, ServerVersion
from lktui.engine.failures import knocking, limited
from lktui.engine.signalling import joined_unheard

LIMIT_S = 10.0
_MAX_BODY_BYTES = 2000
_DATE_MIDDLE_S = 0.5
"""A Date header is cut to whole seconds: on average it is so much behind."""


class SystemNetwork:
    """The `Network` port on this machine.

    Args:
        clock: Tells the time, for comparing it with a server's.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def resolve(self, host: str, port: int, shown: str) -> tuple[str, ...]:
        """Give the addresses of a host, each once.

        Raises:
            PortError: DNS_FAILED or CONNECT_TIMEOUT.
        """
        async with knocking(LIMIT_S, shown):
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        return tuple(dict.fromkeys(str(address[0]) for *_, address in found))

    async def open(self, address: str, host: str, port: int, *, tls: bool, shown: str) -> Opened:
        """Open a connection to an address, with TLS for the host's name or without, and close it.

        Raises:
            PortError: CONNECTION_REFUSED, CONNECT_TIMEOUT, TLS_FAILED, CERTIFICATE_REFUSED or
                CONNECT_FAILED.
        """
        began = self._clock.monotonic()
        async with knocking(LIMIT_S, shown):
            _, writer = await asyncio.open_connection(address, port)
            tcp_ms = (self._clock.monotonic() - began) * 1000
            try:
                if not tls:
                    return Opened(tcp_ms)
                await writer.start_tls(ssl.create_default_context(), server_hostname=host)
                tls_ms = (self._clock.monotonic() - began) * 1000 - tcp_ms
                spoken: ssl.SSLObject = writer.get_extra_info("ssl_object")
                version = (spoken.version() or "TLS").replace("TLSv", "TLS ")
                return Opened(tcp_ms, tls_ms, version, _end_of(spoken))
            finally:
                writer.close()

    async def get(self, url: str, shown: str) -> HttpAnswer:
        """Ask for a page, without any credentials and without following redirects.

        Raises:
            PortError: Nobody answered, or not in HTTP.
        """
        before = self._clock.wall()
        async with (
            limited(LIMIT_S, shown, "get"),
            aiohttp.ClientSession() as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            now = (before + self._clock.wall()) / 2
            body = await answer.content.read(_MAX_BODY_BYTES)
        date = _seconds_of(answer.headers.get("Date", ""))
        ahead_s = None if date is None else now - date - _DATE_MIDDLE_S
        return HttpAnswer(answer.status, body.decode("utf-8", "replace"), ahead_s)

    async def signal(self, url: str, jwt: str, shown: str) -> ServerVersion | None:
        """Join over the WebSocket alone, read what the server says of itself, and leave.

        Raises:
            PortError: The server refuses the token, or the WebSocket cannot be set up.
        """
        info = await joined_unheard(url, jwt, shown, LIMIT_S)
        if info is None:
            return None
        return ServerVersion(clean(info.version, limit=40), clean(info.region, limit=40))


def _end_of(spoken: ssl.SSLObject) -> float | None:
    """Give when the certificate that was shown ends."""
    certificate = spoken.getpeercert() or {}
    ends = certificate.get("notAfter")
    return ssl.cert_time_to_seconds(ends) if isinstance(ends, str) else None


def _seconds_of(date: str) -> float | None:
    """Read a Date header; None if it is none."""
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
