"""A conversation of the doctor's own: a room is made, joined, perhaps an agent asked for, all gone.

It is a session like any other, so that what it makes is in the queue before it exists; only its
events stay here, for it is no conversation of the person's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from lktui.clock import Clock
from lktui.core.commands import StartSession
from lktui.core.events import AnyEvent, SessionEvent, SessionId
from lktui.core.profile import AuthMode, DispatchMode, Profile
from lktui.core.session import SessionState
from lktui.engine.janitor import Janitor
from lktui.engine.ports import Gateway, LinkListener, RoomLink
from lktui.engine.session_run import SessionRun


class _Witnessed:
    """A gateway that remembers the room connection which it makes."""

    def __init__(self, gateway: Gateway) -> None:
        self.server_api, self.pacer = gateway.server_api, gateway.pacer
        self.tokens, self.watcher_token = gateway.tokens, gateway.watcher_token
        self.profile, self.looks_swapped = gateway.profile, gateway.looks_swapped
        self.close, self.hidden_turn = gateway.close, gateway.hidden_turn
        self._make_link = gateway.room_link
        self.link: RoomLink | None = None

    def room_link(self, listener: LinkListener, profile: Profile) -> RoomLink:
        """Make a room connection."""
        self.link = self._make_link(listener, profile)
        return self.link


class Visit:
    """The doctor's session; begun by whoever first waits for it.

    Args:
        session: An id of its own.
        profile: Whose server is visited.
        dispatch: Whether the agent is asked for.
        gateway: Makes the ports.
        janitor: Keeps and works the cleanup queue.
        emit: Takes the events that are not the session's own.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        session: SessionId,
        profile: Profile,
        dispatch: bool,
        gateway: Gateway,
        janitor: Janitor,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self.profile = _as_visited(profile, dispatch)
        """How the visit is made: in a room of its own, and without an agent unless asked for."""
        self._command = StartSession(session=session, profile=self.profile)
        self._is_alone = not dispatch
        self._gateway, self._janitor, self._emit_others = _Witnessed(gateway), janitor, emit
        self._clock = clock
        self._changed = asyncio.Event()
        self._run: SessionRun | None = None
        self.state = SessionState(id=session)

    @property
    def link(self) -> RoomLink | None:
        """The connection to the room, once the visit has begun."""
        return self._gateway.link

    async def until(self, reached: Callable[[SessionState], bool]) -> SessionState:
        """Begin the visit if it has not begun, and wait until something holds or it is over.

        Raises:
            PortError: It could not be recorded, so nothing was made.
        """
        if self._run is None:
            self._run = SessionRun(
                self._command,
                self._gateway,
                self._janitor,
                self._emit,
                self._clock,
                alone=self._is_alone,
            )
            self._run.start()
        while not (reached(self.state) or self.state.over):
            self._changed.clear()
            await self._changed.wait()
        return self.state

    async def end(self) -> SessionState:
        """Leave and clean up, if it has begun."""
        if self._run is not None:
            await asyncio.shield(self._run.end())
            await self._run.ended.wait()
        return self.state

    def _emit(self, event: AnyEvent) -> None:
        if not isinstance(event, SessionEvent):
            self._emit_others(event)
            return
        stamped = msgspec.structs.replace(
            event, at=event.at or self._clock.monotonic(), wall=event.wall or self._clock.wall()
        )
        self.state = self.state.apply(stamped)
        self._changed.set()


def _as_visited(profile: Profile, dispatch: bool) -> Profile:  # noqa: FBT001 - private
    """Make the profile that the visit has."""
    changed = msgspec.structs.replace(profile, auto_retry=False, auto_cleanup=True)
    if profile.auth_mode is AuthMode.API:
        changed = msgspec.structs.replace(changed, room_name="")
    if not dispatch:
        auto = DispatchMode.AUTO
        changed = msgspec.structs.replace(changed, agent_name="", dispatch_mode=auto)
    return changed
