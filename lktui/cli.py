"""The command line: arguments become one module of `commands/`, or the app.

Nothing heavy is imported before that choice. The environment is read here and nowhere else.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol, cast

from lktui import __version__
from lktui.invocation import Invocation
from lktui.store.paths import Paths

_LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Verb:
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
    "profiles": Verb("lktui.commands.profiles", "list, show, add and remove saved profiles"),
}
"""All verbs; each module is imported when its verb is chosen."""


class CommandModule(Protocol):
    """What each module of `commands/` that is a verb offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what this verb takes."""
        ...

    def run(self, invocation: Invocation, args: argparse.Namespace) -> int:
        """Do it and give the exit code."""
        ...


class Parser(argparse.ArgumentParser):
    """Says what is wrong in the one-line format of all problems, on stderr, with exit code 2."""

    def __init__(self, **options: Any) -> None:
        # Also for the parsers of actions: a shortened option would change with the next new one.
        super().__init__(**{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """End the program: the command line cannot be followed."""
        from lktui.commands.diagnostics import fail, misused_by_argparse  # noqa: PLC0415 - msgspec

        verb = self.prog.partition(" ")[2]
        raise SystemExit(fail(misused_by_argparse(message, verb)))


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
    flags_parser = _flags_parser()
    flags, rest = _split_flags(flags_parser, list(sys.argv[1:] if argv is None else argv))
    if flags.version:
        print(f"lktui {__version__}")  # noqa: T201 - what was asked for
        return 0
    if rest and rest[0] in ("-h", "--help"):
        flags_parser.print_help()
        return 0
    invocation = _invocation(flags, dict(os.environ))
    if not rest:
        return _guarded(lambda: _start_app(invocation), invocation)
    return _run_verb(invocation, rest[0], rest[1:], flags_parser)


def _flags_parser() -> Parser:
    parser = Parser(
        prog="lktui",
        usage="lktui [FLAG]... [VERB [ARGUMENT]...]",
        description="Test LiveKit voice agents from a terminal. Without a verb: the dashboard.",
        epilog="verbs:\n" + "".join(f"  {name:20}  {verb.help}\n" for name, verb in VERBS.items())
        + "\n`lktui VERB --help` shows what a verb takes.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )  # fmt: skip
    flags = parser.add_argument_group("flags, before or after the verb")
    flags.add_argument("--profile", default="", metavar="NAME", help="the profile to use")
    flags.add_argument("--config-dir", default="", metavar="DIR", help="profiles and settings")
    flags.add_argument("--state-dir", default="", metavar="DIR", help="journal, logs and locks")
    flags.add_argument("--theme", default="", metavar="NAME", help="the theme to show")
    flags.add_argument(
        "--log-level", default="info", choices=_LOG_LEVELS, help="how much is logged (info)"
    )
    flags.add_argument("--no-record", action="store_true", help="keep texts out of the journal")
    flags.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    flags.add_argument("--yes", action="store_true", help="answer every question with yes")
    flags.add_argument("--quiet", action="store_true", help="print results and problems only")
    flags.add_argument("--json", action="store_true", help="print the result as one JSON object")
    flags.add_argument("--version", action="store_true", help="print the version")
    return parser


def _split_flags(
    parser: argparse.ArgumentParser, words: list[str]
) -> tuple[argparse.Namespace, list[str]]:
    """Take the flags out wherever they stand, but after `--`; the rest keeps its order."""
    end = words.index("--") if "--" in words else len(words)
    flags, rest = parser.parse_known_args(words[:end])
    return flags, rest + words[end:]


def _invocation(flags: argparse.Namespace, env: Mapping[str, str]) -> Invocation:
    return Invocation(
        paths=Paths.of(
            config_dir=flags.config_dir or env.get("LKTUI_CONFIG_DIR", ""),
            state_dir=flags.state_dir or env.get("LKTUI_STATE_DIR", ""),
        ),
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
    flags_parser: argparse.ArgumentParser,
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
    module = cast("CommandModule", importlib.import_module(verb.module))
    parser = Parser(
        prog=f"lktui {name}",
        description=f"{verb.help[0].upper()}{verb.help[1:]}.",
        epilog="The flags of `lktui --help` may stand here too.",
    )
    module.add_arguments(parser)
    args, rest = parser.parse_known_args(words)
    if rest:
        from lktui.commands.diagnostics import fail, misused_rest  # noqa: PLC0415 - brings msgspec

        chosen: argparse.ArgumentParser = getattr(args, "parser", parser)
        return fail(misused_rest(rest, chosen.format_help(), chosen.prog.partition(" ")[2]))
    return _guarded(lambda: module.run(invocation, args), invocation)


def _guarded(work: Callable[[], int], invocation: Invocation) -> int:
    from lktui.commands.diagnostics import run_guarded  # noqa: PLC0415 - brings msgspec

    return run_guarded(work, invocation.paths.log_file)


def _start_app(invocation: Invocation) -> int:
    """Start the engine, which imports beside us, and then the screens."""
    gc.disable()  # as long as nothing is drawn; see dashboard.prepare
    from lktui import dashboard  # noqa: PLC0415 - brings msgspec

    if missing := dashboard.without_terminal():
        from lktui.commands.diagnostics import fail  # noqa: PLC0415 - brings msgspec

        return fail(missing)
    return dashboard.show(invocation, dashboard.spawn_engine(invocation))
