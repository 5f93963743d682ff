"""Why something cannot be done with profiles now, and what is asked before: pure, of a View."""

from __future__ import annotations

from lktui.core import action_reasons
from lktui.core.action_types import Effect, Question, View

MANY = 5
"""More conversations than these are not begun by one key alone."""


def is_first_run(view: View) -> bool:
    """Without a row, the ways to get a first profile come first."""
    return not view.rows


def no_demo(view: View) -> str | None:
    """The demo takes the whole terminal, so nobody would see what the agents say."""
    return "a conversation goes on" if view.talking else None


def no_import(view: View) -> str | None:
    """Something has to be marked."""
    return None if view.chosen else "nothing is marked"


def no_edit(view: View) -> str | None:
    """The environment's profile is no file, and what is no TOML has no fields."""
    return no_editor(view)


def no_editor(view: View) -> str | None:
    """There has to be a file."""
    if not view.profile_name:
        return "there is no profile"
    return "it comes from the environment" if view.profile_name == "env" else None


def no_clone(view: View) -> str | None:
    """A copy is made of something."""
    return None if view.profile_name else "there is no profile"


def ask_leave_form(view: View) -> Question | None:
    """Ask only where something was typed."""
    if not view.unsaved:
        return None
    effects = tuple(Effect(name, "is not saved", harms=True) for name in view.unsaved)
    return Question("leave without saving?", effects, "Leave without saving")


def no_start(view: View) -> str | None:
    """Of the marked profiles one has to be usable."""
    if not view.marks or not view.engine_runs:
        return action_reasons.no_start(view)
    return None if view.profiles else "none of the marked can be used"


def ask_start(view: View) -> Question | None:
    """Ask before many conversations at once."""
    if len(view.profiles) <= MANY:
        return None
    effects = tuple(Effect(name, "a conversation begins") for name in view.profiles)
    count = f"{len(effects)} conversations"
    return Question(f"start {count}?", effects, f"Start {count}")
