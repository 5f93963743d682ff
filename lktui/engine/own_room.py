"""The room of one session: recorded before it can exist, made, and removed if it is ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from lktui.clock import Clock
from lktui.core.cleanup import GONE, CleanupItem, ItemState, What
from lktui.core.events import (
    AnyEvent,
    CleanupResult,
    RoomIntended,
    RoomOpened,
    SessionId,
    Step,
    StepDone,
)
from lktui.core.problems import PortError
from lktui.core.profile import AuthMode, DispatchMode, Profile
from lktui.core.sanitize import clean
from lktui.engine.failures import may_have_landed
from lktui.engine.janitor import Janitor
from lktui.engine.landings import Landings
from lktui.engine.ports import ServerApi


class OwnRoom:
    """One session's room and its item in the queue.

    Args:
        session: Whose events these are.
        profile: How the room is to be.
        keep: Leave the room when the session ends.
        api: The server API; None without an API key.
        janitor: Keeps and works the cleanup queue.
        landings: How the create is awaited.
        emit: Takes the events.
        clock: Tells the time.
        identity: Who we will be in the room; empty if that is not ours alone.
        alone: Let no agent come by itself into a room that we make.
    """

    def __init__(
        self,
        *,
        session: SessionId,
        profile: Profile,
        keep: bool,
        api: ServerApi | None,
        janitor: Janitor,
        landings: Landings,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
        identity: str = "",
        alone: bool = False,
    ) -> None:
        self._session, self._profile, self._keep = session, profile, keep
        self._api, self._janitor, self._landings = api, janitor, landings
        self._emit, self._clock, self._identity, self._alone = emit, clock, identity, alone
        self._item_id = f"{session}:room"
        self.ours = False
        """We make it, so we may delete it."""
        self.made = False
        """It may be on the server, by our doing."""

    async def open(self, name: str) -> float | None:
        """Record the room, then make it unless the join does.

        Returns:
            How long CreateRoom took, seconds; None if it was not called.

        Raises:
            PortError: It could not be recorded or made.
        """
        profile, api = self._profile, self._api
        named = bool(profile.room_name) or profile.auth_mode is AuthMode.TOKEN
        existed = named and api is not None and await api.room_exists(name)
        self.ours = not existed
        if self.ours:
            self._janitor.put_item(
                CleanupItem(
                    id=self._item_id,
                    what=What.ROOM,
                    name=name,
                    room=name,
                    profile=profile.name,
                    url=profile.url,
                    session=self._session,
                    agent_name=self._dispatched_agent,
                    made_at=self._clock.wall(),
                    keep=self._keep,
                    identity=self._identity,
                    shared=not self._is_unique(name),
                )
            )
            self.made = True
        self._emit(RoomIntended(session=self._session, room=clean(name)))
        took_s: float | None = None
        if existed:
            self._step("was there; not ours", None)
        elif api is not None and (self._alone or profile.auth_mode is AuthMode.API):
            took_s = await self._create(api, name)
            await self.is_there()
        self._emit(RoomOpened(session=self._session, room=clean(name), ours=self.ours))
        return took_s

    @property
    def _dispatched_agent(self) -> str:
        explicit = self._profile.dispatch_mode is DispatchMode.EXPLICIT
        return self._profile.agent_name if explicit else ""

    def _is_unique(self, name: str) -> bool:
        """Whether nobody but us makes a room of this name: it was drawn by lot here."""
        return not self._profile.room_name and f"-{self._janitor.installation}" in name

    async def is_there(self) -> None:
        """Note which one it is, where others may make one of the same name some day."""
        item = self._janitor.item(self._item_id)
        if self._api is None or item is None or not item.shared or item.sid:
            return
        found = await self._api.find_room(item.name)
        item = self._janitor.item(self._item_id)
        if found is not None and item is not None:
            self._janitor.put_item(msgspec.structs.replace(item, sid=found.sid))

    def stays_as(self, sid: str) -> None:
        """Note our stay in it, which tells us from others who have the same token."""
        item = self._janitor.item(self._item_id)
        if item is not None and not item.identity and sid not in ("", item.participant_sid):
            self._janitor.put_item(msgspec.structs.replace(item, participant_sid=sid))

    async def _create(self, api: ServerApi, name: str) -> float:
        began = self._clock.monotonic()
        await self._landings.land(self._call_create(api, name))
        took_s = self._clock.monotonic() - began
        self._step("created", took_s * 1000)
        return took_s

    async def _call_create(self, api: ServerApi, name: str) -> None:
        try:
            await api.create_room(
                name, metadata=self._profile.room_metadata, kept=self._keep, alone=self._alone
            )
        except PortError as error:
            item = self._janitor.item(self._item_id)
            if item is not None and not may_have_landed(error.problem):
                self._janitor.put_item(item.done())  # refused or never sent
                self.made = False
            raise

    def release(
        self, *, agreed: bool = False, came: Iterable[str] = (), late: bool = False
    ) -> None:
        """Record that nobody uses the room any more, before anything is removed.

        Args:
            agreed: A person has agreed that others who are in it are put out.
            came: Agents that were seen in it.
            late: A call that makes it may still land, or an agent come that was not seen.
        """
        item = self._janitor.item(self._item_id)
        if item is None or item.state is not ItemState.LIVE:
            return
        if self._api is None:
            self._janitor.put_item(item.left())
        else:
            known = msgspec.structs.replace(
                item, agreed=agreed, came=tuple(sorted(came)), late=late
            )
            self._janitor.put_item(known.released(self._clock.wall()))

    async def clean(self, *, early: bool, limit_s: float) -> CleanupResult:
        """Remove the room if it is ours and not to be kept."""
        item = self._janitor.item(self._item_id)
        if not self.ours:
            return CleanupResult.NOT_OURS if item is None else CleanupResult.DONE
        if item is not None and item.state is ItemState.LEFT:
            return CleanupResult.LEFT
        if item is None or item.state in GONE:
            return CleanupResult.DONE
        if item.state is ItemState.KEPT:
            return CleanupResult.KEPT
        done = await self._janitor.clean([item.id], early=early, limit_s=limit_s)
        return CleanupResult.DONE if done else CleanupResult.PENDING

    def _step(self, subject: str, took_ms: float | None) -> None:
        self._emit(
            StepDone(session=self._session, step=Step.ROOM, subject=subject, took_ms=took_ms)
        )
