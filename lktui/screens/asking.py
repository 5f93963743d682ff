"""Putting a question before an action: the same sheet on every screen."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App

from lktui.core.action_types import Question


def ask_on_sheet(
    app: App[object], question: Question, *, final: bool, agreed: Callable[[], object]
) -> None:
    """Let a sheet with the question rise.

    Args:
        app: Where.
        question: What has to be agreed to.
        final: Whether it cannot be undone.
        agreed: Called if it is agreed to.
    """
    from lktui.screens.confirm.sheet import ConfirmSheet  # noqa: PLC0415 - not at first paint

    def answered(yes: bool | None) -> None:  # noqa: FBT001 - Textual hands the result over
        if yes:
            agreed()

    app.push_screen(ConfirmSheet(question, final=final), answered)
