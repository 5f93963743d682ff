"""Profiles: which server, which agent, whether it works."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual.binding import BindingType
from textual.content import Content

from lktui.core.action_types import Scope, View
from lktui.core.actions import ActionId, key_of
from lktui.core.filtering import Filter
from lktui.core.problems import PortError
from lktui.core.signs import GLYPHS, StateKind
from lktui.screens.action_screen import does
from lktui.screens.app_requests import TerminalWanted
from lktui.screens.list_screen import ListScreen
from lktui.screens.profiles.rows import COLUMNS, agent_of, row_of, story_of
from lktui.screens.words import moment
from lktui.store.profiles import ProfileFile
from lktui.widgets.bindings import bindings
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import STYLES, Part, line
from lktui.widgets.list_table import Row

if TYPE_CHECKING:
    from lktui.core.profile_form import ProfileForm
    from lktui.store.import_sources import Discovered


class ProfilesScreen(ListScreen):
    """Lists the profile files; the one in use is what Rooms lists and new conversations take."""

    CSS_PATH = "profiles.tcss"
    SCOPE = Scope.PROFILES
    TITLE = "Profiles"
    NOUN = "profiles"
    COLUMNS = COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.PROFILES)

    _marks: frozenset[str] = frozenset()
    """Names of the profiles that `s` starts together."""
    _found: Discovered | None = None
    """What could be imported; looked for while there is no profile."""
    _has_demo = True

    def started(self) -> None:
        """Put the cursor on the profile in use; look for what could be one."""
        self.table.place_cursor(self.controller.profile_in_use)
        self._discover()

    def resumed(self) -> None:
        """Read the files anew: they may have been edited meanwhile."""
        self.controller.load_profiles()
        if self.is_started:
            self._discover()

    def _discover(self) -> None:
        """Look, on a first run, for what could be imported; a slow disk must not hold us."""
        if not self.controller.profiles:
            self.run_worker(self._look(), group="discover", exclusive=True)

    async def _look(self) -> None:
        import asyncio  # noqa: PLC0415 - as what follows

        desk = self.controller.desk
        self._has_demo = desk.has_demo()
        self._found = await asyncio.to_thread(desk.discover)
        self.draw()

    def all_rows(self) -> Iterator[Row]:
        """Give the profiles by name."""
        now = self.controller.clock.wall()
        for file in self.controller.profiles:
            outcome = self.controller.outcomes.get(file.name)
            yield row_of(file, outcome, now, marked=file.name in self._marks)

    def in_view(self) -> Content:
        """With marks: how many of how many."""
        if not self._marks:
            return super().in_view()
        marked = (f"◆ {len(self._marks)} marked", "$mark bold")
        return line(marked, f" of {len(self.table.rows)} {self.NOUN}")

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
        """Offer the ways to a first profile."""
        from lktui.screens.profiles.first_run import first_run  # noqa: PLC0415 - rarely shown

        return first_run(
            self._found, has_demo=self._has_demo, folder=self.controller.folder_in_words
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
        marked = [one for one in self.controller.profiles if one.name in self._marks]
        return msgspec.structs.replace(
            super().view(),
            marks=len(marked),
            profiles=tuple(one.name for one in marked if one.profile is not None),
            profile=file.profile if file is not None else None,
            profile_name=file.name if file is not None else "",
        )

    @does(ActionId.PROFILES_USE)
    def _use(self, view: View) -> None:
        self._take(view.profile_name)
        self.controller.notice(f"in use: {view.profile_name}")

    @does(ActionId.PROFILES_START)
    def _start(self, view: View) -> None:
        if view.marks:
            self._start_marked(view)
            return
        self._take(view.profile_name)
        self.controller.start_session(view.profile_name)
        self.show_live(view)

    def _start_marked(self, view: View) -> None:
        """Start them side by side; Rooms shows how they fare."""
        for name in view.profiles:
            self.controller.start_session(name)
        self._marks = frozenset()
        self.app.switch_mode(Scope.ROOMS)
        self.controller.notice(f"starting {len(view.profiles)} conversations")

    def _take(self, name: str) -> None:
        if name != self.controller.profile_in_use:
            self.controller.use_profile(name)

    @does(ActionId.PROFILES_DELETE)
    def _delete(self, view: View) -> None:
        self.controller.remove_profile(view.profile_name)

    @does(ActionId.PROFILES_TEST)
    def _test(self, view: View) -> None:
        file = next(f for f in self.controller.profiles if f.name == view.profile_name)
        if file.profile is not None:
            from lktui.screens.doctor.page import DoctorPage  # noqa: PLC0415 - not at first paint

            page = DoctorPage(self.controller, file, file.profile)
            self.app.push_screen(page, self._tested)

    def _tested(self, name: str | None) -> None:
        if name:
            self._open_form(partial(self.controller.desk.form_of, name))

    # --- ways to a profile ----------------------------------------------------------------------

    @does(ActionId.PROFILES_IMPORT)
    def _import(self, _view: View) -> None:
        self._open_import(environment_only=False)

    @does(ActionId.PROFILES_ENVIRONMENT)
    def _import_environment(self, _view: View) -> None:
        self._open_import(environment_only=True)

    def _open_import(self, *, environment_only: bool) -> None:
        from lktui.screens.importing.page import ImportPage  # noqa: PLC0415 - not at first paint

        page = ImportPage(self.controller.desk, environment_only=environment_only)
        self.app.push_screen(page, self._imported)

    def _imported(self, names: tuple[str, ...] | None) -> None:
        if names:
            self._arrive_at(names[0])
            count = "1 profile" if len(names) == 1 else f"{len(names)} profiles"
            edit, start = key_of(ActionId.PROFILES_EDIT), key_of(ActionId.PROFILES_START)
            self.controller.notice(f"wrote {count}; {edit} names the agent, {start} starts")

    def _arrive_at(self, name: str) -> None:
        """Put the cursor on a profile that was written, and use it if none was in use."""
        first = not self.controller.profile_in_use
        self.controller.load_profiles()
        if first:
            self._take(name)
        self.draw()
        if name not in {row.key for row in self.table.rows}:
            self.filter_by = Filter()
            self.draw()
        self.table.place_cursor(name)

    @does(ActionId.PROFILES_ADD)
    def _add(self, _view: View) -> None:
        self._open_form(self.controller.desk.new_form)

    @does(ActionId.PROFILES_EDIT)
    def _edit(self, view: View) -> None:
        self._open_form(partial(self.controller.desk.form_of, view.profile_name))

    @does(ActionId.PROFILES_CLONE)
    def _clone(self, view: View) -> None:
        self._open_form(partial(self.controller.desk.form_from, view.profile_name))

    def _open_form(self, begin: Callable[[], ProfileForm]) -> None:
        from lktui.screens.profile_form.page import ProfileFormPage  # noqa: PLC0415 - as above

        try:
            form = begin()
        except PortError as error:
            self.controller.report(error.problem)
            return
        page = ProfileFormPage(self.controller, form)
        self.app.push_screen(page, partial(self._saved, form.opening.name))

    def _saved(self, before: str, name: str | None) -> None:
        if name:
            if before and before == self.controller.profile_in_use:
                self._take(name)
            self._arrive_at(name)
            self.controller.notice(f"saved: {name}; {key_of(ActionId.PROFILES_TEST)} tests it")

    @does(ActionId.PROFILES_EDITOR)
    def _open_editor(self, view: View) -> None:
        file = next(f for f in self.controller.profiles if f.name == view.profile_name)
        assert file.path is not None  # noqa: S101 - the action needs a file
        try:
            argv = self.controller.desk.editor(file.path)
        except PortError as error:
            self.controller.report(error.problem)
            return
        self.post_message(TerminalWanted(argv, partial(self._edited, file.name)))

    def _edited(self, name: str, code: int | None) -> None:
        self._arrive_at(name)
        file = next((f for f in self.controller.profiles if f.name == name), None)
        if code is None:
            self.controller.notice(f"this terminal cannot be lent; lktui profiles edit {name}")
        elif file is not None and file.faults:
            self.controller.warn(f"{name}: {file.faults[0].words}")

    @does(ActionId.PROFILES_DEMO)
    def _play(self, _view: View) -> None:
        argv = (sys.executable, "-P", "-m", "lktui", "demo")
        self.post_message(TerminalWanted(argv, self._played))

    def _played(self, code: int | None) -> None:
        self.draw()
        if code is None:
            self.controller.notice("this terminal cannot be lent; run lktui demo in a shell")

    # --- marks ------------------------------------------------------------------------------

    @does(ActionId.PROFILES_MARK)
    def _mark(self, _view: View) -> None:
        if self.row is not None:
            self._marks ^= {self.row.key}
            self.table.move_by(1)
            self.draw()

    @does(ActionId.PROFILES_MARK_ALL)
    def _mark_all(self, _view: View) -> None:
        self._marks = frozenset(row.key for row in self.table.rows)
        self.draw()

    @does(ActionId.BACK)
    def back(self, view: View) -> Awaitable[None] | None:
        """Clear the filter, then the marks, then the message."""
        if self._marks and not self.filter_by:
            self._marks = frozenset()
            self.draw()
            return None
        return super().back(view)

    @does(ActionId.PROFILES_SORT)
    def _sort_by_next(self, _view: View) -> None:
        self.sort_by_next()

    @does(ActionId.PROFILES_REVERSE)
    def _reverse(self, _view: View) -> None:
        self.reverse_order()
