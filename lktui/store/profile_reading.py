"""One profile's file, read: what it holds, or the faults that keep it from being used."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import msgspec

from lktui.core.faults import Fault
from lktui.core.profile import Profile, Secret
from lktui.core.profile_fields import FIELDS, Parsed, parse, spellings_of
from lktui.core.sanitize import clean
from lktui.store.profile_file import ENV_NAME, SUFFIX, ProfileFile

_MAX_BYTES = 1 << 18
_SHARED = 0o077
_PLACE = re.compile(r"\(at line (\d+), column \d+\)$")
_AT_END = "(at end of document)"
_TOO_MANY_DIGITS = re.compile(rb"[0-9_]{4300}")
_QUOTES_CONTENT = re.compile(r"""\(|'[^']{2,}'|"[^"]{2,}\"""")


def reserved_name_faults(name: str) -> tuple[Fault, ...]:
    """Give the fault of a name that no file may have; nothing for any other name."""
    if name != ENV_NAME:
        return ()
    cause = f"“{ENV_NAME}” is the profile that the LIVEKIT_ variables make"
    return (Fault("name", cause, "Take another name"),)


def read_profile(path: Path) -> ProfileFile:
    """Read a file; one that cannot be used has its faults."""
    name = clean(path.name.removesuffix(SUFFIX))
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
        return _broken(name, path, _syntax_fault(error, content), mode)
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


def _syntax_fault(error: Exception, content: bytes) -> Fault:
    """Say where TOML ends to be TOML; what the parser quotes may be a secret and is left out."""
    message = str(error) if isinstance(error, tomllib.TOMLDecodeError) else ""
    reason = _PLACE.sub("", message).removesuffix(_AT_END).strip()
    if isinstance(error, UnicodeDecodeError):
        reason = "the file is not UTF-8 text"
    cause = "the file is not valid TOML"
    if reason and not _QUOTES_CONTENT.search(reason):
        cause += f": {clean(reason, limit=80)}"
    line = _line_of_error(error, message, content)
    return Fault("", cause, 'Write lines like name = "value"', line)


def _line_of_error(error: Exception, message: str, content: bytes) -> int:
    """Find the line that the parser means; 0 where nothing tells of one."""
    if isinstance(error, UnicodeDecodeError):
        return content.count(b"\n", 0, error.start) + 1
    if message.endswith(_AT_END):
        return content.rstrip().count(b"\n") + 1
    place = _PLACE.search(message)
    if place:
        return int(place[1])
    digits = _TOO_MANY_DIGITS.search(content)
    return content.count(b"\n", 0, digits.start()) + 1 if digits else 0


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
