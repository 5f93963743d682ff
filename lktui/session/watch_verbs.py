"""The controller's verbs of watching rooms unseen."""

from __future__ import annotations

import os

from lktui.core.commands import EndSession, LookInto, WatchRoom
from lktui.core.event import SessionId
from lktui.session.archive import Archive
from lktui.session.record_verbs import RecordVerbs
from lktui.store.profiles import ProfileStore


class WatchVerbs(RecordVerbs):
    """The part of the controller that looks at rooms which are not ours.

    Args:
        store: The profiles.
        archive: The sessions of the record.
    """

    def __init__(self, store: ProfileStore, archive: Archive) -> None:
        super().__init__(store, archive)
        self._looked_into = LookInto(room="")

    def watch_room(self, room: str) -> SessionId | None:
        """Watch a room of the server of the profile in use; one that is watched stays so."""
        known = self.watch_of(room)
        profile = self.profile()
        if known is not None or profile is None:
            return known
        session = SessionId(os.urandom(6).hex())
        self._send(WatchRoom(session=session, profile=profile, room=room))
        return session

    def stop_watching(self, session: SessionId) -> None:
        """Leave a room that is watched; nobody there notices."""
        self._send(EndSession(session=session))

    def watch_of(self, room: str) -> SessionId | None:
        """Give the watch of a room that goes on; None if there is none."""
        watches = (one for one in self.sessions.values() if one.watched and not one.over)
        return next((one.id for one in watches if one.room == room), None)

    @property
    def watches(self) -> int:
        """How many rooms are watched."""
        return sum(one.watched and not one.over for one in self.sessions.values())

    def look_into(self, room: str, in_view: tuple[str, ...] = ()) -> None:
        """Keep this room fresh above all others, then those whose rows are on the screen.

        Args:
            room: Its name; empty: none.
            in_view: Of the rows on the screen, whoever's they are.
        """
        wanted = LookInto(room=room, in_view=in_view)
        if wanted != self._looked_into:
            self._looked_into = wanted
            self._send(wanted)
