"""What Live says while it shows no conversation."""

from __future__ import annotations

from lktui.core.actions import ActionId, key_of
from lktui.core.problems import Problem
from lktui.core.signs import StateKind
from lktui.widgets.drawing import Part, state


def no_conversation(refused: Problem | None) -> tuple[tuple[Part, ...], ...]:
    """Say what can be done, and why the last one that was asked for was not begun."""
    start, rooms = key_of(ActionId.LIVE_START), key_of(ActionId.SHOW_ROOMS)
    told: tuple[tuple[Part, ...], ...] = ((("No conversation.", "bold"),),)
    if refused is not None:
        told = (
            (state(StateKind.FAILED, "Not started: nothing was made", bold=True),),
            (),
            (refused.summary,),
            (refused.cause,),
            (refused.resolution,),
        )
    return (
        *told,
        (),
        ((start, "$key bold"), "  start one"),
        ((rooms, "$key bold"), "  choose a room"),
    )
