"""The doctor's checks that need a room: making one, joining it, and the agent."""

from __future__ import annotations

from lktui.core.doctor import Check, CheckState
from lktui.core.events import CleanupResult
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.profile import AuthMode, DispatchMode
from lktui.core.sanitize import clean
from lktui.core.session import SessionState
from lktui.core.signs import seconds, took
from lktui.core.verdict import Diagnosis, Outcome
from lktui.engine.doctor.case import Case, SkippedError, Told
from lktui.engine.ports import RoomToken

ON_REQUEST = "on request: t again, or --dispatch"
_WATCHER = "lktui-doctor"
_OF_THE_MEDIA = frozenset({ProblemCode.CONNECT_FAILED, ProblemCode.MEDIA_BLOCKED})
_FAILS_AT: dict[Outcome, Check] = {
    Outcome.NOT_TAKEN: Check.DISPATCH,
    Outcome.REJECTED: Check.DISPATCH,
    Outcome.WITHDRAWN: Check.DISPATCH,
    Outcome.ROOM_GONE: Check.DISPATCH,
    Outcome.NOT_JOINED: Check.AGENT,
    Outcome.NO_AGENT: Check.AGENT,
    Outcome.AUTO_NO_AGENT: Check.AGENT,
    Outcome.LEFT: Check.AGENT,
    Outcome.LOST: Check.AGENT,
}
"""Where a bad verdict belongs; all others are of the session."""


def _writable(case: Case) -> None:
    if case.profile.read_only:
        raise SkippedError("the profile is read-only: nothing is made on its server")


def _joins(case: Case) -> None:
    """Hold back from a join that others would notice, unless it was asked for."""
    _writable(case)
    profile = case.profile
    if case.dispatch or profile.auth_mode is AuthMode.API:
        return
    if profile.token is not None:
        raise SkippedError(f"its identity may be in use now; {ON_REQUEST}")
    if profile.room_name:
        raise SkippedError(f"it would join {profile.room_name}; {ON_REQUEST}")
    if isinstance(case.token, RoomToken) and case.token.carries_dispatch:
        raise SkippedError(f"the token brings an agent; {ON_REQUEST}")


def _opened(state: SessionState) -> bool:
    return state.timings.connect is not None or state.timings.room is not None


def _connected(state: SessionState) -> bool:
    return state.timings.connect is not None or state.problem is not None


async def check_room(case: Case) -> Told:
    """Make a room, and see it gone after all that needs it has ended."""
    _writable(case)
    if case.profile.auth_mode is AuthMode.TOKEN:
        raise SkippedError("the token names it")
    state = await case.visit.until(_opened)
    made_ms = state.timings.room
    if made_ms is None:
        raise PortError(state.problem or problem(ProblemCode.SERVER_ERROR, what="create_room"))
    await case.ended_visiting()
    state = await case.visit.end()
    words = f"made in {took(made_ms)}"
    if state.cleanup is CleanupResult.DONE:
        return Told(f"{words}; deleted, and still gone {took(state.timings.cleanup)} later")
    found = problem(ProblemCode.CLEANUP_PENDING, what=state.room)
    return Told(f"{words}, not deleted yet", CheckState.DOUBT, found)


async def check_websocket(case: Case) -> Told:
    """Join over the WebSocket alone, as a hidden watcher, where a key allows it."""
    _joins(case)
    state = await case.visit.until(_opened)
    profile = case.profile
    if not _opened(state):
        if profile.auth_mode is AuthMode.API:
            raise SkippedError("needs the room")
        raise _problem_of(state)
    if profile.has_key:
        token = case.gateway.watcher_token(profile, state.room, _WATCHER)
        version = await case.network.signal(profile.ws_url, token.jwt, profile.host)
        if version is not None:
            where = f", region {version.region}" if version.region else ""
            name = f"LiveKit {version.version}" if version.version else "version unknown"
            return Told(f"up; {name}{where}")
    state = await case.visit.until(_connected)
    if state.timings.connect is None and not _is_of_media(state.problem):
        raise _problem_of(state)
    return Told("up; the server does not say its version")


async def check_webrtc(case: Case) -> Told:
    """Join as a conversation would, and say what carries it."""
    _joins(case)
    state = await case.visit.until(_connected)
    if state.timings.connect is None:
        if _is_of_media(state.problem):
            detail = state.problem.detail if state.problem is not None else ""
            raise PortError(problem(ProblemCode.MEDIA_BLOCKED, detail=detail))
        raise _problem_of(state)
    link = case.visit.link
    path = await link.media_path() if link is not None else ""
    return Told(f"joined; {path} carries it" if path else "joined; what carries it is not known")


async def check_dispatch(case: Case) -> Told:
    """Ask for the agent, and see whether a worker takes it."""
    if not case.dispatch:
        raise SkippedError(ON_REQUEST)
    _joins(case)
    profile = case.profile
    named = f"“{clean(profile.agent_name, limit=40)}”"
    if profile.dispatch_mode is DispatchMode.AUTO:
        return Told("none is needed: the agent joins by itself")
    if not profile.has_key:
        return Told("the token carries it; it cannot be seen without an API key")
    state = await case.visit.until(_judged)
    found = _verdict(state)
    attempt = state.attempt
    jobs = attempt.jobs if attempt is not None else ()
    sent = f"dispatch {attempt.dispatch_id}" if attempt is not None else ""
    _fail_here(found, Check.DISPATCH, sent)
    if jobs:
        return Told(f"{named}: a worker took it", seen=found.seen)
    return Told(f"{named}: its agent came", seen=found.seen)


async def check_agent(case: Case) -> Told:
    """See whether the agent joins."""
    state = await case.visit.until(_judged)
    found = _verdict(state)
    _fail_here(found, Check.AGENT)
    agent = state.agent
    if agent is None:
        raise SkippedError("no agent was seen")
    attempt = state.attempt
    joined_ms = attempt.timings.joined if attempt is not None else None
    after = ""
    if joined_ms is not None and state.timings.dispatch is not None:
        after = f" {seconds(max(0.0, joined_ms - state.timings.dispatch) / 1000)} after it"
    return Told(f"{clean(agent.identity, limit=60)} joined{after}")


async def check_session(case: Case) -> Told:
    """See whether the agent's session answers."""
    state = await case.visit.until(_judged)
    found = _verdict(state)
    _fail_here(found, Check.SESSION)
    if found.code is Outcome.PRESENT:
        return Told(found.summary, CheckState.DOUBT, _as_problem(found), found.seen)
    return Told(found.summary, seen=found.seen)


def _judged(state: SessionState) -> bool:
    return state.diagnosis is not None and state.diagnosis.settled


def _verdict(state: SessionState) -> Diagnosis:
    if state.problem is not None or state.diagnosis is None:
        raise _problem_of(state)
    return state.diagnosis


def _fail_here(found: Diagnosis, check: Check, *seen: str) -> None:
    """Fail with a verdict that belongs to this check."""
    if not found.ok and _FAILS_AT.get(found.code, Check.SESSION) is check:
        raise FoundError(_as_problem(found), (*(text for text in seen if text), *found.seen))


class FoundError(PortError):
    """A failure with the evidence that its verdict rests on."""

    def __init__(self, found: Problem, seen: tuple[str, ...]) -> None:
        super().__init__(found)
        self.seen = seen


def _as_problem(found: Diagnosis) -> Problem:
    return Problem(
        code=ProblemCode(found.code.value),
        summary=found.summary,
        cause=found.cause,
        resolution=found.resolution,
        detail="; ".join(found.seen),
    )


def _is_of_media(found: Problem | None) -> bool:
    return found is not None and found.code in _OF_THE_MEDIA


def _problem_of(state: SessionState) -> PortError:
    return PortError(state.problem or problem(ProblemCode.INTERRUPTED))
