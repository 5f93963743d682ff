"""A real livekit-server of one's own: found or built, started on free ports, always ended."""

from __future__ import annotations

import functools
import http.client
import os
import random
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Self

from tests.support.cache import UnavailableError, built_once, run
from tests.support.waiting import PATIENCE_S, until

VERSION = "1.13.5"
_START_S = PATIENCE_S


@functools.cache
def server_binary() -> Path:
    """Find a livekit-server, or build one where Go is present (about two minutes, once).

    Raises:
        UnavailableError: There is none and it cannot be built.
    """
    if named := os.environ.get("LIVEKIT_SERVER_BIN"):
        if not os.access(named, os.X_OK):
            raise UnavailableError(f"LIVEKIT_SERVER_BIN names no program: {named}")
        return Path(named)
    if found := shutil.which("livekit-server"):
        return Path(found)
    go = shutil.which("go")
    if go is None:
        raise UnavailableError(
            "no livekit-server: set LIVEKIT_SERVER_BIN, put it on PATH, or install Go"
        )

    def build(folder: Path) -> None:
        module = f"github.com/livekit/livekit-server/cmd/server@v{VERSION}"
        run([go, "install", module], cwd=folder, env={"GOBIN": str(folder)})

    return built_once(f"livekit-server-{VERSION}", build) / "server"


class LiveKitServer:
    """One livekit-server process in development mode; a context manager that always ends it."""

    key = "devkey"
    secret = "secret"
    delays = 1.0

    def __init__(
        self,
        binary: Path,
        log: Path,
        *,
        rtc: str = "",
        turn: str = "",
        node_ip: str = "127.0.0.1",
        address: str = "127.0.0.1",
    ) -> None:
        """Start it and wait until it answers.

        Args:
            binary: What `server_binary` found.
            log: Where it writes what it logs.
            rtc: What else its configuration has in `rtc`, as YAML in one line.
            turn: The same for `turn`.
            node_ip: Where it says that its media can be had.
            address: Of this machine, where clients find it.
        """
        self._binary = binary
        self._log = log
        self._rtc, self._turn, self._node_ip = rtc, turn, node_ip
        self._address = address
        self.port = _free_ports()
        self._process = self._start()

    @property
    def url(self) -> str:
        """The address for clients."""
        return f"ws://{self._address}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Address and credentials in the variables that LiveKit's own programs read."""
        return {
            "LIVEKIT_URL": self.url,
            "LIVEKIT_API_KEY": self.key,
            "LIVEKIT_API_SECRET": self.secret,
        }

    def kill(self) -> None:
        """End it at once, as a crash would; connections are cut, rooms are forgotten."""
        self._process.kill()
        self._process.wait()

    def restart(self) -> None:
        """Start it anew on the same ports, killed first if it still runs."""
        self.kill()
        self._process = self._start()

    def freeze(self) -> None:
        """Make it answer nothing while its connections stay open."""
        self._process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let a frozen one go on."""
        self._process.send_signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """The process id of the server that runs now."""
        return self._process.pid

    def _start(self) -> subprocess.Popen[bytes]:
        rtc = f"{{tcp_port: {self.port + 1}, udp_port: {self.port + 2}, {self._rtc}}}"
        config = f"{{port: {self.port}, rtc: {rtc}, turn: {{{self._turn}}}}}"
        argv = [str(self._binary), "--dev", "--node-ip", self._node_ip, "--config-body", config]
        for address in {"127.0.0.1", self._address}:
            argv += ["--bind", address]
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        answered = until(lambda: process.poll() is not None or self._answers(), timeout_s=_START_S)
        if not answered or process.poll() is not None:
            process.kill()
            process.wait()
            said = "\n".join(self._log.read_text().splitlines()[-10:])
            raise RuntimeError(f"livekit-server did not start on port {self.port}:\n{said}")
        return process

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
        try:
            connection.request("GET", "/")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _free_ports() -> int:
    """Return the first of three ports in a row (TCP, TCP, UDP) that nobody uses.

    They lie below the range of outgoing connections: a client that knocks at a killed server must
    not be given the very port that it knocks at, or the restarted server cannot have it.
    """
    for _ in range(100):
        first = random.randrange(20_000, 32_000)  # noqa: S311 - not a secret
        kinds = (socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM)
        if all(_is_free(first + n, kind) for n, kind in enumerate(kinds)):
            return first
    raise RuntimeError("no three free ports in a row")


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
