"""Profiles: which server, which agent, whether it works."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec
from textual.binding import BindingType
from textual.content import Content

from lktui.core.action_types import Scope, View
from lktui.core.actions import ActionId
from lktui.core.signs import GLYPHS, StateKind
from lktui.screens.action_screen import does
from lktui.screens.list_screen import ListScreen
from lktui.screens.profiles.rows import COLUMNS, agent_of, row_of, story_of
from lktui.screens.words import moment
from lktui.store.profiles import ProfileFile
from lktui.widgets.bindings import bindings
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import STYLES, Part, line
from lktui.widgets.list_table import Row


class ProfilesScreen(ListScreen):
    """Lists the profile files; the one in use is what Rooms lists and new conversations take."""

    CSS_PATH = "profiles.tcss"
    SCOPE = Scope.PROFILES
    TITLE = "Profiles"
    NOUN = "profiles"
    COLUMNS = COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.PROFILES)

    def started(self) -> None:
        """Put the cursor on the profile in use."""
        self.table.place_cursor(self.controller.profile_in_use)

    def resumed(self) -> None:
        """Read the files anew: they may have been edited meanwhile."""
        self.controller.load_profiles()

    def all_rows(self) -> Iterator[Row]:
        """Give the profiles by name."""
        now = self.controller.clock.wall()
        for file in self.controller.profiles:
            yield row_of(file, self.controller.outcomes.get(file.name), now)

    def counts(self, rows: tuple[Row, ...]) -> Content:  # noqa: ARG002 - names, not states, matter here
        """Say which profile is in use."""
        name = self.controller.profile_in_use
        return line((f"  in use: {name}", "$muted")) if name else Content("")

    def hint(self) -> Content:
        """Say how many files have faults."""
        bad = sum(file.profile is None for file in self.controller.profiles)
        if self.filter_by or not bad:
            return super().hint()
        words = "1 file with faults" if bad == 1 else f"{bad} files with faults"
        return line((f"{GLYPHS[StateKind.WARNING]} {words}", STYLES[StateKind.WARNING]))

    def nothing(self) -> tuple[tuple[Part, ...], ...]:
        """Say how a profile is made."""
        add = "lktui profiles add NAME --url URL --api-key KEY --api-secret SECRET"
        return (
            (("Talk to a LiveKit agent from this terminal.", "bold"),),
            (("A profile says which server and which agent. There is none yet.", "$muted"),),
            (),
            ("Add one in a shell:",),
            (("  " + add, "$key bold"),),
            ("or set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET; then come back.",),
            (),
            (("Profiles are files, readable by you alone; where: lktui profiles path", "$muted"),),
        )

    def heading(self, row: Row) -> tuple[tuple[Part, ...], str]:
        """Give name, agent and server, and when it was last used."""
        file, outcome = self._file(row), self.controller.outcomes.get(row.key)
        title: tuple[Part, ...] = ((row.key, "$title bold"),)
        if file is not None and file.profile is not None:
            profile = file.profile
            title += (f"  {agent_of(profile)}", (f"  {profile.url}", "$muted"))
        now = self.controller.clock.wall()
        return title, moment(outcome.wall, now) if outcome is not None else ""

    def story(self, row: Row) -> DetailView:
        """Tell what is known of the profile."""
        file = self._file(row)
        if file is None:
            return DetailView()
        return story_of(file, self.controller.outcomes.get(row.key))

    def _file(self, row: Row) -> ProfileFile | None:
        return next((file for file in self.controller.profiles if file.name == row.key), None)

    def view(self) -> View:
        """Judge actions by the profile under the cursor."""
        row = self.row
        file = self._file(row) if row is not None else None
        return msgspec.structs.replace(
            super().view(),
            profile=file.profile if file is not None else None,
            profile_name=file.name if file is not None else "",
        )

    @does(ActionId.PROFILES_USE)
    def _use(self, view: View) -> None:
        self._take(view.profile_name)
        self.controller.notice(f"in use: {view.profile_name}")

    @does(ActionId.PROFILES_START)
    def _start(self, view: View) -> None:
        self._take(view.profile_name)
        self.controller.start_session(view.profile_name)
        self.show_live(view)

    def _take(self, name: str) -> None:
        if name != self.controller.profile_in_use:
            self.controller.use_profile(name)

    @does(ActionId.PROFILES_DELETE)
    def _delete(self, view: View) -> None:
        self.controller.remove_profile(view.profile_name)

    @does(ActionId.PROFILES_SORT)
    def _sort_by_next(self, _view: View) -> None:
        self.sort_by_next()

    @does(ActionId.PROFILES_REVERSE)
    def _reverse(self, _view: View) -> None:
        self.reverse_order()
