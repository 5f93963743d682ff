"""Row 1: the four screens with what waits in them, the profile, and the link."""

from __future__ import annotations

import msgspec
from textual.content import Content

from lktui.core.actions import ActionId, key_of
from lktui.core.signs import StateKind
from lktui.core.wrap import clip
from lktui.widgets.drawing import WIDE_CELLS, Line, Part, line, state

TABS: tuple[tuple[ActionId, str], ...] = (
    (ActionId.SHOW_PROFILES, "Profiles"),
    (ActionId.SHOW_ROOMS, "Rooms"),
    (ActionId.SHOW_LIVE, "Live"),
    (ActionId.SHOW_CLEANUP, "Cleanup"),
)
_SHORT_PROFILE_CELLS = 12


class Badge(msgspec.Struct, frozen=True):
    """What waits on a screen: how many, and whether they need the person."""

    count: int = 0
    needs_you: bool = False

    @property
    def text(self) -> str:
        """`!2`, `3`, or nothing."""
        if not self.count:
            return ""
        return f"!{self.count}" if self.needs_you else str(self.count)


class HeaderView(msgspec.Struct, frozen=True):
    """What the header says."""

    active: str = "Profiles"
    badges: tuple[Badge, ...] = (Badge(),) * len(TABS)
    """In the order of the tabs."""
    profile: str = ""
    host: str = ""
    """The profile's URL, shown from 120 columns."""
    link: StateKind = StateKind.OVER
    link_words: str = ""


class Header(Line):
    """Tabs at the left; profile, host and link at the right, which leave before the tabs do."""

    DEFAULT_CSS = """
    Header { background: $panel; color: $chrome-fg; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._view = HeaderView()

    def show(self, view: HeaderView) -> None:
        """Say something else, if it is something else."""
        if view != self._view:
            self._view = view
            self.refresh()

    def draw(self, width: int) -> Content:
        """Leave out, in this order: host, profile cut to 12, profile, the program's name."""
        view = self._view
        tabs = line(*self._tabs())
        left = line((" lktui ", "$muted"), tabs)
        link = line(state(view.link, view.link_words), " ")
        short = clip(view.profile, _SHORT_PROFILE_CELLS)
        host = view.host if width >= WIDE_CELLS else ""
        for who in ((view.profile, host), (view.profile,), (short,), ()):
            told = "  ".join(part for part in who if part)
            right = line((told + "  " if told else "", "$chrome-fg"), link)
            if left.cell_length + 2 + right.cell_length <= width:
                break
        if left.cell_length + 1 + right.cell_length > width:
            left = tabs
        room = width - right.cell_length
        if left.cell_length > room:
            left = left.truncate(max(0, room), ellipsis=True)
        return line(left, " " * max(0, room - left.cell_length), right)

    def _tabs(self) -> list[Part]:
        plain = self.app.current_theme.ansi
        parts: list[Part] = []
        for (action, name), badge in zip(TABS, self._view.badges, strict=True):
            on = name == self._view.active
            style = "$chrome-fg"
            if on:
                style = "bold reverse" if plain else "$tab-fg on $tab-bg bold"
            parts.append((f" {key_of(action)} {name} ", style))
            if badge.text:
                tone = "$attention bold" if badge.needs_you else "$muted"
                parts.append((f"{badge.text} ", style if on else tone))
        return parts
