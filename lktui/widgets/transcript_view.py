"""The transcript on the screen: draws the rows that are in view and follows the end, or does not.

It only draws: rows and their order are the store's. Where the view stands changes by a move of the
person, or by new rows while it follows; in no other way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.events import Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from lktui.core.search import Hit, Query
from lktui.core.shown_rows import Rows, composed
from lktui.core.transcript import Splice, Transcript
from lktui.widgets.following import Follow, Following, Paused
from lktui.widgets.line_index import LineIndex, Position
from lktui.widgets.row_painter import RowPainter
from lktui.widgets.transcript_rows import (
    PART_CSS,
    Columns,
    Manner,
    Part,
    row_height,
    surely_one_line,
)

_SLICE_PAUSE_S = 0.001
"""A timer, since a callback in our own queue would be taken before the loop reads a key."""


class TranscriptView(ScrollView, can_focus=True, inherit_bindings=False):
    """One session's transcript; keys come from the action registry."""

    DEFAULT_CSS = f"""
    TranscriptView {{
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size: 0 0;
        {PART_CSS}
    }}
    TranscriptView:ansi > .transcript--hit {{ text-style: bold underline; }}
    TranscriptView:ansi > .transcript--hit-now {{ text-style: bold reverse; }}
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {part.value for part in Part}
    ALLOW_SELECT = False

    @dataclass
    class FollowChanged(Message):
        """The view paused, follows again, or has more new rows below; the Live screen says so."""

        view: TranscriptView
        follow: Follow

    def __init__(self) -> None:
        super().__init__()
        self._rows: Rows = Transcript()
        self._columns: Columns | None = None
        self._index = self._new_index()
        self._seen_edits = 0
        self._follow: Follow = Following()
        self._settling = False
        self._painter = RowPainter(self)
        self._at_hand: int | None = None
        self.more_to_come = False
        """Whether many rows are on their way: those out of view are measured when all are there."""

    @property
    def follow(self) -> Follow:
        """Whether the end stays in view, or how many rows are new since the view was paused."""
        return self._follow

    @property
    def last_in_view(self) -> int | None:
        """The row at the bottom; None while there is none."""
        if not self._index.rows:
            return None
        bottom = min(self.scroll_offset.y + self._height, self._index.lines)
        return self._index.locate(max(0, bottom - 1)).row

    @property
    def first_in_view(self) -> int | None:
        """The row at the top; None while there is none."""
        top = self._top
        return top.row if top is not None else None

    @property
    def gone_to(self) -> int | None:
        """The row that was gone to, if it is still in view."""
        return self._at_hand

    @property
    def at_hand(self) -> int | None:
        """The row that keys act on: the one that was gone to, or else the last one in view."""
        return self._at_hand if self._at_hand is not None else self.last_in_view

    def show(self, rows: Rows, manner: Manner) -> None:
        """Draw other rows from now on, at their end."""
        self._rows = rows
        self._index = self._new_index()
        self._painter.manner = manner
        self._seen_edits = 0
        self._at_hand = None
        self._painter.forget()
        self._set_follow(Following())
        self._catch_up()
        self.refresh()

    def set_manner(self, manner: Manner) -> None:
        """Write times or mark slow replies in another manner."""
        if manner != self._painter.manner:
            self._painter.manner = manner
            self._painter.forget()
            self.refresh()

    def mark_hits(self, query: Query, hit: Hit | None) -> None:
        """Give the hits of a search a ground, and the one that one is at another.

        Args:
            query: What is searched for; an empty one marks nothing.
            hit: Where one is.
        """
        painter = self._painter
        if (query, hit) != (painter.query, painter.hit):
            painter.query, painter.hit = query, hit
            painter.forget()
            self.refresh()

    def go_to(self, row: int) -> None:
        """Pause with a row at hand, in the middle of the view if it is not in view."""
        if self._columns is None or not 0 <= row < self._index.rows:
            return
        self._pause()
        self._index.settle_around(row, 2 * self._height, 2 * self._height)
        self._mirror_size()
        first = self._index.line_of(Position(row, 0))
        last = self._index.line_of(Position(row, row_height(self._rows[row], self._columns)))
        top = self.scroll_offset.y
        if first < top or last >= top + self._height:
            middle = first - max(0, self._height - (last - first) - 1) // 2
            self._mirror_scroll(max(0, min(middle, self.max_scroll_y)))
        self._at_hand = row
        self.refresh()

    def have_at_top(self, row: int) -> None:
        """Pause with a row at the top and none at hand."""
        if self._columns is None or not 0 <= row < self._index.rows:
            return
        self._at_hand = None
        self._pause()
        self._place_at(Position(row, 0))
        self.refresh()

    def let_go(self) -> None:
        """Have the last row in view at hand again."""
        if self._at_hand is not None:
            self._at_hand = None
            self.refresh()

    def rows_changed(self) -> None:
        """Draw what is new in the store; whoever calls decides how often."""
        self._catch_up()
        self._settle_rest()

    # --- moving -----------------------------------------------------------------------------

    def action_scroll_up(self) -> None:
        """Go up a line."""
        self._move(-1)

    def action_scroll_down(self) -> None:
        """Go down a line."""
        self._move(1)

    def action_page_up(self) -> None:
        """Go up a page."""
        self._move(-self._page)

    def action_page_down(self) -> None:
        """Go down a page."""
        self._move(self._page)

    def action_scroll_home(self) -> None:
        """Go to the first line."""
        if self._columns is not None and self._index.rows:
            self._index.settle_around(0, 0, 2 * self._height)
            self._mirror_size()
            self.scroll_to(y=0, animate=False)

    def action_follow(self) -> None:
        """Go to the end and stay there."""
        self._at_hand = None
        self._set_follow(Following())
        self._place_at_end()
        self.refresh()

    action_scroll_end = action_follow

    @property
    def _height(self) -> int:
        return self.scrollable_content_region.height

    @property
    def _blank(self) -> int:
        """Lines above the text, which sits at the bottom where there is little of it."""
        return max(0, self._height - self._index.lines)

    @property
    def _page(self) -> int:
        return max(1, self._height - 1)

    def _move(self, lines: int) -> None:
        if self._columns is not None:
            self.scroll_to(y=self.scroll_offset.y + lines, animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Pause on any move up, by keys or by mouse; keep what is near the view measured."""
        super().watch_scroll_y(old_value, new_value)
        moved_up = new_value < min(old_value, self.max_scroll_y)
        if moved_up:
            self._pause()
        if self._columns is not None and self._index.rows:
            self._place_at(self._index.locate(round(new_value)))
            self._keep_at_hand_in_view()

    def _keep_at_hand_in_view(self) -> None:
        """Let go of a row that has left the view."""
        row = self._at_hand
        if row is None:
            return
        top = self.scroll_offset.y
        line = self._index.line_of(Position(row, 0))
        if not top <= line < top + self._height:
            self._at_hand = None

    def _pause(self) -> None:
        if isinstance(self._follow, Following):
            self._set_follow(Paused(0))

    def _set_follow(self, follow: Follow) -> None:
        if follow != self._follow:
            self._follow = follow
            self.post_message(self.FollowChanged(self, follow))

    # --- placing ----------------------------------------------------------------------------

    def on_resize(self, event: Resize) -> None:
        """Wrap anew where one looks, now; the rest follows in slices."""
        columns = Columns.within(event.size.width)
        if columns == self._columns:
            self._place()
            return
        place = self._top if self._columns is not None else None
        self._columns = columns
        self._painter.forget()
        self._index.unsettle()
        self._catch_up()
        if isinstance(self._follow, Paused) and place is not None:
            self._place_at(place)
        else:
            self._place_at_end()
        self._settle_rest()
        self.refresh()

    @property
    def _top(self) -> Position | None:
        """What the first line of the view shows."""
        if not self._index.rows:
            return None
        return self._index.locate(min(self.scroll_offset.y, self._index.lines - 1))

    def _catch_up(self) -> None:
        """Take over the changes of the store; nothing is drawn before the width is known."""
        rows = self._rows
        if self._columns is None or self._seen_edits == rows.edits:
            return
        splices = rows.splices_since(self._seen_edits)
        if splices is None:
            splices = (Splice(0, self._index.rows, len(rows)),)
        self._seen_edits = rows.edits
        top, bottom, blank = self._top, self.last_in_view or 0, self._blank
        whole = composed(splices)
        if whole is None:
            return
        if whole.removed or whole.at < self._index.rows:
            self._painter.forget()
        # In one step: each would count rows as they were then, and they are as they are now.
        self._index.splice(whole.at, whole.removed, whole.added)
        moved = top
        at_hand = Position(self._at_hand, 0) if self._at_hand is not None else None
        for splice in splices:
            moved = moved.moved(splice) if moved is not None else None
            at_hand = at_hand.moved(splice) if at_hand is not None else None
        self._at_hand = at_hand.row if at_hand is not None and self._index.rows else None
        if isinstance(self._follow, Paused):
            self._set_follow(self._follow.after(splices, top.row if top else 0, bottom, rows))
            self._stay(moved, splices)
        else:
            self._place_at_end()
            blank = min(blank, self._blank)
            self.refresh(Region(0, blank, self.size.width, self._height - blank))
        self._settle_rest()

    def _stay(self, top: Position | None, splices: Sequence[Splice]) -> None:
        """Keep the view where it is, and draw what is new only if it is in view."""
        if top is not None and self._index.rows:
            self._place_at(Position(min(top.row, self._index.rows - 1), top.line))
        first = min(splice.at for splice in splices)
        bottom = self.scroll_offset.y + self._height
        if first >= self._index.rows or self._index.line_of(Position(first, 0)) < bottom:
            self.refresh()

    def _place(self) -> None:
        """Stand right after a change of height."""
        top = self._top
        if isinstance(self._follow, Following) or top is None:
            self._place_at_end()
        else:
            self._place_at(top)
        self.refresh()

    def _place_at_end(self) -> None:
        if self._columns is None:
            return
        if self._index.rows:
            self._index.settle_around(self._index.rows - 1, 2 * self._height, 0)
        self._mirror_size()
        self._mirror_scroll(self.max_scroll_y)

    def _place_at(self, place: Position) -> None:
        self._index.settle_around(place.row, 2 * self._height, 3 * self._height)
        self._mirror_size()
        self._mirror_scroll(min(self._index.line_of(place), self.max_scroll_y))

    def _mirror_size(self) -> None:
        """Tell Textual the size without a layout: nothing else depends on it."""
        size = Size(self.size.width, self._index.lines)
        self.set_reactive(Widget.virtual_size, size)

    def _mirror_scroll(self, line: int) -> None:
        """Tell Textual where we stand without a drawing: who moves the text draws it."""
        self.set_reactive(Widget.scroll_y, float(line))
        self.set_reactive(Widget.scroll_target_y, float(line))

    def _settle_rest(self) -> None:
        """Measure what is out of view in slices, with room for keys between them."""
        if not (self._settling or self._index.settled or self.more_to_come):
            self._settling = True
            self.set_timer(_SLICE_PAUSE_S, self._settle_slice)

    def _settle_slice(self) -> None:
        top = self._top
        self._index.settle_slice()
        if isinstance(self._follow, Following) or top is None:
            self._place_at_end()
        else:
            self._place_at(top)
        self._settling = False
        self._settle_rest()

    # --- drawing ----------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Forget what was drawn in the old colours."""
        super().notify_style_update()
        self._painter.forget(styles=True)

    def render_line(self, y: int) -> Strip:
        """Draw a line of the view."""
        width = self.size.width
        line = y + self.scroll_offset.y - self._blank
        if self._columns is None or not 0 <= line < self._index.lines:
            return Strip.blank(width, self._painter.ground)
        place = self._index.locate(line)
        is_at_hand = place.row == self._at_hand
        strips = self._painter.strips(
            place.row, self._rows, self._columns, width, at_hand=is_at_hand
        )
        return strips[place.line]

    def _new_index(self) -> LineIndex:
        return LineIndex(self._measure, self._rows.text_bytes)

    def _measure(self, row: int) -> int:
        columns, rows = self._columns, self._rows
        if columns is None or surely_one_line(rows.text_bytes(row, row + 1), columns):
            return 1
        return row_height(rows[row], columns)
