"""How the actions of `lktui profiles` tell of profiles: faults as lines, entries as JSON."""

from __future__ import annotations

import msgspec

from lktui.commands.diagnostics import fail, hint
from lktui.core.faults import Fault
from lktui.core.problems import Problem, ProblemCode, problem
from lktui.core.profile_fields import shown
from lktui.core.sanitize import clean
from lktui.store.profiles import ProfileFile


def tell_findings(entry: ProfileFile, *, quiet: bool) -> None:
    """Print faults as problems and warnings as hints."""
    for fault in entry.faults:
        fail(fault_problem(entry.name, fault))
    for warning in entry.warnings:
        hint(f"warning: {entry.name}: {warning.words}. {warning.resolution}.", quiet=quiet)


def fault_problem(name: str, fault: Fault) -> Problem:
    """Make the problem of one fault."""
    found = problem(ProblemCode.PROFILE_INVALID, name=name, subject=name)
    return msgspec.structs.replace(found, cause=fault.words, resolution=fault.resolution)


def print_entries(entries: tuple[ProfileFile, ...]) -> None:
    """Print profiles as one JSON object."""
    print_json({"profiles": [as_json(entry) for entry in entries]})


def as_json(entry: ProfileFile) -> dict[str, object]:
    """Give what JSON tells of a profile; secrets are masked."""
    return {
        "name": entry.name,
        "file": clean(str(entry.path)) if entry.path else None,
        "fields": shown(entry.profile) if entry.profile else None,
        "faults": entry.faults,
        "warnings": entry.warnings,
    }


def print_json(result: dict[str, object]) -> None:
    """Print one JSON object."""
    print(msgspec.json.format(msgspec.json.encode(result)).decode())
