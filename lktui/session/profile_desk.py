"""Where the screens have profiles imported, made and changed; nothing of it is at first paint."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from pathlib import Path

from lktui.core.importing import Found, Proposal, free_name, propose
from lktui.core.problems import PortError, Problem
from lktui.core.profile_form import Opening, ProfileForm
from lktui.store.editor import editor_for
from lktui.store.import_sources import Discovered, ImportSources, read_text
from lktui.store.profiles import ProfileStore
from lktui.store.secret_look import SecretLook, look_at

_DEMO_NEEDS = ("aiohttp", "aiortc")


class ProfileDesk:
    """Reads sources of profiles and writes files; every call looks at the disk anew.

    Args:
        store: The profiles folder.
    """

    def __init__(self, store: ProfileStore) -> None:
        self._store = store
        self._sources = ImportSources.here(store.env)

    # --- making and changing --------------------------------------------------------------------

    def new_form(self) -> ProfileForm:
        """Begin a new profile."""
        return ProfileForm(Opening(), names=self._names)

    def form_of(self, name: str) -> ProfileForm:
        """Begin to change a profile's file, also one with faults.

        Raises:
            PortError: It has gone, or is no TOML.
        """
        return ProfileForm(Opening(name=name, values=self._store.values(name)), names=self._names)

    def form_from(self, name: str) -> ProfileForm:
        """Begin a new profile from a copy of another one.

        Raises:
            PortError: It has gone, or is no TOML.
        """
        file, names = self._store.find(name), self._names
        if file.path is None and file.profile is not None:
            return ProfileForm.copied_from(file.profile, free_name("from-env", names), names)
        return ProfileForm.copied(self._store.values(name), free_name(f"{name}-copy", names), names)

    @property
    def _names(self) -> frozenset[str]:
        return frozenset(entry.name for entry in self._store.list())

    def save(self, form: ProfileForm) -> None:
        """Write a form that has no faults; of a file only what was changed.

        Raises:
            PortError: It cannot be written; nothing was changed.
        """
        opening, profile = form.opening, form.parsed.profile
        if opening.name:
            self._store.change(opening.name, form.changes, opening.values, new_name=form.name)
        elif profile is not None:
            self._store.add(profile)

    def editor(self, path: Path) -> tuple[str, ...]:
        """Give the command that edits a file by hand.

        Raises:
            PortError: There is none.
        """
        return editor_for(path, self._store.env)

    def look_at(self, text: str, field: str) -> SecretLook:
        """Say what may be said of a secret that was typed."""
        return look_at(text, field, self._store.env)

    # --- importing --------------------------------------------------------------------------

    def discover(self) -> Discovered:
        """Look for profiles in the places where other tools keep theirs."""
        return self._sources.discover()

    def has_demo(self) -> bool:
        """Whether the parts of the demo are installed."""
        return all(importlib.util.find_spec(name) is not None for name in _DEMO_NEEDS)

    def read(self, place: str) -> Found:
        """Read a file that a person named."""
        return self._sources.read(Path(place))

    def read_pasted(self, text: str) -> Found:
        """Read what a person pasted."""
        return read_text(text)

    def propose(self, found: Iterable[Found]) -> tuple[Proposal, ...]:
        """Say what an import would write.

        Raises:
            PortError: `config_unusable`: the folder cannot be read.
        """
        existing = {entry.name: entry.profile for entry in self._store.list() if entry.path}
        return propose((one for source in found for one in source.candidates), existing)

    def write(self, proposals: Iterable[Proposal]) -> tuple[tuple[str, ...], Problem | None]:
        """Write new profiles until one cannot be written.

        Returns:
            The names of those that were written, and the problem of the one that was not.
        """
        written: list[str] = []
        for proposal in proposals:
            if proposal.profile is None:
                continue
            try:
                self._store.add(proposal.profile)
            except PortError as error:
                return tuple(written), error.problem
            written.append(proposal.name)
        return tuple(written), None
