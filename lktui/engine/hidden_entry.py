"""Entering a room unseen: the least grant that still reads text and may ask an agent.

Nobody sees the watcher, it holds no room open and no agent listens to it (facts/livekit.md
section 4). Such connections are made one at a time, for beside each other they cost three times
the processor and sometimes 16 s (facts/engine-split.md, "Watching rooms").
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from lktui.clock import Clock
from lktui.core.events import AnyEvent, Connected, Phase, RoomOpened, SessionId, Step
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.core.sanitize import clean
from lktui.engine.hearing import Hearing
from lktui.engine.ports import Gateway
from lktui.engine.run_life import RunLife


class HiddenEntry:
    """The way into one room.

    Args:
        session: Whose events these are.
        gateway: Makes the ports.
        life: Of the run that watches.
        hearing: Of the same.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        session: SessionId,
        gateway: Gateway,
        *,
        life: RunLife,
        hearing: Hearing,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self._session, self._gateway = session, gateway
        self._life, self._hearing = life, hearing
        self._emit, self._clock = emit, clock
        self.entered_at = 0.0
        """On the engine's clock."""

    async def enter(self, profile: Profile, room: str) -> None:
        """Go in; a room that is not there is not made.

        Raises:
            PortError: ROOM_MISSING, or there is no key, or the connection fails.
        """
        self._life.phase(Phase.OPENING)
        name = clean(room)
        self._emit(RoomOpened(session=self._session, room=name, ours=False))
        if not await self._gateway.server_api(profile).room_exists(room):
            short = clean(room, limit=80)
            raise PortError(
                problem(ProblemCode.ROOM_MISSING, room=short, host=profile.host, subject=short)
            )
        me = f"lktui-watch-{secrets.token_hex(4)}"
        token = self._gateway.watcher_token(profile, room, me)
        link, self._hearing.hidden = self._hearing.link, True
        async with self._gateway.hidden_turn:
            self._life.phase(Phase.CONNECTING)
            began = self._clock.monotonic()
            await self._life.landings.land(link.connect(profile.ws_url, token.jwt))
        self.entered_at = self._clock.monotonic()
        count = sum(not other.hidden for other in link.participants)
        self._emit(Connected(session=self._session, identity=me, room=name, others=count))
        took_ms = (self.entered_at - began) * 1000
        self._life.step(Step.CONNECT, f"{me}; hidden, {count} here", took_ms)
