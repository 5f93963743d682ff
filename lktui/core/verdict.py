"""What can be thought of a dispatch attempt, and how a table row, a detail and `--json` say it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from lktui.core.problems import Problem, ProblemCode, problem
from lktui.core.signs import StateKind

if TYPE_CHECKING:
    from lktui.core.evidence import Evidence


class Outcome(StrEnum):
    """The code of a verdict; public in `--json`."""

    WAITING = "waiting"
    READY = "ready"
    RECORD_LOST = "record_lost"
    PRESENT = "present"
    NOT_TAKEN = "not_taken"
    REJECTED = "rejected"
    NOT_JOINED = "not_joined"
    NO_AGENT = "no_agent"
    AUTO_NO_AGENT = "auto_no_agent"
    NOT_READY = "not_ready"
    UNRESPONSIVE = "unresponsive"
    LOST = "lost"
    ZOMBIE = "zombie"
    LEFT = "left"
    REPLY_FAILED = "reply_failed"
    NO_REPLY = "no_reply"
    DOUBLED = "doubled"
    NOT_LINKED = "not_linked"
    ROOM_GONE = "room_gone"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    AUTH_FAILED = "auth_failed"
    CONNECT_FAILED = "connect_failed"


WELL = frozenset({Outcome.READY, Outcome.RECORD_LOST, Outcome.PRESENT})
"""One can talk to the agent, and nothing says otherwise."""

ALIVE = WELL | {Outcome.DOUBLED, Outcome.REPLY_FAILED, Outcome.NO_REPLY, Outcome.NOT_LINKED}
"""An agent is there that shows signs of life: it hears a line, and is not replaced unasked."""

RETRY_SAFE = frozenset(
    {
        Outcome.NOT_TAKEN,
        Outcome.REJECTED,
        Outcome.NOT_JOINED,
        Outcome.NOT_READY,
        Outcome.LOST,
        Outcome.ZOMBIE,
    }
)
"""Nobody who answers would be removed, and nobody has chosen that it be so: what `auto_retry` may
dispatch again unasked. Not `left` and `withdrawn`, which a person or the agent may have wanted."""


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict, or what is still waited for."""

    code: Outcome
    kind: StateKind
    words: str
    """For a table row: at most 23 cells, with the seconds that `since` adds."""
    summary: str
    seen: tuple[str, ...] = ()
    cause: str = ""
    resolution: str = ""
    ready_s: float | None = None
    """From the dispatch to the first pong, seconds; None if there was none."""
    since: float = 0.0
    """On the engine's clock: a row counts the seconds from here; 0 if there is nothing to count."""

    @property
    def ok(self) -> bool:
        """Whether one can talk to the agent."""
        return self.code in WELL

    @property
    def alive(self) -> bool:
        """Whether an agent is there that hears a line, and must not be replaced unasked."""
        return self.code in ALIVE

    @property
    def settled(self) -> bool:
        """Whether this is a verdict."""
        return self.code is not Outcome.WAITING

    def problem(self) -> Problem | None:
        """The same as a Problem; None for what is well or still open."""
        if self.ok or not self.settled or self.code in _FINER:
            return None
        return Problem(
            code=ProblemCode(self.code.value),
            summary=self.summary,
            cause=self.cause,
            resolution=self.resolution,
            detail="; ".join(self.seen),
        )

    def row_words(self, now: float) -> str:
        """Write the row form, with the seconds that have passed where those matter."""
        return f"{self.words} {max(0, int(now - self.since))} s" if self.since else self.words


_FINER = (Outcome.AUTH_FAILED, Outcome.CONNECT_FAILED)
"""Outcomes whose Problem has a code of its own, finer than the outcome."""

_ROWS: dict[Outcome, tuple[StateKind, str]] = {
    Outcome.PRESENT: (StateKind.WARNING, "joined, unconfirmed"),
    Outcome.NOT_TAKEN: (StateKind.FAILED, "no worker took it"),
    Outcome.REJECTED: (StateKind.FAILED, "agent declined"),
    Outcome.NOT_JOINED: (StateKind.FAILED, "taken, never joined"),
    Outcome.NO_AGENT: (StateKind.FAILED, "no agent in {timeout}"),
    Outcome.AUTO_NO_AGENT: (StateKind.FAILED, "no agent in {timeout}"),
    Outcome.NOT_READY: (StateKind.FAILED, "joined, not ready"),
    Outcome.UNRESPONSIVE: (StateKind.WARNING, "not answering"),
    Outcome.LOST: (StateKind.FAILED, "agent lost"),
    Outcome.ZOMBIE: (StateKind.FAILED, "session closed"),
    Outcome.LEFT: (StateKind.OVER, "agent left"),
    Outcome.REPLY_FAILED: (StateKind.WARNING, "reply failed"),
    Outcome.NO_REPLY: (StateKind.WARNING, "no reply"),
    Outcome.DOUBLED: (StateKind.WARNING, "{count} agents answer"),
    Outcome.NOT_LINKED: (StateKind.WARNING, "listens to another"),
    Outcome.ROOM_GONE: (StateKind.OVER, "room gone"),
    Outcome.WITHDRAWN: (StateKind.OVER, "withdrawn"),
    Outcome.REPLACED: (StateKind.FAILED, "put out"),
    Outcome.AUTH_FAILED: (StateKind.FAILED, "auth failed"),
    Outcome.CONNECT_FAILED: (StateKind.FAILED, "cannot connect"),
}
"""Verdicts on what is wrong, as a row shows them (look.md section 4)."""

_FINER_WORDS = {
    ProblemCode.SERVER_LOST: "connection lost",
    ProblemCode.ENGINE_LOST: "engine stopped",
    ProblemCode.INTERNAL: "failed",
    ProblemCode.SERVER_ERROR: "server error",
    ProblemCode.RATE_LIMITED: "server says: slow down",
    ProblemCode.READ_ONLY: "profile is read-only",
    ProblemCode.STATE_UNUSABLE: "nothing can be recorded",
    ProblemCode.SECRET_UNRESOLVED: "secret not readable",
    ProblemCode.ROOM_MISSING: "no such room",
    ProblemCode.AGENT_ALIVE: "not done: agent lives",
}
"""Where the outcome's own words would say something that was not seen."""

AUTH_CODES = frozenset(
    {
        ProblemCode.AUTH_FAILED,
        ProblemCode.PERMISSION_DENIED,
        ProblemCode.TOKEN_EXPIRED,
        ProblemCode.TOKEN_NOT_YET_VALID,
        ProblemCode.TOKEN_INVALID,
        ProblemCode.TOKEN_WRONG_ROOM,
    }
)

_BLIND = "without an API key neither jobs nor the list of participants can be read"


def verdict_of(
    code: Outcome, evidence: Evidence, *seen: str, since: float = 0.0, **places: str
) -> Diagnosis:
    """Make a verdict in the catalogue's words.

    Args:
        code: Which one; neither `ready` nor `record_lost`, which have no catalogue entry.
        evidence: What it rests on; gives the places that every entry may have.
        seen: What was seen, with its numbers.
        since: From when a row counts the seconds, on the engine's clock.
        places: What fills further `{…}` places, sanitised.
    """
    timeout = f"{evidence.join_timeout_s:g}"
    known = {
        "agent": evidence.agent_name or "any",
        "named": f" named “{evidence.agent_name}”" if evidence.agent_name else "",
        "job": evidence.jobs[0].id if evidence.jobs else "–",
        "timeout": f"{timeout}s",
    }
    words = problem(ProblemCode(code.value), **(known | places))
    kind, row = _ROWS[code]
    return Diagnosis(
        code=code,
        kind=kind,
        words=row.format(timeout=f"{timeout} s", count=places.get("count", "")),
        summary=words.summary,
        seen=seen if evidence.sees_dispatches or evidence.sees_people else (*seen, _BLIND),
        cause=words.cause,
        resolution=words.resolution,
        since=since,
    )


def outcome_of(found: Problem) -> Outcome:
    """The outcome of a session that could not be opened; its problem's code may be finer."""
    if found.code is ProblemCode.REPLACED:
        return Outcome.REPLACED
    if found.code is ProblemCode.ROOM_GONE:
        return Outcome.ROOM_GONE
    return Outcome.AUTH_FAILED if found.code in AUTH_CODES else Outcome.CONNECT_FAILED


def diagnosis_of(found: Problem) -> Diagnosis:
    """The same problem as a verdict, for the row and the detail below it."""
    code = outcome_of(found)
    kind, words = _ROWS[code]
    return Diagnosis(
        code=code,
        kind=kind,
        words=_FINER_WORDS.get(found.code, words),
        summary=found.summary,
        seen=(found.detail,) if found.detail else (),
        cause=found.cause,
        resolution=found.resolution,
    )
