"""Ids as LiveKit makes them: a prefix that names the kind, then twelve random characters."""

from __future__ import annotations

import secrets
from enum import StrEnum

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 12


class Prefix(StrEnum):
    """What an id is the id of."""

    ROOM = "RM_"
    PARTICIPANT = "PA_"
    TRACK = "TR_"
    DISPATCH = "AD_"
    JOB = "AJ_"
    WORKER = "AW_"
    NODE = "ND_"
    STREAM = "ST_"


def new_id(prefix: Prefix) -> str:
    """Make an id that nothing else has."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
