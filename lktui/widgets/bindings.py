"""Textual's bindings, made from the registry of actions."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from lktui.core.action_types import Scope
from lktui.core.actions import PARENTS, ActionId, of_scopes


def bindings(scope: Scope, *, alone: bool = False) -> list[BindingType]:
    """Make the bindings of a screen or of a widget on it; all of them lead to the screen's gate.

    Args:
        scope: Whose actions.
        alone: Without the scopes that hold on that screen besides: for a widget.
    """
    scopes = (scope,) if alone else (scope, *PARENTS[scope])
    return [
        Binding(
            ",".join(action.keys),
            f"screen.perform('{action.id}')",
            action.title,
            id=action.id,
            show=False,
            # A focused input would take it for copying.
            priority=action.id == ActionId.INTERRUPT,
        )
        for action in of_scopes(scopes)
        if action.keys
    ]
