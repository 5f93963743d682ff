"""A talk on a real server and its watch: what both have heard, and who was blamed."""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager, AsyncExitStack, nullcontext
from pathlib import Path

from lktui.core.commands import Say, StartSession, WatchRoom
from lktui.core.events import (
    AnyEvent,
    LinkChanged,
    LinkStalled,
    MemoryRead,
    VerdictReached,
)
from lktui.core.profile import Profile
from lktui.core.verdict import Outcome
from tests.support.livekit_server import LiveKitServer
from tests.support.seer import LATE_S, Seer, seer
from tests.support.server import profile_at

BACK_S = 40.0
"""The SDK's own, with some room: so long it may need to be back."""
_LENGTH = re.compile(r"^([\d.]+) s, ")
_BLAMES = {Outcome.UNRESPONSIVE, Outcome.LEFT, Outcome.LOST, Outcome.ZOMBIE}


class TalkAndWatch:
    """A server and its worker, a talk, and somebody who watches it."""

    def __init__(
        self,
        server: LiveKitServer,
        stack: AsyncExitStack,
        talks_at: AbstractContextManager[None] | None = None,
        watches_at: AbstractContextManager[None] | None = None,
    ) -> None:
        """Take the places.

        Args:
            server: Where they meet.
            stack: Ends them.
            talks_at: Entered while the engine of whoever talks is started.
            watches_at: The same of whoever watches.
        """
        self.server, self._stack = server, stack
        self._talks_at, self._watches_at = talks_at or nullcontext(), watches_at or nullcontext()
        self.events: list[AnyEvent] = []
        self._said = 0

    def profile(self) -> Profile:
        """Give what both use."""
        return profile_at(
            self.server, room_prefix="e2e-lost", metadata=json.dumps({"mode": "shop"})
        )

    async def opens(self, folder: Path) -> None:
        """Begin the talk and the watch; the agent answers."""
        with self._talks_at:
            self.talker = await seer(self._stack, folder / "talker", self._hear)
        with self._watches_at:
            self.watcher = await seer(self._stack, folder / "watcher", self._hear)
        using = self.profile()
        self.talker.send(StartSession(session=self.talker.session, profile=using))
        assert await self.talker.is_ready()
        room = self.talker.state.room
        self.watcher.send(WatchRoom(session=self.watcher.session, profile=using, room=room))
        assert await self.watcher.is_ready()

    def _hear(self, events: list[AnyEvent]) -> None:
        self.events += events

    async def says(self, *lines: str) -> None:
        """Say lines, each once the last one is answered."""
        for text in lines:
            self._said += 1
            answers = self.talker.answers
            said = Say(session=self.talker.session, key=f"typed:{self._said}", text=text)
            self.talker.send(said)
            assert await self.talker.until(lambda n=answers: self.talker.answers > n)  # type: ignore[misc]  # bound

    async def all_see_the_same(self) -> None:
        """Wait until whoever watches has all that was said, each thing once and in its order."""
        talker, watcher = self.talker, self.watcher
        assert await watcher.until(lambda: watcher.told == talker.told, LATE_S), (
            talker.told,
            watcher.told,
        )

    def tells(self) -> None:
        """Print how it went, for whoever reads of a failure."""
        for name, one in (("talker", self.talker), ("watcher", self.watcher)):
            print(
                name, *(f"{row.at:.2f} {row.speaker}: {row.text}" for row in one.rows), sep="\n  "
            )
        told = (LinkChanged, LinkStalled, MemoryRead, VerdictReached)
        print(*(event for event in self.events if isinstance(event, told)), sep="\n")

    @property
    def blamed(self) -> list[Outcome]:
        """Verdicts against the agent, which was well all the time."""
        verdicts = [event for event in self.events if isinstance(event, VerdictReached)]
        return [one.diagnosis.code for one in verdicts if one.diagnosis.code in _BLAMES]


def gaps(one: Seer) -> list[str]:
    """Give what one tells of holes in what it has heard."""
    return [text for what, text in one.facts if what == "gap"]


def length_s(gap: str) -> float:
    """Read how long a gap was, seconds."""
    found = _LENGTH.match(gap)
    assert found is not None, gap
    return float(found[1])
