"""What can be done with profiles: the rows of the registry for their list, import and form.

Their ids are the values of `ActionId`, which the registry checks.
"""

from __future__ import annotations

from lktui.core import action_reasons as why
from lktui.core import profile_reasons as why_profile
from lktui.core.action_types import Action, Danger, Scope

_A, _S = Action, Scope

PROFILE_ACTIONS: tuple[Action, ...] = (
    _A(id="profiles.use", keys=("enter",), title="Use", scope=_S.PROFILES, rank=1,
       help="use this profile for Rooms and new conversations", unavailable=why.no_use),
    _A(id="profiles.start", keys=("s",), title="Start", scope=_S.PROFILES, rank=2,
       help="start a conversation with this profile's agent", bulk=True,
       unavailable=why_profile.no_start, ask=why_profile.ask_start),
    _A(id="profiles.test", keys=("t",), title="Test", scope=_S.PROFILES, rank=3,
       help="look at all that this profile needs, one by one", unavailable=why.no_start),
    _A(id="profiles.add", keys=("a",), title="Add", scope=_S.PROFILES, rank=4,
       help="make a profile by hand, in a form"),
    _A(id="profiles.edit", keys=("e",), title="Edit", scope=_S.PROFILES, rank=5,
       help="change this profile, in a form", unavailable=why_profile.no_edit),
    _A(id="profiles.clone", keys=("c",), title="Clone", scope=_S.PROFILES, rank=10,
       help="make a new profile from a copy of this one", unavailable=why_profile.no_clone),
    _A(id="profiles.editor", keys=(), title="Open editor", scope=_S.PROFILES,
       help="open the profile's file in $EDITOR", unavailable=why_profile.no_editor),
    _A(id="profiles.delete", keys=("d",), title="Delete", scope=_S.PROFILES, rank=6,
       help="delete the profile's file; asks first", danger=Danger.DESTRUCTIVE,
       unavailable=why.no_profile_delete, ask=why.ask_profile_delete),
    _A(id="profiles.import", keys=("i",), title="Import", scope=_S.PROFILES, rank=7,
       help="from the lk command, a .env, a file or a paste", eager=why_profile.is_first_run),
    _A(id="profiles.environment", keys=("u",), title="Environment", scope=_S.PROFILES, rank=8,
       help="save what the LIVEKIT_ variables or a .env say", eager=why_profile.is_first_run),
    _A(id="profiles.demo", keys=("p",), title="Demo", scope=_S.PROFILES, rank=9,
       help="try a server and agents that come with lktui", eager=why_profile.is_first_run,
       unavailable=why_profile.no_demo),
    _A(id="profiles.mark", keys=("space",), title="Mark", scope=_S.PROFILES, rank=20,
       help="mark the profile and go down; again unmarks", unavailable=why.no_rows),
    _A(id="profiles.mark_all", keys=("*",), title="Mark all", scope=_S.PROFILES,
       help="mark all profiles in view", unavailable=why.no_rows),
    _A(id="profiles.sort", keys=("o",), title="Sort", scope=_S.PROFILES, rank=18,
       help="sort by the next column", unavailable=why.no_rows),
    _A(id="profiles.reverse", keys=("O",), title="Reverse", scope=_S.PROFILES,
       help="sort in the other direction", unavailable=why.no_rows),
    # --- the doctor
    _A(id="doctor.again", keys=("t",), title="Test again", scope=_S.DOCTOR, rank=1,
       help="test again, and ask for the agent too"),
    _A(id="doctor.edit", keys=("e",), title="Edit", scope=_S.DOCTOR, rank=2,
       help="change this profile, in a form", unavailable=why_profile.no_edit),
    _A(id="doctor.copy", keys=("y",), title="Copy", scope=_S.DOCTOR, rank=3,
       help="copy what was found, with what to do", unavailable=why.no_rows),
    _A(id="doctor.close", keys=("escape", "q"), title="Back", scope=_S.DOCTOR, rank=4,
       help="back to the profiles"),
    _A(id="doctor.help", keys=("?",), title="Help", scope=_S.DOCTOR,
       help="what can be done here, and why not"),
    # --- the form
    _A(id="form.save", keys=("enter",), title="Save", scope=_S.FORM, rank=1,
       help="write the profile, if it has no fault"),
    _A(id="form.next", keys=("tab", "down"), title="Next field", scope=_S.FORM, rank=2,
       help="to the next field"),
    _A(id="form.cancel", keys=("escape",), title="Cancel", scope=_S.FORM, rank=3,
       help="leave; asks if something would be lost", danger=Danger.DISRUPTIVE,
       ask=why_profile.ask_leave_form),
    _A(id="form.previous", keys=("shift+tab", "up"), title="Last field", scope=_S.FORM,
       help="to the field before"),
    _A(id="choice.next", keys=("right", "space"), title="Choose", scope=_S.CHOICE, rank=4,
       help="take the next choice"),
    _A(id="choice.previous", keys=("left",), title="Last choice", scope=_S.CHOICE,
       help="take the choice before"),
    # --- the import page
    _A(id="import.write", keys=("enter",), title="Import", scope=_S.IMPORT, rank=1,
       help="write the marked profiles", unavailable=why_profile.no_import),
    _A(id="import.mark", keys=("space",), title="Mark", scope=_S.IMPORT, rank=2,
       help="take this one too, or leave it out", unavailable=why.no_rows),
    _A(id="import.file", keys=("f",), title="From a file", scope=_S.IMPORT, rank=3,
       help="name a file: agent JSON, .env or lk's YAML"),
    _A(id="import.help", keys=("?",), title="Help", scope=_S.IMPORT,
       help="what can be done here, and why not"),
    _A(id="import.close", keys=("escape", "q"), title="Close", scope=_S.IMPORT, rank=4,
       help="write nothing and go back"),
    _A(id="path.read", keys=("enter",), title="Read", scope=_S.PATH, rank=1,
       help="read this file"),
    _A(id="path.leave", keys=("escape",), title="Cancel", scope=_S.PATH, rank=2,
       help="back to what was found"),
)  # fmt: skip
