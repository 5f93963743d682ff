"""A network of its own for a client, behind a router that can be told to let nothing through.

WebRTC finds its way around a relay in user space; out of a network namespace there is one way only.
What is cut there is lost without a sign, as somewhere on the way through the Internet: neither end
sees its own interface go down.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from tests.support.cache import UnavailableError

_NEW_NETWORK = 0x40000000
"""CLONE_NEWNET of linux/sched.h."""
_LIBC = ctypes.CDLL(None, use_errno=True)


class CutLine:
    """The line between this machine and a client's network; a context manager that ends both."""

    def __init__(self) -> None:
        """Lay it.

        Raises:
            UnavailableError: This system lets us make no networks.
        """
        if os.geteuid() != 0 or shutil.which("ip") is None:
            raise UnavailableError("no network of our own: that takes root and the program ip")
        serial = secrets.token_hex(4)
        self._client, self._router = f"lk-client-{serial}", f"lk-router-{serial}"
        self.interface = f"lk{serial}"
        """Ours, at which a server has to be had."""
        net = f"10.{random.randrange(100, 250)}.{random.randrange(250)}"  # noqa: S311 - no secret
        self.address = f"{net}.1"
        """This machine's, as the client sees it."""
        self._far_address = f"{net}.6"
        try:
            self._lay(net)
        except subprocess.CalledProcessError as error:
            self._remove()
            raise UnavailableError(f"no network of our own: {error.stderr.strip()}") from error

    def _lay(self, net: str) -> None:
        near, far, end = self.interface, "far", "end"
        for name in (self._client, self._router):
            _ip("netns", "add", name)
        _ip("link", "add", near, "type", "veth", "peer", "name", near, "netns", self._router)
        _ip("-n", self._router, "link", "add", far, "type", "veth", "peer", "name", end,
            "netns", self._client)  # fmt: skip
        ends = (
            ((), near, self.address),
            (("-n", self._router), near, f"{net}.2"),
            (("-n", self._router), far, f"{net}.5"),
            (("-n", self._client), end, self._far_address),
        )
        for place, link, address in ends:
            _ip(*place, "addr", "add", f"{address}/30", "dev", link)
            _ip(*place, "link", "set", link, "up")
        _ip("-n", self._client, "link", "set", "lo", "up")
        _ip("route", "add", f"{net}.4/30", "via", f"{net}.2")
        _ip("-n", self._client, "route", "add", "default", "via", f"{net}.5")
        with self._inside(self._router):
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")

    @contextlib.contextmanager
    def far_end(self) -> Iterator[None]:
        """Let what this thread starts meanwhile live in the client's network, and nowhere else."""
        with self._inside(self._client):
            yield

    def cut(self) -> None:
        """Let nothing through any more, in either direction."""
        for address in (self.address, self._far_address):
            _ip("-n", self._router, "route", "add", "blackhole", f"{address}/32")

    def mend(self) -> None:
        """Let everything through again."""
        for address in (self.address, self._far_address):
            _ip("-n", self._router, "route", "del", "blackhole", f"{address}/32")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()

    def _remove(self) -> None:
        """Remove what there is of it; its other interfaces go with their networks."""
        made = (
            ("link", "del", self.interface),
            ("netns", "del", self._client),
            ("netns", "del", self._router),
        )
        for one in made:
            with contextlib.suppress(subprocess.CalledProcessError):  # it was never made
                _ip(*one)

    @contextlib.contextmanager
    def _inside(self, network: str) -> Iterator[None]:
        with Path("/proc/thread-self/ns/net").open() as ours:
            with Path("/run/netns", network).open() as theirs:
                _enter(theirs.fileno())
            try:
                yield
            finally:
                _enter(ours.fileno())


def _enter(network: int) -> None:
    if _LIBC.setns(network, _NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)  # noqa: S607 - wherever the system has it
