"""Writing a session to a file: the same sheet wherever there is one to write."""

from __future__ import annotations

from collections.abc import Awaitable

from lktui.core.action_types import View
from lktui.core.actions import ActionId
from lktui.core.events import SessionId
from lktui.core.export import Format
from lktui.core.problems import PortError
from lktui.core.wrap import clip
from lktui.screens.action_screen import does
from lktui.screens.export_sheet import ExportSheet
from lktui.session.controller import SessionController
from lktui.widgets.overlay import Overlay

_NAME_CELLS = 60


class Exporting:
    """The handlers of the sheet's keys, for a screen that can have something over it."""

    controller: SessionController
    _exported: SessionId | None = None

    def open_overlay(self, over: Overlay) -> Awaitable[None]:
        """Let something rise from the bottom and take the keys."""
        raise NotImplementedError

    def close_overlay(self) -> Awaitable[None]:
        """Take away what lies over the screen."""
        raise NotImplementedError

    def open_export(self, session: SessionId, name: str) -> Awaitable[None]:
        """Ask as what a session is to be written.

        Args:
            session: One that is known to the controller.
            name: What the sheet calls it.
        """
        self._exported = session
        return self.open_overlay(ExportSheet(clip(name or session, _NAME_CELLS, "middle")))

    @does(ActionId.EXPORT_MARKDOWN)
    def _export_markdown(self, _view: View) -> Awaitable[None]:
        return self._export(Format.MARKDOWN)

    @does(ActionId.EXPORT_EVENTS)
    def _export_events(self, _view: View) -> Awaitable[None]:
        return self._export(Format.EVENTS)

    @does(ActionId.EXPORT_REPORT)
    def _export_report(self, _view: View) -> Awaitable[None]:
        return self._export(Format.REPORT)

    @does(ActionId.EXPORT_CLOSE)
    def _close_export(self, _view: View) -> Awaitable[None]:
        return self.close_overlay()

    async def _export(self, form: Format) -> None:
        await self.close_overlay()
        controller, exported = self.controller, self._exported
        if exported is None:
            return
        try:
            await controller.read_whole(exported)
            session = controller.session(exported)
            if session is None:
                controller.notice("not now: the record has nothing of this session any more")
                return
            path = controller.archive.export(session, controller.transcript(session.id), form)
        except PortError as error:
            controller.report(error.problem)
        else:
            controller.notice(f"wrote {path}")
