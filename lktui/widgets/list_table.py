"""A list of rows in columns: virtual, drawn line by line, its cursor on a row and not on a place.

A refresh redraws only the lines that look different now. The cursor moves by a key press only: when
rows come, go or change places it stays on its row.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from textual import events
from textual.cache import LRUCache
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.timer import Timer
from textual.visual import Visual
from textual.widget import Widget

from lktui.core.sorting import SortValue
from lktui.core.wrap import fit, room_names
from lktui.widgets.columns import Column, Place, places
from lktui.widgets.drawing import Part, line
from lktui.widgets.rule import hairline

LOOKED_AFTER_S = 1.0
"""A row that was under the cursor for so long has been looked at."""
_KEPT_LINES = 300
"""As many as are seen while one pages or types a filter; drawing one anew is most of such a key."""


class Cell(msgspec.Struct, frozen=True):
    """One value of a row."""

    text: str
    style: str = "$foreground"
    sort: SortValue = None
    """What rows are sorted by; None sorts last."""


class Row(msgspec.Struct, frozen=True):
    """One row; equal rows look the same."""

    key: str
    cells: tuple[Cell, ...]
    """One for each column, shown or not."""
    attention: str = ""
    """What needs the person, unique to the occasion; empty if nothing does."""
    marked: bool = False

    @property
    def text(self) -> str:
        """Everything the row says: what filters look at and copies hold."""
        return "  ".join(cell.text for cell in self.cells if cell.text)


class Caption(msgspec.Struct, frozen=True):
    """A line between rows that the cursor passes over: a hairline with a title, or some parts."""

    title: str = ""
    right: str = ""
    parts: tuple[tuple[str, str], ...] = ()


Entry = Row | Caption


class ListTable(Widget, can_focus=True):
    """Shows entries under column titles; posts where the cursor is and what was looked at."""

    DEFAULT_CSS = """
    ListTable { height: 1fr; width: 1fr; }
    ListTable > .list-table--cursor { background: $cursor-bg; text-style: $cursor-style; }
    """
    COMPONENT_CLASSES = {"list-table--cursor"}  # noqa: RUF012 - Textual's own declaration

    class CursorMoved(Message):
        """Posted when the cursor is on another row; its screen shows that row's story."""

    class LookedAt(Message):
        """Posted when a row that needs the person was under the cursor long enough."""

        def __init__(self, attention: str) -> None:
            super().__init__()
            self.attention = attention

    def __init__(self, columns: tuple[Column, ...], *, titles: bool = True) -> None:
        """Make an empty list.

        Args:
            columns: From left to right.
            titles: Whether the first line names the columns.
        """
        super().__init__()
        self._columns = columns
        self._head = 1 if titles else 0
        self._entries: tuple[Entry, ...] = ()
        self._stops: tuple[int, ...] = ()
        self._empty: tuple[tuple[Part, ...], ...] = ()
        self._empty_titles = True
        self._places: tuple[Place, ...] = ()
        self._laid_out_for = 0
        self._short: dict[str, str] = {}
        self._installation = ""
        self._at = 0
        self._top = 0
        self._waited_for = ""
        self._look: Timer | None = None
        self._drawn: LRUCache[tuple[object, ...], Strip] = LRUCache(_KEPT_LINES)
        """Rows as they were drawn for the present width and style, by their looks."""

    # --- what is shown ----------------------------------------------------------------------

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        if not self._stops:
            return None
        entry = self._entries[self._stops[self._at]]
        return entry if isinstance(entry, Row) else None

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, in their order."""
        return tuple(entry for entry in self._entries if isinstance(entry, Row))

    @property
    def rows_in_view(self) -> tuple[Row, ...]:
        """Those that are drawn, from top to bottom."""
        entries = self._entries[self._top : self._top + self.page]
        return tuple(entry for entry in entries if isinstance(entry, Row))

    @property
    def shown_columns(self) -> tuple[int, ...]:
        """Indexes of the columns that have room."""
        return tuple(place.index for place in self._places)

    def show(
        self,
        entries: Sequence[Entry],
        *,
        empty: Sequence[tuple[Part, ...]] = (),
        empty_titles: bool = True,
        installation: str = "",
    ) -> None:
        """Take the entries as they are now.

        Args:
            entries: Rows and captions, in their order.
            empty: Lines that are shown if there is none.
            empty_titles: Whether the columns are named above these lines too.
            installation: Ours, for shortening the names of our rooms.
        """
        before, cursor = self._looks(), self.row
        self._entries, self._empty = tuple(entries), tuple(empty)
        self._empty_titles = empty_titles
        self._installation = installation
        self._stops = tuple(i for i, entry in enumerate(entries) if isinstance(entry, Row))
        self._shorten()
        self._stay_on(cursor.key if cursor else "")
        self._redraw(before)
        self._watch_attention()

    def place_cursor(self, key: str) -> None:
        """Put the cursor on a row; nothing happens if there is none with this key."""
        for at, stop in enumerate(self._stops):
            entry = self._entries[stop]
            if isinstance(entry, Row) and entry.key == key:
                self.move_to(at)

    def _stay_on(self, key: str) -> None:
        """Keep the cursor on its row and the row at its height; else on the same place."""
        height = self._stops[self._at] - self._top if self._at < len(self._stops) else 0
        keys = {
            entry.key: at
            for at, stop in enumerate(self._stops)
            if isinstance(entry := self._entries[stop], Row)
        }
        at = keys.get(key, min(self._at, max(0, len(self._stops) - 1)))
        moved = at != self._at
        self._at = at
        if moved and key in keys:
            self._top = max(0, self._stops[at] - height)
        self._keep_in_view()

    # --- moving -----------------------------------------------------------------------------

    @property
    def page(self) -> int:
        """Lines of entries that fit."""
        return max(1, self.size.height - self._head)

    def move_by(self, steps: int) -> None:
        """Move the cursor by some rows, up if negative."""
        self.move_to(self._at + steps)

    def move_to(self, at: int) -> None:
        """Move the cursor to a row by its place; beyond the ends is the end."""
        before, was = self._looks(), self._at
        self._at = max(0, min(at, len(self._stops) - 1))
        self._keep_in_view()
        self._redraw(before)
        if self._at != was:
            self.post_message(self.CursorMoved())
            self._watch_attention()

    def move_to_last(self) -> None:
        """Move the cursor to the last row."""
        self.move_to(len(self._stops) - 1)

    def move_to_need(self, way: int) -> bool:
        """Go to the nearest row below (1) or above (-1) that needs the person; False: none does."""
        rows = self.rows
        for at in range(self._at + way, len(rows) if way > 0 else -1, way):
            if rows[at].attention:
                self.move_to(at)
                return True
        return False

    def _keep_in_view(self) -> None:
        if not self._stops:
            self._top = 0
            return
        line_no = self._stops[self._at]
        # Captions above the first row come into view with it.
        first = 0 if self._at == 0 else line_no
        last_top = max(0, len(self._entries) - self.page)
        self._top = min(self._top, first, last_top)
        self._top = max(self._top, line_no - self.page + 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move down with the wheel."""
        event.stop()
        self.move_by(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move up with the wheel."""
        event.stop()
        self.move_by(-1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked."""
        line_no = self._top + event.y - self._head
        if line_no in self._stops:
            self.move_to(self._stops.index(line_no))

    # --- attention --------------------------------------------------------------------------

    def _watch_attention(self) -> None:
        """Count the second for which the row under the cursor has been looked at."""
        row = self.row
        wanted = row.attention if row else ""
        if wanted == self._waited_for:
            return
        self._waited_for = wanted
        if self._look is not None:
            self._look.stop()
            self._look = None
        if wanted:
            self._look = self.set_timer(LOOKED_AFTER_S, self._looked)

    def _looked(self) -> None:
        self._look = None
        attention, self._waited_for = self._waited_for, ""
        if self.screen.is_active:
            self.post_message(self.LookedAt(attention))

    # --- drawing ----------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._lay_out()
        self._keep_in_view()
        # What was drawn for the new height came before the first row in view was known.
        self.refresh()

    def notify_style_update(self) -> None:
        """Draw all rows anew: a theme may have changed what their colours are."""
        super().notify_style_update()
        self._drawn.clear()

    def _lay_out(self) -> None:
        """Place the columns for the present width; the first drawing comes before `on_resize`."""
        if self._laid_out_for != self.size.width:
            self._laid_out_for = self.size.width
            self._drawn.clear()
            self._places = places(self._columns, self.size.width)
            self._shorten()

    def _shorten(self) -> None:
        """Shorten the names of rooms so that no two look the same."""
        self._short = {}
        for place in self._places:
            if self._columns[place.index].rooms:
                names = [row.cells[place.index].text for row in self.rows]
                short = room_names(names, place.cells, self._installation)
                self._short.update(zip(names, short, strict=True))

    def _looks(self) -> list[tuple[object, ...]]:
        """Say what each line shows, to tell afterwards which one has to be drawn again."""
        return [self._look_of(y) for y in range(self.size.height)]

    def _look_of(self, y: int) -> tuple[object, ...]:
        at = self._top + y - self._head
        if not self._entries:
            return (y, self._empty, self._empty_titles)
        if y < self._head or at >= len(self._entries):
            return (y < self._head,)
        entry = self._entries[at]
        names = [
            self._short.get(entry.cells[place.index].text)
            for place in self._places
            if isinstance(entry, Row) and self._columns[place.index].rooms
        ]
        on = at == self._stops[self._at]
        if isinstance(entry, Caption):
            return (entry, on)
        # Not what it is sorted by: an age changes between two looks that are the same.
        shown = [(cell.text, cell.style) for cell in entry.cells]
        return (bool(entry.attention), entry.marked, on, *shown, *names)

    def _redraw(self, before: list[tuple[object, ...]]) -> None:
        lines = [y for y, look in enumerate(self._looks()) if look != before[y]]
        if lines:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in lines))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        self._lay_out()
        if not self._entries:
            return self._strip(self._empty_line(y))
        if y < self._head:
            return self._strip(self._titles())
        at = self._top + y - self._head
        entry = self._entries[at] if at < len(self._entries) else None
        if not isinstance(entry, Row):
            return self._strip(_caption(entry, self.size.width) if entry else Content(""))
        look = self._look_of(y)
        strip = self._drawn.get(look)
        if strip is None:
            strip = self._drawn[look] = self._row_strip(entry, on=at == self._stops[self._at])
        return strip

    def _strip(self, content: Content, style: Style | None = None) -> Strip:
        width = self.size.width
        strips = Visual.to_strips(self, content, width, 1, style or self.visual_style, pad=True)
        return strips[0] if strips else Strip.blank(width)

    def _row_strip(self, row: Row, *, on: bool) -> Strip:
        content = self._row_line(row, on=on)
        if not on:
            return self._strip(content)
        if self.app.current_theme.ansi:
            # Reverse video over colours would be patchwork; glyph and word stay.
            content = Content(content.plain)
        return self._strip(content, self._cursor_style())

    def _cursor_style(self) -> Style:
        style = self.get_visual_style("list-table--cursor")
        # Textual leaves this one out of a visual style.
        if self.get_component_styles("list-table--cursor").text_style.reverse:
            style += Style(reverse=True)
        return style

    def _titles(self) -> Content:
        parts = [
            fit(column.title, place.cells, column.align) + " " * place.gap
            for place in self._places
            for column in (self._columns[place.index],)
        ]
        return line(("  " + "".join(parts), "$muted"))

    def _empty_line(self, y: int) -> Content:
        index = y - self._head - 1
        if 0 <= index < len(self._empty):
            return line("    ", *self._empty[index])
        titled = self._head and y == 0 and self._empty and self._empty_titles
        return self._titles() if titled else Content("")

    def _row_line(self, row: Row, *, on: bool) -> Content:
        bar: Part = ("▌", "$cursor-bar") if on else " "
        parts: list[Part] = [
            ("◆", "$mark") if row.marked else bar,
            ("!", "$attention bold") if row.attention else " ",
        ]
        for place in self._places:
            column, cell = self._columns[place.index], row.cells[place.index]
            text = self._short.get(cell.text, cell.text) if column.rooms else cell.text
            parts.append((fit(text, place.cells, column.align, column.cut), cell.style))
            parts.append(" " * place.gap)
        return line(*parts)


def _caption(caption: Caption, width: int) -> Content:
    if caption.parts:
        return line("  ", *caption.parts)
    return hairline(width, line((caption.title, "$title bold")), line((caption.right, "$muted")))
