"""Colour themes: files of data, validated, one fault a file at worst.

A file holds the fields of `textual.theme.Theme` and nothing else. The roles of this program are
its variables. A bad file is a failure that names file and key; the program starts all the same.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from pathlib import Path

import msgspec
from textual.app import App
from textual.color import Color, ColorParseError
from textual.theme import Theme

DEFAULT = "lktui-dark"
COLOURLESS = "lktui-ansi-16"
"""For NO_COLOR, TERM=dumb and 16 colours: draws no grounds, so nothing is lost without colours."""
_PREFIX = "lktui-"
LEAST = 4.5
LEAST_HIGH_CONTRAST = 7.0

_ROW_ROLES = (
    "foreground", "muted", "title", "key", "state-ready", "state-waiting", "state-warning",
    "state-failed", "state-over", "state-stale", "attention", "speaker-agent", "speaker-user",
    "speaker-other", "mark", "cursor-bar",
)  # fmt: skip
_CHROME_ROLES = (
    "chrome-fg", "muted", "key", "attention", "state-ready", "state-waiting", "state-warning",
    "state-failed", "state-over", "state-stale",
)  # fmt: skip
PAIRS: tuple[tuple[str, str], ...] = (
    *((role, ground) for role in _ROW_ROLES for ground in ("background", "surface", "cursor-bg")),
    *((role, "panel") for role in _CHROME_ROLES),
    *((role, "field-bg") for role in ("foreground", "muted", "cursor-bar")),
    ("tab-fg", "tab-bg"),
    ("match-fg", "match-bg"),
    ("match-now-fg", "match-now-bg"),
)
"""Every role with the grounds it is drawn on."""
ROLES = frozenset({name for pair in PAIRS for name in pair} | {"rule", "cursor-style"})
"""What a theme must define."""
_NEEDED_BY_ANSI = frozenset({"ansi-background", "ansi-foreground"})
_FIELDS = frozenset(field.name for field in dataclasses.fields(Theme))
_NO_COLOURS = frozenset({"name", "dark", "ansi", "variables", "luminosity_spread", "text_alpha"})
_STYLE_WORDS = frozenset({"none", "bold", "dim", "italic", "underline", "reverse", "strike"})


class ThemeFailure(msgspec.Struct, frozen=True):
    """Why a file is no theme."""

    path: Path
    key: str
    """The field or role; empty if the whole file is concerned."""
    why: str

    @property
    def line(self) -> str:
        """The failure in one line: `dusk.toml: muted: 3.10:1 on surface, needs 4.5:1`."""
        return ": ".join(part for part in (self.path.name, self.key, self.why) if part)


class ThemeSet(msgspec.Struct, frozen=True):
    """What some folders hold."""

    themes: tuple[Theme, ...]
    failures: tuple[ThemeFailure, ...]


class _BadThemeError(Exception):
    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key}: {why}")
        self.key, self.why = key, why


def shipped_folder() -> Path:
    """Find the themes of the program: in the wheel beside the code, in a checkout above it."""
    package = Path(__file__).parent
    in_wheel = package / "themes"
    return in_wheel if in_wheel.is_dir() else package.parent / "themes"


def load_themes(folders: Iterable[Path], *, contrast: bool = True) -> ThemeSet:
    """Read every `*.toml` of the folders; a name that is there already is a failure.

    Args:
        folders: In the order of precedence; one that does not exist holds nothing.
        contrast: Whether to compute the contrasts, which takes some milliseconds a theme.
    """
    themes: dict[str, Theme] = {}
    failures: list[ThemeFailure] = []
    for path in (path for folder in folders for path in sorted(folder.glob("*.toml"))):
        try:
            theme = _read(path, contrast=contrast)
        except _BadThemeError as error:
            failures.append(ThemeFailure(path, error.key, error.why))
            continue
        if theme.name in themes:
            why = f"there is a theme “{theme.name}” already"
            failures.append(ThemeFailure(path, "name", why))
        themes.setdefault(theme.name, theme)
    return ThemeSet(tuple(themes.values()), tuple(failures))


def load_theme(name: str, folders: Sequence[Path]) -> ThemeSet:
    """Read one theme, with or without `lktui-` before its name; empty if there is none.

    Only files whose stem is the name are opened, so that nothing else delays the first paint.
    """
    stem = name.removeprefix(_PREFIX)
    failures: list[ThemeFailure] = []
    for path in (folder / f"{part}.toml" for folder in folders for part in (stem, name)):
        if not path.is_file():
            continue
        try:
            return ThemeSet((_read(path, contrast=False),), ())
        except _BadThemeError as error:
            failures.append(ThemeFailure(path, error.key, error.why))
    return ThemeSet((), tuple(failures))


def choose_theme(wanted: str, env: Mapping[str, str], own_folder: Path) -> tuple[Theme, str]:
    """Choose the theme to start in.

    Without colours it is always the one that needs none; with 16 colours unless another is wanted.

    Args:
        wanted: A theme's name; empty: the default.
        env: Tells what the terminal can show.
        own_folder: The person's own themes, which come before the shipped ones.

    Returns:
        The theme, and why it is not the one that was wanted; empty if it is.
    """
    # An empty NO_COLOR counts for nothing (no-color.org).
    colourless = bool(env.get("NO_COLOR")) or env.get("TERM", "") in ("", "dumb")
    usual = COLOURLESS if _has_16_colours(env) else DEFAULT
    name = COLOURLESS if colourless else wanted or usual
    found = load_theme(name, [own_folder, shipped_folder()])
    if found.themes:
        return found.themes[0], ""
    why = found.failures[0].line if found.failures else "there is none of this name"
    return load_theme(usual, [shipped_folder()]).themes[0], f"theme {name}: {why}"


def forget_empty_no_color(env: MutableMapping[str, str]) -> None:
    """Take an empty NO_COLOR out of the environment, where Textual would obey it."""
    if not env.get("NO_COLOR", "-"):
        del env["NO_COLOR"]


def _has_16_colours(env: Mapping[str, str]) -> bool:
    """Tell a terminal of 16 colours or fewer, as Rich does, which draws on it."""
    told = env.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit")
    depth = env.get("TERM", "").strip().lower().rpartition("-")[2]
    return not told and depth not in ("kitty", "256color")


def _read(path: Path, *, contrast: bool) -> Theme:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _BadThemeError("", str(error)) from error
    variables = raw.get("variables", {})
    if not isinstance(variables, dict):
        raise _BadThemeError("variables", "must be a table")
    _check_fields(raw)
    roles = {**raw, **variables}
    _check_roles(roles, ansi=raw.get("ansi") is True)
    if contrast and raw.get("ansi") is not True:
        least = LEAST_HIGH_CONTRAST if "high-contrast" in raw["name"] else LEAST
        _check_contrast(roles, least)
    return Theme(**raw)


def _check_fields(raw: Mapping[str, object]) -> None:
    """Every field is one of Theme's, with its type."""
    for key, value in raw.items():
        if key not in _FIELDS:
            raise _BadThemeError(key, "is no field of a theme")
        expected = _expected_type(key)
        if not isinstance(value, expected):
            raise _BadThemeError(key, f"must be a {expected.__name__}")
    if not raw.get("name"):
        raise _BadThemeError("name", "is missing")


def _expected_type(key: str) -> type:
    if key in ("dark", "ansi"):
        return bool
    if key == "variables":
        return dict
    return float if key in ("luminosity_spread", "text_alpha") else str


def _check_roles(roles: Mapping[str, str], *, ansi: bool) -> None:
    """Every role is there, and every value can be drawn."""
    missing = sorted((ROLES | (_NEEDED_BY_ANSI if ansi else frozenset())) - roles.keys())
    if missing:
        raise _BadThemeError(missing[0], "is missing")
    for key, value in roles.items():
        if key in _NO_COLOURS:
            continue
        if not isinstance(value, str):
            raise _BadThemeError(key, "must be a text")
        if key.endswith("-style"):
            if not _STYLE_WORDS.issuperset(value.split()):
                raise _BadThemeError(key, f"“{value}” is no text style")
            continue
        try:
            # Textual allows an opacity after a colour: `#81a1c1 35%`.
            colour = Color.parse(value.partition(" ")[0])
        except ColorParseError as error:
            raise _BadThemeError(key, f"“{value}” is no colour") from error
        if key in ROLES and ansi != (colour.ansi is not None):
            kind = "an ansi_ colour" if ansi else "an RGB colour"
            raise _BadThemeError(key, f"“{value}” must be {kind} in this theme")


def _check_contrast(roles: Mapping[str, str], least: float) -> None:
    """Every role is read on its grounds, also where a terminal has 256 colours only."""
    from lktui.contrast import in_256, ratio  # noqa: PLC0415 - not needed before the first paint

    for role, ground in PAIRS:
        text, below = (Color.parse(roles[name]).hex6 for name in (role, ground))
        worst = min(ratio(text, below), ratio(in_256(text), in_256(below)))
        if worst < least:
            raise _BadThemeError(role, f"{worst:.2f}:1 on {ground}, needs {least:g}:1")


def start_in(app: App[None], theme: Theme) -> None:
    """Take a theme before anything is drawn, without the second parsing of all style sheets."""
    app.register_theme(theme)
    app.set_reactive(App.theme, theme.name)
    app.set_class(theme.dark, "-dark-mode", update=False)
    app.set_class(not theme.dark, "-light-mode", update=False)
    app.stylesheet.set_variables(app.get_css_variables())
