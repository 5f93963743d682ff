"""Cleanup: every room and dispatch that was made here, until the server has said it is gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Iterator
from typing import TYPE_CHECKING, ClassVar

import msgspec
from textual.binding import BindingType
from textual.content import Content

from lktui.core.action_types import Scope, View
from lktui.core.actions import ActionId, key_of
from lktui.core.cleanup import OPEN, CleanupItem, ItemState
from lktui.core.cleanup_reasons import forgettable
from lktui.core.signs import StateKind
from lktui.screens.action_screen import does
from lktui.screens.chrome import attention_of_item
from lktui.screens.cleanup.rows import COLUMNS, name_of, row_of, story_of
from lktui.screens.list_marks import RoomListScreen
from lktui.screens.words import time_of_day
from lktui.widgets.bindings import bindings
from lktui.widgets.detail import DetailView
from lktui.widgets.drawing import Part, line, state, tally
from lktui.widgets.list_table import Row

if TYPE_CHECKING:
    from lktui.core.fold import RoomsView

_ON_THEIR_WAY = OPEN - {ItemState.STUCK}


class CleanupScreen(RoomListScreen):
    """Lists the queue, oldest first; what is gone stays until the next start."""

    CSS_PATH = "cleanup.tcss"
    SCOPE = Scope.CLEANUP
    TITLE = "Cleanup"
    NOUN = "items"
    COLUMNS = COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.CLEANUP)

    def all_rows(self) -> Iterator[Row]:
        """Give the items, oldest first."""
        now, seen = self.controller.clock.wall(), self.controller.seen
        items = self.controller.cleanup
        self.keep_marks(items)
        for item in sorted(items.values(), key=lambda item: item.made_at):
            began, marked = self.controller.try_began(item.id), item.id in self.marks
            yield row_of(item, now=now, began=began, seen=seen, marked=marked)

    def in_view(self) -> Content:
        """Say how many are left, and where they are."""
        if self.marks:
            return self.marks_in_view()
        if self.filter_by:
            return super().in_view()
        if not self.controller.queue_read:
            return line("")
        left = self.controller.unfinished
        return line(f"{left} left", self.counts(self.table.rows))

    def counts(self, rows: tuple[Row, ...]) -> Content:
        """Count by state."""
        found = (self._item(row) for row in rows)
        states = Counter(item.state for item in found if item is not None)
        under_way = sum(states[state] for state in _ON_THEIR_WAY)
        return tally(
            {
                (StateKind.FAILED, "stuck"): states[ItemState.STUCK],
                (StateKind.WAITING, "on their way"): under_way,
                (StateKind.OVER, "kept"): states[ItemState.KEPT],
                (StateKind.OVER, "to look for"): states[ItemState.LAST_LOOK],
                (StateKind.READY, "in use"): states[ItemState.LIVE],
            }
        )

    def notice_of_stuck(self) -> Content:
        """Leave it to the rows and their count."""
        return Content("")

    def nothing(self) -> tuple[tuple[Part, ...], ...]:
        """Say that all is clean, if that is known."""
        unusable = self.controller.unusable
        if unusable is not None:
            told = state(
                StateKind.FAILED, "The queue cannot be read; lktui tries again by itself", bold=True
            )
            return ((told,), (unusable.summary,), (unusable.cause,), (unusable.resolution,))
        if not self.controller.queue_read:
            return ((state(StateKind.WAITING, "reading the queue"),),)
        orphans = (key_of(ActionId.CLEANUP_ORPHANS), "$key bold")
        return (
            (("Nothing to clean up.", "bold"),),
            ("Every room and dispatch made here is gone.",),
            (),
            (orphans, "  looks for orphans"),
        )

    def heading(self, row: Row) -> tuple[tuple[Part, ...], str]:
        """Give name, kind and profile, and when it was made."""
        item = self._item(row)
        if item is None:
            return ((row.key, "$title bold"),), ""
        title: tuple[Part, ...] = (
            (name_of(item), "$title bold"),
            f"  {item.what}",
            (f"  {item.profile}", "$muted"),
        )
        return title, f"made {time_of_day(item.made_at)}" if item.made_at else ""

    def story(self, row: Row) -> DetailView:
        """Tell why it is still there."""
        item = self._item(row)
        if item is None:
            return DetailView()
        return story_of(item, self.controller.clock.wall(), self._rooms_beside(item))

    def _rooms_beside(self, item: CleanupItem) -> RoomsView | None:
        """Give the list of rooms of the item's server, if that is the one in use."""
        profile, rooms = self.controller.profile(), self.controller.rooms
        return rooms if profile is not None and profile.url == item.url else None

    def _item(self, row: Row) -> CleanupItem | None:
        return self.controller.cleanup.get(row.key)

    def view(self) -> View:
        """Judge actions by the item under the cursor."""
        row = self.row
        item = self._item(row) if row is not None else None
        known = self.controller.cleanup
        marked = tuple(known[key] for key in sorted(self.marks) if key in known)
        return msgspec.structs.replace(
            super().view(), item=item, items=marked, marks=len(self.marks)
        )

    @does(ActionId.CLEANUP_TRY)
    def _try_now(self, view: View) -> None:
        chosen = view.items if view.marks else (view.item,) if view.item else ()
        for item in chosen:
            self.controller.look_at(attention_of_item(item))
        self.controller.run_cleanup(tuple(item.id for item in chosen))
        self.unmark()

    @does(ActionId.CLEANUP_TRY_ALL)
    def _try_all(self, _view: View) -> None:
        self.controller.run_cleanup()

    @does(ActionId.CLEANUP_FORGET)
    def _forget(self, view: View) -> None:
        self.controller.forget_cleanup(tuple(item.id for item in forgettable(view)))
        self.unmark()

    @does(ActionId.CLEANUP_ORPHANS)
    def _look_for_orphans(self, _view: View) -> None:
        from lktui.screens.cleanup.orphans import OrphansScreen  # noqa: PLC0415 - when asked for

        self.controller.find_orphans()
        self.app.push_screen(OrphansScreen(self.controller))

    @does(ActionId.CLEANUP_OPEN)
    def _open(self, view: View) -> None:
        from lktui.screens.cleanup.tries import TriesScreen  # noqa: PLC0415 - when asked for

        if view.item is not None:
            self.controller.look_at(attention_of_item(view.item))
            self.app.push_screen(TriesScreen(self.controller, view.item.id))

    # --- marks ------------------------------------------------------------------------------

    @does(ActionId.CLEANUP_MARK)
    def _mark(self, _view: View) -> None:
        self.mark_row()

    @does(ActionId.CLEANUP_MARK_ALL)
    def _mark_all(self, _view: View) -> None:
        self.mark_all()

    @does(ActionId.BACK)
    def back(self, view: View) -> Awaitable[None] | None:
        """Clear the filter, then the marks, then the message."""
        return None if self.clear_marks(view) else super().back(view)

    @does(ActionId.CLEANUP_COPY_ID)
    def _copy_name(self, view: View) -> None:
        if view.item is not None:
            self.copy(name_of(view.item))
