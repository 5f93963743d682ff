"""Live: the conversation in `controller.focus`, what is being said now, and a line to type in."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input

from lktui.core.action_types import Scope, View
from lktui.core.actions import ActionId, key_of
from lktui.core.events import Role, SessionId
from lktui.core.session import SessionState
from lktui.core.shown_rows import Rows
from lktui.core.signs import StateKind
from lktui.core.transcript import Transcript
from lktui.screens.action_screen import does
from lktui.screens.chrome import attention_of
from lktui.screens.exporting import Exporting
from lktui.screens.live.composer import Composer, ComposerRow
from lktui.screens.live.copied_text import lines_of_all
from lktui.screens.live.follow_rule import follow_title
from lktui.screens.live.from_record import FromRecord
from lktui.screens.live.moving import Moving
from lktui.screens.live.no_conversation import no_conversation
from lktui.screens.live.noting import Noting
from lktui.screens.live.own_lines import OwnLines
from lktui.screens.live.pasting import Pasting
from lktui.screens.live.replies import ReplyLog, ReplyTimes
from lktui.screens.live.searching import Searching
from lktui.screens.live.side_panel import SidePanel, SideView
from lktui.screens.live.status_words import composer_words, counts, reply_words, takes_lines
from lktui.screens.live.story_rows import StoryRows, is_anything_said
from lktui.screens.live.strip import QUIET, Strip, sayings
from lktui.screens.live.subject import Subject, SubjectView, subject_of
from lktui.screens.live.unsent import Unsent
from lktui.screens.live.verdict import Verdict, verdict_of
from lktui.session.controller import SessionController
from lktui.session.engine_client import EngineHealth
from lktui.session.exports import MAX_COPY_BYTES
from lktui.widgets.bindings import bindings
from lktui.widgets.drawing import WIDE_CELLS, line
from lktui.widgets.empty_state import EmptyState
from lktui.widgets.rule import Rule
from lktui.widgets.transcript_rows import Manner, Times
from lktui.widgets.transcript_view import TranscriptView

_EMPTY, _VERDICT, _PANEL_CLOSED = "-empty", "-verdict", "-panel-closed"


class LiveScreen(Moving, Searching, Noting, Pasting, FromRecord, Exporting):
    """Shows one session; which one is the controller's to know."""

    AUTO_FOCUS = ""
    CSS_PATH = "live.tcss"
    SCOPE = Scope.LIVE
    TITLE = "Live"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LIVE)

    def __init__(self, controller: SessionController) -> None:
        super().__init__(controller)
        self._shown: SessionId | None = None
        self._story = StoryRows()
        self._in_place: Rows | None = None
        self._tells_story = False
        self._rule = Rule()
        self._own_lines = OwnLines()
        self._unsent = Unsent(self._own_lines)
        self._replies = ReplyLog(Transcript())

    # --- what is shown ----------------------------------------------------------------------

    @property
    def session(self) -> SessionState | None:
        """The session in focus; of one that was just asked for nothing is known yet."""
        focus = self.controller.focus
        if focus is None:
            return None
        starting = self.controller.engine in (EngineHealth.STARTING, EngineHealth.UP)
        unknown = SessionState(id=focus) if starting else None
        return self.controller.session(focus) or unknown

    @property
    def transcript(self) -> TranscriptView:
        """The conversation, or the story in its place."""
        return self.query_one(TranscriptView)

    @property
    def rows(self) -> Rows | None:
        """What the transcript shows."""
        return self._in_place

    @property
    def tells_story(self) -> bool:
        """Whether the transcript's place has the story of the beginning."""
        return self._tells_story

    @property
    def composer(self) -> Composer:
        """The line that is typed."""
        return self.query_one(Composer)

    @property
    def composing(self) -> bool:
        """Whether a line to the agent is being typed."""
        return isinstance(self.focused, Composer)

    @property
    def typing(self) -> bool:
        """Whether printable keys are text."""
        return self.composing or self.row_is_open

    def compose_body(self) -> ComposeResult:
        """Put subject, transcript, follow rule, strip and composer below each other."""
        yield Subject()
        with Horizontal(id="talk"):
            with Vertical(id="left"):
                transcript = TranscriptView()
                # Its keys are the screen's; focused, it would be drawn again when one types.
                transcript.can_focus = False
                yield transcript
                yield self._rule
                yield Strip()
                yield Verdict()
                yield ComposerRow()
            yield SidePanel()
        yield EmptyState(no_conversation(None))

    def draw_body(self) -> None:
        """Show the session as it is now."""
        session = self.session
        self.set_class(session is None, _EMPTY)
        if session is None:
            self.query_one(EmptyState).show(no_conversation(self.controller.refused))
            return
        if session.id != self._shown:
            self._begin(session)
        self.read_rest(session.id)
        said = self.controller.transcript(session.id)
        self._draw_transcript(session, said)
        self._draw_subject(session)
        self.search_on()
        now = self.controller.clock.monotonic()
        self._rule.show(*follow_title(session, self.transcript.follow, now))
        verdict = verdict_of(session)
        self.set_class(verdict is not None, _VERDICT)
        if verdict is not None:
            self.query_one(Verdict).show(verdict)
        speakers = sayings(said.speaking, said.first_agent)
        self.query_one(Strip).show(speakers, "" if session.over else QUIET)
        self._draw_composer(session, said)
        with_story = not self._tells_story
        self.query_one(SidePanel).show(SideView(session, self._reply_times(said), now, with_story))
        self.keep_up(len(said))
        if self.is_current:
            self.controller.look_at(attention_of(session))

    def _begin(self, session: SessionState) -> None:
        """Show another session than before; what was typed waits until one comes back."""
        left, typed, talks = self._shown, self.composer.value, takes_lines(session)
        draft = self._unsent.begin(session.id, left, typed, talks=talks)
        self._shown = session.id
        self._story = StoryRows()
        self.forget_search()
        self.composer.put(draft)

    def _draw_transcript(self, session: SessionState, said: Transcript) -> None:
        self.transcript.more_to_come = self.is_being_read(session.id)
        self._tells_story = not is_anything_said(said)
        if not self._tells_story:
            place = self.behind_filter(said)
            manner = Manner(session.opened_at, session.slow_reply_s)
        else:
            self._story.tell(session, said)
            place = self.behind_filter(self._story.transcript)
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
        if self.controller.session(session.id) is not None:
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
        typed, stands = composer.value, ""
        if is_open:
            stands = self._unsent.come_back(session.id, typed, session.unsent)
        elif session.id in self.controller.sessions:
            self._unsent.end(session.id, typed, session.unsent)
        if stands != typed:
            composer.put(stands)
        row.mark_unsent(unsent=self._unsent.stands(stands))
        if not is_open and self.composing:
            self.set_focus(None)
        waiting = sum(segment.role is Role.YOU for segment in said.speaking)
        words = composer_words(session, waiting, typing=self.composing)
        row.show(words, is_open=is_open, typing=self.composing)

    def _reply_times(self, said: Transcript) -> ReplyTimes | None:
        """Sum up the replies."""
        if self._replies.rows is not said:
            self._replies = ReplyLog(said)
        return self._replies.times

    def on_input_changed(self, message: Input.Changed) -> None:
        """Search or filter as it is typed; a changed line is another one than was not sent."""
        if message.input is self.composer:
            stands = self._unsent.stands(message.value)
            self.query_one(ComposerRow).mark_unsent(unsent=stands)
        elif self.row_is_open:
            self.typed(message)

    def on_descendant_blur(self) -> None:
        """Show the actions of the transcript again."""
        self.ask_to_draw()

    def on_transcript_view_follow_changed(self) -> None:
        """Say that the view is paused, follows, or has more below."""
        self.ask_to_draw()

    # --- words ------------------------------------------------------------------------------

    def in_view(self) -> Content:
        """Say what was found, or count the turns, or the attempts while it is not ready."""
        found, session = self.found(), self.session
        if found is not None:
            return found
        if session is None:
            return Content("")
        return self.reading_words(session.id) or counts(session)

    def hint(self) -> Content:
        """Say how fast the agent answers, or how the search ends."""
        if self.found() is not None:
            return line((key_of(ActionId.BACK), "$key bold"), (" clears", "$muted"))
        session = self.session
        times = self._reply_times(self.controller.transcript(session.id)) if session else None
        if session is None or times is None:
            return Content("")
        return reply_words(times, session.slow_reply_s)

    def footer_scopes(self) -> tuple[Scope, ...]:
        """Show the keys of what is typed."""
        if self.row_is_open:
            return (Scope.FILTER,)
        return (Scope.COMPOSER,) if self.composing else super().footer_scopes()

    def view(self) -> View:
        """Judge actions by the session that is shown."""
        session = self.session
        if session is None:
            return super().view()
        rooms = self.controller.rooms
        listed = next((r for r in rooms.rooms if r.name == session.room), None) if rooms else None
        others = max(0, listed.people - 1 - len(listed.agents)) if listed is not None else 0
        return msgspec.structs.replace(
            super().view(),
            session=session,
            room=session.room,
            others=others,
            rows=len(self._in_place) if self._in_place is not None else 0,
            filtered=self.is_searching,
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
        self.perform(ActionId.COMPOSER_LEAVE if self.composing else ActionId.LIVE_TYPE)

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

    @does(ActionId.LIVE_WATCH)
    def _stop_watching(self, view: View) -> None:
        self._end(view)

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
        row = self.turn
        if row is None or self._in_place is None:
            self.refuse("there is no line")
        else:
            self.copy(self._in_place[row].text)

    @does(ActionId.LIVE_COPY_ALL)
    def _copy_all(self, view: View) -> None:
        session = view.session
        if session is not None:
            said = self.controller.transcript(session.id)
            rows = self._story.transcript if self._tells_story else said
            started_at = 0.0 if self._tells_story else session.opened_at
            lines = lines_of_all(rows, started_at, verdict_of(session))
            if rows.text_bytes(0, len(rows)) > MAX_COPY_BYTES:
                self.controller.exports.write_copy(lines, len(rows))
            else:
                self.copy("".join(lines).removesuffix("\n"))

    @does(ActionId.LIVE_EXPORT)
    def _open_export(self, view: View) -> Awaitable[None] | None:
        session = view.session
        return self.open_export((session.id,), session.room or session.id) if session else None

    @does(ActionId.LIVE_PAST)
    def _list_past(self, _view: View) -> None:
        self.show_past()

    @does(ActionId.LIVE_COPY_ID)
    def _copy_name(self, view: View) -> None:
        self.copy(view.room)
