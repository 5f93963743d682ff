"""`lktui probe`: one full conversation of a profile, judged; for scripts and checks."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from collections.abc import Sequence

import msgspec

from lktui.commands.diagnostics import fail, hint, misused
from lktui.commands.headless import Headless, run_interruptible
from lktui.commands.probe_report import RunReport, describe, report_of, table
from lktui.core.commands import EndSession, Say, StartSession
from lktui.core.dispatch import LIST_TRUE_S
from lktui.core.events import Mark, Role, SessionId
from lktui.core.fold import State
from lktui.core.problems import ExitCode, PortError, Problem, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.core.sanitize import clean_lines
from lktui.core.session import SessionState
from lktui.invocation import Invocation
from lktui.store.profiles import ProfileStore

OPEN_LIMIT_S = 60.0
"""Room, token and connection together; each has a limit of its own in the engine."""
END_LIMIT_S = 60.0
JOBS, MAX_JOBS = 5, 50
"""Conversations at once, if not said otherwise, and at most."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help="whose agent to talk to")
    parser.add_argument("--tag", action="append", default=[], help="every profile with this tag")
    parser.add_argument(
        "--jobs", type=int, default=JOBS, metavar="N", help=f"so many at once ({JOBS})"
    )
    parser.add_argument(
        "--say", action="append", default=[], metavar="TEXT", help="a line to type; again for more"
    )
    parser.add_argument("--metadata", metavar="M", help="handed to the dispatch instead")
    parser.add_argument(
        "--no-wait-reply", action="store_true", help="do not wait for the agent's answers"
    )
    parser.add_argument("--keep", action="store_true", help="keep the room: auto_cleanup = false")


def run(invocation: Invocation, args: argparse.Namespace) -> int:
    """Do it and give the exit code: of several runs the highest."""
    if not 1 <= args.jobs <= MAX_JOBS:
        return fail(misused(f"--jobs takes 1 to {MAX_JOBS}", verb="probe"))
    profiles = _chosen(invocation, args.profiles, args.tag)
    if args.metadata is not None:
        profiles = [msgspec.structs.replace(p, metadata=args.metadata) for p in profiles]
    lines = [clean_lines(line) for line in args.say]
    return run_interruptible(
        _probe_all(
            invocation,
            profiles,
            lines,
            jobs=args.jobs,
            wait_reply=not args.no_wait_reply,
            keep=args.keep,
        )
    )


def _chosen(invocation: Invocation, names: Sequence[str], tags: Sequence[str]) -> list[Profile]:
    store = ProfileStore(invocation.paths, invocation.env)
    wanted = [*names]
    if not names and not tags and invocation.profile:
        wanted = [invocation.profile]
    tagged = [
        file.name
        for file in store.list()
        if file.profile is not None and set(file.profile.tags) & set(tags)
    ]
    wanted += [name for name in tagged if name not in wanted]
    if not wanted:
        what = f"No profile has the tag {tags[0]}" if tags else "No profile named"
        raise PortError(misused(what, verb="probe"))
    return [store.get(name) for name in wanted]


async def _probe_all(
    invocation: Invocation,
    profiles: Sequence[Profile],
    lines: Sequence[str],
    *,
    jobs: int,
    wait_reply: bool,
    keep: bool,
) -> int:
    gate = asyncio.Semaphore(jobs)
    async with Headless(invocation) as engine:

        async def one(profile: Profile) -> RunReport:
            async with gate:
                return await _Probe(engine, profile, lines, wait_reply=wait_reply).run(keep=keep)

        reports = await asyncio.gather(*(one(profile) for profile in profiles))
    _print(invocation, reports)
    return max(report.exit_code for report in reports)


def _print(invocation: Invocation, reports: Sequence[RunReport]) -> None:
    if invocation.json:
        found = [report.result for report in reports]
        whole: object = found[0] if len(found) == 1 else {"runs": found}
        sys.stdout.write(msgspec.json.encode(whole).decode() + "\n")
    else:
        told = table(reports) if len(reports) > 1 else describe(reports[0])
        sys.stdout.write(told + "\n")
    sys.stdout.flush()
    for report in reports:
        of = report.result.profile if len(reports) > 1 else ""
        if report.result.problem is not None:
            fail(report.result.problem, of=of)
        elif report.exit_code is ExitCode.CLEANUP_PENDING:
            fail(problem(ProblemCode.CLEANUP_PENDING, what=report.result.room), of=of)
        elif report.result.cleanup == "kept":
            kept = (
                f"kept: {report.result.room}; `lktui cleanup run {report.result.room}` removes it"
            )
            hint(kept, quiet=invocation.quiet)


class _Probe:
    """One conversation: open, wait for the verdict, talk, end."""

    def __init__(
        self, engine: Headless, profile: Profile, lines: Sequence[str], *, wait_reply: bool
    ) -> None:
        self._engine, self._profile, self._lines = engine, profile, lines
        self._wait_reply = wait_reply
        self._id = SessionId(secrets.token_hex(6))

    async def run(self, *, keep: bool) -> RunReport:
        """Do it all and report; an interruption ends the session too."""
        self._engine.send(StartSession(session=self._id, profile=self._profile, keep=keep))
        patience = max(self._profile.join_timeout, LIST_TRUE_S) + OPEN_LIMIT_S
        unanswered: Problem | None = None
        if await self._engine.until(self._decided, patience) and self._session.ready:
            unanswered = await self._talk()
        if not self._session.over:
            self._engine.send(EndSession(session=self._id))
        await self._engine.until(lambda _state: self._session.over, END_LIMIT_S)
        transcript = self._engine.fold.transcript(self._id)
        return report_of(self._session, transcript, unanswered)

    @property
    def _session(self) -> SessionState:
        known = self._engine.state.sessions.get(self._id)
        return known or SessionState(id=self._id, profile=self._profile.name)

    def _decided(self, _state: State) -> bool:
        found = self._session.diagnosis
        return self._session.over or (found is not None and found.settled)

    async def _talk(self) -> Problem | None:
        """Say every line and wait for its answer; the problem if one does not come."""
        limit_s = self._profile.reply_timeout
        await self._engine.until(lambda _state: self._quiet(), limit_s)
        for line in self._lines:
            nth = self._own_lines()
            key = f"typed:{secrets.token_hex(6)}"
            self._engine.send(Say(session=self._id, key=key, text=line))
            if not self._wait_reply:
                await self._engine.until(lambda _state, one=key: self._sent(one), limit_s)  # type: ignore[misc]  # the default binds the loop's value
                continue
            if not await self._engine.until(lambda _s, n=nth: self._answered(n), limit_s):  # type: ignore[misc]  # the same
                return problem(
                    ProblemCode.NO_REPLY,
                    doing="No reply",
                    timeout=f"{limit_s:g} s",
                    pings="the line has no answer",
                )
            if not self._session.ready:
                break
        return None

    def _spoken(self) -> list[Role]:
        """List who spoke, in the order in which they began; not what was only remembered."""
        rows = self._engine.fold.transcript(self._id)
        return [row.role for row in rows if row.role is not None and row.mark is not Mark.HISTORY]

    def _own_lines(self) -> int:
        return self._spoken().count(Role.YOU)

    def _answered(self, nth: int) -> bool:
        """Whether the agent has replied to our nth line, from 0, or never will.

        A greeting may still go on when the line goes out, and end after it: a reply is what the
        agent begins to say after the line.
        """
        session = self._session
        if session.over or not session.ready:
            return True
        spoken = self._spoken()
        lines = [at for at, role in enumerate(spoken) if role is Role.YOU]
        replied = len(lines) > nth and Role.AGENT in spoken[lines[nth] :]
        return replied and self._quiet()

    def _quiet(self) -> bool:
        """Whether the agent has said what it had to say."""
        agent = self._session.agent
        busy = agent is not None and agent.state in ("thinking", "speaking")
        return self._session.over or not (busy or self._engine.fold.transcript(self._id).speaking)

    def _sent(self, key: str) -> bool:
        transcript = self._engine.fold.transcript(self._id)
        return self._session.over or (
            len(transcript) > 0 and key not in {now.key for now in transcript.speaking}
        )
