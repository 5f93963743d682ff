"""Which profile a verb works with that needs exactly one."""

from __future__ import annotations

from lktui.commands.diagnostics import misused
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.invocation import Invocation
from lktui.store.profiles import ProfileStore


def chosen_profile(invocation: Invocation, verb: str) -> Profile:
    """Give the profile that `--profile` names, or the only one there is, with its API key.

    Raises:
        PortError: There is none or more than one, it has faults, or it has no API key.
    """
    store = ProfileStore(invocation.paths, invocation.env)
    name = invocation.profile
    if not name:
        names = [file.name for file in store.list()]
        if len(names) != 1:
            known = ", ".join(names[:8]) or "none; see `lktui profiles add --help`"
            what = "No profile named: which server?"
            cause = f"--profile NAME chooses one; known are {known}"
            raise PortError(misused(what, cause=cause, verb=verb))
        name = names[0]
    profile = store.get(name)
    if not profile.has_key:
        raise PortError(problem(ProblemCode.NO_API_KEY, subject=profile.name))
    return profile
