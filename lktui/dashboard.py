"""Opens the dashboard: the engine first, whose imports run beside ours, and then the screens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lktui.clock import Clock
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail
from lktui.first_paint import hurry
from lktui.invocation import Invocation
from lktui.session.engine_client import ChildEngine, EngineClient, EngineOptions
from lktui.store.files import make_private_folder

if TYPE_CHECKING:
    from lktui.session.replay_engine import ReplayEngine

_STDIN, _STDERR = 0, 2


def without_terminal() -> Problem | None:
    """Say why there can be no dashboard; Textual reads from stdin and draws on stderr."""
    if os.isatty(_STDIN) and os.isatty(_STDERR):
        return None
    from lktui.commands.diagnostics import misused  # noqa: PLC0415 - not on the way to the screen

    return misused("The dashboard needs a terminal", cause="input or output is none")


def spawn_engine(invocation: Invocation) -> ChildEngine:
    """Start the engine's process, which imports while we do.

    Raises:
        PortError: STATE_UNUSABLE: the state folder cannot be made or written.
    """
    make_private_folder(invocation.paths.state_dir)
    engine = ChildEngine(
        EngineOptions(
            config_dir=invocation.paths.config_dir,
            state_dir=invocation.paths.state_dir,
            log_file=invocation.paths.log_file,
            log_level=invocation.log_level,
            record=invocation.record,
        )
    )
    try:
        engine.spawn()
    except OSError as error:  # the log is the first thing that is written there
        path, why = clean(str(invocation.paths.log_file)), clean_detail(str(error.strerror))
        found = problem(ProblemCode.STATE_UNUSABLE, subject=path, path=path, why=why)
        raise PortError(found) from error
    return engine


def prepare() -> None:
    """Import the screens, while others start what they will show."""
    hurry()  # the app relaxes
    import lktui.running  # noqa: F401, PLC0415 - brings Textual


def show(invocation: Invocation, engine: EngineClient) -> int:
    """Show the screens until the person leaves, and give the exit code."""
    prepare()
    from lktui.running import run_app  # noqa: PLC0415 - as above

    return run_app(invocation, engine)


def replay(invocation: Invocation, engine: ReplayEngine, clock: Clock) -> int:
    """Show a session of the record as it is played again, and give the exit code."""
    prepare()
    from lktui.running import run_app  # noqa: PLC0415 - as above

    return run_app(invocation, engine, clock=clock, show=engine.session, replays=True)
