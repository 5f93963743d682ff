"""A profile while it is typed: texts by field, what a file would hold, and its faults at once.

Pure. What is not changed keeps the value that the file has, also one that the form cannot show.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

import msgspec

from lktui.core.faults import Fault
from lktui.core.field_values import read_object, value_of_text
from lktui.core.fields import Field, Kind
from lktui.core.profile import AuthMode, DispatchMode, Profile
from lktui.core.profile_fields import FIELDS, Parsed, parse, to_fields

NAME = Field(
    name="name",
    kind=Kind.NAME,
    group="Server",
    help="Name of the profile, and of its file.",
    low=1,
    high=64,
)
"""The first field of a form; a file has it as its stem."""
_BY_NAME = {field.name: field for field in (NAME, *FIELDS)}
_KEY = frozenset({"api_key", "api_secret"})
_ONLY_EXPLICIT = frozenset(
    {"agent_name", "metadata", "dispatch_retries", "dispatch_retry_delay", "auto_retry"}
)
_FLAG_WORDS = ("true", "false")
_TOKEN_GROUP = "Token"  # noqa: S105 - a heading


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What a form begins with."""

    name: str = ""
    """Of the file; empty: there is none yet."""
    values: Mapping[str, object] = MappingProxyType({})
    """What the file holds, by the fields' names."""


def _text_of(field: Field, value: object) -> str:
    """Write a file's value as it is typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _FLAG_WORDS[0] if value else _FLAG_WORDS[1]
    if isinstance(value, float):
        return f"{value:g}"
    if field.kind is Kind.TAGS and isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


_DEFAULT_TEXTS = {
    field.name: _text_of(
        _BY_NAME[field.name], () if field.default is msgspec.NODEFAULT else field.default
    )
    for field in msgspec.structs.fields(Profile)
    if field.name not in ("name", "url", "token_headers")
} | {"name": "", "url": "", "token_headers": "", "tags": ""}


class ProfileForm:
    """A profile as it is typed; each change makes a new one.

    Args:
        opening: What it began with.
        texts: What was typed instead, by field.
        names: Names that other profiles have.
    """

    def __init__(
        self,
        opening: Opening,
        texts: Mapping[str, str] = MappingProxyType({}),
        names: frozenset[str] = frozenset(),
    ) -> None:
        self.opening, self._names = opening, names
        self._texts = dict(texts)

    @classmethod
    def copied(cls, values: Mapping[str, object], name: str, names: frozenset[str]) -> ProfileForm:
        """Begin a new profile from another one's values."""
        texts = {key: _text_of(_BY_NAME[key], value) for key, value in values.items()}
        return cls(Opening(), texts | {"name": name}, names)

    @classmethod
    def copied_from(cls, profile: Profile, name: str, names: frozenset[str]) -> ProfileForm:
        """Begin a new profile from one that has no file."""
        return cls.copied(to_fields(profile), name, names)

    def typed(self, name: str, text: str) -> ProfileForm:
        """Give the form after a field was typed into."""
        return ProfileForm(self.opening, self._texts | {name: text}, self._names)

    def anew(self) -> ProfileForm:
        """Give the same as a profile that has no file yet: its file has gone."""
        texts = {field.name: self.text(field.name) for field in (NAME, *FIELDS)}
        return ProfileForm(Opening(), texts, self._names - {self.opening.name})

    # --- what it holds --------------------------------------------------------------------------

    def text(self, name: str) -> str:
        """Give a field's text: as typed, as in the file, or its default."""
        return self._texts.get(name, self._opening_text(name))

    def _opening_text(self, name: str) -> str:
        if name == NAME.name:
            return self.opening.name
        value = self.opening.values.get(name)
        if value is None or value == "":
            return _DEFAULT_TEXTS[name]
        return _text_of(_BY_NAME[name], value)

    @property
    def name(self) -> str:
        """The profile's name as it is typed."""
        return self.text(NAME.name).strip()

    def is_default(self, name: str) -> bool:
        """Whether a field has the text that it has by default."""
        return self.text(name) == _DEFAULT_TEXTS[name]

    def is_locked(self, name: str) -> bool:
        """Whether a field cannot be typed: its value has several lines."""
        return "\n" in self.text(name) or "\r" in self.text(name)

    @cached_property
    def changes(self) -> Mapping[str, object]:
        """What a file would hold instead, by field; None: nothing any more."""
        return {
            field.name: self._value(field)
            for field in FIELDS
            if self.text(field.name) != self._opening_text(field.name)
        }

    @property
    def unsaved(self) -> tuple[str, ...]:
        """Names of the fields that differ from what the form began with."""
        renamed = (NAME.name,) if self.name != self.opening.name else ()
        return (*renamed, *self.changes)

    def _value(self, field: Field) -> object:
        text = self.text(field.name)
        if not text.strip():
            return None
        if field.kind is Kind.TAGS:
            return [part.strip() for part in text.split(",") if part.strip()]
        if field.kind in (Kind.HEADERS, Kind.OBJECT):
            table = read_object(text)
            return text if table is None or _has_null(table) else table
        return value_of_text(field, text if field.kind is Kind.TEXT else text.strip())

    # --- what is wrong with it ------------------------------------------------------------------

    @cached_property
    def parsed(self) -> Parsed:
        """What a file with these values would be."""
        kept = {
            name: value for name, value in self.opening.values.items() if name not in self.changes
        }
        new = {name: value for name, value in self.changes.items() if value is not None}
        return parse(self.name, kept | new)

    @cached_property
    def faults(self) -> tuple[Fault, ...]:
        """All that keeps it from being saved."""
        taken = self.name != self.opening.name and self.name in self._names
        fault = Fault(NAME.name, "another profile has this name", "Take another name")
        return ((fault,) if taken else ()) + self.parsed.faults

    def finding(self, name: str) -> tuple[Fault | None, bool]:
        """Give a field's fault, else its warning.

        Returns:
            It, or None; and whether it is a fault.
        """
        for found in self.faults:
            if found.field == name:
                return found, True
        return next((found for found in self.parsed.warnings if found.field == name), None), False

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields of the chosen modes, and any other that has a finding."""
        told = {fault.field for fault in (*self.faults, *self.parsed.warnings)}
        token = self.text("auth_mode") == AuthMode.TOKEN
        explicit = self.text("dispatch_mode") == DispatchMode.EXPLICIT
        return (
            NAME,
            *(
                field
                for field in FIELDS
                if field.name in told or _belongs(field, token=token, explicit=explicit)
            ),
        )


def _belongs(field: Field, *, token: bool, explicit: bool) -> bool:
    """Whether a field matters in these modes; a key can dispatch for a token that cannot."""
    if field.name in _KEY:
        return explicit or not token
    if field.group == _TOKEN_GROUP:
        return token
    return explicit or field.name not in _ONLY_EXPLICIT


def _has_null(value: object) -> bool:
    """Whether JSON holds a null, for which TOML has no form."""
    if isinstance(value, dict):
        return any(_has_null(item) for item in value.values())
    if isinstance(value, list):
        return any(_has_null(item) for item in value)
    return value is None


def choices_of(field: Field) -> tuple[str, ...]:
    """Give what can be chosen in a field; nothing for one that is typed."""
    return _FLAG_WORDS if field.kind is Kind.FLAG else field.choices
