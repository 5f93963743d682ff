"""How lktui's arguments are read; the dashboard without any starts without this module."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    from lktui.cli import Verb
    from lktui.invocation import Invocation

_LOG_LEVELS = ("debug", "info", "warning", "error")


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


def flags_parser(verbs: Mapping[str, Verb]) -> Parser:
    """Make the parser of the flags, whose help names the verbs."""
    parser = Parser(
        prog="lktui",
        usage="lktui [FLAG]... [VERB [ARGUMENT]...]",
        description="Test LiveKit voice agents from a terminal. Without a verb: the dashboard.",
        epilog="verbs:\n" + "".join(f"  {name:20}  {verb.help}\n" for name, verb in verbs.items())
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


def split_flags(
    parser: argparse.ArgumentParser, words: list[str]
) -> tuple[argparse.Namespace, list[str]]:
    """Take the flags out wherever they stand, but after `--`; the rest keeps its order."""
    end = words.index("--") if "--" in words else len(words)
    flags, rest = parser.parse_known_args(words[:end])
    return flags, rest + words[end:]


def verb_parser(name: str, verb: Verb) -> Parser:
    """Make the parser of what a verb takes; its module declares that."""
    return Parser(
        prog=f"lktui {name}",
        description=f"{verb.help[0].upper()}{verb.help[1:]}.",
        epilog="The flags of `lktui --help` may stand here too.",
    )
