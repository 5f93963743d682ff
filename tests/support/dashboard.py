"""The app with a fake engine, driven as a person would: by keys, judged by what is on screen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from rich.style import Style
from textual.pilot import Pilot

from lktui.app import LktuiApp
from lktui.core.events import AnyEvent
from lktui.screens.dashboard import DashboardScreen
from lktui.session.archive import Archive
from lktui.session.controller import SessionController
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileStore
from lktui.theming import load_theme, shipped_folder
from lktui.widgets.pacing import LEAST_S
from tests.support.fakes.engine_client import FakeEngine
from tests.support.fakes.still_clock import StillClock

STAGING = """
url = "wss://voice-staging.example.net"
api_key = "APIabc"
api_secret = "env:LK_STAGING_SECRET"
agent_name = "checkout"
dispatch_mode = "explicit"
"""

_STEP_S = 2 * LEAST_S
"""Time passes between two things that happen, so that each is drawn at once."""


class Dashboard:
    """A running app and its fakes."""

    def __init__(
        self, folder: Path, profiles: dict[str, str], theme: str, env: dict[str, str]
    ) -> None:
        self.engine, self.clock = FakeEngine(), StillClock()
        paths = Paths.of(str(folder / "config"), str(folder / "state"))
        paths.state_dir.mkdir(parents=True)
        paths.profiles_dir.mkdir(parents=True)
        for name, text in profiles.items():
            file = paths.profiles_dir / f"{name}.toml"
            file.write_text(text, encoding="utf-8")
            file.chmod(0o600)
        self.paths = paths
        store = ProfileStore(paths, env)
        self.controller = SessionController(self.engine, store, Archive(paths, env), self.clock)
        self.controller.load_profiles()
        self.app = LktuiApp(
            self.controller,
            theme=load_theme(theme, [shipped_folder()]).themes[0],
            own_themes=paths.config_dir / "themes",
            log_file=paths.log_file,
        )
        self._pilot: Pilot[None] | None = None

    @property
    def pilot(self) -> Pilot[None]:
        """What presses keys."""
        assert self._pilot is not None
        return self._pilot

    def attach(self, pilot: Pilot[None]) -> None:
        """Press keys through this pilot: for an app that somebody else runs."""
        self._pilot = pilot

    @asynccontextmanager
    async def running(self, size: tuple[int, int]) -> AsyncIterator[Dashboard]:
        """Run the app in a terminal of so many columns and rows."""
        async with self.app.run_test(size=size) as pilot:
            self.attach(pilot)
            await self.settled()
            yield self

    async def press(self, *keys: str) -> None:
        """Press keys one after the other and wait until all is drawn."""
        for key in keys:
            self.clock.move(_STEP_S)
            await self.pilot.press(key)
        await self.settled()

    async def hear(self, *events: AnyEvent) -> None:
        """Let the engine say something and wait until it is drawn."""
        self.clock.move(_STEP_S)
        self.engine.say(*events)
        await self.settled()

    async def settled(self) -> None:
        """Wait until the app itself says that nothing is left to write or to draw."""
        await self.pilot.pause()
        while self.controller.exports.is_busy:
            await self.pilot.pause()
        while self.app.is_running and not all(
            screen.is_drawn
            for screen in self.app.screen_stack
            if isinstance(screen, DashboardScreen)
        ):
            await self.pilot.pause()
        await self.pilot.pause()

    async def looked(self) -> None:
        """Wait until what could be imported was looked for and is shown."""
        looking = [worker for worker in self.app.workers if worker.group == "discover"]
        if looking:
            await self.app.workers.wait_for_complete(looking)
        await self.settled()

    # --- what is on the screen --------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        """The rows of the screen as text, without the blanks at their ends."""
        screen = self.app.screen
        width, height = self.app.size
        strips = screen._compositor.render_strips(self.app.size)
        assert len(strips) == height
        return ["".join(part.text for part in strip.crop(0, width)).rstrip() for strip in strips]

    def cells(self, row: int) -> int:
        """Count the cells of a row: the width of the screen unless something was drawn wrong."""
        return self.app.screen._compositor.render_strips(self.app.size)[row].cell_length

    @property
    def text(self) -> str:
        """The whole screen."""
        return "\n".join(self.lines)

    @property
    def status(self) -> str:
        """The row above the footer."""
        return self.lines[-2].strip()

    @property
    def footer(self) -> str:
        """The last row."""
        return self.lines[-1].strip()

    def style_at(self, text: str) -> Style:
        """Give the style of the first character of a text on the screen."""
        for strip, row in zip(
            self.app.screen._compositor.render_strips(self.app.size), self.lines, strict=True
        ):
            if text in row:
                column = row.index(text)
                part = next(iter(strip.crop(column, column + 1)))
                assert part.style is not None
                return part.style
        raise AssertionError(f"“{text}” is not on the screen:\n{self.text}")
