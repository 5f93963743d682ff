"""What other tools know of LiveKit projects, turned into profiles that could be written.

Pure and read-only: nothing is written here, and no fault quotes a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec

from lktui.core.faults import Fault
from lktui.core.livekit_variables import URL, fields_of_variables
from lktui.core.profile import Profile
from lktui.core.profile_fields import FIELDS, Parsed, is_profile_name, parse, spellings_of
from lktui.core.sanitize import clean

MAX_FOUND = 500
"""Projects of one source that are looked at."""
_RESERVED = "env"
_NOT_IN_NAMES = re.compile(r"[^\w.-]+")
_NAME_CELLS = 60
_ASSIGNMENT = re.compile(r"\s*(?:export\s+)?(LIVEKIT_\w+)\s*=\s*(.*)", re.ASCII)
_QUOTED = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))", re.ASCII)
_PROVIDER = "livekit"


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One profile that could be written."""

    name: str
    """As in its source, or the nearest that a file may have."""
    source: str
    """Where it was found, sanitised."""
    parsed: Parsed
    is_default: bool = False
    """Whether the source marks it as the one to use."""
    called: str = ""
    """Its name in the source, sanitised, where that could not be kept."""
    is_named: bool = True
    """Whether the source names it; another name is as good where it does not."""


class Found(msgspec.Struct, frozen=True):
    """What one source holds."""

    source: str
    candidates: tuple[Candidate, ...] = ()
    faults: tuple[Fault, ...] = ()
    """Why nothing, or not everything, could be read."""


class State(StrEnum):
    """What an import would do with a candidate."""

    NEW = "new"
    SAME = "there already"
    TAKEN = "name taken"
    FAULTY = "faults"


class Proposal(msgspec.Struct, frozen=True):
    """A candidate and what would become of it."""

    candidate: Candidate
    state: State

    @property
    def name(self) -> str:
        """The profile's name."""
        return self.candidate.name

    @property
    def profile(self) -> Profile | None:
        """What would be written; None if it has faults."""
        return self.candidate.parsed.profile


# --- sources ---------------------------------------------------------------------------------


def of_lk_config(content: object, source: str) -> Found:
    """Read the projects of the lk command's configuration, its default first.

    Args:
        content: The decoded YAML: `default_project` and a list `projects` of name, url, api_key
            and api_secret (livekit-cli, pkg/config/config.go).
        source: Where it is from.
    """
    projects = content.get("projects") if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or not isinstance(projects or [], list):
        fault = Fault("", "it holds no list of projects", "Look at it with `lk project list`")
        return Found(source, faults=(fault,))
    chosen = content.get("default_project")
    candidates = [
        _candidate(
            project.get("name"),
            {key: project[key] for key in ("url", "api_key", "api_secret") if project.get(key)},
            source,
            is_default=bool(chosen) and project.get("name") == chosen,
        )
        for project in (projects or [])[:MAX_FOUND]
        if isinstance(project, Mapping)
    ]
    return Found(source, tuple(sorted(candidates, key=lambda one: not one.is_default)))


def of_variables(env: Mapping[str, str], source: str) -> Found:
    """Read the LIVEKIT_ variables of the environment; secrets stay references to them."""
    fields = fields_of_variables(env, by_reference=True)
    return Found(source, (_candidate(None, fields, source),) if fields else ())


def of_dotenv(text: str, source: str) -> Found:
    """Read the LIVEKIT_ lines of a .env file: `export`, quotes and comments as shells have them."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        if match := _ASSIGNMENT.fullmatch(line):
            values[match[1]] = _unquoted(match[2])
    fields = fields_of_variables(values, by_reference=False)
    if fields:
        return Found(source, (_candidate(None, fields, source),))
    fault = Fault("", f"no line sets {URL}", f"Write {URL}=wss://HOST into it")
    return Found(source, faults=(fault,))


def of_agents(content: object, source: str) -> Found:
    """Read agents in Preclinical's JSON: one, a list of them, or the `config` of one alone.

    Args:
        content: The decoded JSON.
        source: Where it is from.
    """
    if isinstance(content, Mapping) and isinstance(content.get("agents"), list):
        content = content["agents"]
    agents = content if isinstance(content, list) else [content]
    candidates: list[Candidate] = []
    faults: list[Fault] = []
    for number, agent in enumerate(agents[:MAX_FOUND], 1):
        which = f"agent {number}" if len(agents) > 1 else "it"
        config = agent.get("config", agent) if isinstance(agent, Mapping) else None
        if not isinstance(agent, Mapping) or not isinstance(config, Mapping):
            faults.append(Fault("", f"{which} is no agent", "Give an object with a config"))
        elif str(agent.get("provider", _PROVIDER)).casefold() != _PROVIDER:
            faults.append(
                Fault("provider", f"{which} is not for LiveKit", 'Take one with "livekit"')
            )
        else:
            candidates.append(_candidate_of_agent(agent, config, source))
    return Found(source, tuple(candidates), tuple(faults))


def _candidate_of_agent(
    agent: Mapping[str, object], config: Mapping[str, object], source: str
) -> Candidate:
    own = ("provider", "name")
    fields = {str(key): value for key, value in config.items() if key not in own}
    names = [agent.get("name"), *(config.get(key) for key in ("name", *spellings_of("agent_name")))]
    return _candidate(next((name for name in names if name), None), fields, source)


def _unquoted(text: str) -> str:
    text = text.strip()
    quoted = _QUOTED.match(text)
    if quoted is None:
        return re.split(r"\s#", text, maxsplit=1)[0].strip()
    single, double = quoted[1], quoted[2]
    return single if single is not None else re.sub(r"\\(.)", r"\1", double)


_SECRETS = frozenset(
    spelling for field in FIELDS if field.is_secret for spelling in field.spellings
)


def _candidate(
    called: object, fields: Mapping[str, object], source: str, *, is_default: bool = False
) -> Candidate:
    """Make a candidate; a secret that is `$NAME` there becomes a reference here."""
    fields = {
        key: _VARIABLE.sub(r"env:\1\2", value)
        if key in _SECRETS and isinstance(value, str) and _VARIABLE.fullmatch(value)
        else value
        for key, value in fields.items()
    }
    given = str(called) if called else ""
    name = _name_of(given) or _name_of_url(fields.get("url"))
    return Candidate(
        name=name,
        source=source,
        parsed=parse(name, fields),
        is_default=is_default,
        called=clean(given, limit=_NAME_CELLS) if given and given != name else "",
        is_named=bool(given),
    )


def _name_of(text: str) -> str:
    """Give the nearest name that a profile may have; empty if nothing of it can stay."""
    if is_profile_name(text) and text != _RESERVED:
        return text
    name = _NOT_IN_NAMES.sub("-", text).strip("-.")[:_NAME_CELLS]
    if name == _RESERVED:
        name = f"{_RESERVED}-profile"
    return name if is_profile_name(name) else ""


def _name_of_url(url: object) -> str:
    try:
        host = urlsplit(url).hostname or "" if isinstance(url, str) else ""
    except ValueError:
        host = ""
    if not host or host == "localhost" or host.replace(".", "").isdigit() or ":" in host:
        return "local"
    return _name_of(host.partition(".")[0]) or "imported"


def secrets_in_words(profile: Profile) -> str:
    """Say which secrets would be copied; empty where references tell all themselves.

    A file that holds more than the secret cannot be referred to, and a variable that only a .env
    sets is not set where lktui runs.
    """
    single = {
        "api_key": profile.api_key, "api_secret": profile.api_secret, "token": profile.token,
    }  # fmt: skip
    copied = [name for name, secret in single.items() if secret and not secret.reference]
    if any(not secret.reference for _, secret in profile.token_headers):
        copied.append("token_headers")
    if not copied:
        return ""
    return f"copied: {', '.join(copied)}; what changes there later is not followed"


# --- what would become of them ---------------------------------------------------------------


def propose(
    candidates: Iterable[Candidate], existing: Mapping[str, Profile | None]
) -> tuple[Proposal, ...]:
    """Say what an import would write; nothing that exists is ever overwritten.

    Args:
        candidates: In the order in which names are given away.
        existing: Profiles by name; None for a file with faults.
    """
    known = dict(existing)
    proposals: list[Proposal] = []
    for candidate in candidates:
        found = _proposal(candidate, known)
        proposals.append(found)
        if found.state is State.NEW:
            known[found.name] = found.profile
    return tuple(proposals)


def _proposal(candidate: Candidate, known: Mapping[str, Profile | None]) -> Proposal:
    profile = candidate.parsed.profile
    if profile is None:
        return Proposal(candidate, State.FAULTY)
    if candidate.is_named:
        if candidate.name not in known:
            return Proposal(candidate, State.NEW)
        same = known[candidate.name] == profile
        return Proposal(candidate, State.SAME if same else State.TAKEN)
    for name, other in known.items():
        if other is not None and msgspec.structs.replace(other, name=profile.name) == profile:
            named = msgspec.structs.replace(candidate, name=name)
            return Proposal(named, State.SAME)
    free = free_name(candidate.name, known)
    parsed = msgspec.structs.replace(
        candidate.parsed, profile=msgspec.structs.replace(profile, name=free)
    )
    return Proposal(msgspec.structs.replace(candidate, name=free, parsed=parsed), State.NEW)


def free_name(name: str, known: Iterable[str]) -> str:
    """Give this name, or the first of `name-2`, `name-3`, … that nobody has."""
    taken = frozenset(known)
    if name not in taken:
        return name
    numbered = (f"{name[:_NAME_CELLS]}-{number}" for number in range(2, len(taken) + 3))
    return next(one for one in numbered if one not in taken)
