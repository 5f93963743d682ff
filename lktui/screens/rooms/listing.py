"""What Rooms lists at a moment: our conversations first, then the other rooms of the server."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

import msgspec

from lktui.core.cleanup import rooms_in
from lktui.core.events import ListedRoom
from lktui.core.fold import RoomsView
from lktui.core.session import SessionState
from lktui.core.signs import StateKind
from lktui.screens.rooms.rows import (
    kind_of_room,
    kind_of_session,
    room_key,
    row_of_room,
    row_of_session,
)
from lktui.session.controller import SessionController
from lktui.widgets.list_table import Row

Subject = SessionState | ListedRoom
"""What a row is about."""


class Listing(msgspec.Struct, frozen=True):
    """The subjects by the keys of their rows, newest first, ours before all others."""

    subjects: Mapping[str, Subject] = MappingProxyType({})
    listed: Mapping[str, ListedRoom] = MappingProxyType({})
    """Every room of the server, by its name."""
    old: RoomsView | None = None
    """The list of rooms if it could not be read since."""
    queued: frozenset[str] = frozenset()
    """Rooms that were made here and are in the queue, such as kept ones."""

    @classmethod
    def of(cls, controller: SessionController) -> Listing:
        """Take what the controller knows now."""
        view = controller.rooms
        listed = {room.name: room for room in view.rooms} if view is not None else {}
        # A room whose watch is over is a room like others again.
        ours = [
            session
            for session in controller.sessions.values()
            if not (session.watched and session.over and session.room in listed)
        ]
        ours.sort(key=lambda session: session.opened_wall, reverse=True)
        taken = {session.room for session in ours}
        others = [room for room in listed.values() if room.name not in taken]
        others.sort(key=lambda room: room.made_at, reverse=True)
        subjects: dict[str, Subject] = {session.id: session for session in ours}
        subjects.update((room_key(room), room) for room in others)
        old = view if view is not None and view.problem is not None else None
        queued = rooms_in(controller.cleanup.values())
        return cls(MappingProxyType(subjects), MappingProxyType(listed), old, queued)

    def session(self, key: str) -> SessionState | None:
        """Give the conversation of a row."""
        found = self.subjects.get(key)
        return found if isinstance(found, SessionState) else None

    def other(self, key: str) -> ListedRoom | None:
        """Give the room of a row that is no conversation of ours."""
        found = self.subjects.get(key)
        return found if isinstance(found, ListedRoom) else None

    def key_of_room(self, name: str) -> str:
        """Give the key of a room's row; empty if it has none."""
        for key, subject in self.subjects.items():
            if name == (subject.room if isinstance(subject, SessionState) else subject.name):
                return key
        return ""

    def room(self, key: str) -> ListedRoom | None:
        """Give the room of any row, as the server lists it, if it does."""
        session = self.session(key)
        return self.listed.get(session.room) if session is not None else self.other(key)

    def kind(self, key: str, *, now: float, wall: float) -> StateKind:
        """Say what state a row tells of."""
        session, other = self.session(key), self.other(key)
        if session is not None:
            return kind_of_session(session, now)
        return kind_of_room(other, wall, stale=self.old is not None) if other else StateKind.OVER

    def rows(
        self, *, now: float, wall: float, seen: frozenset[str], marks: Collection[str]
    ) -> Iterator[Row]:
        """Make the rows.

        Args:
            now: Seconds on the engine's clock.
            wall: Seconds since the epoch.
            seen: What the person has looked at.
            marks: Keys of the rows that are marked.
        """
        for key, subject in self.subjects.items():
            if isinstance(subject, SessionState):
                listed = self.listed.get(subject.room)
                row = row_of_session(subject, listed, now=now, wall=wall, seen=seen)
            else:
                ours, stale = subject.name in self.queued, self.old is not None
                row = row_of_room(subject, wall=wall, stale=stale, ours=ours)
            yield msgspec.structs.replace(row, marked=True) if key in marks else row
