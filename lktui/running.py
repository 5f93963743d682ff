"""Puts the dashboard together: controller, theme and settings into one app, which is run."""

from __future__ import annotations

import os
import sys

from lktui.app import LktuiApp
from lktui.clock import Clock
from lktui.core.event import SessionId
from lktui.core.problems import ExitCode, PortError
from lktui.core.signs import StateKind
from lktui.hangup import end_with_terminal
from lktui.invocation import Invocation
from lktui.session.archive import Archive
from lktui.session.controller import SessionController
from lktui.session.engine_client import EngineClient
from lktui.store.profiles import ProfileStore
from lktui.store.settings import Signals, read_settings
from lktui.theming import choose_theme, forget_empty_no_color
from lktui.widgets.line_filters import takes_ascii_only


def run_app(
    invocation: Invocation,
    engine: EngineClient,
    *,
    clock: Clock | None = None,
    show: SessionId | None = None,
    replays: bool = False,
) -> int:
    """Show the dashboard until the person leaves, and give the exit code.

    Args:
        invocation: How lktui was called.
        engine: Spawned already, not connected yet.
        clock: If it is not the system's.
        show: The session to begin with, on Live.
        replays: What the engine says happened before; nothing of it ends with us.
    """
    env, paths = invocation.env, invocation.paths
    controller = SessionController(engine, ProfileStore(paths, env), Archive(paths, env), clock)
    controller.focus, controller.replays = show, replays
    controller.load_profiles()
    controller.choose_profile(invocation.profile)
    own_themes = paths.config_dir / "themes"
    forget_empty_no_color(os.environ)
    theme, failure = choose_theme(invocation.theme, env, own_themes)
    if failure:
        controller.notice(failure, StateKind.WARNING)
    controller.remind(invocation.hint)
    signals = Signals()
    try:
        signals = read_settings(paths, Signals)
    except PortError as error:
        controller.report(error.problem)
    app = LktuiApp(
        controller,
        theme=theme,
        own_themes=own_themes,
        log_file=paths.log_file,
        ascii_only=takes_ascii_only(env),
        talk_to=invocation.talk_to,
        bell=signals.bell,
    )
    end_with_terminal()
    app.run(mouse=invocation.mouse)
    if controller.unfinished and not invocation.quiet:
        print(f"{controller.unfinished} left, kept for next time", file=sys.stderr)  # noqa: T201 - the last word
    return app.return_code or ExitCode.OK
