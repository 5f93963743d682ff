"""`lktui profiles import`: what was found, what would be written, and, once agreed to, written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from lktui.commands.diagnostics import fail, hint, misused
from lktui.commands.profile_words import as_json, fault_problem, print_json
from lktui.commands.text_table import table_lines
from lktui.core.importing import Found, Proposal, State, propose, secrets_in_words
from lktui.core.problems import ExitCode, PortError, ProblemCode
from lktui.core.profile_fields import written_fields
from lktui.core.sanitize import clean
from lktui.invocation import Invocation
from lktui.store.import_sources import ImportSources, read_text
from lktui.store.profiles import ProfileFile, ProfileStore

_STDIN = "-"
_STDIN_MAX = 1 << 19
_VERB = "profiles import"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file."""
    parser.add_argument(
        "file",
        nargs="?",
        metavar="FILE",
        help="agent JSON, a .env or the lk command's YAML; - reads standard input; without it:"
        " all that is found",
    )
    parser.set_defaults(parser=parser)


def run(invocation: Invocation, store: ProfileStore, file: str | None) -> int:
    """Show what would be written, ask, write, and give the exit code.

    Raises:
        PortError: The profiles folder cannot be used.
    """
    found = _look(invocation, file)
    existing = {entry.name: entry.profile for entry in store.list() if entry.path}
    proposals = propose([one for source in found for one in source.candidates], existing)
    new = [proposal for proposal in proposals if proposal.state is State.NEW]
    _tell(proposals, found, quiet=invocation.quiet)
    written: tuple[str, ...] = ()
    refusal = 0
    if new:
        agreed = _is_agreed(invocation, len(new), has_stdin=file != _STDIN)
        if agreed is None:
            refusal = _nobody_to_ask()
        elif agreed:
            written = _write(store, new)
        else:
            hint("Nothing was written.", quiet=invocation.quiet)
    _print_result(invocation, store, proposals, written)
    if refusal:
        return refusal
    unreadable = any(source.faults and not source.candidates for source in found)
    faulty = any(proposal.state is State.FAULTY for proposal in proposals)
    failed = (unreadable and file is not None) or (faulty and not new)
    return ExitCode.NO_SESSION if failed else ExitCode.OK


def _look(invocation: Invocation, file: str | None) -> Sequence[Found]:
    sources = ImportSources.here(invocation.env)
    if file is None:
        return sources.discover().all
    if file == _STDIN:
        content = sys.stdin.buffer.read(_STDIN_MAX)
        return (read_text(content.decode("utf-8-sig", errors="replace"), "standard input"),)
    return (sources.read(Path(file)),)


def _tell(proposals: Sequence[Proposal], found: Sequence[Found], *, quiet: bool) -> None:
    """Say what was found and what would be written: on stderr, since it is no result yet."""
    for source in found:
        for fault in source.faults:
            fail(fault_problem(source.source, fault))
    if not proposals:
        hint("Nothing was found to import.", quiet=quiet)
        return
    head = ("PROFILE", "STATE", "SERVER", "AGENT", "FROM")
    hint("\n".join(table_lines(head, [_row(one) for one in proposals])), quiet=quiet)
    for proposal in proposals:
        for fault in proposal.candidate.parsed.faults:
            fail(fault_problem(proposal.name, fault))
        for warning in proposal.candidate.parsed.warnings:
            hint(f"warning: {proposal.name}: {warning.words}. {warning.resolution}.", quiet=quiet)
        if proposal.state is State.NEW and proposal.profile is not None:
            secrets = secrets_in_words(proposal.profile)
            said = f"\n# {secrets}" if secrets else ""
            hint(f"\n{_as_toml(proposal)}{said}", quiet=quiet)


def _row(proposal: Proposal) -> tuple[str, ...]:
    profile, candidate = proposal.profile, proposal.candidate
    state = f"{proposal.state}, the default" if candidate.is_default else proposal.state.value
    name = f"{proposal.name} (“{candidate.called}”)" if candidate.called else proposal.name
    host, agent = (profile.host, profile.agent_name) if profile is not None else ("", "")
    return (name, state, host or "–", agent or "–", candidate.source)


def _as_toml(proposal: Proposal) -> str:
    import tomli_w  # noqa: PLC0415 - a verb that only reads does without

    assert proposal.profile is not None  # noqa: S101 - new ones have one
    return f"# {proposal.name}.toml\n{tomli_w.dumps(written_fields(proposal.profile))}".rstrip()


def _is_agreed(invocation: Invocation, count: int, *, has_stdin: bool) -> bool | None:
    """Ask whether to write; None if there is nobody to ask."""
    if invocation.yes:
        return True
    if not has_stdin or not sys.stdin.isatty():
        return None
    profiles = "this profile" if count == 1 else f"these {count} profiles"
    print(f"Write {profiles}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _nobody_to_ask() -> int:
    found = misused(
        "Nobody can be asked whether to write this",
        cause="standard input is no terminal, or was read from",
        verb=_VERB,
    )
    return fail(msgspec.structs.replace(found, resolution="Add --yes"))


def _write(store: ProfileStore, new: Sequence[Proposal]) -> tuple[str, ...]:
    written: list[str] = []
    for proposal in new:
        assert proposal.profile is not None  # noqa: S101 - new ones have one
        try:
            store.add(proposal.profile)
        except PortError as error:
            if error.problem.code is not ProblemCode.PROFILE_EXISTS:
                raise
            fail(error.problem)  # somebody else wrote it meanwhile; theirs stays
        else:
            written.append(proposal.name)
    return tuple(written)


def _print_result(
    invocation: Invocation,
    store: ProfileStore,
    proposals: Sequence[Proposal],
    written: tuple[str, ...],
) -> None:
    if not invocation.json:
        for name in written:
            print(clean(str(store.folder / f"{name}.toml")))
        return
    entries = [
        {
            **as_json(_entry(store, proposal)),
            "state": proposal.state.value,
            "source": proposal.candidate.source,
            "written": proposal.name in written and proposal.state is State.NEW,
        }
        for proposal in proposals
    ]
    print_json({"profiles": entries})


def _entry(store: ProfileStore, proposal: Proposal) -> ProfileFile:
    parsed = proposal.candidate.parsed
    return ProfileFile(
        name=proposal.name,
        path=store.folder / f"{proposal.name}.toml",
        profile=parsed.profile,
        faults=parsed.faults,
        warnings=parsed.warnings,
    )
