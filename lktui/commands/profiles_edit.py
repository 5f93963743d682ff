"""`lktui profiles edit`: a profile's file in $EDITOR, until it has no faults or one gives up."""

from __future__ import annotations

import subprocess
import sys

import msgspec

from lktui.commands.diagnostics import fail
from lktui.commands.profile_words import print_entries, tell_findings
from lktui.core.problems import ExitCode, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail
from lktui.invocation import Invocation
from lktui.store.editor import editor_for
from lktui.store.profiles import ProfileStore, invalid


def run(invocation: Invocation, store: ProfileStore, name: str) -> int:
    """Open the editor, tell faults with their lines, and give the exit code.

    Raises:
        PortError: The profile is not there or has no file, or there is no editor.
    """
    path = store.file_of(name)
    argv = editor_for(path, invocation.env)
    while True:
        refusal = _edit(argv)
        if refusal:
            return refusal
        entry = store.find(name)
        tell_findings(entry, quiet=invocation.quiet)
        if entry.profile is not None:
            break
        if invocation.yes or not _is_edited_again():
            return int(invalid(entry).exit_code)
    print_entries((entry,)) if invocation.json else print(clean(str(path)))
    return ExitCode.OK


def _edit(argv: tuple[str, ...]) -> int:
    """Run the editor; why it could not be run is told."""
    try:
        code = subprocess.call(argv)
    except OSError as error:
        why = clean_detail(f"{argv[0]}: {error.strerror}")
    else:
        why = f"{argv[0]} ended with exit code {code}" if code else ""
    if not why:
        return ExitCode.OK
    found = problem(ProblemCode.USAGE, what=f"The editor failed: {why}", verb="profiles edit")
    found = msgspec.structs.replace(
        found, cause="VISUAL or EDITOR names it", resolution="Set EDITOR to another one"
    )
    return fail(found)


def _is_edited_again() -> bool:
    if not sys.stdin.isatty():
        return False
    print("Edit it again? [Y/n] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    return bool(answer) and answer.strip().casefold() in ("", "y", "yes")
