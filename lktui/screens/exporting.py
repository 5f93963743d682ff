"""Writing a session to a file: the same sheet wherever there is one to write."""

from __future__ import annotations

from collections.abc import Awaitable

from lktui.core.action_types import View
from lktui.core.actions import ActionId
from lktui.core.events import SessionId
from lktui.core.export import Format
from lktui.core.wrap import clip
from lktui.screens.action_screen import does
from lktui.screens.export_sheet import ExportSheet
from lktui.session.controller import SessionController
from lktui.widgets.overlay import Overlay

_NAME_CELLS = 60


class Exporting:
    """The handlers of the sheet's keys, for a screen that can have something over it."""

    controller: SessionController
    _exported: tuple[SessionId, ...] = ()
    _subject = ""
    """What the sheet calls them."""

    def open_overlay(self, over: Overlay) -> Awaitable[None]:
        """Let something rise from the bottom and take the keys."""
        raise NotImplementedError

    def close_overlay(self) -> Awaitable[None]:
        """Take away what lies over the screen."""
        raise NotImplementedError

    def open_export(self, sessions: tuple[SessionId, ...], name: str) -> Awaitable[None]:
        """Ask as what sessions are to be written.

        Args:
            sessions: Those that are known to the controller or to the record.
            name: What the sheet calls them.
        """
        self._exported, self._subject = sessions, clip(name, _NAME_CELLS, "middle")
        return self.open_overlay(ExportSheet(self._subject))

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
        self.controller.exports.export(self._exported, form, self._subject)
