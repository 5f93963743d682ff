"""Orphans: rooms that look like ours and that nobody's queue stands for."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from typing import ClassVar

import msgspec
from textual.binding import BindingType
from textual.content import Content

from lktui.core.action_types import Scope, View
from lktui.core.actions import ActionId, key_of
from lktui.core.orphans import Orphan, people_words, prefix_of
from lktui.core.signs import StateKind, age
from lktui.screens.action_screen import does
from lktui.screens.list_marks import MarkingScreen
from lktui.screens.words import time_of_day
from lktui.widgets.bindings import bindings
from lktui.widgets.columns import Column
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import Part, line, state
from lktui.widgets.list_table import Cell, Row

COLUMNS = (
    Column("made by", 20, 20),
    Column("room", 30, 30, elastic=True, cut="middle"),
    Column("people", 15, 15, leave=1),
    Column("age", 4, 4, align="right"),
)
_FROM = "a crash before the queue was written, an older version, another machine, or a person"


class OrphansScreen(MarkingScreen):
    """Lies over Cleanup until one goes back; looks once, and again when asked."""

    CSS_PATH = "cleanup.tcss"
    SCOPE = Scope.ORPHANS
    TITLE = "Cleanup"
    NOUN = "orphans"
    COLUMNS = COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.ORPHANS)

    def all_rows(self) -> Iterator[Row]:
        """Give those of this installation first."""
        found = self._orphans
        self.keep_marks(found)
        now = self.controller.clock.wall()
        for key, orphan in found.items():
            yield _row(orphan, key in self.marks, self.controller.installation, now)

    @property
    def _orphans(self) -> dict[str, Orphan]:
        found = self.controller.orphans
        return {orphan.sid or orphan.name: orphan for orphan in found.orphans} if found else {}

    # --- words ------------------------------------------------------------------------------

    def in_view(self) -> Content:
        """Say how many there are or are marked."""
        return self.marks_in_view() if self.marks else super().in_view()

    def counts(self, rows: tuple[Row, ...]) -> Content:
        """Leave it to the number of rows."""
        del rows
        return Content("")

    def hint(self) -> Content:
        """Say how much is left in the queue."""
        left = self.controller.unfinished
        return line((f"{left} left in the queue", "$muted")) if left else super().hint()

    def nothing(self) -> tuple[tuple[Part, ...], ...]:
        """Say that it looks, why it could not, or that there is none."""
        found, profile = self.controller.orphans, self.controller.profile()
        host = profile.host if profile is not None else ""
        back: tuple[Part, ...] = (
            (key_of(ActionId.ORPHANS_CLOSE), "$key bold"),
            "  back to the queue",
        )
        if found is None:
            return ((state(StateKind.WAITING, f"looking through the rooms of {host}"),), (), back)
        if found.problem is not None:
            told = state(StateKind.FAILED, found.problem.summary, bold=True)
            return ((told,), (found.problem.cause,), (found.problem.resolution,), (), back)
        return (
            (("No orphans.", "bold"),),
            (f"Every room named {self._pattern} on {host} is in the queue.",),
            (),
            back,
        )

    @property
    def _pattern(self) -> str:
        profile = self.controller.profile()
        return f"{prefix_of(profile.room_prefix)}…" if profile is not None else "so"

    def heading(self, row: Row) -> tuple[tuple[Part, ...], str]:
        """Give the profile, and when it was looked."""
        del row
        found = self.controller.orphans
        profile: Part = (f"  {found.profile}" if found else "", "$foreground")
        looked = f"looked at {time_of_day(found.wall)}" if found and found.wall else ""
        return (("orphans", "$title bold"), profile), looked

    def story(self, row: Row) -> DetailView:
        """Say what orphans are and what can be done."""
        del row
        delete = key_of(ActionId.ORPHANS_DELETE)
        are = f"rooms named {self._pattern}, the prefix of this profile, that no item in the queue"
        remedy = f"mark those to go, then {delete}; rooms of other installations may be in use"
        return DetailView(
            labels=(("are", f"{are} covers"), ("from", _FROM), ("do", f"{remedy} there"))
        )

    # --- actions ----------------------------------------------------------------------------

    def view(self) -> View:
        """Judge actions by the marked rows, or the one under the cursor."""
        found, row = self._orphans, self.row
        keys = self.marks or ({row.key} if row is not None else set())
        chosen = tuple(orphan for key, orphan in found.items() if key in keys)
        wall, marks = self.controller.clock.wall(), len(self.marks)
        return msgspec.structs.replace(super().view(), marks=marks, orphans=chosen, wall=wall)

    @does(ActionId.ORPHANS_DELETE)
    def _delete(self, view: View) -> None:
        self.controller.delete_orphans(view.orphans)
        count = len(view.orphans)
        self.controller.notice(f"deleting {count} room{'' if count == 1 else 's'}; see the queue")
        self.unmark()

    @does(ActionId.ORPHANS_LOOK)
    def _look_again(self, _view: View) -> None:
        self.controller.find_orphans()

    @does(ActionId.ORPHANS_MARK)
    def _mark(self, _view: View) -> None:
        self.mark_row()

    @does(ActionId.ORPHANS_MARK_ALL)
    def _mark_all(self, _view: View) -> None:
        self.mark_all()

    @does(ActionId.ORPHANS_COPY_ID)
    def _copy_name(self, _view: View) -> None:
        orphan = self._orphans.get(self.row.key) if self.row is not None else None
        if orphan is not None:
            self.copy(orphan.name)

    @does(ActionId.ORPHANS_CLOSE)
    def _close(self, _view: View) -> None:
        self.dismiss()

    @does(ActionId.BACK)
    def back(self, view: View) -> Awaitable[None] | None:
        """Clear the filter, then the marks, then the message, then go back to the queue."""
        if self.clear_marks(view):
            return None
        if self.filter_by:
            return super().back(view)
        if not self.controller.dismiss():
            self.dismiss()
        return None


def _row(orphan: Orphan, marked: bool, installation: str, now: float) -> Row:  # noqa: FBT001 - one row's look
    ours = orphan.made_by == installation
    maker = "this installation" if ours else f"another: {orphan.made_by}"
    people, lasted = people_words(orphan.people, orphan.agents), max(0.0, now - orphan.made_at)
    somebody = orphan.people + orphan.agents
    return Row(
        orphan.sid or orphan.name,
        (
            Cell(
                maker if orphan.made_by else "unknown", "$foreground" if ours else "$muted", maker
            ),
            Cell(orphan.name, "$foreground", orphan.name),
            Cell(people, "$foreground" if somebody else "$muted", float(somebody)),
            Cell(age(lasted), "$muted", lasted),
        ),
        marked=marked,
    )
