"""The profiles folder: one TOML file for each profile, and the profile that the environment makes.

A file that cannot be used is listed with its faults and never hides the others.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lktui.core.livekit_variables import fields_of_variables
from lktui.core.nearest import nearest
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.sanitize import clean
from lktui.store.files import create_atomically, make_private_folder, replace_atomically
from lktui.store.paths import Paths
from lktui.store.profile_file import ENV_NAME, SUFFIX, ProfileFile

if TYPE_CHECKING:
    from lktui.core.faults import Fault
    from lktui.core.profile import Profile

__all__ = ["ENV_NAME", "ProfileFile", "ProfileStore", "invalid"]


class ProfileStore:
    """Reads and writes profiles; every call looks at the disk anew."""

    def __init__(self, paths: Paths, env: Mapping[str, str]) -> None:
        self._folder = paths.profiles_dir
        self._env = env

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    @property
    def env(self) -> Mapping[str, str]:
        """The environment, to which profiles may refer."""
        return self._env

    def list(self) -> tuple[ProfileFile, ...]:
        """Read all profiles, broken ones too, in the order of their names.

        Raises:
            PortError: `config_unusable`: the folder itself cannot be read.
        """
        found: list[ProfileFile] = []
        if files := self._files():
            from lktui.store.profile_reading import read_profile  # noqa: PLC0415 - not without any

            found = [read_profile(path) for path in files]
        environment = _of_environment(self._env)
        if environment is not None:
            found.append(environment)
        return tuple(sorted(found, key=lambda file: (file.name.casefold(), file.name)))

    def stamp(self) -> frozenset[tuple[str, int, int, int]]:
        """Give what differs as soon as a file is written, removed or renamed, by whomever."""
        try:
            with os.scandir(self._folder) as entries:
                return frozenset(_stamp_of(e) for e in entries if e.name.endswith(SUFFIX))
        except OSError:  # what is wrong with the folder is said when the profiles are listed
            return frozenset()

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
        from lktui.core.profile_fields import parse, to_fields  # noqa: PLC0415 - not at first paint
        from lktui.store.profile_reading import reserved_name_faults  # noqa: PLC0415 - the same

        path = self._folder / f"{profile.name}{SUFFIX}"
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
            raise PortError(_exists(profile.name))
        return path

    def values(self, name: str) -> dict[str, object]:
        """Give what a profile's file holds by the fields' names, also where it has faults.

        Raises:
            PortError: `profile_missing`; `profile_invalid` for a file that is no TOML; `usage` for
                the environment's profile; `config_unusable`.
        """
        from lktui.store.profile_edits import values_of  # noqa: PLC0415 - only who changes a file

        path = self.file_of(name)
        try:
            return values_of(tomllib.loads(_text_of(path)))
        except (ValueError, RecursionError) as error:
            raise PortError(invalid(self.find(name))) from error

    def change(
        self,
        name: str,
        changes: Mapping[str, object],
        was: Mapping[str, object],
        *,
        new_name: str = "",
    ) -> Path:
        """Change fields of a file and give its path; comments and unknown keys stay.

        Two who save at once change one after the other, each only what it has changed.

        Args:
            name: Of the file.
            changes: New values by the fields' names; None removes.
            was: What the fields held when the changes were begun.
            new_name: What the profile is to be called; empty: as before.

        Raises:
            PortError: `profile_missing`; `profile_exists` for the new name; `profile_invalid`: the
                file cannot be changed so, or one of the fields was changed meanwhile;
                `config_unusable`. The file is as it was.
        """
        from lktui.store.profile_edits import EditError, edited  # noqa: PLC0415 - as above
        from lktui.store.saving import saving_in  # noqa: PLC0415 - as above

        path = self.file_of(name)
        renamed = path.with_name(f"{new_name or name}{SUFFIX}")
        try:
            with saving_in(self._folder):
                text = edited(_text_of(path), changes, was)
                if renamed == path:
                    replace_atomically(path, text, code=ProblemCode.CONFIG_UNUSABLE)
                    return path
                if not create_atomically(renamed, text, code=ProblemCode.CONFIG_UNUSABLE):
                    raise PortError(_exists(new_name))
                path.unlink()
                return renamed
        except OSError as error:
            self.find(name)  # if it has gone meanwhile, that is what is wrong
            raise PortError(_unusable(path, error)) from error
        except UnicodeDecodeError as error:
            raise PortError(invalid(self.find(name))) from error
        except EditError as error:
            raise PortError(_not_saved(name, error.faults[0])) from error

    def file_of(self, name: str) -> Path:
        """Give a profile's file, whatever is in it.

        Raises:
            PortError: `profile_missing`; `usage` for the environment's profile, which has none.
        """
        path = self.find(name).path
        if path is None:
            raise PortError(_without_file())
        return path

    def remove(self, name: str) -> Path:
        """Delete a profile's file and give the path it had.

        Raises:
            PortError: `profile_missing`; `config_unusable`; `usage` for the environment's profile,
                which has no file.
        """
        path = self.file_of(name)
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
        return [path for path in names if path.suffix == SUFFIX and path.name[0] != "."]


def invalid(entry: ProfileFile) -> Problem:
    """Make the Problem of an entry with faults; it names them all."""
    return problem(
        ProblemCode.PROFILE_INVALID,
        name=entry.name,
        faults="; ".join(fault.words for fault in entry.faults),
        where=entry.where,
        subject=entry.name,
    )


def _of_environment(env: Mapping[str, str]) -> ProfileFile | None:
    """Make a profile of the LIVEKIT_ variables; secrets stay references to them."""
    raw = fields_of_variables(env, by_reference=True)
    if not raw:
        return None
    from lktui.core.profile_fields import parse  # noqa: PLC0415 - not without any

    parsed = parse(ENV_NAME, raw)
    return ProfileFile(
        name=ENV_NAME, profile=parsed.profile, faults=parsed.faults, warnings=parsed.warnings
    )


def _stamp_of(entry: os.DirEntry[str]) -> tuple[str, int, int, int]:
    try:
        found = entry.stat()
    except OSError:  # a link that leads nowhere, or a file that went meanwhile
        return (entry.name, 0, 0, 0)
    return (entry.name, found.st_mtime_ns, found.st_ino, found.st_mode)


def _text_of(path: Path) -> str:
    """Read a whole file; line breaks stay as they are."""
    return path.read_bytes().decode("utf-8-sig")


def _exists(name: str) -> Problem:
    name = clean(name)
    return problem(ProblemCode.PROFILE_EXISTS, name=name, subject=name)


def _not_saved(name: str, fault: Fault) -> Problem:
    return msgspec.structs.replace(
        problem(ProblemCode.PROFILE_INVALID, name=name, subject=name),
        summary=f"“{name}” was not saved",
        cause=fault.words,
        resolution=fault.resolution,
    )


def _unusable(path: Path, error: OSError) -> Problem:
    shown = clean(str(path))
    why = error.strerror or "the system refuses it"
    return problem(ProblemCode.CONFIG_UNUSABLE, path=shown, why=why, subject=shown)


def _without_file() -> Problem:
    return msgspec.structs.replace(
        problem(ProblemCode.USAGE, what=f"The profile “{ENV_NAME}” has no file"),
        cause="the LIVEKIT_ variables make it",
        resolution="Unset LIVEKIT_URL",
    )
