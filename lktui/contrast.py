"""How well a colour is read on another, in true colour and as terminals of 256 colours show it."""

from __future__ import annotations

from rich.color import Color, ColorSystem

_LINEAR_BELOW = 0.04045


def ratio(first: str, second: str) -> float:
    """Compute the WCAG 2 contrast ratio of two colours written as `#rrggbb`: 1 to 21."""
    one, two = _luminance(first), _luminance(second)
    return (max(one, two) + 0.05) / (min(one, two) + 0.05)


def in_256(colour: str) -> str:
    """Give the colour that is written instead of `#rrggbb` to a terminal of 256 colours."""
    return Color.parse(colour).downgrade(ColorSystem.EIGHT_BIT).get_truecolor().hex


def _luminance(colour: str) -> float:
    parts = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= _LINEAR_BELOW else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
