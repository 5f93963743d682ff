"""A small HTTP server in a thread: a token endpoint, or something that is no LiveKit server."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import NamedTuple, Self


class Request(NamedTuple):
    """What a client asked."""

    path: str
    headers: Mapping[str, str]
    """By names in lower case."""
    body: str

    @property
    def fields(self) -> dict[str, object]:
        """The body, which must be a JSON object."""
        found: object = json.loads(self.body)
        assert isinstance(found, dict)
        return found


class Answer(NamedTuple):
    """What a client is told."""

    body: str
    status: int = 200
    content_type: str = "application/json"
    location: str = ""
    """Where a redirect leads."""


class HttpServer:
    """Answers every request the same way; a context manager that always ends it."""

    def __init__(
        self,
        answer: Callable[[Request], Answer],
        *,
        version: str = "HTTP/1.1",
        drip_s: float = 0.0,
    ) -> None:
        """Choose the answer.

        Args:
            answer: Called in another thread, once for each request.
            version: What it says that it speaks.
            drip_s: How long it waits before each byte of an answer; 0 sends it in one piece.
        """
        self.requests: list[Request] = []
        self._answer, self._version, self._drip_s = answer, version, drip_s
        self._ending = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return self._server.server_port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _write(self, out: BufferedIOBase, content: bytes) -> None:
        if not self._drip_s:
            out.write(content)
            return
        with contextlib.suppress(OSError):  # a client that has had enough goes away
            for byte in content:
                out.write(bytes([byte]))
                if self._ending.wait(self._drip_s):
                    return

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = owner._version

            def do_GET(self) -> None:
                self._do()

            def do_POST(self) -> None:
                self._do()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
                """Stay silent."""

            def _do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.path, headers, body)
                owner.requests.append(request)
                answer = owner._answer(request)
                content = answer.body.encode()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(content)))
                if answer.location:
                    self.send_header("Location", answer.location)
                self.end_headers()
                owner._write(self.wfile, content)

        return Handler
