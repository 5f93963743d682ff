"""What the doctor finds: its checks in the order in which one needs the other, and their words."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from lktui.core.event import Event
from lktui.core.problems import ExitCode, Problem
from lktui.core.profile import AuthMode, Profile
from lktui.core.signs import StateKind


class Check(StrEnum):
    """One thing that is looked at; public in `--json`."""

    FILE = "file"
    URL = "url"
    NAME = "name"
    CONNECT = "connect"
    SERVER = "server"
    CLOCK = "clock"
    KEY = "key"
    ROOMS = "rooms"
    ENDPOINT = "endpoint"
    TOKEN = "token"  # noqa: S105 - a word
    ROOM = "room"
    WEBSOCKET = "websocket"
    WEBRTC = "webrtc"
    DISPATCH = "dispatch"
    AGENT = "agent"
    SESSION = "session"
    TERMINAL = "terminal"


class CheckState(StrEnum):
    """What came of a check; public in `--json`, but for `running`."""

    RUNNING = "running"
    OK = "ok"
    DOUBT = "doubt"
    FAILED = "failed"
    SKIPPED = "skipped"


KINDS: dict[CheckState, StateKind] = {
    CheckState.RUNNING: StateKind.WAITING,
    CheckState.OK: StateKind.READY,
    CheckState.DOUBT: StateKind.WARNING,
    CheckState.FAILED: StateKind.FAILED,
    CheckState.SKIPPED: StateKind.OVER,
}

SUBJECTS: dict[Check, str] = {
    Check.URL: "a good URL",
    Check.NAME: "an address",
    Check.CONNECT: "a connection",
    Check.SERVER: "a LiveKit server",
    Check.KEY: "a key that is accepted",
    Check.ENDPOINT: "the endpoint's answer",
    Check.TOKEN: "a good token",
    Check.WEBSOCKET: "the WebSocket",
    Check.WEBRTC: "to be in a room",
    Check.DISPATCH: "the dispatch",
    Check.AGENT: "the agent",
}
"""What a check gives to those that need it."""

NEEDS: dict[Check, tuple[Check, ...]] = {
    Check.NAME: (Check.URL,),
    Check.CONNECT: (Check.NAME,),
    Check.SERVER: (Check.CONNECT,),
    Check.CLOCK: (Check.SERVER,),
    Check.KEY: (Check.SERVER,),
    Check.ROOMS: (Check.KEY,),
    Check.TOKEN: (Check.ENDPOINT,),
    Check.ROOM: (Check.SERVER, Check.KEY, Check.TOKEN),
    Check.WEBSOCKET: (Check.SERVER, Check.KEY, Check.TOKEN),
    Check.WEBRTC: (Check.WEBSOCKET,),
    Check.DISPATCH: (Check.WEBRTC,),
    Check.AGENT: (Check.DISPATCH,),
    Check.SESSION: (Check.AGENT,),
}
"""What must have passed before a check makes sense; what is not looked at at all is ignored."""

OF_A_VISIT = (Check.WEBSOCKET, Check.WEBRTC, Check.DISPATCH, Check.AGENT, Check.SESSION)
"""Checks that need a room for as long as they last."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one check has found."""

    check: Check
    state: CheckState
    detail: str = ""
    """One line, sanitised: what was seen, or why it was skipped."""
    problem: Problem | None = None
    """Of a doubt or a failure: summary, cause and resolution."""
    seen: tuple[str, ...] = ()
    """The evidence, where the detail is not all of it."""
    took_ms: float | None = None

    @property
    def kind(self) -> StateKind:
        """Glyph and colour."""
        return KINDS[self.state]

    @property
    def meaning(self) -> str:
        """What is wrong in one sentence, where the detail tells only what was seen."""
        known = self.problem
        return known.summary if known and self.detail not in (known.summary, known.cause) else ""

    @property
    def passed(self) -> bool:
        """Whether what needs it can go on."""
        return self.state in (CheckState.OK, CheckState.DOUBT)

    @property
    def ok(self) -> bool | None:
        """Whether nothing is broken; None if it was not looked at."""
        return None if self.state is CheckState.SKIPPED else self.passed


class Checkup(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the doctor over a profile, as far as it is."""

    run: str
    profile: str = ""
    dispatch: bool = False
    """Whether an agent is asked for."""
    findings: tuple[Finding, ...] = ()
    began_at: float = 0.0
    """On the engine's clock."""
    took_ms: float | None = None
    """None while it goes on."""

    def with_finding(self, found: Finding) -> Checkup:
        """Put a finding into its place."""
        return msgspec.structs.replace(
            self,
            findings=tuple(found if one.check is found.check else one for one in self.findings),
        )


class CheckupBegan(Event, frozen=True, tag="checkup"):
    """The doctor begins; every check is still running."""

    run: str
    profile: str
    dispatch: bool
    checks: tuple[Check, ...]


class CheckDone(Event, frozen=True, tag="check"):
    """A check has ended."""

    run: str
    finding: Finding


class CheckupDone(Event, frozen=True, tag="checkup_done"):
    """All checks have ended, and what they made is gone or in the queue."""

    run: str
    took_ms: float


CheckupEvent = CheckupBegan | CheckDone | CheckupDone


def applied(known: Checkup | None, event: CheckupEvent) -> Checkup | None:
    """Make the state of a run after an event of it; None if its beginning was never heard of."""
    match event:
        case CheckupBegan():
            running = (Finding(check=check, state=CheckState.RUNNING) for check in event.checks)
            return Checkup(
                run=event.run,
                profile=event.profile,
                dispatch=event.dispatch,
                findings=tuple(running),
                began_at=event.at,
            )
        case CheckDone():
            return known.with_finding(event.finding) if known else None
        case CheckupDone():
            return msgspec.structs.replace(known, took_ms=event.took_ms) if known else None


def checks_for(profile: Profile) -> tuple[Check, ...]:
    """List what the engine looks at for a profile, in order; file and terminal it cannot see."""
    unused = {Check.FILE, Check.TERMINAL}
    if profile.auth_mode is AuthMode.API:
        unused |= {Check.ENDPOINT, Check.TOKEN}
    elif profile.token is not None:
        unused |= {Check.ENDPOINT}
    if not profile.has_key:
        unused |= {Check.ROOMS, Check.ROOM}
    return tuple(check for check in Check if check not in unused)


def needs_of(check: Check, profile: Profile) -> tuple[Check, ...]:
    """Give what must have passed before a check; one joins by a token also without a key."""
    needs = NEEDS.get(check, ())
    if profile.auth_mode is AuthMode.TOKEN and check in (Check.ROOM, Check.WEBSOCKET):
        return tuple(need for need in needs if need is not Check.KEY)
    return needs


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings of several sources as they are shown."""
    order = list(Check)
    return tuple(sorted(findings, key=lambda found: order.index(found.check)))


def exit_code_of(findings: Iterable[Finding]) -> ExitCode:
    """Give what a headless verb ends with: the code of the first check that failed."""
    for found in findings:
        if found.state is CheckState.FAILED and found.problem is not None:
            return found.problem.exit_code
    return ExitCode.OK


def count(findings: Iterable[Finding]) -> dict[CheckState, int]:
    """Count findings by state, the worst first; a state that none has is 0."""
    found = [finding.state for finding in findings]
    states = (
        CheckState.FAILED, CheckState.DOUBT, CheckState.RUNNING, CheckState.SKIPPED, CheckState.OK,
    )  # fmt: skip
    return {state: found.count(state) for state in states}
