"""`lktui profiles`: list, show, add, edit, remove and import; no secret is ever printed."""

from __future__ import annotations

import argparse
import getpass
import sys

import msgspec

from lktui.commands import profiles_edit, profiles_import
from lktui.commands.diagnostics import fail, hint, misused
from lktui.commands.profile_words import fault_problem, print_entries, print_json, tell_findings
from lktui.commands.text_table import table_lines
from lktui.core.field_values import read_object, value_of_text
from lktui.core.fields import Field, Kind
from lktui.core.problems import ExitCode, PortError
from lktui.core.profile import Profile, Secret
from lktui.core.profile_fields import FIELDS, parse, shown
from lktui.core.sanitize import clean
from lktui.invocation import Invocation
from lktui.store.profile_reading import reserved_name_faults
from lktui.store.profiles import ProfileFile, ProfileStore, invalid

_VERB = "profiles"
_STDIN = "-"
_EMPTY: tuple[object, ...] = (None, "", [], {})
_METAVARS = {
    Kind.NAME: "NAME",
    Kind.SERVER_URL: "URL",
    Kind.ENDPOINT_URL: "URL",
    Kind.SECRET: "SECRET",
    Kind.DURATION: "SECONDS",
    Kind.TIMEOUT: "SECONDS",
    Kind.COUNT: "N",
    Kind.HEADERS: "JSON",
    Kind.OBJECT: "JSON",
    Kind.TAGS: "TAG,...",
}
_EXPOSED = (
    "warning: others can see a secret on the command line (ps, the shell's history): give"
    " env:NAME, file:PATH, or - for standard input"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions; those of `add` come from the table of fields."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    parser.set_defaults(action="list", parser=parser)
    actions.add_parser("list", help="list all profiles, also broken ones (the default)")
    show = actions.add_parser("show", help="show a profile's fields, secrets masked")
    add = actions.add_parser(
        "add",
        help="save a new profile",
        description="A secret is given as env:NAME, file:PATH, - (standard input) or literally.",
    )
    edit = actions.add_parser("edit", help="open a profile's file in $EDITOR, and tell its faults")
    remove = actions.add_parser("remove", help="delete a profile's file")
    profiles_import.add_arguments(
        actions.add_parser(
            "import",
            help="save the projects of the lk command, LIVEKIT_ variables, a .env or agent JSON",
            description="Shows what would be written, and asks; --yes writes without asking."
            " What exists is never overwritten, and what is read stays as it is.",
        )
    )
    actions.add_parser("path", help="print the folder of the profiles")
    for action in (show, add, edit, remove):
        action.add_argument("name", metavar="NAME", help="the profile")
        action.set_defaults(parser=action)
    for field in FIELDS:
        _add_option(add, field)


def run(invocation: Invocation, args: argparse.Namespace) -> int:
    """Do what the chosen action says.

    Raises:
        PortError: The profile is not there, exists already, or the folder cannot be used.
    """
    store = ProfileStore(invocation.paths, invocation.env)
    if args.action == "show":
        return _show(invocation, store.find(args.name))
    if args.action == "add":
        return _add(invocation, store, args)
    if args.action == "remove":
        return _remove(invocation, store, args.name)
    if args.action == "edit":
        return profiles_edit.run(invocation, store, args.name)
    if args.action == "import":
        return profiles_import.run(invocation, store, args.file)
    if args.action == "path":
        folder = clean(str(store.folder))
        print_json({"path": folder}) if invocation.json else print(folder)
        return ExitCode.OK
    return _list(invocation, store)


def _add_option(parser: argparse.ArgumentParser, field: Field) -> None:
    option = f"--{field.name.replace('_', '-')}"
    words = field.help.replace("%", "%%")
    if field.kind is Kind.FLAG:
        parser.add_argument(
            option,
            dest=field.name,
            action=argparse.BooleanOptionalAction,
            default=argparse.SUPPRESS,
            help=words,
        )
    else:
        metavar = "|".join(field.choices) or _METAVARS.get(field.kind, "TEXT")
        parser.add_argument(
            option, dest=field.name, default=argparse.SUPPRESS, metavar=metavar, help=words
        )


def _list(invocation: Invocation, store: ProfileStore) -> int:
    entries = store.list()
    if invocation.json:
        print_entries(entries)
        return ExitCode.OK
    if entries:
        head = ("PROFILE", "AGENT", "DISPATCH", "AUTH", "SERVER", "FILE")
        print("\n".join(table_lines(head, map(_row, entries))))
    else:
        hint(
            f"No profiles in {clean(str(store.folder))}. Add one with"
            " `lktui profiles add NAME --url ...`, or see `lktui profiles import`.",
            quiet=invocation.quiet,
        )
    for entry in entries:
        tell_findings(entry, quiet=invocation.quiet)
    return ExitCode.OK


def _row(entry: ProfileFile) -> tuple[str, ...]:
    profile = entry.profile
    if profile is None:
        return (entry.name, "–", "–", "–", "–", _counted(len(entry.faults), "fault"))
    state = _counted(len(entry.warnings), "warning") if entry.warnings else "ok"
    return (
        entry.name,
        profile.agent_name or "–",
        profile.dispatch_mode.value,
        profile.auth_mode.value,
        profile.host,
        state,
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _show(invocation: Invocation, entry: ProfileFile) -> int:
    if invocation.json:
        print_entries((entry,))
    elif entry.profile is not None:
        fields = shown(entry.profile).items()
        rows = [(name, _written(value)) for name, value in fields if value not in _EMPTY]
        print("\n".join(table_lines(("name", entry.name), rows)))
    tell_findings(entry, quiet=invocation.quiet)
    return ExitCode.OK if entry.profile is not None else int(invalid(entry).exit_code)


def _written(value: object) -> str:
    if isinstance(value, str):
        return clean(value)
    return msgspec.json.encode(value).decode()


def _add(invocation: Invocation, store: ProfileStore, args: argparse.Namespace) -> int:
    typed = {field: getattr(args, field.name) for field in FIELDS if hasattr(args, field.name)}
    if any(_exposes_secret(field, value) for field, value in typed.items()):
        hint(_EXPOSED, quiet=invocation.quiet)
    raw: dict[str, object] = {}
    for field, value in typed.items():
        if not isinstance(value, str):
            raw[field.name] = value
        elif field.is_secret and value == _STDIN:
            raw[field.name] = _from_stdin(field)
        else:
            raw[field.name] = value_of_text(field, value)
    parsed = parse(args.name, raw)
    faults = reserved_name_faults(args.name) + parsed.faults
    if parsed.profile is None or faults:
        for fault in faults:
            fail(fault_problem(clean(args.name, limit=64), fault))
        return ExitCode.USAGE
    path = store.add(parsed.profile)
    _tell_added(invocation, parsed.profile, store)
    if not invocation.json:
        print(clean(str(path)))
    return ExitCode.OK


def _tell_added(invocation: Invocation, profile: Profile, store: ProfileStore) -> None:
    entry = store.find(profile.name)
    if invocation.json:
        print_entries((entry,))
    tell_findings(entry, quiet=invocation.quiet)


def _exposes_secret(field: Field, value: object) -> bool:
    """Whether an option holds a secret itself, not where to find it."""
    if not field.is_secret or not isinstance(value, str) or value == _STDIN:
        return False
    held = (read_object(value) or {"": value}).values() if field.kind is Kind.HEADERS else (value,)
    return any(isinstance(item, str) and not Secret(item).reference for item in held)


def _from_stdin(field: Field) -> str:
    """Read one line; a person at a terminal is asked for it, unseen."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{field.name}: ")
    line = sys.stdin.readline()
    if not line:
        found = misused(
            f"There is no line for {field.name} on standard input",
            cause="each option given as - takes one line, in the order of --help",
            verb=f"{_VERB} add",
        )
        raise PortError(found)
    return line.rstrip("\r\n")


def _remove(invocation: Invocation, store: ProfileStore, name: str) -> int:
    entry = store.find(name)
    if entry.path is not None and not invocation.yes:
        if not sys.stdin.isatty():
            found = misused(
                f"Nobody can be asked whether to remove “{entry.name}”",
                cause="standard input is no terminal",
                verb=f"{_VERB} remove",
            )
            return fail(msgspec.structs.replace(found, resolution="Add --yes"))
        print(f"Remove {entry.where}? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
            hint("Nothing was removed.", quiet=invocation.quiet)
            return ExitCode.OK
    from lktui.store.journal import read_open_items  # noqa: PLC0415 - brings sqlite3

    needing = [item for item in read_open_items(invocation.paths) if item.profile == entry.name]
    if needing:
        hint(
            f"warning: {len(needing)} in the cleanup queue need this profile to be removed;"
            " run `lktui cleanup run --kept` while it is there",
            quiet=invocation.quiet,
        )
    path = store.remove(name)
    if invocation.json:
        print_entries((entry,))
    else:
        print(clean(str(path)))
    return ExitCode.OK
