"""`t`: each check of a profile with its finding, in the order in which one needs the other."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from lktui.core.action_types import Scope, View
from lktui.core.actions import PARENTS, ActionId
from lktui.core.doctor import CheckState, Checkup, Finding, in_order
from lktui.core.footer_entries import footer_entries, help_entry
from lktui.core.profile import Profile
from lktui.core.signs import seconds
from lktui.screens.action_screen import ActionScreen, does
from lktui.screens.chrome import header_of
from lktui.screens.doctor.rows import COLUMNS, row_of, story_of, tally_of, text_of
from lktui.screens.list_moves import ListMoves
from lktui.session.controller import SessionController
from lktui.store.profiles import ProfileFile
from lktui.widgets.bindings import bindings
from lktui.widgets.breakpoints import classes_at
from lktui.widgets.detail import Detail, DetailView
from lktui.widgets.drawing import line
from lktui.widgets.footer import Footer
from lktui.widgets.header import Header
from lktui.widgets.list_table import ListTable
from lktui.widgets.pacing import Pacer
from lktui.widgets.rule import Rule
from lktui.widgets.status_line import StatusLine
from lktui.widgets.too_small import TooSmall

_TICK_S = 1.0


class DoctorPage(ListMoves, ActionScreen[str]):
    """A full page over Profiles; its result is the name of the profile to edit, or empty."""

    CSS_PATH = "page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DOCTOR)

    def __init__(self, controller: SessionController, file: ProfileFile, profile: Profile) -> None:
        """Make the page.

        Args:
            controller: Asks the doctor.
            file: Of the profile.
            profile: What is looked at.
        """
        super().__init__()
        self._controller, self._file, self._profile = controller, file, profile
        self._pacer = Pacer(self, controller.clock, self._show)
        self._local: tuple[Finding, ...] = ()
        self._run = ""
        self._began = 0.0
        self._moved = False
        """Whether the person has chosen a row; until then it is the first that failed."""
        self._placed = ""
        """That row."""
        self._title, self._heading = Rule(), Rule()

    @property
    def table(self) -> ListTable:
        """The list of checks."""
        return self.query_one(ListTable)

    @property
    def is_drawn(self) -> bool:
        """Whether everything that was found is on the screen."""
        return not self._pacer.is_waiting

    def compose(self) -> ComposeResult:
        """Put header, checks, story, status and footer below each other."""
        yield Header()
        yield self._title
        yield ListTable(COLUMNS, titles=False)
        yield self._heading
        yield Detail()
        yield StatusLine()
        yield Footer()
        yield TooSmall()

    async def on_mount(self) -> None:
        """Begin; tmux may take its time to answer and must not hold the screen."""
        self.add_class(*classes_at(self.app.size), update=False)
        self.watch(self._controller, "checkups", self._pacer.ask, init=False)
        self.watch(self._controller, "message", self._pacer.ask, init=False)
        self.set_interval(_TICK_S, self._tick)
        self._begin(dispatch=False)
        width, height = self.app.size
        look = self._controller.doctor.local
        self._local = await asyncio.to_thread(look, self._file, width, height)
        self._show()

    def on_unmount(self) -> None:
        """Nobody waits for what is still looked at."""
        self._stop()

    def on_list_table_cursor_moved(self) -> None:
        """Tell the story of the check that the cursor is on now; a click may have put it there."""
        row = self.table.row
        self._moved |= row is not None and row.key != self._placed
        self._show_story()

    def view(self) -> View:
        """Judge actions by the profile."""
        return View(profile=self._profile, profile_name=self._file.name, rows=len(self.table.rows))

    def refuse(self, reason: str) -> None:
        """Say in the status line why it is not done."""
        self._controller.notice(f"not now: {reason}")

    def is_doing(self, name: ActionId, view: View) -> None:
        """Leave the cursor alone once a key has been pressed here."""
        super().is_doing(name, view)
        self._moved = True

    # --- the doctor -----------------------------------------------------------------------------

    @property
    def _checkup(self) -> Checkup | None:
        return self._controller.checkups.get(self._run)

    @property
    def _is_running(self) -> bool:
        checkup = self._checkup
        return checkup is None or checkup.took_ms is None

    @property
    def _findings(self) -> tuple[Finding, ...]:
        checkup = self._checkup
        return in_order((*self._local, *(checkup.findings if checkup is not None else ())))

    def _begin(self, *, dispatch: bool) -> None:
        self._stop()
        self._moved = False
        self._began = self._controller.clock.monotonic()
        self._run = self._controller.doctor.begin(self._profile, dispatch=dispatch)
        self._show()

    def _stop(self) -> None:
        if self._run and self._is_running:
            self._controller.doctor.end(self._run)

    def _tick(self) -> None:
        """Count the seconds, while something is under way only."""
        if self._is_running:
            self._show_title()

    # --- drawing --------------------------------------------------------------------------------

    def _show(self) -> None:
        if not self.is_mounted:
            return
        findings = self._findings
        self.table.show([row_of(found) for found in findings])
        failed = [found for found in findings if found.state is CheckState.FAILED]
        if failed and not self._moved:
            self._placed = failed[0].check.value
            self.table.place_cursor(self._placed)
        self._show_title()
        self._show_story()
        message = self._controller.message
        right = (message.text, "$foreground") if message else ""
        self.query_one(StatusLine).show(line(*tally_of(findings)), line(right))
        scopes = (Scope.DOCTOR, *PARENTS[Scope.DOCTOR])
        entries = footer_entries(scopes, self.view())
        self.query_one(Footer).show(entries, help_entry(typing=False))
        self.query_one(Header).show(header_of(self._controller, "Profiles"))

    def _show_title(self) -> None:
        checkup = self._checkup
        took_s = self._controller.clock.monotonic() - self._began
        if checkup is not None and checkup.took_ms is not None:
            took_s = checkup.took_ms / 1000
        title = ((f"test {self._file.name}", "$title bold"), f"  {self._profile.agent_name}")
        running = f"{int(took_s)} s" if self._is_running else seconds(took_s)
        self._title.show(*title, right=(running, "$muted"))

    def _show_story(self) -> None:
        found = self._found
        self._heading.show((found.check.value if found else "", "$title bold"))
        self.query_one(Detail).show(story_of(found) if found else DetailView())

    @property
    def _found(self) -> Finding | None:
        row = self.table.row
        return next((one for one in self._findings if row and one.check.value == row.key), None)

    # --- actions --------------------------------------------------------------------------------

    @does(ActionId.DOCTOR_AGAIN)
    def _test_again(self, _view: View) -> None:
        """Look again, and this time ask for the agent too."""
        self._begin(dispatch=True)

    @does(ActionId.DOCTOR_EDIT)
    def _edit(self, view: View) -> None:
        self.dismiss(view.profile_name)

    @does(ActionId.DOCTOR_COPY)
    def _copy(self, _view: View) -> None:
        found = self._found
        if found is not None:
            text = text_of(found)
            self.app.copy_to_clipboard(text)
            self._controller.notice(f"sent {len(text.encode())} B to the terminal")

    @does(ActionId.DOCTOR_HELP)
    def _help(self, view: View) -> None:
        from lktui.screens.help.page import HelpPage  # noqa: PLC0415 - only who asks needs it

        def chosen(name: ActionId | None) -> None:
            if name is not None:
                self.perform(name)

        self.app.push_screen(HelpPage((Scope.DOCTOR, *PARENTS[Scope.DOCTOR]), view), chosen)

    @does(ActionId.DOCTOR_CLOSE)
    def _close(self, _view: View) -> None:
        self.dismiss("")
