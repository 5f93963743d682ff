"""The fields of a profile in one table, and a file's content turned into a Profile and back.

The table is the only list of fields: reading, the options of `profiles add` and the form are made
from it; the defaults are those of `Profile`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from lktui.core.faults import Fault, Findings
from lktui.core.field_values import read_object, read_value
from lktui.core.fields import Field, Kind
from lktui.core.nearest import nearest
from lktui.core.profile import MASK, AuthMode, DispatchMode, Profile, Secret
from lktui.core.profile_rules import check_rules
from lktui.core.sanitize import clean, clean_lines
from lktui.core.urls import without_secrets

_HOUR_S = 3600
_NAME_MAX = 256
"""Characters that a server takes for a room, an identity or an agent."""
_PREFIX_MAX = 200
"""Leaves room for what makes a room or an identity unique."""
_SERVER, _AGENT, _TOKEN, _ROOM, _TIMES, _ABOUT = (
    "Server", "Agent", "Token", "Room", "Times and retries", "About",
)  # fmt: skip

FIELDS: tuple[Field, ...] = (
    Field(
        name="url",
        kind=Kind.SERVER_URL,
        group=_SERVER,
        help="Address of the LiveKit server: wss, ws, https or http.",
    ),
    Field(
        name="auth_mode",
        kind=Kind.CHOICE,
        group=_SERVER,
        choices=tuple(AuthMode),
        help="How room tokens are made: api from key and secret, token by somebody else.",
    ),
    Field(
        name="api_key",
        kind=Kind.SECRET,
        group=_SERVER,
        help="API key of the LiveKit project: needed for auth_mode api.",
    ),
    Field(
        name="api_secret",
        kind=Kind.SECRET,
        group=_SERVER,
        help="API secret that belongs to the key.",
    ),
    Field(
        name="dispatch_mode",
        kind=Kind.CHOICE,
        group=_AGENT,
        choices=tuple(DispatchMode),
        help="How the agent joins: auto by itself, explicit asked for by name.",
    ),
    Field(
        name="agent_name",
        kind=Kind.NAME,
        group=_AGENT,
        high=_NAME_MAX,
        help="Name that the agent's worker registers, for dispatch_mode explicit.",
    ),
    Field(
        name="metadata",
        kind=Kind.TEXT,
        group=_AGENT,
        help="Text handed to the agent with the dispatch.",
    ),
    Field(
        name="token",
        kind=Kind.SECRET,
        group=_TOKEN,
        aliases=("jwt", "livekit_token", "livekitToken"),
        help="Ready-made room token, for auth_mode token.",
    ),
    Field(
        name="token_url",
        kind=Kind.ENDPOINT_URL,
        group=_TOKEN,
        help="Address of a token endpoint, which is asked by POST.",
    ),
    Field(
        name="token_headers",
        kind=Kind.HEADERS,
        group=_TOKEN,
        help="Extra headers for the token endpoint: a table, or a JSON object as text.",
    ),
    Field(
        name="token_body",
        kind=Kind.OBJECT,
        group=_TOKEN,
        help="Extra body fields for the token endpoint: a table, or a JSON object as text.",
    ),
    Field(
        name="token_field",
        kind=Kind.NAME,
        group=_TOKEN,
        low=1,
        high=_NAME_MAX,
        help="Field of the endpoint's answer that holds the token.",
    ),
    Field(
        name="room_prefix",
        kind=Kind.NAME,
        group=_ROOM,
        low=1,
        high=_PREFIX_MAX,
        help="Beginning of the names of the rooms that are created.",
    ),
    Field(
        name="room_name",
        kind=Kind.NAME,
        group=_ROOM,
        high=_NAME_MAX,
        help="Name of the one room to use; without it each conversation has a room of its own.",
    ),
    Field(
        name="auto_cleanup",
        kind=Kind.FLAG,
        group=_ROOM,
        help="Delete the room at the end.",
    ),
    Field(
        name="room_metadata",
        kind=Kind.TEXT,
        group=_ROOM,
        help="Metadata of the rooms that are created.",
    ),
    Field(
        name="identity_prefix",
        kind=Kind.NAME,
        group=_ROOM,
        low=1,
        high=_PREFIX_MAX,
        help="Beginning of the tester's identity in the room.",
    ),
    Field(
        name="join_timeout",
        kind=Kind.TIMEOUT,
        group=_TIMES,
        high=_HOUR_S,
        help="Seconds within which the agent must have joined.",
    ),
    Field(
        name="reply_timeout",
        kind=Kind.TIMEOUT,
        group=_TIMES,
        high=_HOUR_S,
        help="Seconds within which the agent must have replied.",
    ),
    Field(
        name="slow_reply",
        kind=Kind.TIMEOUT,
        group=_TIMES,
        high=_HOUR_S,
        help="Seconds after which a reply is marked as slow.",
    ),
    Field(
        name="auto_retry",
        kind=Kind.FLAG,
        group=_TIMES,
        help="Dispatch again unasked after a verdict that is safe to retry.",
    ),
    Field(
        name="dispatch_retries",
        kind=Kind.COUNT,
        group=_TIMES,
        high=10,
        help="How often a failed dispatch call is sent again, after a look.",
    ),
    Field(
        name="dispatch_retry_delay",
        kind=Kind.DURATION,
        group=_TIMES,
        high=_HOUR_S,
        help="Seconds before such a try; also before an automatic retry.",
    ),
    Field(
        name="read_only",
        kind=Kind.FLAG,
        group=_ABOUT,
        help="Start no conversation: nothing on its server is made or changed.",
    ),
    Field(
        name="description",
        kind=Kind.NOTE,
        group=_ABOUT,
        help="What this profile is for.",
    ),
    Field(
        name="tags",
        kind=Kind.TAGS,
        group=_ABOUT,
        help="Words by which profiles are filtered.",
    ),
)

_BY_SPELLING = {spelling: field for field in FIELDS for spelling in field.spellings}
_PROFILE_NAME = re.compile(r"\w[\w.-]{0,63}")


class Parsed(msgspec.Struct, frozen=True):
    """What could be made of a file's content; with any fault there is no profile."""

    profile: Profile | None
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


def parse(name: str, raw: Mapping[str, object]) -> Parsed:
    """Read the content of a profile in either spelling and report every fault at once.

    Args:
        name: The profile's name, which a file has as its stem.
        raw: What a TOML or JSON file holds: keys as written, values of built-in types.
    """
    findings = Findings()
    if not is_profile_name(name):
        findings.fault(
            "name",
            "it is empty, too long, or holds what a file's name should not",
            "Use 1 to 64 letters, digits, underscores, dots and dashes, no dot or dash first",
        )
    values: dict[str, object] = {}
    unread: set[str] = set()
    for field, value in _by_field(raw, findings, unread):
        before = len(findings.faults)
        read = read_value(field, value, findings)
        if len(findings.faults) > before:
            unread.add(field.name)
        elif read is not None:
            values[field.name] = read
    partial = msgspec.convert({"url": "", **values, "name": name}, Profile)
    check_rules(partial, frozenset(unread), findings)
    faults, warnings = tuple(findings.faults), tuple(findings.warnings)
    return Parsed(None if faults else partial, faults, warnings)


def is_profile_name(name: str) -> bool:
    """Whether a profile may have this name: it is also a file's and a word of a command line."""
    return _PROFILE_NAME.fullmatch(name) is not None


def spellings_of(name: str) -> tuple[str, ...]:
    """Give all keys under which a file may have a field; of an unknown one just itself."""
    return _BY_SPELLING[name].spellings if name in _BY_SPELLING else (name,)


def to_fields(profile: Profile) -> dict[str, object]:
    """Give a profile's content for a file: what differs from the defaults, secrets included."""
    return {
        field.name: _plain(getattr(profile, field.name))
        for field in FIELDS
        if getattr(profile, field.name) != _DEFAULTS[field.name]
    }


def shown(profile: Profile) -> dict[str, object]:
    """Give every field in a form that is safe to show: no literal of a secret, no controls."""
    return {field.name: _safe(field, getattr(profile, field.name)) for field in FIELDS}


def written_fields(profile: Profile) -> dict[str, object]:
    """Give what `to_fields` does, in a form that is safe to show."""
    safe = shown(profile)
    return {name: safe[name] for name in to_fields(profile)}


def _by_field(
    raw: Mapping[str, object], findings: Findings, unread: set[str]
) -> list[tuple[Field, object]]:
    """Sort keys to fields in the table's order; note unknown keys and contradictions."""
    given: dict[str, dict[str, object]] = {}
    for key, value in raw.items():
        field = _BY_SPELLING.get(key)
        if field is None:
            near = nearest(key, _BY_SPELLING)
            findings.warn(
                clean(key, limit=40),
                "lktui does not know this key",
                f"The closest is {near}" if near else "Remove it, or see `lktui profiles add -h`",
            )
        else:
            given.setdefault(field.name, {})[key] = value
    pairs: list[tuple[Field, object]] = []
    for field in FIELDS:
        values = given.get(field.name)
        if values is None:
            continue
        first, *others = values.values()
        if any(other != first for other in others):
            unread.add(field.name)
            findings.fault(
                field.name,
                f"{' and '.join(values)} are the same field and hold different values",
                f"Keep {field.name} alone",
            )
        else:
            pairs.append((field, first))
    return pairs


_DEFAULTS: dict[str, object] = {
    field.name: field.default for field in msgspec.structs.fields(Profile)
}


def _plain(value: object) -> object:
    if isinstance(value, Secret):
        return value.source
    if isinstance(value, (AuthMode, DispatchMode)):
        return value.value
    if isinstance(value, tuple):
        if value and isinstance(value[0], tuple):
            return {name: _plain(secret) for name, secret in value}
        return list(value)
    return value


def _safe(field: Field, value: object) -> object:
    if field.kind is Kind.HEADERS and isinstance(value, tuple):
        return {name: str(secret) for name, secret in value}
    if isinstance(value, Secret):
        return str(value)
    if not isinstance(value, str):
        return list(value) if isinstance(value, tuple) else value
    if field.kind is Kind.OBJECT:
        return {clean(key): None if item is None else MASK for key, item in _body(value).items()}
    if field.kind in (Kind.SERVER_URL, Kind.ENDPOINT_URL) and value:
        return without_secrets(value)
    return clean_lines(value)


def _body(text: str) -> dict[str, object]:
    return read_object(text) or {}
