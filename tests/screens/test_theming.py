"""Themes are data: good ones load, a bad one is one failure that names file and key."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from lktui.contrast import ratio
from lktui.theming import (
    COLOURLESS,
    DEFAULT,
    PAIRS,
    choose_theme,
    forget_empty_no_color,
    load_theme,
    load_themes,
    shipped_folder,
)

DARK_PALETTES = {
    "xterm": {
        "default": "#e5e5e5", "bright_red": "#ff0000", "bright_green": "#00ff00",
        "bright_yellow": "#ffff00", "bright_cyan": "#00ffff", "white": "#e5e5e5",
    },
    "vga": {
        "default": "#aaaaaa", "bright_red": "#ff5555", "bright_green": "#55ff55",
        "bright_yellow": "#ffff55", "bright_cyan": "#55ffff", "white": "#aaaaaa",
    },
    "tango": {
        "default": "#d3d7cf", "bright_red": "#ef2929", "bright_green": "#8ae234",
        "bright_yellow": "#fce94f", "bright_cyan": "#34e2e2", "white": "#d3d7cf",
    },
}  # fmt: skip
"""What terminals on a black ground show for the colours that the ansi theme uses."""


def changed(folder: Path, old: str, new: str, name: str = "dusk") -> Path:
    """Write the dark theme with one change."""
    text = (shipped_folder() / "dark.toml").read_text(encoding="utf-8")
    assert old in text
    text = text.replace('name = "lktui-dark"', f'name = "{name}"').replace(old, new)
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_all_shipped_themes_are_good() -> None:
    found = load_themes([shipped_folder()])
    assert found.failures == ()
    assert {theme.name for theme in found.themes} == {
        "lktui-ansi-16",
        "lktui-dark",
        "lktui-deuteranopia",
        "lktui-high-contrast",
        "lktui-light",
        "lktui-tritanopia",
    }


def test_a_file_is_named_as_its_theme_so_that_one_can_be_loaded_alone() -> None:
    for file in shipped_folder().glob("*.toml"):
        name = tomllib.loads(file.read_text(encoding="utf-8"))["name"]
        assert name == f"lktui-{file.stem}"
        assert load_theme(name, [shipped_folder()]).themes[0].name == name
        assert load_theme(file.stem, [shipped_folder()]).themes[0].name == name


@pytest.mark.parametrize("name", [DEFAULT, COLOURLESS])
def test_the_themes_that_the_program_needs_are_there(name: str) -> None:
    assert load_theme(name, [shipped_folder()]).themes


@pytest.mark.parametrize("palette", DARK_PALETTES)
def test_the_ansi_theme_is_read_on_usual_dark_palettes(palette: str) -> None:
    theme = load_theme(COLOURLESS, [shipped_folder()]).themes[0]
    for role, _ in PAIRS:
        colour = str(theme.variables.get(role) or getattr(theme, role, "ansi_default"))
        shown = DARK_PALETTES[palette].get(colour.removeprefix("ansi_"))
        if shown is not None:
            assert ratio(shown, "#000000") >= 4.5, role


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('muted = "#a8aeba"', 'muted = "#4b505b"', "muted: "),
        ('muted = "#a8aeba"', 'muted = "grellow"', "muted: “grellow” is no colour"),
        ('muted = "#a8aeba"\n', "", "muted: is missing"),
        ('muted = "#a8aeba"', "muted = 3", "muted: must be a text"),
        ("dark = true", 'dark = "yes"', "dark: must be a bool"),
        ("dark = true", "shiny = true", "shiny: is no field of a theme"),
        ('cursor-style = "none"', 'cursor-style = "wobbly"', "cursor-style: “wobbly” is no text"),
        ('muted = "#a8aeba"', 'muted = "ansi_red"', "muted: “ansi_red” must be an RGB colour"),
        ("dark = true", "dark = ", "dusk.toml: "),
    ],
)
def test_a_bad_file_is_one_failure_and_hides_no_other(
    tmp_path: Path, old: str, new: str, line: str
) -> None:
    changed(tmp_path, old, new)
    changed(tmp_path, "dark = true", "dark = true", "good")
    found = load_themes([tmp_path])
    assert [theme.name for theme in found.themes] == ["good"]
    (failure,) = found.failures
    assert failure.line.startswith("dusk.toml: ")
    assert line in failure.line


def test_high_contrast_is_held_to_more(tmp_path: Path) -> None:
    changed(tmp_path, "dark = true", "dark = true", "my-high-contrast")
    (failure,) = load_themes([tmp_path]).failures
    assert "needs 7:1" in failure.line


def test_a_name_that_is_there_already_is_a_failure(tmp_path: Path) -> None:
    changed(tmp_path / "own", "dark = true", "dark = true", "lktui-light")
    found = load_themes([shipped_folder(), tmp_path / "own"])
    assert [failure.key for failure in found.failures] == ["name"]


def test_a_theme_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    assert load_theme("dusk", [tmp_path]).themes == ()
    assert load_themes([tmp_path / "missing"]).failures == ()


@pytest.mark.parametrize("env", [{"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "dumb"}, {}])
def test_without_colours_the_theme_is_the_one_that_needs_none(
    tmp_path: Path, env: dict[str, str]
) -> None:
    theme, failure = choose_theme("lktui-light", env, tmp_path)
    assert (theme.name, failure) == (COLOURLESS, "")


def test_a_wanted_theme_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    changed(tmp_path, 'muted = "#a8aeba"', 'muted = "grellow"')
    for name, why in (("dusk", "dusk.toml: muted: “grellow” is no colour"), ("dawn", "none of")):
        theme, failure = choose_theme(name, {"TERM": "xterm-256color"}, tmp_path)
        assert theme.name == DEFAULT
        assert failure.startswith(f"theme {name}: ")
        assert why in failure


@pytest.mark.parametrize("term", ["xterm", "linux", "vt100", "screen", "xterm-16color"])
def test_a_console_of_16_colours_takes_the_theme_that_is_made_of_them(
    tmp_path: Path, term: str
) -> None:
    env = {"TERM": term}
    assert choose_theme("", env, tmp_path)[0].name == COLOURLESS
    assert choose_theme("lktui-light", env, tmp_path)[0].name == "lktui-light"
    assert choose_theme("", {**env, "COLORTERM": "truecolor"}, tmp_path)[0].name == DEFAULT


def test_an_empty_no_color_is_no_wish(tmp_path: Path) -> None:
    env = {"TERM": "xterm-256color", "NO_COLOR": ""}
    assert choose_theme("", env, tmp_path)[0].name == DEFAULT
    forget_empty_no_color(env)
    assert env == {"TERM": "xterm-256color"}


def test_a_no_color_that_says_something_stays(tmp_path: Path) -> None:
    env = {"TERM": "xterm-256color", "NO_COLOR": "0"}
    assert choose_theme("", env, tmp_path)[0].name == COLOURLESS
    forget_empty_no_color(env)
    assert env["NO_COLOR"] == "0"
