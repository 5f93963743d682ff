"""The app: wires controller, screens and theme; the engine starts before this is imported."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.text import Text
from textual import events, on
from textual.app import App
from textual.filter import LineFilter
from textual.theme import Theme
from textual.widget import AwaitMount

from lktui.core.action_types import Scope
from lktui.core.actions import ACTIONS, ActionId, key_of
from lktui.core.problems import ExitCode
from lktui.core.signs import StateKind
from lktui.first_paint import relax
from lktui.hangup import EndingSignals
from lktui.screens.action_screen import ActionScreen
from lktui.screens.app_requests import Interrupted, QuitRequested, TerminalWanted
from lktui.screens.dashboard import DashboardScreen
from lktui.screens.profiles.screen import ProfilesScreen
from lktui.session.controller import SessionController
from lktui.session.profile_verbs import LOOK_S
from lktui.theming import load_themes, start_in
from lktui.unforeseen import unforeseen
from lktui.widgets.breakpoints import BY_HEIGHT, BY_WIDTH
from lktui.widgets.early_keys import read_alt_as_alt
from lktui.widgets.key_order import KeyOrder
from lktui.widgets.line_filters import AsciiOnly, SafeText

QUIT_GRACE_S = 20.0
"""How long the engine may take to clean up; what is left then it does without us."""
_SAY_EVERY_S = 1.0


class LktuiApp(App[None], inherit_bindings=False):
    """Four screens on one controller."""

    # With the modes' own, each of which would otherwise be the cause of another parsing of all.
    CSS_PATH = [  # noqa: RUF012 - Textual's own
        "app.tcss",
        *(f"screens/{mode}/{mode}.tcss" for mode in ("profiles", "rooms", "live", "cleanup")),
    ]
    ENABLE_COMMAND_PALETTE = False
    DEFAULT_MODE = Scope.PROFILES
    HORIZONTAL_BREAKPOINTS, VERTICAL_BREAKPOINTS = BY_WIDTH, BY_HEIGHT

    def __init__(
        self,
        controller: SessionController,
        *,
        theme: Theme,
        own_themes: Path,
        log_file: Path,
        ascii_only: bool = False,
        talk_to: Sequence[str] = (),
        bell: bool = False,
    ) -> None:
        """Make the app.

        Args:
            controller: Its state and verbs; the engine is connected when the app starts.
            theme: What it is drawn in.
            own_themes: The person's own themes, which are checked after the first paint.
            log_file: Where an unforeseen error is described.
            ascii_only: Whether the terminal takes ASCII only.
            talk_to: Profiles whose agents it talks to at once, the last one on Live.
            bell: Whether it rings for what needs a person.
        """
        self._is_themed = False
        # Without it an ansi theme under NO_COLOR is black on black (facts/textual.md, "Traps").
        super().__init__(ansi_color=True if theme.ansi else None)
        self.controller = controller
        self._own_themes, self._log_file, self._talk_to = own_themes, log_file, talk_to
        self._rings = bell
        self._outgoing = [SafeText(), *([AsciiOnly()] if ascii_only else [])]
        self._keys = KeyOrder(self, super().on_event, self._is_typing)
        read_alt_as_alt()
        self._signals = EndingSignals(self._ended_by_signal)
        self._interrupts, self._leaving = 0, False
        self.animation_level = "none"
        self._is_themed = True
        start_in(self, theme)
        self._styled_in = self.theme
        self.add_mode(Scope.ROOMS, self._rooms)
        self.add_mode(Scope.LIVE, self._live)
        self.add_mode(Scope.CLEANUP, self._cleanup)

    def get_default_screen(self) -> DashboardScreen:
        """Begin with the profiles, as the default screen and not as a mode.

        For a mode's first screen Textual parses all style sheets again and holds back the paint.
        """
        return ProfilesScreen(self.controller)

    # Imported after the first paint, which needs none of them.

    def _rooms(self) -> DashboardScreen:
        from lktui.screens.rooms.screen import RoomsScreen  # noqa: PLC0415 - as above

        return RoomsScreen(self.controller)

    def _live(self) -> DashboardScreen:
        from lktui.screens.live.screen import LiveScreen  # noqa: PLC0415 - as above

        return LiveScreen(self.controller)

    def _cleanup(self) -> DashboardScreen:
        from lktui.screens.cleanup.screen import CleanupScreen  # noqa: PLC0415 - as above

        return CleanupScreen(self.controller)

    def get_css_variables(self) -> dict[str, str]:
        """Give none for the theme of Textual's that stands until ours does: they take 2 ms."""
        return super().get_css_variables() if self._is_themed else {}

    def refresh_css(self, animate: bool = True) -> None:  # noqa: FBT001, FBT002 - Textual's
        """Parse the style sheets anew for another theme; Textual does for each mode's screen."""
        if self.theme != self._styled_in:
            self._styled_in = self.theme
            super().refresh_css(animate)

    def switch_mode(self, mode: str) -> AwaitMount:
        """Show a mode as soon as its screen is drawn; Textual's own waits 50 ms each time."""
        with ExitStack() as begun:
            begun.enter_context(self.batch_update())
            mounted = super().switch_mode(mode)
            hold = begun.pop_all()

        def drawn() -> None:
            hold.close()
            self.screen.refresh()

        self.screen.call_later(self.screen.call_after_refresh, drawn)  # behind its resuming
        return mounted

    def delay_update(self, delay: float = 0.05) -> None:
        """Leave the waiting to `switch_mode`, which asks for it."""

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Add the second line of defence to Textual's own filters."""
        return [*super().get_line_filters(), *self._outgoing]

    def on_mount(self) -> None:
        """Restore the terminal when the process is ended."""
        self._signals.heed()
        if self._rings:
            from lktui.screens.bell import Bell  # noqa: PLC0415 - few want it

            self.watch(self.controller, "sessions", Bell(self.bell).heed, init=False)
        self.add_mode(Scope.PROFILES, self.get_default_screen)

    async def on_ready(self) -> None:
        """Connect to the engine once the first screen is laid out."""
        self.call_after_refresh(self._painted)
        self.set_interval(LOOK_S, self._look_at_files)
        await self.controller.start()
        for name in self._talk_to:
            self.controller.start_session(name)
        if self.controller.focus is not None:
            self.switch_mode(Scope.LIVE)

    def _look_at_files(self) -> None:
        if not self.controller.is_looking:
            self.run_worker(self.controller.reload_if_changed(), group="files")

    def on_unmount(self) -> None:
        """Give the signals back."""
        self._signals.release()

    def _painted(self) -> None:
        """Do what the first paint need not wait for: other screens, garbage, the own themes."""
        from lktui.ahead import ScreensAhead  # noqa: PLC0415 - as said
        from lktui.garbage import QuietCollection  # noqa: PLC0415 - as said
        from lktui.widgets.released_drawings import keep_no_more_than_needed  # noqa: PLC0415 - as said

        relax()
        ScreensAhead(self, self._init_mode).begin()
        QuietCollection(self, lambda: self._keys.pressed).begin()
        keep_no_more_than_needed()
        # The first failure only, so that one warning is one line.
        for failure in load_themes([self._own_themes]).failures[:1]:
            self.controller.notice(f"theme {failure.line}", StateKind.WARNING)

    async def on_event(self, event: events.Event) -> None:
        """Take the message off the status line at the next key, whatever that key does."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.controller.key_pressed()
            if event.key not in ACTIONS[ActionId.INTERRUPT].keys:
                self._interrupts = 0
            await self._keys.press(event)
        else:
            await super().on_event(event)

    def _is_typing(self) -> bool:
        return isinstance(self.screen, ActionScreen) and self.screen.takes_text

    @on(TerminalWanted)
    def _lend_terminal(self, message: TerminalWanted) -> None:
        """Let another program have the terminal until it ends."""
        from lktui.lending import lend_terminal  # noqa: PLC0415 - not at first paint

        message.ended(lend_terminal(self, self._signals, message.argv))

    # --- leaving ----------------------------------------------------------------------------

    @on(Interrupted)
    def _interrupted(self) -> None:
        """Quit at the second key in a row; while already leaving, at once."""
        self._interrupts += 1
        if self._interrupts == 1:
            self.controller.notice(f"{key_of(ActionId.INTERRUPT)} again quits")
        elif self._leaving:
            self.exit(return_code=ExitCode.INTERRUPTED)
        else:
            self._quit()

    @on(QuitRequested)
    def _quit(self) -> None:
        """End what goes on, let the engine clean up, and leave."""
        if not self._leaving:
            self._leaving = True
            self.run_worker(self._leave(), group="leave")

    async def _leave(self) -> None:
        from lktui.screens.leaving import Leaving  # noqa: PLC0415 - not at first paint

        self.set_interval(_SAY_EVERY_S, Leaving(self.controller, QUIT_GRACE_S).say)
        await self.controller.stop(QUIT_GRACE_S)
        self.exit()

    def _ended_by_signal(self) -> None:
        # At end of file the engine ends the sessions and cleans up without us.
        self.exit(return_code=ExitCode.INTERRUPTED)

    def _fatal_error(self) -> None:
        """Say in one line that something unforeseen happened; the story goes to the log.

        Textual's own would print local variables, secrets among them.
        """
        found = unforeseen(self._exception, self._log_file)
        self._exit_renderables.append(Text(found.line))
        self._close_messages_no_wait()
