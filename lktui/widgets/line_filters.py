"""What every line passes on its way to the terminal, whatever drew it."""

from __future__ import annotations

from collections.abc import Mapping

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from lktui.core.sanitize import clean
from lktui.core.signs import ASCII
from lktui.core.wrap import cell_width


class SafeText(LineFilter):
    """The second line of defence: no control character reaches the terminal."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """Replace what the first line, where text enters, would have replaced."""
        return [
            segment
            if segment.control or (segment.text.isascii() and segment.text.isprintable())
            else Segment(clean(segment.text), segment.style)
            for segment in segments
        ]


class AsciiOnly(LineFilter):
    """For terminals without UTF-8: signs become ASCII, other characters a question mark a cell."""

    # Of the arrow only the head, so that every line keeps its width.
    _SIGNS: Mapping[str, str] = {sign: plain[-1] for sign, plain in ASCII.items()}

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        """Rewrite what is not ASCII."""
        return [
            segment
            if segment.control or segment.text.isascii()
            else Segment("".join(map(self._plain, segment.text)), segment.style)
            for segment in segments
        ]

    def _plain(self, character: str) -> str:
        if character.isascii():
            return character
        return self._SIGNS.get(character, "?" * cell_width(character))


def takes_ascii_only(env: Mapping[str, str]) -> bool:
    """Tell whether the locale that is named is one without UTF-8; none named is taken for UTF-8."""
    names = (env.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((name for name in names if name), "")
    return bool(locale) and "utf" not in locale.lower()
