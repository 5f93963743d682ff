"""What stands beside a field, and below for the one that is typed: faults, help, defaults."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lktui.core.field_values import read_object
from lktui.core.fields import Field, Kind
from lktui.core.profile import MASK
from lktui.core.profile_form import ProfileForm
from lktui.core.sanitize import clean
from lktui.core.signs import StateKind
from lktui.store.secret_look import SecretLook
from lktui.widgets.detail import DetailView

Look = Callable[[str, str], SecretLook]
"""Looks at a secret by its text and its field's name."""

_BULLET = "•"
_MAX_BULLETS = 40
_REFERENCES = ("env:", "file:")
_SECONDS = (Kind.DURATION, Kind.TIMEOUT)
_EMPTY_NOTES = {
    "room_name": "a fresh room each time",
    "tags": "words, with commas",
}
_ON_NOTES = {"auto_cleanup": "deletes room and dispatch"}
_URLS = (Kind.SERVER_URL, Kind.ENDPOINT_URL)


class Note(msgspec.Struct, frozen=True):
    """A few words beside a field."""

    words: str = ""
    kind: StateKind | None = None
    """Of a fault or a doubt; None is only a remark."""


def note_of(form: ProfileForm, field: Field, look: Look) -> Note:
    """Say what is wrong with a field, else what is good to know of it."""
    found, is_fault = form.finding(field.name)
    text = form.text(field.name)
    if found is not None:
        words = found.cause.removeprefix("it ") if text.strip() else "required"
        return Note(words, StateKind.FAILED if is_fault else StateKind.WARNING)
    if form.is_locked(field.name):
        return Note("several lines: edit the file")
    if field.kind is Kind.SECRET and text.strip():
        return _note_of_secret(field, look(text, field.name))
    if field.kind in (Kind.HEADERS, Kind.OBJECT) and text.strip():
        count = len(read_object(text) or {})
        return Note(f"1 name in {len(text)} characters" if count == 1 else f"{count} names")
    if not text.strip():
        return Note(_EMPTY_NOTES.get(field.name, ""))
    if field.kind in _SECONDS:
        return Note("seconds")
    if field.name in _ON_NOTES:
        return Note(_ON_NOTES[field.name])
    is_name = field.kind is Kind.NAME and form.is_default(field.name)
    return Note("default" if is_name else "")


def _note_of_secret(field: Field, look: SecretLook) -> Note:
    if look.looks_like_key and field.name == "api_secret":
        return Note("begins with API: swapped?", StateKind.WARNING)
    return Note(look.words, StateKind.WARNING if look.is_doubtful else None)


def help_of(form: ProfileForm, field: Field, look: Look, *, brief: bool) -> DetailView:
    """Tell of the field that is typed: its fault, what it is, what to do.

    Args:
        form: As it is typed.
        field: The current one.
        look: Looks at secrets.
        brief: Whether there is room only for a headline and what to do.
    """
    found, is_fault = form.finding(field.name)
    note = note_of(form, field, look)
    kind, headline, remedy = note.kind, "", ""
    if found is not None:
        kind = StateKind.FAILED if is_fault else StateKind.WARNING
        headline, remedy = f"{found.cause[:1].upper()}{found.cause[1:]}", found.resolution
    elif kind is not None:
        headline = f"{note.words[:1].upper()}{note.words[1:]}"
    elif form.is_locked(field.name):
        remedy = "save what you have changed; then choose Open editor in the palette"
    elif field.kind is Kind.SECRET:
        remedy = "write env:NAME or file:PATH to keep it out of the profile's file"
    if brief and not headline:
        headline = field.help
    return DetailView(kind, headline, (("is", field.help), ("do", remedy)))


def is_hidden(field: Field, text: str) -> bool:
    """Whether a text must not be seen: a secret that is not only named by a reference."""
    if field.kind is Kind.SECRET:
        return not text.strip().startswith(_REFERENCES)
    if field.kind is Kind.HEADERS:
        values = (read_object(text) or {"": ""}).values()
        return not all(isinstance(v, str) and v.startswith(_REFERENCES) for v in values)
    if field.kind in _URLS:  # a token may stand behind the ?, a password before the @
        return "?" in text or "@" in text
    return field.kind is Kind.OBJECT and bool(text.strip())


def shown_text(field: Field, text: str) -> str:
    """Write a field's text as it may be seen."""
    if not is_hidden(field, text):
        return clean(text)
    table = read_object(text) if field.kind in (Kind.HEADERS, Kind.OBJECT) else None
    if table:
        return ", ".join(f"{clean(name)}: {MASK}" for name in table)
    if field.kind in _URLS and "@" not in text:
        return clean(text.partition("?")[0]) + "?…"
    return _BULLET * min(len(text), _MAX_BULLETS)
