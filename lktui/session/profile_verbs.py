"""The controller's part for profiles: which there are, which one is in use, and their files."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from textual.dom import DOMNode
from textual.reactive import var

from lktui.core.nearest import nearest
from lktui.core.problems import PortError, Problem
from lktui.core.profile import Profile
from lktui.core.sanitize import clean
from lktui.core.signs import StateKind
from lktui.store.profiles import ProfileFile, ProfileStore

if TYPE_CHECKING:
    from lktui.session.profile_desk import ProfileDesk


LOOK_S = 1.0
"""Between two looks at the folder: who edits a file by hand sees the result at once."""


class ProfileVerbs(DOMNode):
    """Holds the profiles; what it has to say the whole controller says."""

    profiles: var[tuple[ProfileFile, ...]] = var(())
    profile_in_use: var[str] = var("")

    def __init__(self, store: ProfileStore) -> None:
        super().__init__()
        self._store = store
        self._on_disk: object = None
        """The files as they were at the last look."""
        self.is_looking = False
        """Whether the files are being read: the disk may be slow, and nothing waits for it."""

    @cached_property
    def desk(self) -> ProfileDesk:
        """Where profiles are imported, made and changed."""
        from lktui.session.profile_desk import ProfileDesk  # noqa: PLC0415 - not at first paint

        return ProfileDesk(self._store)

    @property
    def folder_in_words(self) -> str:
        """The profiles' folder, with ~ for the home folder."""
        folder, home = self._store.folder, Path.home()
        return clean(f"~/{folder.relative_to(home)}" if home in folder.parents else str(folder))

    def load_profiles(self) -> None:
        """Read the profile files anew; broken ones are listed with their faults."""
        try:
            self._take(self._store.list())
        except PortError as error:
            self.report(error.problem)

    def _take(self, files: tuple[ProfileFile, ...]) -> None:
        self.profiles = files
        if self.profile_in_use not in [file.name for file in self.profiles]:
            usable = [file.name for file in self.profiles if file.profile is not None]
            self.profile_in_use = usable[0] if usable else ""

    async def reload_if_changed(self) -> None:
        """Read the files anew if somebody else has changed one since the last look."""
        from lktui.session.beside import beside  # noqa: PLC0415 - after the first paint

        self.is_looking = True
        shown, before = self.profiles, self._on_disk
        try:
            self._on_disk = await beside(self._store.stamp)
            if before in (None, self._on_disk):
                return
            files = await beside(self._store.list)
        except PortError as error:
            self.report(error.problem)
        else:
            if self.profiles is shown:
                self._take(files)
            else:  # read here meanwhile: the next look reads again
                self._on_disk = before
        finally:
            self.is_looking = False

    def profile(self, name: str = "") -> Profile | None:
        """Give a profile by name, or the one in use; None if there is none or it is broken."""
        name = name or self.profile_in_use
        return next((file.profile for file in self.profiles if file.name == name), None)

    def choose_profile(self, name: str) -> None:
        """Use the profile that was named at the start; one that is not there is said."""
        known = [file.name for file in self.profiles]
        if name in known:
            self.use_profile(name)
        elif name:
            near = nearest(name, known)
            hint = f"; the closest is “{near}”" if near else ""
            self.warn(f"there is no profile “{clean(name, limit=64)}”{hint}")

    def use_profile(self, name: str) -> None:
        """Make a profile the one that Rooms lists and `s` starts."""
        self.profile_in_use = name
        self.forget_rooms()

    def remove_profile(self, name: str) -> None:
        """Delete a profile's file."""
        try:
            self._store.remove(name)
        except PortError as error:
            self.report(error.problem)
        self.load_profiles()

    # --- what the whole controller does ---------------------------------------------------------

    def forget_rooms(self) -> None:
        """Show no rooms until those of the profile in use are listed."""
        raise NotImplementedError

    def report(self, problem: Problem) -> None:
        """Say a problem in the status line until it is dismissed."""
        raise NotImplementedError(problem)

    def notice(self, text: str, kind: StateKind | None = None) -> None:
        """Say something in the status line until the next key."""
        raise NotImplementedError(text, kind)

    def warn(self, text: str) -> None:
        """Say something doubtful in the status line until it is dismissed."""
        raise NotImplementedError(text)
