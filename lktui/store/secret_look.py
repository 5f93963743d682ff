"""What may be said of a secret without showing it: whether it is there, how long, which kind."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lktui.core.problems import PortError
from lktui.core.profile import Secret
from lktui.store.secrets import resolve


class SecretLook(msgspec.Struct, frozen=True):
    """What is known of a secret; never the secret."""

    words: str
    is_doubtful: bool = False
    looks_like_key: bool = False
    """Whether it begins as LiveKit's API keys do."""


def look_at(text: str, field: str, env: Mapping[str, str]) -> SecretLook:
    """Look at a secret as it is typed: a literal, `env:NAME` or `file:PATH`.

    Args:
        text: As typed, not empty.
        field: The field's name.
        env: The environment.
    """
    secret = Secret(text.strip())
    kind = secret.reference.partition(":")[0]
    try:
        value = resolve(secret, field, env)
    except PortError as error:
        return SecretLook(f"{kind}: {error.problem.cause}" if kind else "", is_doubtful=bool(kind))
    place = {"env": "env: is set", "file": "file: is read"}.get(kind, "literal")
    length = "1 character" if len(value) == 1 else f"{len(value)} characters"
    return SecretLook(f"{place}, {length}", looks_like_key=value.startswith("API"))
