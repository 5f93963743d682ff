"""One conversation: create -> join -> dispatch -> verify -> talk -> clean up.

The room and each dispatch are durable in the queue before the call that makes them.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

from lktui.clock import Clock
from lktui.core.cleanup import OVER
from lktui.core.commands import StartSession
from lktui.core.dispatch import Outcome
from lktui.core.events import (
    AnyEvent,
    CleanupResult,
    Connected,
    LinkState,
    Notice,
    Phase,
    PhaseEntered,
    ProblemRaised,
    SessionEnded,
    Step,
    StepDone,
)
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.profile import AuthMode
from lktui.core.sanitize import clean
from lktui.engine.agent_session import AgentSession
from lktui.engine.conversation import Conversation
from lktui.engine.dispatcher import Dispatcher
from lktui.engine.janitor import Janitor
from lktui.engine.opening import opened
from lktui.engine.own_room import OwnRoom
from lktui.engine.ports import Gateway, RoomToken, ServerApi
from lktui.engine.room_listener import EVENT_LAG_S, RoomListener
from lktui.engine.safe_retry import AgentAlive, SafeRetry
from lktui.engine.tasks import LOG_PLACE, Landings, Tasks

NEAR_S = 0.025
"""A server that makes a room this fast is near: then the connect hides beside the dispatch."""
LAND_LIMIT_S = 12.0
"""So long an end waits for creates that are under way."""
CLEAN_LIMIT_S = 18.0
"""The last look is 15.5 s after the delete, where an agent may come late."""
_log = logging.getLogger(__name__)


class SessionRun:
    """One session, from its command to its cleanup; also hears the room connection.

    Args:
        command: What to open.
        gateway: Makes the ports.
        janitor: Keeps and works the cleanup queue.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        command: StartSession,
        gateway: Gateway,
        janitor: Janitor,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self.session, self._profile = command.session, command.profile
        janitor.know(self.session, self._profile)
        self._keep = command.keep or not command.profile.auto_cleanup
        self._gateway, self._janitor, self._emit, self._clock = gateway, janitor, emit, clock
        self._tasks = Tasks(f"session {command.session}", self._broke)
        self._room_says = RoomListener(self.session, emit, clock, self._tasks, self._lost)
        self._link = gateway.room_link(self._room_says, command.profile)
        self._agents = self._room_says.agents = AgentSession(self._link)
        self._conversation = Conversation(self.session, self._link, emit, clock)
        self._room_says.conversation = self._conversation
        self._api: ServerApi | None = None
        self._dispatcher: Dispatcher | None = None
        self._room: OwnRoom | None = None
        self._agent_was_first = False
        self._landings = Landings()
        self._retrying: asyncio.Task[None] | None = None
        self._opening: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._agreed = False
        self.ended = asyncio.Event()

    # --- what is asked of it ----------------------------------------------------------------

    def start(self) -> None:
        """Record the session and open it."""
        self._emit(opened(self.session, self._profile, keep=self._keep))
        self._opening = asyncio.get_running_loop().create_task(self._open_or_end())

    def say(self, key: str, text: str) -> None:
        """Take a typed line."""
        self._conversation.say(key, text)

    def retry(self, *, replace_live: bool) -> None:
        """Dispatch again in the safe order; one at a time."""
        dispatcher = self._dispatcher
        if self._retrying is not None and not self._retrying.done():
            self._notice(f"already retrying {dispatcher.room if dispatcher else ''}")
        elif self._ending is not None:
            self._notice("not now: the session is ending")
        elif dispatcher is None or self._opening is None or not self._opening.done():
            self._notice("not now: the first attempt is still under way")
        elif self._api is None or not dispatcher.by_api:
            self._notice("not now: this session cannot be dispatched again; start a new one")
        elif self._room_says.state is not LinkState.CONNECTED:
            self._notice("not now: the connection to the room is down")
        else:
            self._retrying = self._tasks.start(self._retry(dispatcher, self._api, replace_live))

    def end(self, *, agreed: bool = False) -> asyncio.Task[None]:
        """Leave and clean up; a second call gives the same task.

        Args:
            agreed: A person has agreed that others who are in the room are put out.
        """
        if self._ending is None:
            self._agreed = agreed
            self._ending = asyncio.get_running_loop().create_task(self._end_surely())
        return self._ending

    # --- opening ------------------------------------------------------------------------------

    async def _open_or_end(self) -> None:
        try:
            await self._open()
        except PortError as error:
            self._fail(error.problem)
        except Exception as error:  # noqa: BLE001 - the unforeseen is a Problem too, logged
            _log.exception("opening session %s failed", self.session)
            self._broke(error)

    def _broke(self, error: BaseException) -> None:
        """Something unforeseen: said, and the session ended, rather than left waiting for ever."""
        what = clean(f"{type(error).__name__}: {error}", limit=200)
        self._fail(problem(ProblemCode.INTERNAL, what=what, log=LOG_PLACE))

    def _fail(self, found: Problem) -> None:
        self._emit(ProblemRaised(session=self.session, problem=found, fatal=True))
        self.end()

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
        )
        created_s = await own.open(room)
        dispatcher = self._make_dispatcher(room)
        near = created_s is not None and created_s < NEAR_S
        dispatcher.begin()
        if dispatcher.by_api and not token.carries_dispatch:
            if not own.ours:
                await dispatcher.note_foreign_agents()
            await self._dispatch_and_join(dispatcher, token, near=near)
        else:
            await self._join(token)
        self._tasks.start(self._conversation.send_lines())
        self._tasks.start(self._conversation.expire())
        self._tasks.start(dispatcher.judge())

    def _fresh_name(self, suffix: str) -> str:
        """Make `PREFIX-XXXXYYYYYY`: this installation's id, then six random characters."""
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
            agents=self._agents,
            ledger=self._janitor,
            emit=self._emit,
            clock=self._clock,
        )
        dispatcher.on_agent = self._agent_known
        dispatcher.on_listens = self._listens
        self._conversation.on_reply = dispatcher.replied
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
            await self._landings.land(dispatcher.dispatch())
            return
        dispatcher.intend()
        sent = asyncio.get_running_loop().create_task(self._landings.land(dispatcher.dispatch()))
        try:
            await self._join(token)
        finally:
            await asyncio.wait([sent])
        sent.result()

    async def _join(self, token: RoomToken) -> None:
        self._phase(Phase.CONNECTING)
        began = self._clock.monotonic()
        await self._landings.land(self._link.connect(self._profile.ws_url, token.jwt))
        took_ms = (self._clock.monotonic() - began) * 1000
        room, identity = clean(self._link.room), clean(self._link.identity)
        others = [p for p in self._link.participants if not p.hidden]
        self._agent_was_first = any(p.is_agent for p in others)
        told = f"{identity}; " + (f"{len(others)} here" if others else "nobody else here")
        self._emit(
            Connected(session=self.session, identity=identity, room=room, others=len(others))
        )
        self._step(Step.CONNECT, told, took_ms)
        if self._room is not None:
            await self._room.is_there()
        if token.room and self._link.room != token.room:
            raise PortError(problem(ProblemCode.TOKEN_WRONG_ROOM, subject=room, room=room))

    # --- the agent ----------------------------------------------------------------------------

    def _agent_known(self, identity: str) -> None:
        self._conversation.agent_is(identity)

    def _listens(self, listens: bool) -> None:  # noqa: FBT001 - an observer of one fact
        if listens and self._agent_was_first:
            self._tasks.start(self._catch_up())
        else:
            self._conversation.listens(listens)

    async def _catch_up(self) -> None:
        """The agent was here first: read what it has said, and wait until it has seen us."""
        dispatcher = self._dispatcher
        agent = dispatcher.evidence.agent if dispatcher else None
        if agent is not None and agent.ponged:
            lines = await self._agents.history(agent.identity, self._link.identity)
            self._conversation.backfill(lines)
        await self._clock.sleep(EVENT_LAG_S)
        self._agent_was_first = False
        verdict = dispatcher.verdict if dispatcher else None
        self._conversation.listens(verdict is not None and verdict.ok)

    async def _retry(self, dispatcher: Dispatcher, api: ServerApi, replace_live: bool) -> None:  # noqa: FBT001 - passed on
        before = dispatcher.attempt
        try:
            retry = SafeRetry(dispatcher, api, self._landings, self._clock)
            await retry.run(replace_live=replace_live)
        except AgentAlive as alive:
            self._notice(f"not replaced: {alive.identity} is alive and answers")
            self._phase(Phase.TALKING)
        except PortError as error:
            self._emit(ProblemRaised(session=self.session, problem=error.problem, fatal=False))
            self._phase(Phase.WAITING)
            if dispatcher.attempt > before:
                dispatcher.know(failure=error.problem)
        else:
            self._phase(Phase.WAITING)

    # --- the end --------------------------------------------------------------------------------

    async def _end_surely(self) -> None:
        """End, and say so whatever happens: the queue goes on with what is left."""
        try:
            await self._end()
        except Exception:  # noqa: BLE001 - whatever it is, the session is over and the log has it
            _log.exception("ending session %s failed", self.session)
            pending = CleanupResult.PENDING
            self._emit(SessionEnded(session=self.session, cleanup=pending, took_ms=0.0))
        finally:
            self._janitor.release(self.session)
            self.ended.set()

    async def _end(self) -> None:
        began = self._clock.monotonic()
        self._phase(Phase.ENDING)
        early = await self._stop_opening()
        dispatcher = self._dispatcher
        dispatch_item = dispatcher.item if dispatcher else None
        # Both are recorded as due before the first of them is worked on.
        if dispatcher is not None:
            dispatcher.release()
        if self._room is not None:
            self._room.release(agreed=self._agreed)
        if dispatch_item is not None:
            await self._janitor.clean([dispatch_item.id], early=early, limit_s=CLEAN_LIMIT_S)
        self._conversation.give_up_lines()
        await self._link.disconnect()
        if dispatcher is not None:
            await dispatcher.close()
        await self._tasks.cancel()
        result = CleanupResult.DONE
        if self._room is not None:
            result = await self._room.clean(early=early, limit_s=CLEAN_LIMIT_S)
        if dispatch_item is not None and result is not CleanupResult.PENDING:
            left = self._janitor.item(dispatch_item.id)
            if left is not None and left.state not in OVER:
                result = CleanupResult.PENDING
        took_ms = (self._clock.monotonic() - began) * 1000
        made = self._room is not None and (self._room.made or dispatch_item is not None)
        self._emit(SessionEnded(session=self.session, cleanup=result, took_ms=took_ms, made=made))

    async def _stop_opening(self) -> bool:
        """End what is under way; whether an agent or a create may still be on its way."""
        retrying = self._retrying is not None and not self._retrying.done()
        unfinished = self._opening is not None and not self._opening.done()
        for task in (self._opening, self._retrying):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        unfinished |= await self._landings.wait(LAND_LIMIT_S)
        verdict = self._dispatcher.verdict if self._dispatcher else None
        open_codes = (Outcome.WAITING, Outcome.NOT_JOINED)
        undecided = self._dispatcher is not None and (verdict is None or verdict.code in open_codes)
        return unfinished or retrying or undecided

    def _lost(self, reason: str) -> None:
        host = self._profile.host
        codes = {
            "ROOM_DELETED": ProblemCode.ROOM_GONE,
            "ROOM_CLOSED": ProblemCode.ROOM_GONE,
            "DUPLICATE_IDENTITY": ProblemCode.REPLACED,
        }
        code = codes.get(reason, ProblemCode.SERVER_LOST)
        if code is ProblemCode.ROOM_GONE and self._dispatcher is not None:
            self._dispatcher.know(room_gone=True)
        found = problem(code, subject=host, host=host, detail=f"the server said {reason}")
        self._fail(found)

    # --- plumbing -------------------------------------------------------------------------------

    def _phase(self, phase: Phase) -> None:
        self._emit(PhaseEntered(session=self.session, phase=phase))

    def _step(self, step: Step, subject: str, took_ms: float | None) -> None:
        attempt = self._dispatcher.attempt if self._dispatcher else 1
        self._emit(
            StepDone(
                session=self.session,
                step=step,
                attempt=attempt,
                subject=subject,
                took_ms=took_ms,
            )
        )

    def _notice(self, text: str) -> None:
        self._emit(Notice(session=self.session, text=text))
