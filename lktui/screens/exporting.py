"""Writing a session to a file: the same sheet wherever there is one to write."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path

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
    _exported: tuple[SessionId, ...] = ()

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
        self._exported = sessions
        return self.open_overlay(ExportSheet(clip(name, _NAME_CELLS, "middle")))

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
        written: list[Path] = []
        for exported in self._exported:
            try:
                path = await self._write(exported, form)
            except PortError as error:
                self.controller.report(error.problem)
                return
            if path is None:
                self.controller.notice("not now: the record has nothing of this session any more")
                return
            written.append(path)
        if len(written) == 1:
            self.controller.notice(f"wrote {written[0]}")
        elif written:
            self.controller.notice(f"wrote {len(written)} files to {written[0].parent}")

    async def _write(self, exported: SessionId, form: Format) -> Path | None:
        """Write one session; None if the record has lost it meanwhile."""
        found = await self.controller.whole(exported)
        return self.controller.archive.export(*found, form) if found is not None else None
