"""Profiles as rows and as stories: what is known of each, and what it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lktui.core.profile import AuthMode, DispatchMode, Profile
from lktui.core.signs import GLYPHS, UNKNOWN, StateKind, age, seconds
from lktui.core.verdict import Outcome
from lktui.store.profiles import ProfileFile
from lktui.widgets.columns import Column
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import STYLES
from lktui.widgets.list_table import Cell, Row

if TYPE_CHECKING:
    from lktui.core.events import ProfileOutcome
    from lktui.core.faults import Fault

COLUMNS = (
    Column("last outcome", 22, 24),
    Column("profile", 16, 22, cut="middle"),
    Column("agent", 12, 17, leave=5),
    Column("dispatch", 0, 8, leave=2),
    Column("auth", 0, 9, leave=1),
    Column("server", 15, 21, leave=4, elastic=True),
    Column("used", 4, 4, leave=3, align="right"),
    Column("tags", 0, 0),  # only for the filter and for copies: `#eu` finds them
)
_BY_URGENCY = (StateKind.FAILED, StateKind.WARNING, StateKind.WAITING, StateKind.STALE)
"""How rows are sorted by outcome: what needs somebody first; the rest follows."""


def faults_in_words(count: int) -> str:
    """Count faults: `1 fault in the file`, `2 faults in the file`."""
    return f"{count} fault{'' if count == 1 else 's'} in the file"


def outcome_in_words(file: ProfileFile, outcome: ProfileOutcome | None) -> tuple[StateKind, str]:
    """Say how the last session of a profile went."""
    if file.profile is None:
        return StateKind.WARNING, faults_in_words(len(file.faults))
    if outcome is None:
        return StateKind.OVER, "never tried"
    found = outcome.diagnosis
    if found.code is Outcome.READY and found.ready_s is not None:
        return found.kind, f"ready {seconds(found.ready_s)}"
    return found.kind, "ready" if found.code is Outcome.READY else found.words


def row_of(
    file: ProfileFile, outcome: ProfileOutcome | None, now: float, *, marked: bool = False
) -> Row:
    """Make a profile's row.

    Args:
        file: The profile.
        outcome: Of its last session.
        now: Wall-clock seconds.
        marked: Whether it is one of several that something is to be done with.
    """
    kind, words = outcome_in_words(file, outcome)
    profile = file.profile
    used = now - outcome.wall if outcome is not None else None
    host = profile.host if profile is not None else UNKNOWN
    return Row(
        file.name,
        (
            Cell(f"{GLYPHS[kind]} {words}", STYLES[kind], f"{_urgency(kind)} {words}"),
            Cell(file.name, sort=file.name),
            Cell(agent_of(profile), sort=agent_of(profile)),
            Cell(profile.dispatch_mode if profile else UNKNOWN, "$muted"),
            Cell(_auth_of(profile), "$muted", _auth_of(profile)),
            Cell(host, "$muted", host),
            Cell(age(used) if used is not None else UNKNOWN, "$muted", used),
            Cell(tags_of(profile)),
        ),
        marked=marked,
    )


def _urgency(kind: StateKind) -> int:
    return _BY_URGENCY.index(kind) if kind in _BY_URGENCY else len(_BY_URGENCY)


def tags_of(profile: Profile | None) -> str:
    """Write a profile's tags: `#eu #prod`."""
    return " ".join(f"#{tag}" for tag in profile.tags) if profile is not None else ""


def agent_of(profile: Profile | None) -> str:
    """Say which agent a profile is for."""
    if profile is None:
        return UNKNOWN
    if profile.agent_name:
        return profile.agent_name
    token = profile.auth_mode is AuthMode.TOKEN
    return "by the token" if token and profile.dispatch_mode is DispatchMode.EXPLICIT else "any"


def _auth_of(profile: Profile | None) -> str:
    if profile is None:
        return UNKNOWN
    if profile.auth_mode is AuthMode.API:
        return "api key"
    return "token url" if profile.token_url else "token"


def story_of(file: ProfileFile, outcome: ProfileOutcome | None) -> DetailView:
    """Tell what is known of a profile."""
    if file.profile is None:
        return DetailView(
            kind=StateKind.WARNING,
            headline=faults_in_words(len(file.faults)).capitalize(),
            labels=(
                ("seen", "; ".join(fault.words for fault in file.faults)),
                ("do", "; ".join(_remedies(file.faults))),
                ("file", _place_of(file)),
            ),
        )
    found = outcome.diagnosis if outcome is not None else None
    kind, headline = StateKind.OVER, "Never tried"
    if found is not None:
        kind, headline = found.kind, found.summary
    return DetailView(
        kind=kind,
        headline=headline,
        labels=(
            ("seen", "; ".join(found.seen) if found else ""),
            ("cause", found.cause if found else ""),
            ("do", found.resolution if found else ""),
            ("mind", "; ".join(fault.words for fault in file.warnings)),
            ("is", "  ".join(filter(None, (file.profile.description, tags_of(file.profile))))),
            ("can", _abilities(file.profile, refused=_is_refused(outcome))),
            ("file", _place_of(file)),
        ),
    )


def _remedies(faults: tuple[Fault, ...]) -> list[str]:
    return list(dict.fromkeys(fault.resolution for fault in faults))


def _is_refused(outcome: ProfileOutcome | None) -> bool:
    return outcome is not None and outcome.diagnosis.code is Outcome.AUTH_FAILED


def _abilities(profile: Profile, *, refused: bool) -> str:
    if profile.capabilities.list_rooms:
        once = ", once the key is accepted" if refused else ""
        return f"start, dispatch, list and delete rooms{once}"
    return "start; without an API key it can neither list rooms, nor see dispatches, nor delete"


def _place_of(file: ProfileFile) -> str:
    """Say where a profile is written, and where its key comes from."""
    if file.path is None:
        return "none: it is made from the LIVEKIT_ variables of the environment"
    parts = [f"{file.path.parent.name}/{file.name}.toml"]
    if file.mode:
        parts.append(f"{file.mode:04o}")
    profile = file.profile
    if profile is not None and profile.api_secret is not None and profile.api_secret.reference:
        parts.append(f"secret from {profile.api_secret.reference}")
    return ", ".join(parts)
