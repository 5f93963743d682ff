"""The base of the four screens: header, body, status line, footer, and when they are drawn.

A screen computes what it shows from the controller's state and hands it to its widgets; those
redraw only what looks different.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from lktui.core.action_types import Question, Scope, View
from lktui.core.actions import PARENTS, ActionId, footer_entries, help_entry
from lktui.core.cleanup import OPEN, ItemState
from lktui.core.events import Phase
from lktui.core.session import SessionState
from lktui.screens.action_screen import ActionScreen, does
from lktui.screens.chrome import header_of, message_of, stuck_of
from lktui.session.controller import SessionController
from lktui.session.engine_client import EngineHealth
from lktui.widgets.breakpoints import classes_at, is_too_small
from lktui.widgets.drawing import line
from lktui.widgets.footer import Footer
from lktui.widgets.header import Header
from lktui.widgets.pacing import Pacer
from lktui.widgets.status_line import StatusLine
from lktui.widgets.too_small import TooSmall

WATCHED = (
    "profiles", "profile_in_use", "sessions", "focus", "rooms", "cleanup", "outcomes", "engine",
    "orphans", "engine_restarts", "message", "seen", "unusable",
)  # fmt: skip
"""Vars of the controller that screens show."""

_MINUTE_S = 60.0
MAX_COPY_BYTES = 48_000
"""Terminals drop longer clipboard writes without a word."""


class QuitRequested(Message):
    """Posted by a screen, handled by the app: end what goes on, clean up and leave."""


class Interrupted(Message):
    """Posted by a screen, handled by the app, which quits at the second one."""


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
        return any(_under_way(session) for session in self.controller.talking) or any(
            item.state in (ItemState.DUE, ItemState.RUNNING, ItemState.WAITING)
            for item in self.controller.cleanup.values()
        )

    def view(self) -> View:
        """Give what every screen knows; subclasses add what is under the cursor."""
        controller, unusable = self.controller, self.controller.unusable
        down = controller.engine in (EngineHealth.FAILED, EngineHealth.MISMATCHED)
        return View(
            profile=controller.profile(),
            profile_name=controller.profile_in_use,
            talking=tuple(session.room for session in controller.talking),
            failed=sum(session.failed for session in controller.sessions.values()),
            unfinished=sum(item.state in OPEN for item in controller.cleanup.values()),
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

    def on_screen_resume(self) -> None:
        """Show what happened meanwhile."""
        self.resumed()
        self.draw()
        if not self._is_started:
            self._is_started = True
            self.started()

    def on_resize(self) -> None:
        """Say how small it is, if it is too small."""
        if is_too_small(self.size) and not self.query(TooSmall):
            self.mount(TooSmall())
        self.ask_to_draw()

    def on_descendant_focus(self) -> None:
        """Show the actions of what has the focus now."""
        self.ask_to_draw()

    def ask_to_draw(self) -> None:
        """Draw soon."""
        self._pacer.ask()

    @property
    def is_started(self) -> bool:
        """Whether it was drawn before."""
        return self._is_started

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
        entries = footer_entries(self.footer_scopes(), self.view())
        self.query_one(Footer).show(entries, help_entry(typing=self.typing))
        for note in self.query(TooSmall):
            note.show(len(self.controller.talking))
        if self._seconds is not None:
            if self.ticking():
                self._seconds.resume()
            else:
                self._seconds.pause()

    # --- the gate's answers -----------------------------------------------------------------

    def refuse(self, reason: str) -> None:
        """Say in the status line why it is not done."""
        self.controller.notice(f"not now: {reason}")

    def ask(self, question: Question, *, final: bool, agreed: Callable[[], object]) -> None:
        """Put the question on a sheet."""
        from lktui.screens.confirm.sheet import ConfirmSheet  # noqa: PLC0415 - not at first paint

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - Textual hands the result over
            if yes:
                agreed()

        self.app.push_screen(ConfirmSheet(question, final=final), answered)

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

    @does(ActionId.NEXT_PANE)
    def _next_pane(self, _view: View) -> None:
        self.focus_next()

    @does(ActionId.PREVIOUS_PANE)
    def _previous_pane(self, _view: View) -> None:
        self.focus_previous()

    @does(ActionId.BACK)
    def back(self, _view: View) -> Awaitable[None] | None:
        """Dismiss the problem in the status line; subclasses close and clear first."""
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
        """Send a text to the terminal's clipboard and say how much it was."""
        size_bytes = len(text.encode())
        if size_bytes > MAX_COPY_BYTES:
            self.refuse(f"{size_bytes} B are more than terminals take")
            return
        self.app.copy_to_clipboard(text)
        self.controller.notice(f"sent {size_bytes} B to the terminal")


def _within(sentence: str) -> str:
    """Write a sentence's beginning as within another one."""
    return sentence[:1].lower() + sentence[1:]


def _under_way(session: SessionState) -> bool:
    settled = session.diagnosis is not None and session.diagnosis.settled
    return not settled or session.phase in (Phase.RETRYING, Phase.ENDING)
