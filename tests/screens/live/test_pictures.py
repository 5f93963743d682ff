"""Live: what it looks like, row for row and colour for colour."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from textual.pilot import Pilot

from lktui.core.events import AnyEvent
from tests.screens.conftest import Compare, Make
from tests.support.scenes import Conversation
from tests.support.talk import order

CALL, FAILED = Conversation("7f3a02", age_s=136), Conversation("5d20aa", age_s=22)


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is to see."""

    call: Conversation
    events: list[AnyEvent]
    size: tuple[int, int]
    keys: tuple[str, ...] = ()
    theme: str = "lktui-dark"


SCENES = {
    "talking": Scene(CALL, order(CALL), (80, 24), ("enter", *"and")),
    "talking-wide": Scene(CALL, order(CALL), (120, 40)),
    "paused-colourless": Scene(CALL, order(CALL), (60, 15), ("k",), "lktui-ansi-16"),
    "failed": Scene(FAILED, FAILED.never_joined(), (80, 24), theme="lktui-light"),
}


@pytest.mark.parametrize("name", SCENES)
def test_a_picture(make: Make, snap_compare: Compare, name: str) -> None:
    scene = SCENES[name]
    dashboard = make(theme=scene.theme)

    async def act(pilot: Pilot[None]) -> None:
        dashboard.attach(pilot)
        dashboard.controller.focus = scene.call.id
        await dashboard.press("3")
        await dashboard.hear(*scene.events)
        await dashboard.press(*scene.keys)

    assert snap_compare(dashboard.app, terminal_size=scene.size, run_before=act)
