"""All that hears one room connection, wired together: lines, sessions, memory, and its gaps."""

from __future__ import annotations

from collections.abc import Callable

from lktui.clock import Clock
from lktui.core.events import AnyEvent, LinkState, SessionId
from lktui.core.profile import Profile
from lktui.engine.agent_session import AgentSession
from lktui.engine.backfill import Backfill
from lktui.engine.conversation import Conversation
from lktui.engine.lost_lines import LostLines
from lktui.engine.ports import Gateway, Participant
from lktui.engine.room_listener import RoomListener
from lktui.engine.run_life import RunLife
from lktui.engine.session_diary import SessionDiary


def _ignore(_reason: str) -> None:
    """Stand in for one who does not want to know."""


class Hearing:
    """One run's ears.

    Args:
        session: Whose events these are.
        gateway: Makes the connection.
        profile: Its server.
        life: Owns what is begun here.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        session: SessionId,
        gateway: Gateway,
        profile: Profile,
        *,
        life: RunLife,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self._profile = profile
        self.hidden = False
        """Whether nobody there sees us."""
        self.on_lost: Callable[[str], None] = _ignore
        """Called with the server's reason when the connection is over for good."""
        self.listener = RoomListener(session, emit, clock, life.tasks, self._lost)
        self.link = gateway.room_link(self.listener, profile)
        self.agents = self.listener.agents = AgentSession(self.link)
        self.conversation = Conversation(session, self.link, emit, clock)
        self.listener.conversation = self.conversation
        self.listener.present = lambda: [other.identity for other in self.link.participants]
        self.diary = self.agents.diary = SessionDiary(session, self.conversation, emit)
        self.backfill = Backfill(self.link, self.agents, self.diary, clock)
        self.listener.on_gap = self.backfill.of_gap
        self._lost_lines = LostLines(self.link, self.agents, clock)
        self.conversation.on_taken = self._lost_lines.sent

    def there(self, profile: Profile) -> dict[str, tuple[Participant, ...]]:
        """Tell who is in the room, by its name; nothing while our connection is down.

        Args:
            profile: Whose server is meant.
        """
        here = self.listener.state is LinkState.CONNECTED and profile.ws_url == self._profile.ws_url
        if not here or not self.link.room:
            return {}
        me = Participant(identity=self.link.identity, hidden=self.hidden)
        return {self.link.room: (me, *self.link.participants)}

    async def look_for_lost(self, began_at: float, ended_at: float) -> bool:
        """Say of the lines that went out into a gap which are lost; whether any is."""
        lost = await self._lost_lines.of_gap(began_at, ended_at)
        for line in lost:
            self.conversation.never_arrived(line.key, line.text, line.at)
        return bool(lost)

    def _lost(self, reason: str) -> None:
        self.on_lost(reason)
