"""What the engine says of itself and of what it remembers; importers take it from `core.events`."""

from __future__ import annotations

import msgspec

from lktui.core.event import Event
from lktui.core.problems import Problem
from lktui.core.verdict import Diagnosis


class Hello(Event, frozen=True, tag="hello"):
    """The engine is up; a protocol or build of another version means that lktui was updated."""

    protocol: int
    build: str
    pid: int
    installation: str
    """Four characters, in every room name that this installation makes."""


class ProfileOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How the last session of a profile went."""

    profile: str
    diagnosis: Diagnosis
    wall: float


class OutcomesRead(Event, frozen=True, tag="outcomes"):
    """The last outcome of each profile, as the journal has it."""

    outcomes: tuple[ProfileOutcome, ...]


class Bye(Event, frozen=True, tag="bye"):
    """The engine ends; `pending` cleanup items are left for the next start."""

    pending: int


class EngineFaulted(Event, frozen=True, tag="engine_faulted"):
    """The engine cannot do its work, for instance since its state folder is unusable."""

    problem: Problem
    refused: str = ""
    """The session that was asked for and is not begun."""
