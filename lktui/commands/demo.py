"""`lktui demo`: lktui with a server and agents of its own, for trying; nothing of it stays."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lktui.commands import probe
from lktui.commands.demo_children import END_LIMIT_S
from lktui.commands.demo_profiles import FAILS, TALKS
from lktui.commands.demo_stage import ENGINE_LIMIT_S, SANDBOX, Opened, demo_paths
from lktui.commands.diagnostics import fail, hint, misused
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.sanitize import clean_detail
from lktui.invocation import Invocation

SAYS = ("Where is my order?", "Thank you, bye")
HINT = "demo: talk here · on 2, r twice mends flaky"
_BANNER = "demo: a server and agents on this machine, for trying and testing only"
_EXTRA = ("aiohttp", "aiortc")
_GRACE_S = ENGINE_LIMIT_S + 4 * END_LIMIT_S
"""The stage ends one child after the other, once the engine has ended."""
_SAY_AFTER_S = 1.0
_OTHER_FOLDER = "Set TMPDIR to a folder that can be written and has room"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.add_argument("--headless", action="store_true", help="run one conversation and print it")
    parser.add_argument(
        "--keep", action="store_true", help="keep the demo's folders: profiles, journal, logs"
    )
    parser.add_argument(
        "--server",
        default=SANDBOX,
        metavar="sandbox|PATH",
        help="a livekit-server to use instead of the one that comes with lktui",
    )


def run(invocation: Invocation, args: argparse.Namespace) -> int:
    """Do it and give the exit code: with `--headless` that of a probe."""
    missing = _missing(args.server, headless=args.headless)
    if missing is not None:
        return fail(missing)
    try:
        # Made by the stage, which removes it: were we killed in between, nobody would.
        folder = Path(tempfile.gettempdir()) / f"lktui-demo-{secrets.token_hex(6)}"
    except OSError as error:
        return fail(_no_folder(error))
    invocation = invocation._replace(
        paths=demo_paths(folder),
        env={k: v for k, v in invocation.env.items() if not k.startswith("LIVEKIT_")},
    )
    hint(_BANNER, quiet=invocation.quiet)
    try:
        with _stage(folder, args, quiet=invocation.quiet) as stage:
            return _headless(invocation, stage) if args.headless else _shown(invocation, stage)
    except PortError as error:
        return fail(_in_its_folder(error.problem))
    finally:
        if args.keep:
            hint(f"kept: {folder}", quiet=invocation.quiet)
        else:  # also where the stage did not live to do it
            shutil.rmtree(folder, ignore_errors=True)


def _no_folder(error: OSError) -> Problem:
    why = clean_detail(error.strerror or str(error))
    found = problem(ProblemCode.DEMO_FAILED, what=f"there is no room for its folder: {why}")
    return msgspec.structs.replace(found, resolution=_OTHER_FOLDER)


def _in_its_folder(found: Problem) -> Problem:
    """Give the remedy that fits a demo, whose folders cannot be named by flags."""
    if found.code in (ProblemCode.STATE_UNUSABLE, ProblemCode.CONFIG_UNUSABLE):
        return msgspec.structs.replace(found, resolution=_OTHER_FOLDER)
    return found


def _missing(server: str, *, headless: bool) -> Problem | None:
    """Say what the demo lacks here."""
    if server == SANDBOX:
        absent = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
        if absent:
            return problem(ProblemCode.DEMO_MISSING, what=" and ".join(absent))
    elif shutil.which(server) is None:
        return misused("--server names no program", cause="it is not there, or cannot be run")
    if headless:
        return None
    from lktui.dashboard import without_terminal  # noqa: PLC0415 - brings the engine's client

    return without_terminal()


@contextlib.contextmanager
def _stage(
    folder: Path, args: argparse.Namespace, *, quiet: bool
) -> Iterator[subprocess.Popen[bytes]]:
    """Have the stage while the demo runs; it ends by itself should we be killed."""
    stage = _start_stage(folder, args)
    assert stage.stdin is not None  # noqa: S101 - a pipe
    try:
        yield stage
    finally:
        stage.stdin.close()
        try:
            stage.wait(_SAY_AFTER_S)
        except subprocess.TimeoutExpired:
            hint("taking the demo down; ctrl+c leaves that to the background", quiet=quiet)
            stage.wait(_GRACE_S)


def _start_stage(folder: Path, args: argparse.Namespace) -> subprocess.Popen[bytes]:
    flags = ["--server", args.server]
    flags += [] if args.headless else ["--calls"]
    flags += ["--keep"] if args.keep else []
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "lktui.commands.demo_stage", str(folder), *flags],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # it writes to its own log as soon as it has one
            start_new_session=True,
        )
    except OSError as error:
        raise PortError(_no_folder(error)) from error


def _await_opened(stage: subprocess.Popen[bytes]) -> None:
    """Wait until server and agents are up.

    Raises:
        PortError: DEMO_FAILED: they are not; it says which and why.
    """
    assert stage.stdout is not None  # noqa: S101 - a pipe, as above
    said = stage.stdout.readline()
    failed = msgspec.json.decode(said, type=Opened).failed if said else "its stage broke down"
    if failed:
        raise PortError(problem(ProblemCode.DEMO_FAILED, what=failed))


def _headless(invocation: Invocation, stage: subprocess.Popen[bytes]) -> int:
    _await_opened(stage)
    parser = argparse.ArgumentParser()
    probe.add_arguments(parser)
    words = [TALKS]
    for line in SAYS:
        words += ["--say", line]
    return probe.run(invocation, parser.parse_args(words))


def _shown(invocation: Invocation, stage: subprocess.Popen[bytes]) -> int:
    from lktui import dashboard  # noqa: PLC0415 - a headless demo does without

    engine = dashboard.spawn_engine(invocation)
    try:
        dashboard.prepare()
        _await_opened(stage)
        # Quiet: what the app leaves is not kept for a next time.
        invocation = invocation._replace(
            profile=TALKS, talk_to=(FAILS, TALKS), hint=HINT, quiet=True
        )
        return dashboard.show(invocation, engine)
    finally:
        # The stage waits for the engine, and the engine for us.
        engine.abandon()
