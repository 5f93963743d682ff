"""A table draws again what looks different, and nothing else."""

from __future__ import annotations

from typing import Any, Self

from textual.app import App, ComposeResult
from textual.geometry import Region

from lktui.theming import load_themes, shipped_folder, start_in
from lktui.widgets.columns import Column
from lktui.widgets.list_table import Cell, ListTable, Row

COLUMNS = (Column("room", 20, 20, elastic=True), Column("age", 6, 6))


class CountingTable(ListTable):
    """Notes which of its lines are drawn again."""

    def __init__(self) -> None:
        super().__init__(COLUMNS)
        self.drawn: list[int] = []

    def refresh(self, *regions: Region, **how: Any) -> Self:
        """Note the lines; all of them is -1."""
        self.drawn += [region.y for region in regions] or [-1]
        return super().refresh(*regions, **how)


class OneTable(App[None]):
    """A table of its own."""

    def __init__(self) -> None:
        super().__init__()
        start_in(self, load_themes([shipped_folder()]).themes[0])
        self.table = CountingTable()

    def compose(self) -> ComposeResult:
        """Show the table alone."""
        yield self.table


def row(number: int, *, age_s: float, age: str = "3m") -> Row:
    """Make a row; its age is sorted more finely than it is shown."""
    cells = (Cell(f"room-{number}"), Cell(age, sort=age_s))
    return Row(key=str(number), cells=cells)


async def test_rows_that_look_as_before_are_not_drawn_again() -> None:
    app = OneTable()
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.show([row(number, age_s=180.1) for number in range(8)])
        await pilot.pause()
        app.table.drawn.clear()
        app.table.show([row(number, age_s=180.2) for number in range(8)])
        assert app.table.drawn == []


async def test_a_row_that_looks_different_is_drawn_again_alone() -> None:
    app = OneTable()
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.show([row(number, age_s=180.1) for number in range(8)])
        await pilot.pause()
        app.table.drawn.clear()
        ages = ["4m" if number == 2 else "3m" for number in range(8)]
        app.table.show([row(number, age_s=181, age=age) for number, age in enumerate(ages)])
        assert app.table.drawn == [3]


async def test_a_row_takes_the_colours_of_a_theme_that_is_chosen_later() -> None:
    app = OneTable()
    _, other, *_ = load_themes([shipped_folder()]).themes
    async with app.run_test(size=(80, 24)) as pilot:
        app.table.show([row(1, age_s=1), row(2, age_s=2)])
        await pilot.pause()
        before = app.table.render_line(2)
        app.register_theme(other)
        app.theme = other.name
        await pilot.pause()
        after = app.table.render_line(2)
        assert after.text == before.text
        assert list(after) != list(before)
