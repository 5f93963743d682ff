"""Found profiles as rows, and as what would be written."""

from __future__ import annotations

from lktui.core.importing import Proposal, State, secrets_in_words
from lktui.core.profile_fields import written_fields
from lktui.core.signs import GLYPHS, UNKNOWN, StateKind
from lktui.widgets.columns import Column
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import STYLES
from lktui.widgets.list_table import Cell, Row

COLUMNS = (
    Column("state", 16, 16),
    Column("profile", 18, 24, cut="middle"),
    Column("server", 20, 26, leave=2, elastic=True),
    Column("agent", 0, 14, leave=1),
    Column("from", 16, 26, leave=3, cut="middle"),
)
_LABEL_CELLS = 15
_KINDS = {
    State.NEW: StateKind.READY,
    State.SAME: StateKind.OVER,
    State.TAKEN: StateKind.WARNING,
    State.FAULTY: StateKind.WARNING,
}


def key_of_proposal(number: int, proposal: Proposal) -> str:
    """Name a row; two sources may have projects of one name."""
    return f"{number}:{proposal.name}"


def row_of(number: int, proposal: Proposal, *, marked: bool) -> Row:
    """Make the row of one found profile.

    Args:
        number: Its place among all.
        proposal: What was found.
        marked: Whether it is to be written.
    """
    kind, profile, candidate = _KINDS[proposal.state], proposal.profile, proposal.candidate
    host = profile.host if profile is not None else UNKNOWN
    agent = profile.agent_name if profile is not None else ""
    name = f"{proposal.name} (default)" if candidate.is_default else proposal.name
    return Row(
        key_of_proposal(number, proposal),
        (
            Cell(f"{GLYPHS[kind]} {proposal.state}", STYLES[kind]),
            Cell(name),
            Cell(host, "$muted"),
            Cell(agent or UNKNOWN),
            Cell(candidate.source, "$muted"),
        ),
        marked=marked,
    )


def story_of(proposal: Proposal) -> DetailView:
    """Show what would be written, or why nothing would."""
    parsed = proposal.candidate.parsed
    called = proposal.candidate.called
    renamed = (("named", f"“{called}” there, which no file may have"),) if called else ()
    kind = _KINDS[proposal.state]
    match proposal.state:
        case State.FAULTY:
            labels = (
                ("seen", "; ".join(fault.words for fault in parsed.faults)),
                ("do", "; ".join(dict.fromkeys(fault.resolution for fault in parsed.faults))),
            )
            return DetailView(kind, "Not written: it has faults", renamed + labels)
        case State.SAME:
            return DetailView(kind, "There already, with the same content", renamed)
        case State.TAKEN:
            do = "remove or rename that profile first, if you want this one"
            return DetailView(kind, "Another profile has this name; it stays", (("do", do),))
        case State.NEW:
            profile = parsed.profile
            written = written_fields(profile) if profile is not None else {}
            fields = tuple((name, _in_words(value)) for name, value in written.items())
            secrets = secrets_in_words(profile) if profile is not None else ""
            mind = "; ".join(fault.words for fault in parsed.warnings)
            head = f"Writes profiles/{proposal.name}.toml, readable by you alone"
            return DetailView(
                kind,
                head,
                (*renamed, *fields, ("secrets", secrets), ("mind", mind)),
                label_cells=_LABEL_CELLS,
            )


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {item}" for name, item in value.items())
    return str(value)
