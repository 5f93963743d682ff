"""A hidden watch of somebody's room: what is said there, and how its agent does.

Nobody sees it, and it never sends a line nor run_input. The room is never made, held or deleted.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import msgspec

from lktui.clock import Clock
from lktui.core.commands import WatchRoom
from lktui.core.events import AgentGone, AnyEvent, CleanupResult, Phase, VerdictReached
from lktui.core.evidence import EVENT_LAG_S
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import DispatchMode
from lktui.core.verdict import Diagnosis, Outcome
from lktui.engine.dispatcher import Dispatcher
from lktui.engine.hearing import Hearing
from lktui.engine.hidden_entry import HiddenEntry
from lktui.engine.janitor import Janitor
from lktui.engine.opening import opened
from lktui.engine.ports import Gateway
from lktui.engine.roll_call import RollCall
from lktui.engine.run_life import LAND_LIMIT_S, RunLife

_MEAN_NOTHING = (Outcome.NO_AGENT, Outcome.AUTO_NO_AGENT)
"""Of a dispatch that we did not make we cannot say that its agent is late."""
_log = logging.getLogger(__name__)
_NORMAL_ENDS = ("ROOM_CLOSED", "ROOM_DELETED")


class RoomWatch:
    """One watched room, from its command until nobody watches it any more.

    Args:
        command: Which room.
        gateway: Makes the ports.
        janitor: Is known to whoever dispatches; a watch puts nothing into its queue.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        command: WatchRoom,
        gateway: Gateway,
        janitor: Janitor,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self.session, self._room = command.session, command.room
        # Whoever is there is taken for the agent, under whatever name it was dispatched.
        self._profile = msgspec.structs.replace(
            command.profile, dispatch_mode=DispatchMode.AUTO, agent_name=""
        )
        self._gateway, self._emit, self._clock = gateway, emit, clock
        self._silent = asyncio.Event()
        """Set when there is reason to ask who is there."""
        self._life = RunLife(
            self.session,
            opening=self._open,
            ending=self._end,
            outcome=lambda: (CleanupResult.NOT_OURS, False),
            emit=emit,
            clock=clock,
        )
        self.ended = self._life.ended
        self._hearing = Hearing(
            self.session, gateway, self._profile, life=self._life, emit=emit, clock=clock
        )
        self._hearing.on_lost, self.there = self._lost, self._hearing.there
        self._dispatcher = Dispatcher(
            session=self.session,
            profile=self._profile,
            room=self._room,
            api=None,
            pacer=gateway.pacer(self._profile),
            agents=self._hearing.agents,
            ledger=janitor,
            emit=self._tell,
            clock=clock,
        )
        self._roll_call = RollCall(
            self.session,
            self._dispatcher.witness,
            room=self._room,
            api=gateway.server_api(self._profile),
            emit=emit,
            clock=clock,
        )
        self._entry = HiddenEntry(
            self.session, gateway, life=self._life, hearing=self._hearing, emit=emit, clock=clock
        )
        self._wire()

    def _wire(self) -> None:
        witness, conversation = self._dispatcher.witness, self._hearing.conversation
        self._hearing.listener.dispatcher = self._dispatcher
        witness.on_agent = conversation.agent_is
        conversation.follows_others = witness.follows_others = True
        conversation.on_heard = witness.heard
        conversation.on_sent = self._asked
        conversation.on_reply = witness.replied
        witness.on_silence = self._went_silent
        self._dispatcher.judge.on_verdict = self._judged

    # --- what is asked of it ----------------------------------------------------------------

    def is_of(self, command: WatchRoom) -> bool:
        """Tell whether it watches the room that is asked for, and still does."""
        there = (self._profile.url, self._room)
        return not self.ended.is_set() and there == (command.profile.url, command.room)

    def start(self) -> None:
        """Record it and begin."""
        self._emit(opened(self.session, self._profile, watched=True))
        self._life.begin()

    def say(self, _key: str, _text: str) -> None:
        """Refuse a line: a hidden watcher must not be heard."""
        self._life.notice("not sent: this room is only watched")

    def retry(self, *, replace_live: bool) -> None:  # noqa: ARG002 - as of every run
        """Refuse a retry: it has dispatched nothing."""
        self._life.notice("not now: this room is only watched")

    def end(self) -> asyncio.Task[None]:
        """Stop watching. A second call gives the same task."""
        return self._life.end()

    # --- from its beginning to its end ------------------------------------------------------

    async def _open(self) -> None:
        self._dispatcher.begin()
        self._dispatcher.witness.know(sees_people=True)
        await self._entry.enter(self._profile, self._room)
        self._life.phase(Phase.WAITING)
        works = (self._hearing.conversation.expire(), self._look_when_silent())
        for work in (*self._dispatcher.works(), *works):
            self._life.tasks.start(work)
        await self._hearing.backfill.before(self._entry.entered_at)

    async def _end(self) -> None:
        self._dispatcher.judge.close()
        await self._life.stop_opening()
        await self._life.landings.wait(LAND_LIMIT_S)
        await self._hearing.link.disconnect()
        await self._dispatcher.close()
        await self._life.tasks.cancel()

    def _lost(self, reason: str) -> None:
        if reason in _NORMAL_ENDS:
            self._life.notice("the room that was watched is gone")
            self.end()
            return
        host = self._profile.host
        detail = f"the server said {reason}"
        self._life.fail(problem(ProblemCode.SERVER_LOST, subject=host, host=host, detail=detail))

    # --- the agent --------------------------------------------------------------------------

    async def _look_when_silent(self) -> None:
        """Ask who is there when the agent does not answer; runs until cancelled.

        Nothing else is asked: what there is to know comes through the room.
        """
        while True:
            await self._silent.wait()
            await self._gateway.pacer(self._profile).turn()
            self._silent.clear()
            try:
                await self._roll_call.take()
            except PortError as error:
                _log.info("looking at %s failed: %s", self._room, error.problem.line)

    def _went_silent(self) -> None:
        self._roll_call.wanted()
        self._silent.set()

    async def _look_for_the_next(self) -> None:
        """See who else is there, once an agent that a stall has shown as leaving would be back."""
        await self._clock.sleep(EVENT_LAG_S)
        self._silent.set()

    def _tell(self, event: AnyEvent) -> None:
        if isinstance(event, AgentGone):
            self._life.tasks.start(self._look_for_the_next())
        if isinstance(event, VerdictReached) and event.diagnosis.code in _MEAN_NOTHING:
            return
        self._emit(event)

    def _asked(self) -> None:
        """Somebody has said something: the agent owes them an answer."""
        witness = self._dispatcher.witness
        witness.asked()
        if witness.evidence.agent is not None:
            witness.took_turn(witness.evidence.agent.identity)

    def _judged(self, verdict: Diagnosis) -> None:
        if verdict.alive:
            self._life.phase(Phase.TALKING)
        agent = self._dispatcher.evidence.agent
        if verdict.code is Outcome.PRESENT and agent is not None:
            self._hearing.diary.silent(agent.identity)
