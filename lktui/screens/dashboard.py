"""The base of the four screens: header, body, status line, footer, and when they are drawn.

A screen computes what it shows from the controller's state and hands it to its widgets; those
redraw only what looks different.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.events import ScreenResume
from textual.timer import Timer
from textual.widget import Widget

from lktui.core.action_types import Danger, Question, Scope, View
from lktui.core.actions import (
    ACTIONS,
    PARENTS,
    ActionId,
    of_scopes,
    shown_key,
)
from lktui.core.event import SessionId
from lktui.core.footer_entries import footer_entries, help_entry
from lktui.screens.action_screen import ActionScreen, does
from lktui.screens.app_requests import Interrupted, QuitRequested
from lktui.screens.asking import ask_on_sheet
from lktui.screens.chrome import header_of, message_of, seconds_pass, stuck_of
from lktui.screens.copying import copy_out
from lktui.session.controller import SessionController
from lktui.session.engine_client import EngineHealth
from lktui.widgets.breakpoints import classes_at, is_too_small
from lktui.widgets.drawing import line
from lktui.widgets.footer import Footer
from lktui.widgets.header import Header
from lktui.widgets.pacing import Pacer
from lktui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from lktui.screens.palette.palette import Palette
    from lktui.widgets.overlay import Overlay

_OVERLAY, _TOO_SMALL = "Overlay", "TooSmall"
"""Looked for by these names, and imported when they are first shown."""

WATCHED = (
    "profiles", "profile_in_use", "sessions", "focus", "rooms", "cleanup", "outcomes", "engine",
    "orphans", "engine_restarts", "message", "seen", "unusable", "queue_read",
    "exporting",
)  # fmt: skip
"""Vars of the controller that screens show."""

_MINUTE_S = 60.0


class DashboardScreen(ActionScreen[None]):
    """One of the four modes."""

    SCOPE: ClassVar[Scope]
    """Its own actions; those that hold besides follow from the registry."""
    TITLE: ClassVar[str]
    """As on its tab."""

    def __init__(self, controller: SessionController) -> None:
        super().__init__()
        self.controller = controller
        self._pacer = Pacer(self, controller.clock, self._draw_if_shown)
        self._seconds: Timer | None = None
        self._is_started = False
        self._styled_in = ""
        """The theme that its widgets have the styles of; none before it was shown or made ahead."""
        self._below_overlay: Widget | None = None
        self._done_by_palette: ActionId | None = None

    # --- what subclasses say ----------------------------------------------------------------
    # `started` and `resumed` are hooks, for Textual calls the `on_` handlers of a class and of all
    # its bases: one that calls its base's makes it run twice.

    def started(self) -> None:
        """Do what is to be done once, after the first drawing."""

    def resumed(self) -> None:
        """Do what is to be done each time the screen is shown, before it is drawn."""

    def compose_body(self) -> ComposeResult:
        """Yield what is between header and status line."""
        yield from ()

    def draw_body(self) -> None:
        """Hand the widgets of the body what they are to show now."""

    def in_view(self) -> Content:
        """Say in the status line what is in view."""
        return Content("")

    def hint(self) -> Content:
        """Say something at the right of the status line while there is no message."""
        return Content("")

    def notice_of_stuck(self) -> Content:
        """Say that something is stuck in the queue."""
        return stuck_of(self.controller)

    def footer_scopes(self) -> tuple[Scope, ...]:
        """Give the scopes of the footer's entries; an input that has the focus has its own."""
        return (self.SCOPE, *PARENTS[self.SCOPE])

    def ticking(self) -> bool:
        """Tell whether seconds are shown that pass."""
        return seconds_pass(self.controller)

    def view(self) -> View:
        """Give what every screen knows; subclasses add what is under the cursor."""
        controller, unusable = self.controller, self.controller.unusable
        down = controller.engine in (EngineHealth.FAILED, EngineHealth.MISMATCHED)
        return View(
            profile=controller.profile(),
            profile_name=controller.profile_in_use,
            talking=tuple(session.room for session in controller.ending_with_us),
            failed=sum(session.failed for session in controller.sessions.values()),
            unfinished=controller.unfinished,
            engine_runs=not down and unusable is None,
            engine_fault=_within(unusable.summary) if unusable is not None and not down else "",
        )

    # --- drawing ----------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Put header, body, status line and footer below each other."""
        yield Header()
        yield from self.compose_body()
        yield StatusLine()
        yield Footer()

    def on_mount(self) -> None:
        """Draw whenever the controller's state changes; first when it is shown."""
        self.add_class(*classes_at(self.app.size), update=False)
        for name in WATCHED:
            self.watch(self.controller, name, self._pacer.ask, init=False)
        self._seconds = self.set_interval(1.0, self.ask_to_draw, pause=True)
        self.set_interval(_MINUTE_S, self.ask_to_draw)

    def on_screen_resume(self, event: ScreenResume) -> None:
        """Show what happened meanwhile; one that was made ahead waits until it is looked at."""
        # Textual would look up each widget's style each time, a third of what it takes to show it.
        event.refresh_styles = not self.is_styled
        if self.is_current:
            self._show()
        self._styled_in = self.app.theme

    def _show(self) -> None:
        self.resumed()
        self.draw()
        if not self._is_started:
            self._is_started = True
            self.started()

    def on_resize(self) -> None:
        """Say how small it is, if it is too small."""
        if is_too_small(self.size) and not self.query(_TOO_SMALL):
            from lktui.widgets.too_small import TooSmall  # noqa: PLC0415 - as above

            self.mount(TooSmall())
        self.ask_to_draw()

    def on_descendant_focus(self) -> None:
        """Show the actions of what has the focus now."""
        self.ask_to_draw()

    def ask_to_draw(self) -> None:
        """Draw soon."""
        self._pacer.ask()

    def keep_up(self, rows: int) -> None:
        """Draw less often while more rows come than anybody can read.

        Args:
            rows: How many there are now.
        """
        self._pacer.keep_up(rows)

    @property
    def is_started(self) -> bool:
        """Whether it was drawn before."""
        return self._is_started

    @property
    def is_styled(self) -> bool:
        """Whether its widgets have the styles that hold now."""
        return self._styled_in == self.app.theme

    @property
    def is_drawn(self) -> bool:
        """Whether everything that happened is on the screen."""
        return not self._pacer.is_waiting

    def _draw_if_shown(self) -> None:
        # What lies over this screen leaves it in sight.
        if self in self.app.screen_stack:
            self.draw()

    def draw(self) -> None:
        """Show the state as it is now."""
        if not self.is_mounted:
            return
        self.draw_body()
        self.query_one(Header).show(header_of(self.controller, self.TITLE))
        right = message_of(self.controller) or self.hint()
        stuck = self.notice_of_stuck()
        right = line(stuck, "  ", right) if right and stuck else right or stuck
        self.query_one(StatusLine).show(self.in_view(), right)
        over = self.overlay
        scopes = (over.SCOPE,) if over is not None else self.footer_scopes()
        # What lies over the screen acts on no row, and on no marks.
        judged_by = View(rows=1) if over is not None else self.view()
        entries = footer_entries(scopes, judged_by)
        self.query_one(Footer).show(entries, help_entry(typing=self.takes_text))
        if self.query(_TOO_SMALL):
            from lktui.widgets.too_small import TooSmall  # noqa: PLC0415 - as above

            self.query_one(TooSmall).show(len(self.controller.talking))
        if self._seconds is not None:
            if self.ticking():
                self._seconds.resume()
            else:
                self._seconds.pause()

    # --- what rises from the bottom ---------------------------------------------------------

    @property
    def overlay(self) -> Overlay | None:
        """What lies over the lower part of the screen."""
        if not self.is_mounted or not self.query(_OVERLAY):
            return None
        from lktui.widgets.overlay import Overlay  # noqa: PLC0415 - as above

        return self.query(Overlay).first()

    @property
    def takes_text(self) -> bool:
        """Whether printable keys are text: also in what lies over the screen."""
        return self.overlay is not None or self.typing

    def is_covered(self, name: ActionId) -> bool:
        """Whether something lies over what an action's key is for."""
        over = self.overlay
        return over is not None and ACTIONS[name].scope not in (over.SCOPE, Scope.GLOBAL)

    async def open_overlay(self, over: Overlay) -> None:
        """Let something rise from the bottom and take the keys."""
        self._below_overlay = self.focused
        await self.mount(over)
        self.ask_to_draw()

    async def close_overlay(self) -> None:
        """Take away what lies over the screen; what had the keys before has them again."""
        await self.query(_OVERLAY).remove()
        before, self._below_overlay = self._below_overlay, None
        self.set_focus(before if before is not None and before.is_attached else None)
        self.ask_to_draw()

    # --- the gate's answers -----------------------------------------------------------------

    def refuse(self, reason: str) -> None:
        """Say in the status line why it is not done."""
        self.controller.notice(f"not now: {reason}")

    def ask(self, question: Question, *, final: bool, agreed: Callable[[], object]) -> None:
        """Put the question on a sheet."""
        ask_on_sheet(self.app, question, final=final, agreed=agreed)

    def is_doing(self, name: ActionId, view: View) -> None:
        """Write down what disrupts something, or may cost somebody something."""
        action = ACTIONS[name]
        if action.danger is not Danger.SAFE and action.id != ActionId.QUIT:
            pressed = f"pressed {shown_key(action.keys[0])}" if action.keys else "chose this"
            self.controller.note(f"you {pressed} on {view.room or 'this'}", action.title.lower())

    # --- actions that hold everywhere -------------------------------------------------------

    @does(ActionId.SHOW_PROFILES)
    def _show_profiles(self, _view: View) -> None:
        self.app.switch_mode(Scope.PROFILES)

    @does(ActionId.SHOW_ROOMS)
    def _show_rooms(self, _view: View) -> None:
        self.app.switch_mode(Scope.ROOMS)

    @does(ActionId.SHOW_LIVE)
    def show_live(self, _view: View) -> None:
        """Go to the conversation."""
        self.app.switch_mode(Scope.LIVE)

    @does(ActionId.SHOW_CLEANUP)
    def _show_cleanup(self, _view: View) -> None:
        self.app.switch_mode(Scope.CLEANUP)

    @does(ActionId.HELP)
    def _help(self, view: View) -> None:
        from lktui.screens.help.page import HelpPage  # noqa: PLC0415 - not at first paint

        def chosen(name: ActionId | None) -> None:
            if name is not None:
                self.perform(name)

        self.app.push_screen(HelpPage((self.SCOPE, *PARENTS[self.SCOPE]), view), chosen)

    @does(ActionId.HISTORY)
    def _history(self, _view: View) -> None:
        from lktui.screens.history.page import HistoryPage  # noqa: PLC0415 - not at first paint

        self.app.push_screen(HistoryPage(self.controller))

    @does(ActionId.PALETTE)
    async def _open_palette(self, view: View) -> None:
        # An input is a tenth of what the first paint may cost.
        from lktui.screens.palette.palette import Palette  # noqa: PLC0415 - as above

        here = of_scopes((self.SCOPE, *PARENTS[self.SCOPE]))
        offered = [action for action in here if action.id != ActionId.PALETTE]
        await self.open_overlay(Palette(offered, view, self._done_by_palette))

    @does(ActionId.PALETTE_DO)
    async def _do_chosen(self, _view: View) -> None:
        chosen = self._palette.chosen
        if chosen is None:
            return
        self._done_by_palette = chosen
        await self.close_overlay()
        rest = self.perform(chosen)
        if rest is not None:
            await rest

    @does(ActionId.PALETTE_DOWN)
    def _palette_down(self, _view: View) -> None:
        self._palette.move(1)

    @does(ActionId.PALETTE_UP)
    def _palette_up(self, _view: View) -> None:
        self._palette.move(-1)

    @does(ActionId.PALETTE_CLOSE)
    async def _close_palette(self, _view: View) -> None:
        await self.close_overlay()

    @property
    def _palette(self) -> Palette:
        from lktui.screens.palette.palette import Palette  # noqa: PLC0415 - not at first paint

        return self.query_one(Palette)

    @does(ActionId.NEXT_PANE)
    def _next_pane(self, _view: View) -> None:
        self.focus_next()

    @does(ActionId.PREVIOUS_PANE)
    def _previous_pane(self, _view: View) -> None:
        self.focus_previous()

    @does(ActionId.BACK)
    def back(self, _view: View) -> Awaitable[None] | None:
        """Stop an export or dismiss the problem; subclasses close and clear first."""
        if not self.controller.stop_export():
            self.controller.dismiss()
        return None

    @does(ActionId.REDRAW)
    def _redraw(self, _view: View) -> None:
        self.refresh(layout=True)

    @does(ActionId.QUIT)
    def _quit(self, _view: View) -> None:
        self.post_message(QuitRequested())

    @does(ActionId.INTERRUPT)
    def _interrupt(self, _view: View) -> None:
        self.post_message(Interrupted())

    def copy(self, text: str) -> None:
        """Send a text to the terminal's clipboard, or write it to a file, and say which."""
        copy_out(self.app, self.controller, text)

    def show_past(self) -> None:
        """List the sessions of the record; the one that is opened there is shown in Live."""
        from lktui.screens.past.page import PastPage  # noqa: PLC0415 - not at first paint

        def chosen(session: SessionId | None) -> None:
            if session is not None:
                self.controller.open_past(session)
                self.app.switch_mode(Scope.LIVE)

        self.app.push_screen(PastPage(self.controller), chosen)


def _within(sentence: str) -> str:
    """Write a sentence's beginning as within another one."""
    return sentence[:1].lower() + sentence[1:]
