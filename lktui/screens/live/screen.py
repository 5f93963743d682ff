"""Live: the conversation in `controller.focus`, what is being said now, and a line to type in."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from lktui.core.action_types import Scope, View
from lktui.core.actions import ActionId, key_of
from lktui.core.events import Role, SessionId
from lktui.core.session import SessionState
from lktui.core.signs import StateKind
from lktui.core.transcript import Transcript
from lktui.screens.action_screen import does
from lktui.screens.chrome import attention_of
from lktui.screens.dashboard import DashboardScreen
from lktui.screens.live.composer import Composer, ComposerRow
from lktui.screens.live.copied_text import text_of_all
from lktui.screens.live.follow_rule import follow_title
from lktui.screens.live.own_lines import OwnLines
from lktui.screens.live.replies import ReplyTimes
from lktui.screens.live.side_panel import SidePanel, SideView
from lktui.screens.live.status_words import composer_words, counts, reply_words, takes_lines
from lktui.screens.live.story_rows import StoryRows, is_anything_said
from lktui.screens.live.strip import QUIET, Strip, sayings
from lktui.screens.live.subject import Subject, SubjectView, subject_of
from lktui.screens.live.verdict import Verdict, verdict_of
from lktui.session.controller import SessionController
from lktui.session.engine_client import EngineHealth
from lktui.widgets.bindings import bindings
from lktui.widgets.drawing import WIDE_CELLS
from lktui.widgets.empty_state import EmptyState
from lktui.widgets.rule import Rule
from lktui.widgets.transcript_rows import Manner, Times
from lktui.widgets.transcript_view import TranscriptView

_EMPTY, _VERDICT, _PANEL_CLOSED = "-empty", "-verdict", "-panel-closed"


class LiveScreen(DashboardScreen):
    """Shows one session; which one is the controller's to know."""

    AUTO_FOCUS = ""
    CSS_PATH = "live.tcss"
    SCOPE = Scope.LIVE
    TITLE = "Live"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LIVE)

    def __init__(self, controller: SessionController) -> None:
        super().__init__(controller)
        self.add_class(_EMPTY)
        self._shown: SessionId | None = None
        self._story = StoryRows()
        self._in_place: Transcript | None = None
        self._own_lines = OwnLines()
        self._drafts: dict[SessionId, str] = {}
        self._times: tuple[Transcript | None, int, ReplyTimes | None] = (None, 0, None)

    # --- what is shown ----------------------------------------------------------------------

    @property
    def session(self) -> SessionState | None:
        """The session in focus; of one that was just asked for nothing is known yet."""
        focus = self.controller.focus
        if focus is None:
            return None
        starting = self.controller.engine in (EngineHealth.STARTING, EngineHealth.UP)
        unknown = SessionState(id=focus) if starting else None
        return self.controller.sessions.get(focus, unknown)

    @property
    def transcript(self) -> TranscriptView:
        """The conversation, or the story in its place."""
        return self.query_one(TranscriptView)

    @property
    def composer(self) -> Composer:
        """The line that is typed."""
        return self.query_one(Composer)

    @property
    def typing(self) -> bool:
        """Whether a line is being typed."""
        return isinstance(self.focused, Composer)

    def compose_body(self) -> ComposeResult:
        """Put subject, transcript, follow rule, strip and composer below each other."""
        yield Subject()
        with Horizontal(id="talk"):
            with Vertical(id="left"):
                transcript = TranscriptView()
                # Its keys are the screen's; focused, it would be drawn again when one types.
                transcript.can_focus = False
                yield transcript
                yield Rule()
                yield Strip()
                yield Verdict()
                yield ComposerRow()
            yield SidePanel()
        start, rooms = key_of(ActionId.LIVE_START), key_of(ActionId.SHOW_ROOMS)
        yield EmptyState(
            (
                (("No conversation.", "bold"),),
                (),
                ((start, "$key bold"), "  start one"),
                ((rooms, "$key bold"), "  choose a room"),
            )
        )

    def draw_body(self) -> None:
        """Show the session as it is now."""
        session = self.session
        self.set_class(session is None, _EMPTY)
        if session is None:
            return
        if session.id != self._shown:
            self._begin(session)
        said = self.controller.transcript(session.id)
        self._draw_transcript(session, said)
        self._draw_subject(session)
        now = self.controller.clock.monotonic()
        self.query_one(Rule).show(*follow_title(session, self.transcript.follow, now))
        verdict = verdict_of(session)
        self.set_class(verdict is not None, _VERDICT)
        if verdict is not None:
            self.query_one(Verdict).show(verdict)
        speakers = sayings(said.speaking, said.first_agent)
        self.query_one(Strip).show(speakers, "" if session.over else QUIET)
        self._draw_composer(session, said)
        with_story = self._in_place is not self._story.transcript
        self.query_one(SidePanel).show(SideView(session, self._reply_times(said), now, with_story))
        if self.is_current:
            self.controller.look_at(attention_of(session))

    def _begin(self, session: SessionState) -> None:
        """Show another session than before; what was typed waits until one comes back."""
        if self._shown is not None:
            self._drafts[self._shown] = self.composer.value
        self._shown = session.id
        self._story = StoryRows()
        self.composer.put(self._drafts.pop(session.id, ""))

    def _draw_transcript(self, session: SessionState, said: Transcript) -> None:
        if is_anything_said(said):
            place = said
            manner = Manner(session.opened_at, session.slow_reply_s)
        else:
            self._story.tell(session, said)
            place = self._story.transcript
            manner = Manner(times=Times.STEPS)
        if place is self._in_place:
            self.transcript.set_manner(manner)
            self.transcript.rows_changed()
        else:
            self._in_place = place
            self.transcript.show(place, manner)

    def _draw_subject(self, session: SessionState) -> None:
        clock = self.controller.clock
        view = SubjectView(StateKind.WAITING, "starting")
        if session.id in self.controller.sessions:
            view = subject_of(
                session,
                installation=self.controller.installation,
                now=clock.monotonic(),
                wall=clock.wall(),
            )
        self.query_one(Subject).show(view)

    def _draw_composer(self, session: SessionState, said: Transcript) -> None:
        row, composer = self.query_one(ComposerRow), self.composer
        is_open = takes_lines(session)
        if not is_open and composer.value:
            self._own_lines.keep(composer.value)
            composer.put("")
        if not is_open and self.typing:
            self.set_focus(None)
        waiting = sum(segment.role is Role.YOU for segment in said.speaking)
        words = composer_words(session, waiting, typing=self.typing)
        row.show(words, is_open=is_open, typing=self.typing)

    def _reply_times(self, said: Transcript) -> ReplyTimes | None:
        """Sum up the replies, anew only when rows have changed."""
        of, edits, times = self._times
        if of is not said or edits != said.edits:
            times = ReplyTimes.of(said.replies())
            self._times = (said, said.edits, times)
        return times

    def on_descendant_blur(self) -> None:
        """Show the actions of the transcript again."""
        self.ask_to_draw()

    def on_transcript_view_follow_changed(self) -> None:
        """Say that the view is paused, follows, or has more below."""
        self.ask_to_draw()

    # --- words ------------------------------------------------------------------------------

    def in_view(self) -> Content:
        """Count the turns, or the attempts while it is not ready."""
        return counts(self.session) if self.session is not None else Content("")

    def hint(self) -> Content:
        """Say how fast the agent answers."""
        session = self.session
        times = self._reply_times(self.controller.transcript(session.id)) if session else None
        if session is None or times is None:
            return Content("")
        return reply_words(times, session.slow_reply_s)

    def footer_scopes(self) -> tuple[Scope, ...]:
        """Show the composer's keys while a line is typed."""
        return (Scope.COMPOSER,) if self.typing else super().footer_scopes()

    def view(self) -> View:
        """Judge actions by the session that is shown."""
        session = self.session
        if session is None:
            return super().view()
        rooms = self.controller.rooms
        listed = next((r for r in rooms.rooms if r.name == session.room), None) if rooms else None
        others = max(0, listed.people - 1 - len(listed.agents)) if listed is not None else 0
        return msgspec.structs.replace(
            super().view(), session=session, room=session.room, others=others
        )

    # --- actions ----------------------------------------------------------------------------

    @does(ActionId.LIVE_TYPE)
    def _type(self, _view: View) -> None:
        if not self.composer.focusable:
            self.draw()  # it knows only then that one can type in it again
        self.set_focus(self.composer)  # at once: focus() would come after the keys behind it

    @does(ActionId.COMPOSER_SEND)
    def _send(self, view: View) -> None:
        text = self.composer.value
        if view.session is not None and text.strip():
            self.controller.say(view.session.id, text)
            self._own_lines.keep(text)
            self.composer.put("")

    @does(ActionId.COMPOSER_OLDER)
    def _older_line(self, _view: View) -> None:
        self.composer.put(self._own_lines.older(self.composer.value))

    @does(ActionId.COMPOSER_NEWER)
    def _newer_line(self, _view: View) -> None:
        self.composer.put(self._own_lines.newer(self.composer.value))

    @does(ActionId.COMPOSER_LEAVE)
    def _leave_composer(self, _view: View) -> None:
        self.set_focus(None)

    @does(ActionId.NEXT_PANE)
    def _next_pane(self, _view: View) -> None:
        self.perform(ActionId.COMPOSER_LEAVE if self.typing else ActionId.LIVE_TYPE)

    @does(ActionId.PREVIOUS_PANE)
    def _previous_pane(self, view: View) -> None:
        self._next_pane(view)

    @does(ActionId.LIVE_RETRY)
    def _retry(self, view: View) -> None:
        if view.session is not None:
            self.controller.retry(view.session.id, replace_live=view.session.alive)

    @does(ActionId.LIVE_END)
    def _end(self, view: View) -> None:
        if view.session is not None:
            self.controller.end_session(view.session.id)

    @does(ActionId.LIVE_START)
    def _start(self, _view: View) -> None:
        self.controller.start_session()

    @does(ActionId.LIVE_NEXT)
    def _next_call(self, _view: View) -> None:
        self._go_to_call(1)

    @does(ActionId.LIVE_PREVIOUS)
    def _previous_call(self, _view: View) -> None:
        self._go_to_call(-1)

    def _go_to_call(self, step: int) -> None:
        calls = [session.id for session in self.controller.talking]
        focus = self.controller.focus
        if focus in calls:
            self.controller.focus = calls[(calls.index(focus) + step) % len(calls)]
        else:
            self.controller.focus = calls[0 if step > 0 else -1]

    @does(ActionId.LIVE_PANEL)
    def _toggle_panel(self, _view: View) -> None:
        if self.size.width < WIDE_CELLS:
            self.refuse(f"the panel needs {WIDE_CELLS} columns")
        else:
            self.toggle_class(_PANEL_CLOSED)

    @does(ActionId.LIVE_COPY)
    def _copy_line(self, _view: View) -> None:
        row = self.transcript.last_in_view
        if row is None or self._in_place is None:
            self.refuse("there is no line")
        else:
            self.copy(self._in_place[row].text)

    @does(ActionId.LIVE_COPY_ALL)
    def _copy_all(self, view: View) -> None:
        session, rows = view.session, self._in_place
        if session is not None and rows is not None:
            started_at = 0.0 if rows is self._story.transcript else session.opened_at
            self.copy(text_of_all(rows, started_at, verdict_of(session)))

    @does(ActionId.LIVE_COPY_ID)
    def _copy_name(self, view: View) -> None:
        self.copy(view.room)

    # --- moving -----------------------------------------------------------------------------

    @does(ActionId.DOWN)
    def _down(self, _view: View) -> None:
        self.transcript.action_scroll_down()

    @does(ActionId.UP)
    def _up(self, _view: View) -> None:
        self.transcript.action_scroll_up()

    @does(ActionId.FIRST)
    def _first(self, _view: View) -> None:
        self.transcript.action_scroll_home()

    @does(ActionId.LAST)
    def _last(self, _view: View) -> None:
        self.transcript.action_follow()

    @does(ActionId.PAGE_DOWN)
    def _page_down(self, _view: View) -> None:
        self.transcript.action_page_down()

    @does(ActionId.PAGE_UP)
    def _page_up(self, _view: View) -> None:
        self.transcript.action_page_up()

    @does(ActionId.LIVE_FOLLOW)
    def _follow(self, _view: View) -> None:
        self.transcript.action_follow()
