"""`:`: everything that can be done here, found by a few letters; what is impossible says why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from lktui.core.action_types import Action, Scope, View
from lktui.core.actions import ActionId, key_of, shown_key
from lktui.core.fuzzy import found
from lktui.core.wrap import fit
from lktui.widgets.bindings import bindings
from lktui.widgets.drawing import Part, line
from lktui.widgets.overlay import Overlay
from lktui.widgets.text_line import TextLine

ROWS = 10
_TITLE_CELLS = 26
_KEY_CELLS = 7
_EDGE_CELLS = 4


class _Offer(msgspec.Struct, frozen=True):
    """One action with the letters that were found in its title."""

    action: Action
    places: tuple[int, ...]
    reason: str | None


class _Letters(TextLine):
    """Takes the letters."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.PALETTE, alone=True)


class _Offers(Widget):
    """The actions that were found, ten of them in sight."""

    def __init__(self) -> None:
        super().__init__()
        self.offers: tuple[_Offer, ...] = ()
        self.at = 0
        self._top = 0

    def show(self, offers: tuple[_Offer, ...], at: int) -> None:
        """Show other actions, or the same with the cursor elsewhere."""
        self.offers, self.at = offers, max(0, min(at, len(offers) - 1))
        page = max(1, self.size.height or ROWS)
        self._top = max(min(self._top, self.at), self.at - page + 1)
        self.refresh()

    def render(self) -> Content:
        """Write title, help or reason, and key; the cursor's row stands out."""
        width, height = self.size
        seen = self.offers[self._top : self._top + height]
        rows = [self._row(self._top + i, offer, width) for i, offer in enumerate(seen)]
        return Content("\n").join(rows)

    def _row(self, at: int, offer: _Offer, width: int) -> Content:
        on = at == self.at
        tone = "$muted" if offer.reason else "$foreground"
        title = Content.styled(fit(offer.action.title, _TITLE_CELLS), tone)
        for place in offer.places if not offer.reason else ():
            title = title.stylize("bold underline", place, place + 1)
        help_cells = max(0, width - _TITLE_CELLS - _KEY_CELLS - _EDGE_CELLS)
        words = f"not now: {offer.reason}" if offer.reason else offer.action.help
        key = shown_key(offer.action.keys[0]) if offer.action.keys else ""
        bar: Part = ("▌", "$cursor-bar") if on else " "
        whole = line(
            bar,
            " ",
            title,
            " ",
            (fit(words, help_cells), "$muted"),
            (fit(key, _KEY_CELLS, "right"), "$key bold"),
            " ",
        )
        if not on:
            return whole
        if self.app.current_theme.ansi:
            return Content.styled(whole.plain, "reverse")
        return whole.stylize_before("on $cursor-bg")


class Palette(Overlay):
    """Ten rows at the bottom, one input above them."""

    DEFAULT_CSS = """
    Palette _Offers { height: 10; width: 1fr; }
    Palette Horizontal { height: 1; width: 1fr; }
    Palette Static { width: auto; height: 1; }
    Palette _Letters, Palette _Letters:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $surface; text-style: bold; }
    """
    SCOPE = Scope.PALETTE

    def __init__(self, actions: Sequence[Action], view: View, last: ActionId | None) -> None:
        """Make the palette.

        Args:
            actions: What can be done on this screen, in the registry's order.
            view: What they are judged by.
            last: What was done by it last: it comes first while nothing is typed.
        """
        super().__init__()
        self._actions, self._judged_by, self._last = actions, view, last

    def compose(self) -> ComposeResult:
        """Put the input above the actions."""
        with Horizontal():
            yield Static(line(("── ", "$rule"), (f"{key_of(ActionId.PALETTE)} ", "$key bold")))
            yield _Letters()
            yield Static(id="count")
        yield _Offers()

    def on_mount(self) -> None:
        """Offer everything, and take the keys."""
        self._find("")
        self.query_one(_Letters).focus()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Look for the letters as they are typed."""
        message.stop()
        self._find(message.value)

    def move(self, steps: int) -> None:
        """Move the cursor, up if negative."""
        offers = self.query_one(_Offers)
        offers.show(offers.offers, offers.at + steps)

    @property
    def chosen(self) -> ActionId | None:
        """The action under the cursor."""
        offers = self.query_one(_Offers)
        return ActionId(offers.offers[offers.at].action.id) if offers.offers else None

    def _find(self, typed: str) -> None:
        scored = []
        for number, action in enumerate(self._actions):
            match = found(action.title, typed)
            if match is not None:
                reason = action.unavailable(self._judged_by)
                again = not typed and action.id == self._last
                place = (reason is not None, not again, match.score, number)
                scored.append((place, _Offer(action, match.places, reason)))
        scored.sort(key=lambda one: one[0])
        self.query_one(_Offers).show(tuple(offer for _, offer in scored), 0)
        count = f"{len(scored)} of {len(self._actions)}"
        self.query_one("#count", Static).update(line((f" {count} ", "$muted"), ("──", "$rule")))
