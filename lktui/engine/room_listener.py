"""Hears a room connection for one session and passes on what each part needs to know."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Mapping

from lktui.clock import Clock
from lktui.core.events import AnyEvent, LinkChanged, LinkState, SessionId
from lktui.core.evidence import GAP_S
from lktui.engine.agent_session import AgentSession
from lktui.engine.conversation import Conversation
from lktui.engine.dispatcher import Dispatcher
from lktui.engine.ports import Participant, Topic
from lktui.tasks import Tasks


class RoomListener:
    """A `LinkListener`; the parts it tells are given once they are made.

    Args:
        session: Whose events these are.
        emit: Takes the events.
        clock: Tells the time.
        tasks: Owns what is begun here.
        on_lost: Called with the server's reason when the connection is over for good.
    """

    def __init__(
        self,
        session: SessionId,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
        tasks: Tasks,
        on_lost: Callable[[str], None],
    ) -> None:
        self._session, self._emit, self._clock = session, emit, clock
        self._tasks, self._on_lost = tasks, on_lost
        self.state = LinkState.CONNECTED
        self.conversation: Conversation | None = None
        self.agents: AgentSession | None = None
        self.dispatcher: Dispatcher | None = None
        self.present: Callable[[], Collection[str]] = tuple
        """Identities that the connection itself sees now."""
        self.on_gap: Callable[[float, float], Coroutine[object, object, None]] | None = None
        """Fills what was missed, given when our connection was lost and when it was back."""
        self._gap_began_at = 0.0

    def participant_joined(self, participant: Participant) -> None:
        """Somebody is in the room."""
        if self.conversation is not None:
            self.conversation.know(participant)
        if self.dispatcher is not None:
            self.dispatcher.witness.joined(participant)

    def participant_changed(self, participant: Participant) -> None:
        """Somebody's attributes changed."""
        if self.conversation is not None:
            self.conversation.know(participant)
        if self.dispatcher is not None:
            self.dispatcher.witness.changed(participant)

    def participant_left(self, identity: str, reason: str) -> None:
        """Somebody left; while we reconnect the SDK says so of everybody, which means nothing."""
        if self.state is not LinkState.CONNECTED:
            return
        if self.conversation is not None:
            self.conversation.left(identity)
        if self.dispatcher is not None:
            self.dispatcher.witness.left(identity, reason)

    def text_opened(
        self, stream: str, topic: Topic, identity: str, attributes: Mapping[str, str]
    ) -> None:
        """A text stream begins."""
        if self.conversation is not None:
            self.conversation.opened(stream, topic.value, identity, attributes)

    def text_chunk(self, stream: str, text: str) -> None:
        """A text stream goes on."""
        if self.conversation is not None:
            self.conversation.chunk(stream, text)

    def text_closed(self, stream: str, attributes: Mapping[str, str]) -> None:
        """A text stream has ended."""
        if self.conversation is not None:
            self.conversation.closed(stream, attributes)

    def text_broken(self, stream: str) -> None:
        """A text stream ended in the middle."""
        if self.conversation is not None:
            self.conversation.broken(stream)

    def session_message(self, identity: str, body: bytes, opened_at: float) -> None:
        """A RemoteSession message arrived."""
        if self.agents is not None:
            self.agents.received(identity, body, opened_at)

    def link_changed(self, state: LinkState, reason: str) -> None:
        """The connection to the room changed."""
        was, self.state = self.state, state
        now = self._clock.monotonic()
        since = 0.0
        if state is LinkState.RECONNECTING and was is not LinkState.RECONNECTING:
            # The SDK notices up to 14 s late; pings tell earlier (facts/livekit.md section 5).
            since = self.dispatcher.evidence.unheard_since(now) if self.dispatcher else 0.0
            self._gap_began_at = since or now
        told = LinkChanged(session=self._session, at=now, state=state, reason=reason, since=since)
        self._emit(told)
        if self.dispatcher is not None:
            self.dispatcher.witness.link_changed(state)
        if state is LinkState.LOST:
            self._on_lost(reason)
        elif state is LinkState.CONNECTED and was is LinkState.RECONNECTING:
            self._tasks.start(self._look_after_gap())
            if self.on_gap is not None:
                self._tasks.start(self.on_gap(self._gap_began_at, now))

    async def _look_after_gap(self) -> None:
        """An agent that left during the gap is not announced: without the list, see who is back."""
        await self._clock.sleep(GAP_S)
        dispatcher = self.dispatcher
        if (
            dispatcher is None
            or dispatcher.api is not None
            or self.state is not LinkState.CONNECTED
        ):
            return
        agent = dispatcher.evidence.agent
        if agent is not None and agent.identity not in self.present():
            dispatcher.witness.left(agent.identity, "gone after a gap")
