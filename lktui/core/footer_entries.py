"""What of the registry stands in the footer, and in which order."""

from __future__ import annotations

from collections.abc import Iterable

from lktui.core.action_types import Scope, View
from lktui.core.actions import ACTIONS, ActionId, key_of, of_scopes, shown_key

_WITH_MARKS = (
    ActionId.ROOMS_MARK_ALL,
    ActionId.CLEANUP_MARK_ALL,
    ActionId.ORPHANS_MARK_ALL,
    ActionId.PAST_MARK_ALL,
    ActionId.COPY,
    ActionId.PAST_COPY,
    ActionId.FILTER,
    ActionId.PAST_FILTER,
    ActionId.ORPHANS_CLOSE,
)
"""What is of use besides what acts on the marks."""


def footer_entries(scopes: Iterable[Scope], view: View) -> tuple[tuple[str, str], ...]:
    """Give key and title of what belongs into the footer, by rank.

    What is the thing to do comes first, what is impossible on this row last; where there are no
    rows that is left out. With marks: what acts on them, and how they go.
    """
    if view.marks:
        return _entries_with_marks(scopes, view.marks)
    ranked = [
        (action.unavailable(view) is not None, not action.eager(view), action.rank, action)
        for action in of_scopes(scopes)
        if action.rank
    ]
    ranked.sort(key=lambda place: place[:3])
    return tuple(
        (shown_key(action.keys[0]), action.title)
        for impossible, _, _, action in ranked
        if view.rows or not impossible
    )


def _entries_with_marks(scopes: Iterable[Scope], marks: int) -> tuple[tuple[str, str], ...]:
    here = of_scopes(scopes)
    bulk = sorted((action for action in here if action.bulk), key=lambda a: a.rank)
    rest = [ACTIONS[name] for name in _WITH_MARKS if ACTIONS[name] in here]
    return (
        *((shown_key(action.keys[0]), f"{action.title} {marks} marked") for action in bulk),
        (key_of(ActionId.BACK), "Unmark"),
        *((shown_key(action.keys[0]), action.title) for action in rest),
    )


def help_entry(*, typing: bool) -> tuple[str, str]:
    """Give the footer's last entry; while typing the help key is a character."""
    keys = (ActionId.BACK, ActionId.HELP) if typing else (ActionId.HELP,)
    return " ".join(key_of(key) for key in keys), ACTIONS[ActionId.HELP].title
