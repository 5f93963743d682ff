"""Putting a question on its sheet, for every screen that asks."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App

from lktui.core.action_types import Question
from lktui.screens.confirm.sheet import ConfirmSheet


def ask_on_sheet(
    app: App[None], question: Question, *, final: bool, agreed: Callable[[], object]
) -> None:
    """Ask over the present screen.

    Args:
        app: Shows the sheet.
        question: What has to be agreed to.
        final: Whether it cannot be undone.
        agreed: Called if it is agreed to.
    """

    def answered(yes: bool | None) -> None:  # noqa: FBT001 - Textual hands the result over
        if yes:
            agreed()

    app.push_screen(ConfirmSheet(question, final=final), answered)
