"""Reading a session of the record in slices while it is shown."""

from __future__ import annotations

from textual.content import Content

from lktui.core.events import SessionId
from lktui.core.problems import PortError
from lktui.core.signs import StateKind
from lktui.screens.dashboard import DashboardScreen
from lktui.session.controller import SessionController
from lktui.widgets.drawing import line, state

_PAUSE_S = 0.001
"""A timer, since a callback in our own queue would be taken before the loop reads a key."""


class FromRecord(DashboardScreen):
    """Asks for the next slice of the session in view until all of it is read."""

    def __init__(self, controller: SessionController) -> None:
        super().__init__(controller)
        self._reads = False

    def started(self) -> None:
        """Also draw what is read from the record."""
        self.watch(self.controller.archive, "opened", self.ask_to_draw, init=False)

    def read_rest(self, session: SessionId) -> None:
        """Have what is not read yet of a session read, if there is any."""
        if not self._reads and self.is_being_read(session):
            self._reads = True
            self.set_timer(_PAUSE_S, self._read_on)

    def _read_on(self) -> None:
        self._reads = False
        focus = self.controller.focus
        if focus is None:
            return
        try:
            is_more = self.controller.archive.read_on(focus)
        except PortError as error:
            self.controller.report(error.problem)
            self.controller.archive.close(focus)
            return
        if is_more:
            self.read_rest(focus)
        else:
            self._pacer.ebb()

    def is_being_read(self, session: SessionId) -> bool:
        """Whether there is more of a session to come from the record."""
        return self.controller.archive.progress(session) is not None

    def reading_words(self, session: SessionId) -> Content | None:
        """Say how much is read; None: all of it."""
        read = self.controller.archive.progress(session)
        if read is None:
            return None
        return line(state(StateKind.WAITING, f"reading the record, {read:.0%}"))
