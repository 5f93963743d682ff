"""The doctor's `Network` port without a network."""

from __future__ import annotations

import asyncio

from lktui.core.problems import PortError, ProblemCode, problem
from lktui.engine.doctor.case import HttpAnswer, Opened, ServerVersion

LIVEKIT = HttpAnswer(200, "OK", 0.2)


class FakeNetwork:
    """Answers as it is told; by default as a LiveKit server of version 1.2.3 would."""

    def __init__(self) -> None:
        self.fails: dict[str, ProblemCode] = {}
        """By the name of the method."""
        self.pages: dict[str, HttpAnswer] = {"/": LIVEKIT}
        """By path; any other is not found."""
        self.ends_at: float | None = None
        """When the certificate ends."""
        self.version: ServerVersion | None = ServerVersion("1.2.3", "eu")
        self.tokens: list[str] = []
        """What was joined with over the WebSocket."""

    async def resolve(self, host: str, port: int, shown: str) -> tuple[str, ...]:
        """Know one address."""
        del host, port
        await self._serve("resolve", shown)
        return ("198.51.100.24",)

    async def open(self, address: str, host: str, port: int, *, tls: bool, shown: str) -> Opened:
        """Open at once."""
        del address, host, port
        await self._serve("open", shown)
        return Opened(18.0, 41.0, "TLS 1.3", self.ends_at) if tls else Opened(18.0)

    async def get(self, url: str, shown: str) -> HttpAnswer:
        """Give the page."""
        await self._serve("get", shown)
        path = "/" + url.partition("://")[2].partition("/")[2]
        return self.pages.get(path, HttpAnswer(404, "not here"))

    async def signal(self, url: str, jwt: str, shown: str) -> ServerVersion | None:
        """Join."""
        del url
        await self._serve("signal", shown)
        self.tokens.append(jwt)
        return self.version

    async def _serve(self, name: str, host: str) -> None:
        await asyncio.sleep(0.01)
        if name in self.fails:
            raise PortError(problem(self.fails[name], subject=host, host=host))
