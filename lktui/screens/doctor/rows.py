"""Findings as rows, as stories and as text to be copied."""

from __future__ import annotations

from lktui.core.doctor import KINDS, CheckState, Finding, count
from lktui.core.signs import GLYPHS
from lktui.widgets.columns import Column
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import STYLES, Part, state
from lktui.widgets.list_table import Cell, Row

COLUMNS = (
    Column("state", 9, 9, gap=1),
    Column("check", 9, 9),
    Column("found", 56, 95, elastic=True),
)
_QUIET = (CheckState.OK, CheckState.SKIPPED, CheckState.RUNNING)


def row_of(found: Finding) -> Row:
    """Make a finding's row."""
    return Row(
        found.check.value,
        (
            Cell(f"{GLYPHS[found.kind]} {found.state.value}", STYLES[found.kind]),
            Cell(found.check.value),
            Cell(found.detail, "$muted" if found.state in _QUIET else "$foreground"),
        ),
    )


def story_of(found: Finding) -> DetailView:
    """Tell what a finding means and what is to be done."""
    known = found.problem
    if known is None:
        return DetailView(
            kind=found.kind,
            headline=found.detail or found.state.value,
            labels=(("seen", "; ".join(found.seen)),),
        )
    return DetailView(
        kind=found.kind,
        headline=known.summary,
        labels=(
            ("seen", "; ".join(found.seen) or found.detail),
            ("cause", known.cause),
            ("do", known.resolution),
        ),
    )


def text_of(found: Finding) -> str:
    """Write a finding for somebody who is to mend it."""
    lines = [f"{found.check.value}: {found.state.value}: {found.detail}", *found.seen]
    if found.problem is not None:
        lines += [found.meaning, found.problem.cause, found.problem.resolution]
    return "\n".join(line for line in lines if line)


def tally_of(findings: tuple[Finding, ...]) -> list[Part]:
    """Count checks by state, as the status line does."""
    parts: list[Part] = [f"{len(findings)} checks"]
    for which, number in count(findings).items():
        if number:
            parts += ["  ", state(KINDS[which], f"{number} {which.value}")]
    return parts
