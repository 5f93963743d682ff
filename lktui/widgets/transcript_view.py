"""The transcript on the screen: draws the rows that are in view and follows the end, or does not.

It only draws: rows and their order are the store's. Where the view stands changes by a move of the
person, or by new rows while it follows; in no other way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from textual.cache import LRUCache
from textual.events import Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from lktui.core.transcript import Splice, Transcript
from lktui.widgets.line_index import LineIndex, Position
from lktui.widgets.transcript_rows import Columns, Manner, Part, row_height, row_strips

_CACHED_ROWS = 512
_SLICE_PAUSE_S = 0.001
"""A timer, since a callback in our own queue would be taken before the loop reads a key."""


@dataclass(frozen=True, slots=True)
class Following:
    """The end is in view and stays there."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The view stays where it is."""

    new: int
    """Rows added since."""


Follow = Following | Paused


class TranscriptView(ScrollView, can_focus=True, inherit_bindings=False):
    """One session's transcript; keys come from the action registry."""

    DEFAULT_CSS = """
    TranscriptView {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size: 0 0;
        .transcript--time { color: $muted; }
        .transcript--agent { color: $speaker-agent; text-style: bold; }
        .transcript--other { color: $speaker-other; text-style: bold; }
        .transcript--user { color: $speaker-user; text-style: bold; }
        .transcript--text { color: $foreground; }
        .transcript--mark { color: $state-warning; text-style: italic; }
        .transcript--earlier { color: $muted; text-style: italic; }
        .transcript--fact { color: $muted; }
        .transcript--ready { color: $state-ready; }
        .transcript--waiting { color: $state-waiting; }
        .transcript--warning { color: $state-warning; }
        .transcript--failed { color: $state-failed; }
        .transcript--took { color: $muted; }
        .transcript--slow { color: $state-warning; }
    }
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
        self._transcript = Transcript()
        self._manner = Manner()
        self._columns: Columns | None = None
        self._index = self._new_index()
        self._seen_edits = 0
        self._follow: Follow = Following()
        self._settling = False
        self._styles: dict[Part, Style] = {}
        self._strips: LRUCache[tuple[int, int], list[Strip]] = LRUCache(_CACHED_ROWS)

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

    def show(self, transcript: Transcript, manner: Manner) -> None:
        """Draw another transcript from now on, at its end."""
        self._transcript = transcript
        self._index = self._new_index()
        self._manner = manner
        self._seen_edits = 0
        self._strips.clear()
        self._set_follow(Following())
        self._catch_up()
        self.refresh()

    def set_manner(self, manner: Manner) -> None:
        """Write times or mark slow replies in another manner."""
        if manner != self._manner:
            self._manner = manner
            self._strips.clear()
            self.refresh()

    def rows_changed(self) -> None:
        """Draw what is new in the store; whoever calls decides how often."""
        self._catch_up()

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
        if moved_up and isinstance(self._follow, Following):
            self._set_follow(Paused(0))
        if self._columns is not None and self._index.rows:
            self._place_at(self._index.locate(round(new_value)))

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
        self._strips.clear()
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
        transcript = self._transcript
        if self._columns is None or self._seen_edits == transcript.edits:
            return
        splices = transcript.splices_since(self._seen_edits)
        if splices is None:
            splices = (Splice(0, self._index.rows, len(transcript)),)
        self._seen_edits = transcript.edits
        top, blank = self._top, self._blank
        if any(splice.removed or splice.at < self._index.rows for splice in splices):
            self._strips.clear()
        for splice in splices:
            self._index.splice(splice.at, splice.removed, splice.added)
            top = _moved(top, splice)
        if isinstance(self._follow, Paused):
            self._stay(top, splices)
        else:
            self._place_at_end()
            blank = min(blank, self._blank)
            self.refresh(Region(0, blank, self.size.width, self._height - blank))
        self._settle_rest()

    def _stay(self, top: Position | None, splices: Sequence[Splice]) -> None:
        """Keep the view where it is, count what is new, and draw only if it is in view."""
        added = sum(splice.added - splice.removed for splice in splices)
        if isinstance(self._follow, Paused) and added > 0:
            self._set_follow(Paused(self._follow.new + added))
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
        if not self._settling and not self._index.settled:
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
        self._styles = {}
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """Draw a line of the view."""
        width = self.size.width
        lines = self._index.lines
        line = y + self.scroll_offset.y - self._blank
        if self._columns is None or not 0 <= line < lines:
            return Strip.blank(width, self.rich_style)
        place = self._index.locate(line)
        strips = self._row_strips(place.row, self._columns)
        return (
            strips[place.line].apply_style(self.rich_style).crop_extend(0, width, self.rich_style)
        )

    def _row_strips(self, row: int, columns: Columns) -> list[Strip]:
        key = (row, columns.text)
        strips = self._strips.get(key)
        if strips is None:
            if not self._styles:
                self._styles = {
                    part: self.get_component_rich_style(part, partial=True) for part in Part
                }
            strips = row_strips(self._transcript[row], columns, self._manner, self._styles)
            self._strips[key] = strips
        return strips

    def _new_index(self) -> LineIndex:
        return LineIndex(self._measure, self._transcript.text_bytes)

    def _measure(self, row: int) -> int:
        if self._columns is None:
            return 1
        return row_height(self._transcript[row], self._columns)


def _moved(place: Position | None, splice: Splice) -> Position | None:
    """Follow a place through a change of rows."""
    if place is None or place.row < splice.at:
        return place
    if place.row >= splice.at + splice.removed:
        return Position(place.row + splice.added - splice.removed, place.line)
    return Position(min(place.row, splice.at + max(0, splice.added - 1)), place.line)
