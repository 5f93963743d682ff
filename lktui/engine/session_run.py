"""One conversation: create -> join -> dispatch -> verify -> talk -> clean up.

The room and each dispatch are durable in the queue before the call that makes them.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

from lktui.clock import Clock
from lktui.core.cleanup import GONE
from lktui.core.commands import StartSession
from lktui.core.events import (
    AnyEvent,
    CleanupResult,
    Connected,
    LinkState,
    Phase,
    Step,
)
from lktui.core.evidence import EVENT_LAG_S
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import AuthMode
from lktui.core.sanitize import clean
from lktui.core.verdict import Diagnosis, Outcome
from lktui.engine.comeback import comeback
from lktui.engine.dispatcher import Dispatcher
from lktui.engine.hearing import Hearing
from lktui.engine.janitor import Janitor
from lktui.engine.opening import opened
from lktui.engine.own_room import OwnRoom
from lktui.engine.ports import Gateway, RoomToken, ServerApi
from lktui.engine.retries import Retries
from lktui.engine.run_life import LAND_LIMIT_S, RunLife

NEAR_S = 0.025
"""A server that makes a room this fast is near: then the connect hides beside the dispatch."""
CLEAN_LIMIT_S = 12.0
_log = logging.getLogger(__name__)


class SessionRun:
    """One session, from its command to its cleanup; also hears the room connection.

    Args:
        command: What to open.
        gateway: Makes the ports.
        janitor: Keeps and works the cleanup queue.
        emit: Takes the events.
        clock: Tells the time.
        alone: Let no agent come by itself into the room: with a key it is made before the join.
    """

    def __init__(
        self,
        command: StartSession,
        gateway: Gateway,
        janitor: Janitor,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
        *,
        alone: bool = False,
    ) -> None:
        self.session, self._profile = command.session, command.profile
        janitor.know(self.session, self._profile)
        self._keep = command.keep or not command.profile.auto_cleanup
        self._gateway, self._janitor, self._emit, self._clock = gateway, janitor, emit, clock
        self._life = RunLife(
            self.session,
            opening=self._open,
            ending=self._end_and_release,
            outcome=self._outcome,
            emit=emit,
            clock=clock,
        )
        self._tasks, self._landings = self._life.tasks, self._life.landings
        self._hearing = Hearing(
            self.session, gateway, self._profile, life=self._life, emit=emit, clock=clock
        )
        self._hearing.on_lost = self._lost
        self._hearing.listener.on_gap = self._over_gap
        self._room_says, self._link = self._hearing.listener, self._hearing.link
        self._agents, self._conversation = self._hearing.agents, self._hearing.conversation
        self._api: ServerApi | None = None
        self._dispatcher: Dispatcher | None = None
        self._room: OwnRoom | None = None
        self._agent_was_first = self._is_unseen = False
        self._joined_at = 0.0
        self._retries: Retries | None = None
        self._agreed, self._alone = False, alone and self._profile.has_key
        self._cleanup, self._made = CleanupResult.PENDING, True
        self.ended, self.there = self._life.ended, self._hearing.there

    # --- what is asked of it ----------------------------------------------------------------

    def start(self) -> None:
        """Record the session and open it."""
        self._emit(opened(self.session, self._profile, keep=self._keep))
        self._life.begin()

    def say(self, key: str, text: str) -> None:
        """Take a typed line."""
        self._conversation.say(key, text)

    def retry(self, *, replace_live: bool) -> None:
        """Dispatch again in the safe order; one at a time."""
        if self._life.is_ending:
            self._notice("not now: the session is ending")
        elif self._dispatcher is None or not self._life.is_open:
            self._notice("not now: the first attempt is still under way")
        elif self._retries is None:
            self._notice("not now: this session cannot be dispatched again; start a new one")
        elif self._room_says.state is not LinkState.CONNECTED:
            self._notice("not now: the connection to the room is down")
        else:
            self._retries.ask(replace_live=replace_live)

    def end(self, *, agreed: bool = False) -> asyncio.Task[None]:
        """Leave and clean up; a second call gives the same task.

        Args:
            agreed: A person has agreed that others who are in the room are put out.
        """
        if not self._life.is_ending:
            self._agreed = agreed
        return self._life.end()

    # --- opening ------------------------------------------------------------------------------

    async def _open(self) -> None:
        profile = self._profile
        if profile.read_only:
            raise PortError(problem(ProblemCode.READ_ONLY, name=profile.name))
        if profile.has_key:
            self._api = self._gateway.server_api(profile)
        suffix = secrets.token_hex(3)
        identity = f"{profile.identity_prefix}-{suffix[:4]}"
        wanted = profile.room_name or self._fresh_name(suffix)
        token = await self._token(wanted, identity)
        room = token.room or wanted
        self._phase(Phase.OPENING)
        own = self._room = OwnRoom(
            session=self.session,
            profile=profile,
            keep=self._keep,
            api=self._api,
            janitor=self._janitor,
            landings=self._landings,
            emit=self._emit,
            clock=self._clock,
            identity=token.identity if profile.token is None else "",
            alone=self._alone,
        )
        created_s = await own.open(room)
        dispatcher = self._make_dispatcher(room)
        near = created_s is not None and created_s < NEAR_S
        dispatcher.witness.know(room_was_there=not own.ours)
        dispatcher.begin()
        if dispatcher.by_api and not token.carries_dispatch:
            if not own.ours:
                await dispatcher.note_others()
            await self._dispatch_and_join(dispatcher, token, near=near)
        else:
            await self._join(token)
        self._tasks.start(self._conversation.send_lines())
        self._tasks.start(self._conversation.expire())
        self._phase(Phase.WAITING)
        for work in dispatcher.works():
            self._tasks.start(work)

    def _fresh_name(self, suffix: str) -> str:
        """Make a name of the profile's prefix, this installation's id and what makes it unique."""
        prefix = "-".join(self._profile.room_prefix.split())
        return f"{prefix}-{self._janitor.installation}{suffix}"

    async def _token(self, room: str, identity: str) -> RoomToken:
        """Get the token before anything is made: it may name another room, or fail."""
        profile = self._profile
        tokens = self._gateway.tokens(profile)
        if profile.auth_mode is AuthMode.API:
            return await tokens.room_token(room, identity)
        self._phase(Phase.TOKEN)
        began = self._clock.monotonic()
        asked = profile.room_name if profile.token is not None else room
        token = await tokens.room_token(asked, identity)
        took_ms = (self._clock.monotonic() - began) * 1000
        self._step(Step.TOKEN, clean(token.origin) or "the profile", took_ms)
        return token

    def _make_dispatcher(self, room: str) -> Dispatcher:
        dispatcher = Dispatcher(
            session=self.session,
            profile=self._profile,
            room=room,
            api=self._api,
            pacer=self._gateway.pacer(self._profile),
            agents=self._agents,
            ledger=self._janitor,
            emit=self._emit,
            clock=self._clock,
        )
        witness = dispatcher.witness
        witness.on_agent = self._conversation.agent_is
        dispatcher.judge.on_verdict = self._judged
        self._conversation.on_sent = witness.asked
        self._conversation.on_reply = witness.replied
        self._conversation.on_heard = witness.heard
        if self._api is not None and dispatcher.by_api:
            self._retries = Retries(
                dispatcher=dispatcher,
                api=self._api,
                landings=self._landings,
                tasks=self._tasks,
                emit=self._emit,
                clock=self._clock,
            )
            self._retries.on_listens = self._listens
        self._dispatcher = self._room_says.dispatcher = dispatcher
        return dispatcher

    async def _dispatch_and_join(
        self, dispatcher: Dispatcher, token: RoomToken, *, near: bool
    ) -> None:
        """Dispatch beside the join on a near server, else after it.

        The tester must be in the room before the agent, or its greeting is not streamed. The
        server takes 200 ms to pick a worker, and a near connect hides in that.
        """
        if not near:
            await self._join(token)
            self._phase(Phase.DISPATCHING)
            dispatcher.intend()
            await dispatcher.dispatch(self._landings)
            return
        dispatcher.intend()
        sent = asyncio.get_running_loop().create_task(dispatcher.dispatch(self._landings))
        try:
            await self._join(token)
            await sent
        finally:
            sent.cancel()
            await asyncio.wait([sent])

    async def _join(self, token: RoomToken) -> None:
        self._phase(Phase.CONNECTING)
        began = self._clock.monotonic()
        await self._landings.land(self._link.connect(self._profile.ws_url, token.jwt))
        self._joined_at = self._clock.monotonic()
        took_ms = (self._joined_at - began) * 1000
        room, identity = clean(self._link.room), clean(self._link.identity)
        if self._dispatcher is not None:
            self._dispatcher.witness.me = self._link.identity
        others = [p for p in self._link.participants if not p.hidden]
        self._agent_was_first = any(p.is_agent for p in others)
        told = f"{identity}; " + (f"{len(others)} here" if others else "nobody else here")
        self._emit(
            Connected(session=self.session, identity=identity, room=room, others=len(others))
        )
        self._step(Step.CONNECT, told, took_ms)
        if self._room is not None:
            self._room.stays_as(self._link.sid)
            await self._room.is_there()
        if token.room and self._link.room != token.room:
            raise PortError(problem(ProblemCode.TOKEN_WRONG_ROOM, subject=room, room=room))

    # --- the agent ----------------------------------------------------------------------------

    def _judged(self, verdict: Diagnosis) -> None:
        if verdict.alive:
            self._phase(Phase.TALKING)
        agent = self._dispatcher.evidence.agent if self._dispatcher else None
        if verdict.code is Outcome.PRESENT and agent is not None:
            self._hearing.diary.silent(agent.identity)
        if self._retries is None or not self._retries.running:
            self._listens(verdict.alive)
        if self._retries is not None:
            self._retries.judged(verdict)

    def _listens(self, listens: bool) -> None:  # noqa: FBT001 - an observer of one fact
        if listens and self._is_unseen:
            return  # the end of the gap's wait says it
        if listens and self._agent_was_first:
            self._tasks.start(self._catch_up())
        else:
            self._conversation.listens(listens)

    async def _catch_up(self) -> None:
        """The agent was here first: read what it has said, and wait until it has seen us."""
        dispatcher = self._dispatcher
        agent = dispatcher.evidence.agent if dispatcher else None
        if agent is not None and agent.ponged:
            await self._hearing.backfill.before(self._joined_at)
        await self._clock.sleep(EVENT_LAG_S)
        self._agent_was_first = False
        verdict = dispatcher.verdict if dispatcher else None
        self._conversation.listens(verdict is not None and verdict.alive)

    async def _over_gap(self, began_at: float, ended_at: float) -> None:
        """Fill a gap; typed lines wait meanwhile until the agent has surely seen us again."""
        self._is_unseen = True
        self._conversation.listens(False)
        self._tasks.start(self._hearing.backfill.of_gap(began_at, ended_at))
        evidence = lambda: self._dispatcher.evidence if self._dispatcher else None  # noqa: E731 - asked again and again
        await comeback(evidence, self._room_says.present, self._clock)
        self._is_unseen = False
        verdict = self._dispatcher.verdict if self._dispatcher else None
        self._listens(verdict is not None and verdict.alive)
        if await self._hearing.look_for_lost(began_at, ended_at) and self._dispatcher:
            witness = self._dispatcher.witness  # nobody owes an answer to what nobody heard
            witness.know(question=witness.evidence.question_after(ended_at))

    # --- the end --------------------------------------------------------------------------------

    async def _end_and_release(self) -> None:
        """End; whatever happens, the queue goes on with what is left."""
        try:
            await self._end()
        finally:
            self._janitor.release(self.session)

    async def _end(self) -> None:
        early = await self._stop_opening()
        dispatcher, room = self._dispatcher, self._room
        dispatch_item = dispatcher.item if dispatcher else None
        came, late = frozenset[str](), self._landings.under_way
        # Both are recorded as due before the first of them is worked on.
        if dispatcher is not None:
            dispatcher.judge.close()
            dispatcher.release()
            came, late = dispatcher.witness.came, late or dispatcher.expects_an_old_agent
        if room is not None:
            room.stays_as(self._link.sid)  # the SDK may have joined anew
            room.release(agreed=self._agreed, came=came, late=late)
        if dispatch_item is not None:
            await self._janitor.clean([dispatch_item.id], early=early, limit_s=CLEAN_LIMIT_S)
        self._conversation.give_up_lines()
        await self._link.disconnect()
        if dispatcher is not None:
            await dispatcher.close()
        await self._tasks.cancel()
        self._made = self._room is not None and (self._room.made or dispatch_item is not None)
        result = CleanupResult.DONE
        if room is not None:
            result = await room.clean(early=early, limit_s=CLEAN_LIMIT_S)
        if dispatch_item is not None and result is not CleanupResult.PENDING:
            left = self._janitor.item(dispatch_item.id)
            if left is not None and left.state not in GONE:
                result = CleanupResult.PENDING
        self._cleanup = result

    def _outcome(self) -> tuple[CleanupResult, bool]:
        return self._cleanup, self._made

    async def _stop_opening(self) -> bool:
        """End what is under way; whether an agent or a create may still be on its way."""
        unfinished = await self._life.stop_opening()
        retrying = self._retries is not None and await self._retries.stop()
        unfinished |= await self._landings.wait(LAND_LIMIT_S)
        dispatcher = None if self._alone else self._dispatcher
        awaits_agent = dispatcher is not None and dispatcher.awaits_agent
        return unfinished or retrying or awaits_agent

    def _lost(self, reason: str) -> None:
        host = self._profile.host
        codes = {
            "ROOM_DELETED": ProblemCode.ROOM_GONE,
            "ROOM_CLOSED": ProblemCode.ROOM_GONE,
            "DUPLICATE_IDENTITY": ProblemCode.REPLACED,
        }
        code = codes.get(reason, ProblemCode.SERVER_LOST)
        if code is ProblemCode.ROOM_GONE and self._dispatcher is not None:
            self._dispatcher.witness.know(room_gone=True)
            self._dispatcher.judge.decide()
        found = problem(code, subject=host, host=host, detail=f"the server said {reason}")
        self._life.fail(found)

    # --- plumbing -------------------------------------------------------------------------------

    def _phase(self, phase: Phase) -> None:
        self._life.phase(phase)

    def _step(self, step: Step, subject: str, took_ms: float | None) -> None:
        attempt = self._dispatcher.attempt if self._dispatcher else 1
        self._life.step(step, subject, took_ms, attempt)

    def _notice(self, text: str) -> None:
        self._life.notice(text)
