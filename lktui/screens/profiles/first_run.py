"""What Profiles says while there is none: the ways to a first one, each with its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lktui.core.actions import ActionId, key_of
from lktui.core.livekit_variables import URL
from lktui.core.wrap import clip, fit
from lktui.widgets.drawing import Part

if TYPE_CHECKING:  # this is drawn first of all, and what finds them is imported after it
    from lktui.core.importing import Found
    from lktui.store.import_sources import Discovered

_WHAT_CELLS, _FOUND_CELLS = 28, 44
_MAX_NAMES = 3


def first_run(
    found: Discovered | None, *, has_demo: bool, folder: str
) -> tuple[tuple[Part, ...], ...]:
    """Offer the ways, and beside each what there is for it.

    Args:
        found: What was discovered; None as long as it is being looked for.
        has_demo: Whether the demo's parts are installed.
        folder: Of the profiles, as it is shown.
    """
    lk = _lk_in_words(found.lk) if found is not None else ""
    environment = _environment_in_words(found) if found is not None else ""
    demo = "a server and agents inside, no network"
    return (
        (("Talk to a LiveKit agent from this terminal.", "bold"),),
        (("A profile says which server and which agent. There is none yet.", "$muted"),),
        (),
        _way(ActionId.PROFILES_IMPORT, "import from the lk command", lk),
        _way(ActionId.PROFILES_ENVIRONMENT, "use the environment", environment),
        _way(
            ActionId.PROFILES_DEMO, "play with the demo", demo if has_demo else "needs lktui[demo]"
        ),
        _way(ActionId.PROFILES_ADD, "add one by hand", "URL, key, secret, agent name"),
        (),
        ((f"Profiles are files in {folder}, readable by you alone.", "$muted"),),
    )


def _way(action: ActionId, what: str, there: str) -> tuple[Part, ...]:
    return ((f"{key_of(action)}  ", "$key bold"), fit(what, _WHAT_CELLS), (there, "$muted"))


def _lk_in_words(found: Found | None) -> str:
    if found is None:
        return "none found; takes a file or a paste too"
    if found.faults:
        return f"{found.source}: {found.faults[0].words}"
    count = len(found.candidates)
    names = [one.name + " (default)" * one.is_default for one in found.candidates[:_MAX_NAMES]]
    if count > _MAX_NAMES:
        names.append("…")
    projects = "1 project" if count == 1 else f"{count} projects"
    return (
        clip(f"{projects} found: {', '.join(names)}", _FOUND_CELLS)
        if count
        else "no projects in it"
    )


def _environment_in_words(found: Discovered) -> str:
    if found.variables is not None:
        return f"{URL} is set"
    return f"{URL} is set in .env" if found.dotenv is not None else f"{URL} is not set"
