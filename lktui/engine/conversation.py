"""What is said in a room: streams become transcript segments, typed lines wait and go out.

A line typed before the agent listens would be lost without a sign (facts/livekit.md section 2),
so it waits here; lines go out one after another in the order in which they were typed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping

from lktui.clock import Clock
from lktui.core.events import (
    AnyEvent,
    Mark,
    Notice,
    Role,
    SegmentUpdated,
    SessionId,
    Step,
    StepDone,
)
from lktui.core.problems import PortError
from lktui.core.reassembly import Reassembly, Remembered, Update
from lktui.core.sanitize import clean
from lktui.engine.ports import Participant, RoomLink

MAX_WAITING_LINES = 100
MAX_FRESH_LINES = 100
EXPIRE_EVERY_S = 1.0
UNSTREAMED_S = 2.0
"""So long after the agent has remembered a line nobody will stream it any more."""
ANSWER_WAIT_S = 5.0
"""So long a line that waited for the agent holds back the next one for its answer."""


class Conversation:
    """One room's transcript and composer.

    Args:
        session: Whose events these are.
        link: Where lines go out.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        session: SessionId,
        link: RoomLink,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self._session, self._link, self._emit, self._clock = session, link, emit, clock
        self._reassembly = Reassembly()
        self._speakers: dict[str, Participant] = {}
        self._names: dict[str, str] = {}
        self._fresh: deque[tuple[float, Remembered]] = deque(maxlen=MAX_FRESH_LINES)
        self._agent = ""
        self._lines: deque[tuple[str, str]] = deque()
        self._typed = asyncio.Event()
        self._listens = asyncio.Event()
        self._sending = self._over = False
        self._asked_at = 0.0
        self._answered = False
        self._answer_done = asyncio.Event()
        self._early: set[str] = set()
        self._replied = False
        self.follows_others = False
        """Whether lines of others than us are what the agent has to answer: so in a watch."""
        self.on_reply: Callable[[], None] = lambda: None
        """Called when the agent has said something after a typed line."""
        self.on_sent: Callable[[], None] = lambda: None
        """Called when a typed line has gone out."""
        self.on_taken: Callable[[str, str, float], None] = lambda _key, _text, _at: None
        """Called with a typed line that the connection has taken: its key, its text, when."""
        self.on_heard: Callable[[str], None] = lambda _identity: None
        """Called with the identity of whoever says something."""

    # --- who ----------------------------------------------------------------------------------

    def know(self, participant: Participant) -> None:
        """Remember somebody's name for what they say."""
        self._speakers[participant.identity] = participant

    def agent_is(self, identity: str) -> None:
        """Take this participant's lines for the agent's."""
        self._agent = identity

    def listens(self, now: bool) -> None:  # noqa: FBT001 - one fact, named at every call
        """Let typed lines out, or hold them back."""
        if now:
            self._listens.set()
        else:
            self._listens.clear()

    # --- what is heard ------------------------------------------------------------------------

    def opened(self, stream: str, topic: str, identity: str, attributes: Mapping[str, str]) -> None:
        """A text stream begins."""
        self._reassembly.opened(stream, topic, identity, attributes, self._now)
        self.on_heard(identity)

    def chunk(self, stream: str, text: str) -> None:
        """A text stream goes on."""
        self._tell(self._reassembly.chunk(stream, text, self._now))

    def closed(self, stream: str, attributes: Mapping[str, str]) -> None:
        """A text stream has ended."""
        self._tell(self._reassembly.closed(stream, attributes, self._now))

    def broken(self, stream: str) -> None:
        """A text stream ended in the middle."""
        self._tell(self._reassembly.broken(stream, self._now))

    def speaks_as(self, identity: str, name: str) -> None:
        """Name the agent that speaks for this participant from now on: there was a handoff."""
        self._names[identity] = name

    def is_person(self, identity: str) -> bool:
        """Tell whether this is known to be no agent."""
        known = self._speakers.get(identity)
        return known is not None and not known.is_agent and identity != self._agent

    def left(self, identity: str) -> None:
        """Close what somebody was saying who has left."""
        for update in self._reassembly.participant_left(identity, self._now):
            self._tell(update)

    def backfill(self, lines: tuple[Remembered, ...], at: float) -> int:
        """Add what the agent's own history knows and nobody streamed to us; how many lines."""
        updates = self._reassembly.history(lines, at)
        for update in updates:
            self._tell(update)
        return len(updates)

    def confirmed(self, line: Remembered) -> float | None:
        """Take a line that the agent has just remembered; when it began, if it was streamed."""
        self._fresh.append((self._now + UNSTREAMED_S, line))
        return self.began(line)

    def began(self, line: Remembered) -> float | None:
        """Give when a line began that an agent remembers; None while nobody has streamed it."""
        update, began_at = self._reassembly.confirmed(line)
        self._tell(update)
        return began_at

    async def expire(self) -> None:
        """Close segments that get no more updates; runs until cancelled."""
        while True:
            await self._clock.sleep(EXPIRE_EVERY_S)
            for update in self._reassembly.expire(self._now):
                self._tell(update)
            self._look_at_fresh()

    def _look_at_fresh(self) -> None:
        """Add what the agent remembers to have said and did not stream, as nobody listened.

        Lines of its user are only matched: what is spoken may be written there in another way.
        """
        while self._fresh and self._fresh[0][0] <= self._now:
            due_at, line = self._fresh.popleft()
            updates = self._reassembly.history([line], due_at - UNSTREAMED_S)
            for update in updates:
                if not line.not_by:
                    self._tell(update)

    # --- what is typed ------------------------------------------------------------------------

    def say(self, key: str, text: str) -> None:
        """Take a typed line; one that cannot go out at once is shown as waiting."""
        if self._over:
            self._tell_typed(key, text, at=self._now, final=True, mark=Mark.NOT_SENT)
            return
        if len(self._lines) >= MAX_WAITING_LINES:
            self._emit(Notice(session=self._session, text="too many lines wait; not taken"))
            return
        if self._lines or self._sending or not self._listens.is_set():
            self._tell_typed(key, text, at=self._now, final=False)
        if not self._listens.is_set():
            self._early.add(key)
        self._lines.append((key, text))
        self._typed.set()

    async def send_lines(self) -> None:
        """Send typed lines when the agent listens; runs until cancelled."""
        while True:
            await self._typed.wait()
            await self._listens.wait()
            if not self._lines:
                self._typed.clear()
                continue
            key, text = self._lines.popleft()
            await self._send(key, text)
            if key in self._early and self._lines and self._lines[0][0] in self._early:
                await self._let_answer()

    async def _let_answer(self) -> None:
        """Let the agent answer a line that waited before the next one that did interrupts it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_WAIT_S):
                await self._answer_done.wait()

    async def _send(self, key: str, text: str) -> None:
        at = self._now
        # The agent may answer before send_chat() returns: the question must stand first.
        self._asked_at, self._answered = at, False
        self._answer_done.clear()
        self._tell_typed(key, text, at=at, final=True)
        self._reassembly.said_here(self._link.identity, text, at)
        self._sending = True
        try:
            await self._send_surely(text)
            self.on_taken(key, text, at)
            if not self._answered:
                self.on_sent()
        except PortError as error:
            self._tell_typed(key, text, at=at, final=True, mark=Mark.NOT_SENT)
            self._emit(Notice(session=self._session, text=error.problem.summary))
        except asyncio.CancelledError:
            self._tell_typed(key, text, at=at, final=True, mark=Mark.NOT_SENT)
            raise
        finally:
            self._sending = False

    async def _send_surely(self, text: str) -> None:
        """Send a line; one that was not taken once more, while there is somebody to hear it.

        Raises:
            PortError: It was not sent.
        """
        try:
            await self._link.send_chat(text)
        except PortError:
            if self._answered:
                return  # it has arrived all the same
            if self._over or not self._listens.is_set():
                raise
            await self._link.send_chat(text)

    def never_arrived(self, key: str, text: str, at: float) -> None:
        """Say of a line that went out that nobody has got it."""
        self._tell_typed(key, text, at=at, final=True, mark=Mark.NOT_SENT)

    def give_up_lines(self) -> None:
        """Say of lines that never went out, and of any that still come, that they are not sent."""
        self._over = True
        while self._lines:
            key, text = self._lines.popleft()
            self._tell_typed(key, text, at=self._now, final=True, mark=Mark.NOT_SENT)

    # --- to the record ------------------------------------------------------------------------

    @property
    def _now(self) -> float:
        return self._clock.monotonic()

    def _tell_typed(
        self, key: str, text: str, *, at: float, final: bool, mark: Mark = Mark.NONE
    ) -> None:
        self._emit(
            SegmentUpdated(
                session=self._session,
                key=key,
                identity=self._link.identity,
                speaker="you",
                role=Role.YOU,
                text=text,
                final=final,
                opened_at=at,
                first_text_at=at,
                mark=mark,
            )
        )

    def _tell(self, update: Update | None) -> None:
        if update is None:
            return
        role, speaker = self._speaker(update.identity)
        self._emit(
            SegmentUpdated(
                session=self._session,
                key=update.key,
                identity=clean(update.identity, limit=120),
                speaker=speaker,
                role=role,
                text=update.text,
                final=update.final,
                opened_at=update.opened_at,
                first_text_at=update.first_text_at,
                mark=update.mark,
            )
        )
        if role is Role.USER and update.final and update.text and self.follows_others:
            self._heard_question(update)
        if role is Role.AGENT and update.text and update.opened_at >= self._asked_at > 0:
            self._reply_began(update)
            if update.final:
                self._answer_done.set()

    def _heard_question(self, update: Update) -> None:
        if update.mark is not Mark.HISTORY:
            self._asked_at, self._answered = update.opened_at, False
            self.on_sent()

    def _reply_began(self, update: Update) -> None:
        if self._answered:
            return
        self._answered = True
        self.on_reply()
        if self._replied:
            return
        self._replied = True
        took_ms = (update.first_text_at - self._asked_at) * 1000
        self._emit(
            StepDone(
                session=self._session,
                at=update.first_text_at,
                step=Step.FIRST_REPLY,
                took_ms=took_ms,
            )
        )

    def _speaker(self, identity: str) -> tuple[Role, str]:
        known = self._speakers.get(identity)
        if identity == self._link.identity:
            return Role.YOU, "you"
        if identity == self._agent or (known is not None and known.is_agent):
            name = (known.agent_name or known.name) if known else ""
            return Role.AGENT, self._names.get(identity) or name or "agent"
        if not identity:
            return Role.USER, "user"
        name = known.name if known is not None and known.name else clean(identity, limit=60)
        return Role.USER, name or "somebody"
