"""`lktui doctor`: what keeps a profile from working, check by check; also of this terminal."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Sequence

import msgspec

from lktui.commands.diagnostics import hint
from lktui.commands.headless import Headless, run_interruptible
from lktui.core.commands import RunDoctor
from lktui.core.doctor import Check, CheckState, Finding, exit_code_of, in_order
from lktui.core.fold import State
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.core.signs import GLYPHS, took
from lktui.core.terminal import Terminal, terminal_finding
from lktui.core.wrap import wrap
from lktui.invocation import Invocation
from lktui.session.seen_terminal import seen_terminal
from lktui.store.profile_findings import file_finding
from lktui.store.profiles import ProfileStore, invalid

LIMIT_S = 300.0
_WIDTH, _LABEL = 100, 7
_STATE_CELLS, _NAME_CELLS = 10, 11


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check as scripts see it (README, "doctor")."""

    name: str
    ok: bool | None
    """None if it was skipped."""
    state: str
    detail: str
    seen: tuple[str, ...]
    code: str
    summary: str
    cause: str
    resolution: str
    took_ms: float | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument(
        "name", nargs="?", default="", metavar="PROFILE", help="without one: the terminal only"
    )
    parser.add_argument(
        "--dispatch", action="store_true", help="also ask for the agent, and clean up after it"
    )


def run(invocation: Invocation, args: argparse.Namespace) -> int:
    """Do it and give the exit code: that of the first check that failed."""
    name = args.name or invocation.profile
    terminal = terminal_finding(_terminal(invocation))
    if not name:
        if args.dispatch:
            raise PortError(problem(ProblemCode.PROFILE_MISSING, name="", nearest=""))
        return _print(invocation, [terminal])
    file = ProfileStore(invocation.paths, invocation.env).find(name)
    found = [file_finding(file), terminal]
    if file.profile is None:
        _print(invocation, found)
        raise PortError(invalid(file))
    profile = file.profile
    return run_interruptible(_examine(invocation, profile, found, dispatch=args.dispatch))


async def _examine(
    invocation: Invocation, profile: Profile, local: Sequence[Finding], *, dispatch: bool
) -> int:
    run_id = secrets.token_hex(4)

    def done(state: State) -> bool:
        checkup = state.checkups.get(run_id)
        return checkup is not None and checkup.took_ms is not None

    async with Headless(invocation) as engine:
        engine.send(RunDoctor(run=run_id, profile=profile, dispatch=dispatch))
        ended = await engine.until(done, LIMIT_S)
        checkup = engine.state.checkups.get(run_id)
    if not ended or checkup is None:
        host = profile.host
        raise PortError(problem(ProblemCode.CONNECT_TIMEOUT, subject=host, host=host))
    code = _print(invocation, in_order([*local, *checkup.findings]))
    if not dispatch and not invocation.json:
        hint("the agent was not asked for: --dispatch does so", quiet=invocation.quiet)
    return code


def _terminal(invocation: Invocation) -> Terminal:
    size = os.get_terminal_size(sys.stderr.fileno()) if sys.stderr.isatty() else None
    return seen_terminal(invocation.env, size)


def _print(invocation: Invocation, findings: Sequence[Finding]) -> int:
    if invocation.json:
        whole = {"checks": [_result(found) for found in findings]}
        sys.stdout.write(msgspec.json.encode(whole).decode() + "\n")
    else:
        sys.stdout.write("\n".join(line for found in findings for line in _lines(found)) + "\n")
    sys.stdout.flush()
    return exit_code_of(findings)


def _result(found: Finding) -> CheckResult:
    known = found.problem
    return CheckResult(
        name=found.check.value,
        ok=found.ok,
        state=found.state.value,
        detail=found.detail,
        seen=found.seen,
        code=known.code.value if known else "",
        summary=known.summary if known else "",
        cause=known.cause if known else "",
        resolution=known.resolution if known else "",
        took_ms=found.took_ms,
    )


def _lines(found: Finding) -> list[str]:
    """Write a finding, and below it what is to be thought and done of a bad one."""
    shown = found.state is not CheckState.SKIPPED and (found.took_ms or 0) >= 1
    time = f"  {took(found.took_ms)}" if shown else ""
    state = f"{GLYPHS[found.kind]} {found.state.value}"
    first = f"{state:{_STATE_CELLS}}{found.check.value:{_NAME_CELLS}}{found.detail}{time}".rstrip()
    lines = [first]
    known = found.problem
    if known is not None:
        seen = "" if found.check is Check.FILE else "; ".join(found.seen)
        cause = "" if known.cause == found.detail else known.cause
        told = (
            ("means", found.meaning),
            ("seen", seen),
            ("cause", cause),
            ("do", known.resolution),
        )
        for label, text in told:
            for index, part in enumerate(wrap(text, _WIDTH - 4 - _LABEL) if text else []):
                lines.append(f"    {label if index == 0 else '':{_LABEL}}{part}")
    return lines
