"""The command line: arguments become one module of `commands/`, or the app.

Nothing heavy is imported before that choice. The environment is read here and nowhere else.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

from lktui import __version__
from lktui.first_paint import hurry
from lktui.invocation import Invocation
from lktui.store.paths import Paths

if TYPE_CHECKING:
    from argparse import Namespace

    from lktui.command_line import CommandModule, Parser


class Verb(NamedTuple):
    """One headless verb: where it is and what it does."""

    module: str
    help: str


VERBS: dict[str, Verb] = {
    "demo": Verb("lktui.commands.demo", "try lktui with a server and agents of its own"),
    "probe": Verb("lktui.commands.probe", "run one full conversation of a profile and judge it"),
    "rooms": Verb("lktui.commands.rooms", "list a server's rooms with agents and dispatches"),
    "dispatch": Verb("lktui.commands.dispatch", "dispatch an agent into a room and judge it"),
    "retry": Verb("lktui.commands.retry", "dispatch an agent safely again and judge it"),
    "cleanup": Verb("lktui.commands.cleanup", "see and work the queue of what is left behind"),
    "sessions": Verb("lktui.commands.sessions", "list the sessions of the record"),
    "replay": Verb("lktui.commands.replay", "play a session of the record again"),
    "export": Verb("lktui.commands.export", "write a session as Markdown, JSONL or a bug report"),
    "doctor": Verb("lktui.commands.doctor", "say what keeps a profile from working"),
    "profiles": Verb("lktui.commands.profiles", "list, add, edit, remove and import profiles"),
}
"""All verbs; each module is imported when its verb is chosen."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run lktui and give its exit code.

    Args:
        argv: The arguments without the program's name; those of this process if there are none.

    Raises:
        SystemExit: 2 if argparse cannot follow the command line, 0 after a verb's `--help`.
    """
    if argv is None:
        # Where nobody handles it, ctrl+c ends us at once: an exception in the middle of an import
        # can break what is being imported. What we have started sees its pipe close.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    words, env = list(sys.argv[1:] if argv is None else argv), dict(os.environ)
    if not words:
        return _show_dashboard(Invocation(paths=_paths(env), env=env))
    from lktui.command_line import flags_parser, split_flags  # noqa: PLC0415 - brings argparse

    parser = flags_parser(VERBS)
    flags, rest = split_flags(parser, words)
    if flags.version:
        print(f"lktui {__version__}")  # noqa: T201 - what was asked for
        return 0
    if rest and rest[0] in ("-h", "--help"):
        parser.print_help()
        return 0
    invocation = _invocation(flags, env)
    if not rest:
        return _show_dashboard(invocation)
    return _run_verb(invocation, rest[0], rest[1:], parser)


def _paths(env: Mapping[str, str], *, config_dir: str = "", state_dir: str = "") -> Paths:
    return Paths.of(
        config_dir=config_dir or env.get("LKTUI_CONFIG_DIR", ""),
        state_dir=state_dir or env.get("LKTUI_STATE_DIR", ""),
    )


def _invocation(flags: Namespace, env: Mapping[str, str]) -> Invocation:
    return Invocation(
        paths=_paths(env, config_dir=flags.config_dir, state_dir=flags.state_dir),
        env=env,
        profile=flags.profile,
        theme=flags.theme,
        log_level=flags.log_level,
        record=not flags.no_record,
        mouse=not flags.no_mouse,
        yes=flags.yes,
        quiet=flags.quiet,
        json=flags.json,
    )


def _run_verb(
    invocation: Invocation,
    name: str,
    words: list[str],
    flags_parser: Parser,
) -> int:
    verb = VERBS.get(name)
    if verb is None:
        from lktui.commands.diagnostics import (  # noqa: PLC0415 - brings msgspec
            fail,
            misused_rest,
            misused_word,
        )

        if name.startswith("-"):
            return fail(misused_rest([name], flags_parser.format_help(), ""))
        return fail(misused_word("verb", name, VERBS))
    from lktui.command_line import verb_parser  # noqa: PLC0415 - brings argparse

    module = cast("CommandModule", importlib.import_module(verb.module))
    parser = verb_parser(name, verb)
    module.add_arguments(parser)
    args, rest = parser.parse_known_args(words)
    if rest:
        from lktui.commands.diagnostics import fail, misused_rest  # noqa: PLC0415 - brings msgspec

        chosen: Parser = getattr(args, "parser", parser)
        return fail(misused_rest(rest, chosen.format_help(), chosen.prog.partition(" ")[2]))
    return _guarded(lambda: module.run(invocation, args), invocation)


def _guarded(work: Callable[[], int], invocation: Invocation) -> int:
    from lktui.commands.diagnostics import run_guarded  # noqa: PLC0415 - brings msgspec

    return run_guarded(work, invocation.paths.log_file)


def _show_dashboard(invocation: Invocation) -> int:
    return _guarded(lambda: _start_app(invocation), invocation)


def _start_app(invocation: Invocation) -> int:
    """Start the engine, which imports beside us, and then the screens."""
    hurry()  # the app relaxes
    from lktui import dashboard  # noqa: PLC0415 - brings msgspec

    if missing := dashboard.without_terminal():
        from lktui.commands.diagnostics import fail  # noqa: PLC0415 - brings msgspec

        return fail(missing)
    return dashboard.show(invocation, dashboard.spawn_engine(invocation))
