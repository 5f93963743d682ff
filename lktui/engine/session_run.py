"""One conversation: create -> join -> dispatch -> verify -> talk -> clean up.

The room and each dispatch are durable in the queue before the call that makes them. A remote
create, once sent, is never cancelled: cancelled, it lands all the same, after the delete that
follows (facts/engine-split.md, "Leaks at kill time").
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Coroutine, Mapping
from typing import TypeVar

import msgspec

from lktui.clock import Clock
from lktui.core.cleanup import CleanupItem, ItemState, What
from lktui.core.commands import StartSession
from lktui.core.dispatch import Outcome
from lktui.core.events import (
    AnyEvent,
    CleanupResult,
    Connected,
    LinkChanged,
    LinkState,
    Notice,
    Phase,
    PhaseEntered,
    ProblemRaised,
    RoomIntended,
    RoomOpened,
    SessionEnded,
    SessionOpened,
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
from lktui.engine.ports import Gateway, Participant, RoomToken, ServerApi, Topic
from lktui.engine.safe_retry import AgentAlive, SafeRetry

NEAR_S = 0.025
"""A server that makes a room this fast is near: then the connect hides beside the dispatch."""
LAND_LIMIT_S = 12.0
"""So long an end waits for creates that are under way."""
CLEAN_LIMIT_S = 12.0
AGENT_SIGHT_S = 3.0
"""An agent that was in the room before us may see us this late; earlier lines are lost."""
_T = TypeVar("_T")
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
        self._keep = command.keep or not command.profile.auto_cleanup
        self._gateway, self._janitor, self._emit, self._clock = gateway, janitor, emit, clock
        self._link = gateway.room_link(self, command.profile)
        self._agents = AgentSession(self._link)
        self._conversation = Conversation(self.session, self._link, emit, clock)
        self._api: ServerApi | None = None
        self._dispatcher: Dispatcher | None = None
        self._room_item: CleanupItem | None = None
        self._ours = False
        self._link_state = LinkState.CONNECTED
        self._agent_was_first = False
        self._landing: set[asyncio.Task[object]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._retrying: asyncio.Task[None] | None = None
        self._opening: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self.ended = asyncio.Event()

    # --- what is asked of it ----------------------------------------------------------------

    def start(self) -> None:
        """Record the session and open it."""
        profile = self._profile
        self._emit(
            SessionOpened(
                session=self.session,
                profile=profile.name,
                url=profile.url,
                host=profile.host,
                auth_mode=profile.auth_mode,
                dispatch_mode=profile.dispatch_mode,
                agent_name=profile.agent_name,
                join_timeout_s=profile.join_timeout,
                reply_timeout_s=profile.reply_timeout,
                slow_reply_s=profile.slow_reply,
                auto_cleanup=not self._keep,
                sees_dispatches=profile.has_key,
            )
        )
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
        elif self._link_state is not LinkState.CONNECTED:
            self._notice("not now: the connection to the room is down")
        else:
            self._retrying = self._own(self._retry(dispatcher, self._api, replace_live))

    def end(self) -> asyncio.Task[None]:
        """Leave and clean up; a second call gives the same task."""
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self._end())
        return self._ending

    # --- opening ------------------------------------------------------------------------------

    async def _open_or_end(self) -> None:
        try:
            await self._open()
        except PortError as error:
            self._fail(error.problem)
        except Exception as error:  # noqa: BLE001 - the unforeseen is a Problem too, logged
            _log.exception("opening session %s failed", self.session)
            what = clean(f"{type(error).__name__}: {error}", limit=200)
            self._fail(problem(ProblemCode.INTERNAL, what=what, log="lktui logs"))

    def _fail(self, found: Problem) -> None:
        self._emit(ProblemRaised(session=self.session, problem=found, fatal=True))
        self.end()

    async def _open(self) -> None:
        profile = self._profile
        if profile.has_key:
            self._api = self._gateway.server_api(profile)
        suffix = secrets.token_hex(3)
        identity = f"{profile.identity_prefix}-{suffix[:4]}"
        wanted = profile.room_name or self._fresh_name(suffix)
        token = await self._token(wanted, identity)
        room = token.room or wanted
        created_s = await self._make_room(room)
        dispatcher = self._make_dispatcher(room)
        near = created_s is not None and created_s < NEAR_S
        dispatcher.begin()
        if dispatcher.by_api and not token.carries_dispatch:
            await self._dispatch_and_join(dispatcher, token, near=near)
        else:
            await self._join(token)
        self._own(self._conversation.send_lines())
        self._own(self._conversation.expire())
        self._own(dispatcher.judge())

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

    async def _make_room(self, room: str) -> float | None:
        """Record the room, then make it; how long the making took, None if the join makes it."""
        profile, api = self._profile, self._api
        self._phase(Phase.OPENING)
        named = bool(profile.room_name) or profile.auth_mode is AuthMode.TOKEN
        existed = named and api is not None and await api.room_exists(room)
        self._ours = not existed
        if self._ours:
            self._room_item = CleanupItem(
                id=f"{self.session}:room",
                what=What.ROOM,
                name=room,
                room=room,
                profile=profile.name,
                url=profile.url,
                session=self.session,
                made_at=self._clock.wall(),
            )
            self._janitor.put_item(self._room_item)
        self._emit(RoomIntended(session=self.session, room=room))
        if api is None or existed or profile.auth_mode is AuthMode.TOKEN:
            if existed:
                self._step(Step.ROOM, "was there; not ours", None)
            self._emit(RoomOpened(session=self.session, room=clean(room), ours=self._ours))
            return None
        return await self._create_room(api, room)

    async def _create_room(self, api: ServerApi, room: str) -> float:
        began = self._clock.monotonic()
        call = api.create_room(room, metadata=self._profile.room_metadata, kept=self._keep)
        try:
            await self._land(call)
        except PortError as error:
            if error.problem.code is not ProblemCode.CONNECT_TIMEOUT:
                self._settle_room_item(ItemState.DONE)  # refused or never sent: nothing was made
            raise
        took_s = self._clock.monotonic() - began
        self._step(Step.ROOM, "created", took_s * 1000)
        self._emit(RoomOpened(session=self.session, room=clean(room), ours=True))
        return took_s

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
        self._dispatcher = dispatcher
        return dispatcher

    async def _dispatch_and_join(
        self, dispatcher: Dispatcher, token: RoomToken, *, near: bool
    ) -> None:
        """Dispatch beside the join on a near server, else after it.

        The tester must be in the room before the agent, or its greeting is not streamed. The
        server takes 200 ms to pick a worker, and a near connect hides in that.
        """
        if not self._ours:
            await dispatcher.note_foreign_agents()
        if not near:
            await self._join(token)
            self._phase(Phase.DISPATCHING)
            dispatcher.intend()
            await self._land(dispatcher.dispatch())
            return
        dispatcher.intend()
        sent = asyncio.get_running_loop().create_task(self._land(dispatcher.dispatch()))
        try:
            await self._join(token)
        finally:
            await asyncio.wait([sent])
        sent.result()

    async def _join(self, token: RoomToken) -> None:
        self._phase(Phase.CONNECTING)
        began = self._clock.monotonic()
        await self._land(self._link.connect(self._profile.ws_url, token.jwt))
        took_ms = (self._clock.monotonic() - began) * 1000
        room, identity = clean(self._link.room), clean(self._link.identity)
        others = [p for p in self._link.participants if not p.hidden]
        self._agent_was_first = any(p.is_agent for p in others)
        told = f"{identity}; " + (f"{len(others)} here" if others else "nobody else here")
        self._emit(
            Connected(session=self.session, identity=identity, room=room, others=len(others))
        )
        self._step(Step.CONNECT, told, took_ms)
        if token.room and self._link.room != token.room:
            raise PortError(problem(ProblemCode.TOKEN_WRONG_ROOM, subject=room, room=room))

    # --- the agent ----------------------------------------------------------------------------

    def _agent_known(self, identity: str) -> None:
        self._conversation.agent_is(identity)

    def _listens(self, listens: bool) -> None:  # noqa: FBT001 - an observer of one fact
        if listens and self._agent_was_first:
            self._own(self._catch_up())
        else:
            self._conversation.listens(listens)

    async def _catch_up(self) -> None:
        """The agent was here first: read what it has said, and wait until it has seen us."""
        dispatcher = self._dispatcher
        agent = dispatcher.evidence.agent if dispatcher else None
        if agent is not None and agent.ponged:
            lines = await self._agents.history(agent.identity, self._link.identity)
            self._conversation.backfill(lines)
        await self._clock.sleep(AGENT_SIGHT_S)
        self._agent_was_first = False
        self._conversation.listens(True)

    async def _retry(self, dispatcher: Dispatcher, api: ServerApi, replace_live: bool) -> None:  # noqa: FBT001 - passed on
        try:
            await self._land(SafeRetry(dispatcher, api, self._clock).run(replace_live=replace_live))
        except AgentAlive as alive:
            self._notice(f"not replaced: {alive.identity} is alive and answers")
            self._phase(Phase.TALKING)
        except PortError as error:
            self._emit(ProblemRaised(session=self.session, problem=error.problem, fatal=False))
            self._phase(Phase.WAITING)
        else:
            self._phase(Phase.WAITING)

    # --- the end --------------------------------------------------------------------------------

    async def _end(self) -> None:
        began = self._clock.monotonic()
        self._phase(Phase.ENDING)
        early = await self._stop_opening()
        dispatcher = self._dispatcher
        dispatch_item = dispatcher.item if dispatcher else None
        # Both are recorded as due before the first of them is worked on.
        self._release(dispatch_item)
        self._release(self._room_item if not self._keep else None)
        if dispatch_item is not None:
            await self._janitor.clean([dispatch_item.id], early=early, limit_s=CLEAN_LIMIT_S)
        self._conversation.give_up_lines()
        await self._link.disconnect()
        if dispatcher is not None:
            await dispatcher.close()
        await self._stop_tasks()
        result = await self._clean_room(early=early)
        if dispatch_item is not None and result is not CleanupResult.PENDING:
            left = self._janitor.item(dispatch_item.id)
            if left is not None and left.state not in (ItemState.DONE, ItemState.LEFT):
                result = CleanupResult.PENDING
        took_ms = (self._clock.monotonic() - began) * 1000
        self._emit(SessionEnded(session=self.session, cleanup=result, took_ms=took_ms))
        self.ended.set()

    async def _stop_opening(self) -> bool:
        """End what is under way; whether an agent or a create may still be on its way."""
        retrying = self._retrying is not None and not self._retrying.done()
        unfinished = self._opening is not None and not self._opening.done()
        if unfinished and self._opening is not None and not self._opening.cancel():
            unfinished = False
        if self._opening is not None:
            await asyncio.wait([self._opening])
        if self._landing:
            await asyncio.wait(self._landing, timeout=LAND_LIMIT_S)
        verdict = self._dispatcher.verdict if self._dispatcher else None
        open_codes = (Outcome.WAITING, Outcome.NOT_JOINED)
        undecided = self._dispatcher is not None and (verdict is None or verdict.code in open_codes)
        return unfinished or retrying or undecided

    async def _stop_tasks(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _release(self, item: CleanupItem | None) -> None:
        """Say that nobody uses an item any more."""
        current = self._janitor.item(item.id) if item is not None else None
        if current is None or current.state is not ItemState.LIVE:
            return
        due = current.due() if self._api is not None else current.left()
        self._janitor.put_item(due)
        if self._dispatcher is not None and due.what is What.DISPATCH:
            self._dispatcher.item = due

    async def _clean_room(self, *, early: bool) -> CleanupResult:
        item = self._janitor.item(self._room_item.id) if self._room_item is not None else None
        if not self._ours:
            return CleanupResult.NOT_OURS
        if item is None or item.state is ItemState.DONE:
            return CleanupResult.DONE
        if self._api is None:
            return CleanupResult.LEFT
        if self._keep:
            self._janitor.put_item(item.kept())
            return CleanupResult.KEPT
        done = await self._janitor.clean([item.id], early=early, limit_s=CLEAN_LIMIT_S)
        return CleanupResult.DONE if done else CleanupResult.PENDING

    def _settle_room_item(self, state: ItemState) -> None:
        if self._room_item is not None:
            self._room_item = msgspec.structs.replace(self._room_item, state=state)
            self._janitor.put_item(self._room_item)

    # --- what the room says (LinkListener) ------------------------------------------------------

    def participant_joined(self, participant: Participant) -> None:
        """Somebody is in the room."""
        self._conversation.know(participant)
        if self._dispatcher is not None:
            self._dispatcher.joined(participant)

    def participant_changed(self, participant: Participant) -> None:
        """Somebody's attributes changed."""
        self._conversation.know(participant)
        if self._dispatcher is not None:
            self._dispatcher.changed(participant)

    def participant_left(self, identity: str, reason: str) -> None:
        """Somebody left; the server says so of everybody when it is lost, which means nothing."""
        if self._link_state is not LinkState.CONNECTED:
            return
        self._conversation.left(identity)
        if self._dispatcher is not None:
            self._dispatcher.left(identity, reason)

    def text_opened(
        self, stream: str, topic: Topic, identity: str, attributes: Mapping[str, str]
    ) -> None:
        """A text stream begins."""
        self._conversation.opened(stream, topic.value, identity, attributes)

    def text_chunk(self, stream: str, text: str) -> None:
        """A text stream goes on."""
        self._conversation.chunk(stream, text)

    def text_closed(self, stream: str, attributes: Mapping[str, str]) -> None:
        """A text stream has ended."""
        self._conversation.closed(stream, attributes)

    def text_broken(self, stream: str) -> None:
        """A text stream ended in the middle."""
        self._conversation.broken(stream)

    def session_message(self, identity: str, body: bytes) -> None:
        """A RemoteSession message arrived."""
        self._agents.received(identity, body)

    def link_changed(self, state: LinkState, reason: str) -> None:
        """The connection to the room changed."""
        was, self._link_state = self._link_state, state
        self._emit(LinkChanged(session=self.session, state=state, reason=reason))
        if self._dispatcher is not None:
            self._dispatcher.know(reconnecting=state is LinkState.RECONNECTING)
        if state is LinkState.LOST:
            self._lost(reason)
        elif state is LinkState.CONNECTED and was is LinkState.RECONNECTING:
            self._own(self._look_after_gap())

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

    async def _look_after_gap(self) -> None:
        """An agent that left during the gap is not announced: ask who is really there."""
        await self._clock.sleep(AGENT_SIGHT_S)
        dispatcher, api = self._dispatcher, self._api
        agent = dispatcher.evidence.agent if dispatcher else None
        if dispatcher is None or api is None or agent is None:
            return
        try:
            there = {p.identity for p in await api.participants(dispatcher.room)}
        except PortError as error:
            _log.info("looking after a gap failed: %s", error.problem.line)
            return
        if agent.identity not in there:
            dispatcher.left(agent.identity, "gone after a gap")

    # --- plumbing -------------------------------------------------------------------------------

    async def _land(self, call: Coroutine[object, object, _T]) -> _T:
        """Await a remote create that goes on even if we are cancelled; `_end` waits for it."""
        task = asyncio.get_running_loop().create_task(call)
        self._landing.add(task)
        task.add_done_callback(self._landed)
        return await asyncio.shield(task)

    def _landed(self, task: asyncio.Task[_T]) -> None:
        self._landing.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.info("a call ended with %s", clean(str(error), limit=300))

    def _own(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._worked)
        return task

    def _worked(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("a task of session %s failed", self.session, exc_info=error)

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
