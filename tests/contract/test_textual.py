"""The use of Textual that the shared controller rests on: an unmounted node that is observed."""

from __future__ import annotations

from textual.app import App
from textual.dom import DOMNode
from textual.reactive import var
from textual.screen import Screen


class Shared(DOMNode):
    """A node that no app has mounted, with one observed value."""

    value: var[tuple[int, ...]] = var(())


class Watcher(DOMNode):
    """Somebody who observes without an app, such as a test."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[int, ...]] = []

    def hear(self, value: tuple[int, ...]) -> None:
        """Note a value."""
        self.heard.append(value)


class WatchingScreen(Screen[None]):
    """A screen that observes from its mounting on."""

    def __init__(self, shared: Shared) -> None:
        super().__init__()
        self._shared = shared
        self.heard: list[tuple[int, ...]] = []

    def on_mount(self) -> None:
        """Begin to observe."""
        self.watch(self._shared, "value", self.hear)

    def hear(self, value: tuple[int, ...]) -> None:
        """Note a value."""
        self.heard.append(value)


async def test_without_an_app_a_watcher_hears_the_present_value_and_each_change() -> None:
    shared, watcher = Shared(), Watcher()
    shared.value = (1,)
    watcher.watch(shared, "value", watcher.hear)
    shared.value = (1, 2)
    assert watcher.heard == [(1,), (1, 2)]


async def test_an_equal_value_is_not_told_again() -> None:
    shared, watcher = Shared(), Watcher()
    watcher.watch(shared, "value", watcher.hear)
    shared.value = ()
    assert watcher.heard == [()]


async def test_in_an_app_a_screen_hears_the_present_value_and_each_change() -> None:
    shared = Shared()
    shared.value = (1,)
    app: App[None] = App()
    async with app.run_test() as pilot:
        screen = WatchingScreen(shared)
        await app.push_screen(screen)
        assert screen.heard == [(1,)]
        shared.value = (1, 2)
        await pilot.pause()
        assert screen.heard == [(1,), (1, 2)]


async def test_a_screen_in_the_background_goes_on_hearing() -> None:
    shared = Shared()
    app: App[None] = App()
    async with app.run_test() as pilot:
        screen = WatchingScreen(shared)
        await app.push_screen(screen)
        await app.push_screen(Screen())
        shared.value = (1,)
        await pilot.pause()
        assert screen.heard == [(), (1,)]


async def test_a_closed_screen_hears_no_more() -> None:
    shared = Shared()
    app: App[None] = App()
    async with app.run_test() as pilot:
        screen = WatchingScreen(shared)
        await app.push_screen(screen)
        await app.pop_screen()
        await pilot.pause()
        shared.value = (1,)
        await pilot.pause()
        assert screen.heard == [()]
