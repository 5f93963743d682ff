"""Live: the conversation."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from lktui.core.action_types import Scope
from lktui.core.actions import ActionId, key_of
from lktui.screens.dashboard import DashboardScreen
from lktui.widgets.bindings import bindings
from lktui.widgets.empty_state import EmptyState


class LiveScreen(DashboardScreen):
    """Shows the session in `controller.focus`."""

    SCOPE = Scope.LIVE
    TITLE = "Live"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LIVE)

    def compose_body(self) -> ComposeResult:
        """Say that there is nothing to show, and what to do."""
        start, rooms = key_of(ActionId.LIVE_START), key_of(ActionId.SHOW_ROOMS)
        yield EmptyState(
            (
                (("No conversation.", "bold"),),
                (),
                ((start, "$key bold"), "  start one"),
                ((rooms, "$key bold"), "  choose a room"),
            )
        )
