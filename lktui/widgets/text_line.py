"""The base of all inputs: its cursor stands still, and a letter lays out nothing anew."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input


class TextLine(Input):
    """A line of text, one row high.

    Args:
        value: What it holds at first; the cursor is behind it.
        placeholder: What is shown while it is empty.
        max_length: How many characters it takes; 0: any number.
        selected: Whether the first letter takes the place of what it holds.
        id: As every widget's.
    """

    virtual_size = Reactive(Size(0, 0))
    """As Textual's, which lays out the whole screen when it changes: with each letter."""

    def __init__(
        self,
        value: str = "",
        placeholder: str = "",
        *,
        max_length: int = 0,
        selected: bool = False,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        super().__init__(
            value,
            placeholder,
            compact=True,
            select_on_focus=selected,
            max_length=max_length,
            id=id,
        )
        # One that blinks would send bytes for ever.
        self.cursor_blink = False
