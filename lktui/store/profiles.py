"""The profiles folder: one TOML file for each profile, and the profile that the environment makes.

A file that cannot be used is listed with its faults and never hides the others.
"""

from __future__ import annotations

import re
import stat
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from lktui.core.faults import Fault
from lktui.core.nearest import nearest
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.profile import Profile, Secret
from lktui.core.profile_fields import FIELDS, Parsed, parse, spellings_of, to_fields
from lktui.core.sanitize import clean
from lktui.store.files import create_atomically, make_private_folder
from lktui.store.paths import Paths

ENV_NAME = "env"
"""The name of the profile made from the environment; no file may have it."""

_SUFFIX = ".toml"
_MAX_BYTES = 1 << 18
_SHARED = 0o077
_PLACE = re.compile(r"\(at line (\d+), column \d+\)$")
_QUOTES_CONTENT = re.compile(r"""\(|'[^']{2,}'|"[^"]{2,}\"""")


class ProfileFile(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the list: a file, or the environment."""

    name: str
    """The file's stem, sanitised; of a file whose stem is reserved the whole name."""
    path: Path | None = None
    """None for the profile of the environment."""
    profile: Profile | None = None
    """None if there are faults."""
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    mode: int = 0
    """Permissions of the file; 0 if not known."""

    @property
    def where(self) -> str:
        """What a person has to mend: `the file …`, or the environment."""
        return f"the file {clean(str(self.path))}" if self.path else "the LIVEKIT_ variables"


class ProfileStore:
    """Reads and writes profiles; every call looks at the disk anew."""

    def __init__(self, paths: Paths, env: Mapping[str, str]) -> None:
        self._folder = paths.profiles_dir
        self._env = env

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    def list(self) -> tuple[ProfileFile, ...]:
        """Read all profiles, broken ones too, in the order of their names.

        Raises:
            PortError: `config_unusable`: the folder itself cannot be read.
        """
        found = [_read(path) for path in self._files()]
        environment = _of_environment(self._env)
        if environment is not None:
            found.append(environment)
        return tuple(sorted(found, key=lambda file: (file.name.casefold(), file.name)))

    def find(self, name: str) -> ProfileFile:
        """Give the entry of this name, broken or not.

        Raises:
            PortError: `profile_missing`, with the closest name; `config_unusable`.
        """
        entries = self.list()
        for entry in entries:
            if entry.name == name:
                return entry
        near = nearest(name, (entry.name for entry in entries))
        hint = f"; the closest is “{near}”" if near else ""
        if name == ENV_NAME:
            hint = "; LIVEKIT_URL, which would make it, is not set"
        name = clean(name, limit=64)
        raise PortError(problem(ProblemCode.PROFILE_MISSING, name=name, nearest=hint, subject=name))

    def get(self, name: str) -> Profile:
        """Give a profile that can be used.

        Raises:
            PortError: `profile_missing`; `profile_invalid`, with all faults; `config_unusable`.
        """
        entry = self.find(name)
        if entry.profile is None:
            raise PortError(invalid(entry))
        return entry.profile

    def add(self, profile: Profile) -> Path:
        """Write a new profile and give its file; an existing one is never overwritten.

        Raises:
            PortError: `profile_exists`, `profile_invalid` for a name that no file may have,
                `config_unusable`.
        """
        path = self._folder / f"{profile.name}{_SUFFIX}"
        faults = (
            reserved_name_faults(profile.name) or parse(profile.name, to_fields(profile)).faults
        )
        if faults:
            raise PortError(invalid(ProfileFile(name=profile.name, path=path, faults=faults)))
        for folder in (self._folder.parent, self._folder):
            if not folder.is_dir():
                make_private_folder(folder, code=ProblemCode.CONFIG_UNUSABLE)
        import tomli_w  # noqa: PLC0415 - a start that only reads does without

        text = tomli_w.dumps(to_fields(profile))
        if not create_atomically(path, text, code=ProblemCode.CONFIG_UNUSABLE):
            name = clean(profile.name)
            raise PortError(problem(ProblemCode.PROFILE_EXISTS, name=name, subject=name))
        return path

    def remove(self, name: str) -> Path:
        """Delete a profile's file and give the path it had.

        Raises:
            PortError: `profile_missing`; `config_unusable`; `usage` for the environment's profile,
                which has no file.
        """
        path = self.find(name).path
        if path is None:
            raise PortError(_without_file())
        try:
            path.unlink()
        except OSError as error:
            raise PortError(_unusable(path, error)) from error
        return path

    def _files(self) -> Sequence[Path]:
        try:
            names = sorted(self._folder.iterdir())
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise PortError(_unusable(self._folder, error)) from error
        # A leading dot: temporary files, ours and those of editors.
        return [path for path in names if path.suffix == _SUFFIX and path.name[0] != "."]


def invalid(entry: ProfileFile) -> Problem:
    """Make the Problem of an entry with faults; it names them all."""
    return problem(
        ProblemCode.PROFILE_INVALID,
        name=entry.name,
        faults="; ".join(fault.words for fault in entry.faults),
        where=entry.where,
        subject=entry.name,
    )


def reserved_name_faults(name: str) -> tuple[Fault, ...]:
    """Give the fault of a name that no file may have; nothing for any other name."""
    if name != ENV_NAME:
        return ()
    cause = f"“{ENV_NAME}” is the profile that the LIVEKIT_ variables make"
    return (Fault("name", cause, "Take another name"),)


def _read(path: Path) -> ProfileFile:
    name = clean(path.name.removesuffix(_SUFFIX))
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return _broken(name, path, Fault("", "this is no plain file", "Remove or rename it"))
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        cause = f"the file cannot be read: {error.strerror or 'the system refuses it'}"
        return _broken(name, path, Fault("", cause, "Mend its permissions, or remove it"))
    if len(content) > _MAX_BYTES:
        cause = f"the file is larger than {_MAX_BYTES >> 10} KiB"
        return _broken(name, path, Fault("", cause, "Shorten it; it is no profile"))
    mode = stat.S_IMODE(found.st_mode)
    try:
        text = content.decode("utf-8-sig")
        raw = tomllib.loads(text)
    # A ValueError is also what tomllib lets through of a number with thousands of digits.
    except (ValueError, RecursionError) as error:
        return _broken(name, path, _syntax_fault(error), mode)
    parsed = parse(name, raw)
    entry = ProfileFile(
        name=name,
        path=path,
        profile=parsed.profile,
        faults=_with_lines(parsed.faults, text),
        warnings=_with_lines(parsed.warnings, text) + _exposed(path, mode, parsed),
        mode=mode,
    )
    reserved = reserved_name_faults(name)
    if not reserved:
        return entry
    # Under its full name: the environment's profile may be in the same list.
    return msgspec.structs.replace(
        entry, name=path.name, profile=None, faults=reserved + entry.faults
    )


def _broken(name: str, path: Path, fault: Fault, mode: int = 0) -> ProfileFile:
    return ProfileFile(name=name, path=path, faults=(fault,), mode=mode)


def _syntax_fault(error: Exception) -> Fault:
    """Say where TOML ends to be TOML; what the parser quotes may be a secret and is left out."""
    message = str(error) if isinstance(error, tomllib.TOMLDecodeError) else ""
    place = _PLACE.search(message)
    reason = _PLACE.sub("", message).removesuffix("(at end of document)").strip()
    if isinstance(error, UnicodeDecodeError):
        reason = "the file is not UTF-8 text"
    cause = "the file is not valid TOML"
    if reason and not _QUOTES_CONTENT.search(reason):
        cause += f": {clean(reason, limit=80)}"
    line = int(place[1]) if place else 0
    return Fault("", cause, 'Write lines like name = "value"', line)


def _with_lines(faults: tuple[Fault, ...], text: str) -> tuple[Fault, ...]:
    return tuple(
        msgspec.structs.replace(fault, line=_line_of(fault.field, text)) for fault in faults
    )


def _line_of(field: str, text: str) -> int:
    """Find the line of a field's key; 0 unless exactly one line can be it."""
    keys = "|".join(re.escape(key) for key in spellings_of(field))
    pattern = re.compile(rf"""^\s*(?:\[\s*)?(["']?)(?:{keys})\1\s*[\].=]""")
    lines = [number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)]
    return lines[0] if len(lines) == 1 else 0


def _exposed(path: Path, mode: int, parsed: Parsed) -> tuple[Fault, ...]:
    """Warn of a file with literal secrets that others may read."""
    if not mode & _SHARED or parsed.profile is None or not _holds_literals(parsed.profile):
        return ()
    import shlex  # noqa: PLC0415 - the same

    command = clean(f"chmod 600 {shlex.quote(str(path))}")
    return (Fault("", "others on this machine may read its secrets", f"Run {command}"),)


def _holds_literals(profile: Profile) -> bool:
    held = [getattr(profile, field.name) for field in FIELDS if field.is_secret]
    found = [secret for secret in held if isinstance(secret, Secret)]
    found += [secret for _, secret in profile.token_headers]
    return any(secret.source and not secret.reference for secret in found)


def _of_environment(env: Mapping[str, str]) -> ProfileFile | None:
    """Make a profile of the LIVEKIT_ variables; secrets stay references to them."""
    url = env.get("LIVEKIT_URL", "")
    if not url:
        return None
    raw: dict[str, object] = {"url": url}
    if env.get("LIVEKIT_TOKEN") and not env.get("LIVEKIT_API_KEY"):
        raw |= {"auth_mode": "token", "token": "env:LIVEKIT_TOKEN"}
    else:
        for field in ("api_key", "api_secret"):
            variable = f"LIVEKIT_{field.upper()}"
            if env.get(variable):
                raw[field] = f"env:{variable}"
    if env.get("LIVEKIT_AGENT_NAME"):
        raw |= {"agent_name": env["LIVEKIT_AGENT_NAME"], "dispatch_mode": "explicit"}
    parsed = parse(ENV_NAME, raw)
    return ProfileFile(
        name=ENV_NAME, profile=parsed.profile, faults=parsed.faults, warnings=parsed.warnings
    )


def _unusable(path: Path, error: OSError) -> Problem:
    shown = clean(str(path))
    why = error.strerror or "the system refuses it"
    return problem(ProblemCode.CONFIG_UNUSABLE, path=shown, why=why, subject=shown)


def _without_file() -> Problem:
    return msgspec.structs.replace(
        problem(ProblemCode.USAGE, what=f"The profile “{ENV_NAME}” has no file to remove"),
        cause="the LIVEKIT_ variables make it",
        resolution="Unset LIVEKIT_URL",
    )
