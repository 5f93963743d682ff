"""A hole in what we have heard: our connection was down, and came back or did not."""

from __future__ import annotations

import msgspec

from lktui.core.events import LinkChanged, LinkStalled, LinkState, MemoryRead
from lktui.core.signs import StateKind, clock, seconds
from lktui.core.transcript import Transcript
from lktui.core.transcript_row import Fact


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """The newest hole of a session; times on the engine's clock."""

    began_at: float
    ended_at: float | None = None
    """None: it goes on."""
    lost: bool = False
    """The connection did not come back."""
    stalled: bool = False
    """The connection outlived it: everything came later."""
    filled: int | None = None
    """Lines that the agent's memory had of it; None: nobody could be asked yet."""


def after_link(gap: Gap | None, event: LinkChanged) -> Gap | None:
    """Give the newest gap after a change of our connection."""
    under_way = gap is not None and gap.ended_at is None
    if event.state is LinkState.RECONNECTING:
        return gap if under_way else Gap(began_at=event.since or event.at)
    if gap is None or not under_way:
        return gap
    lost = event.state is LinkState.LOST
    return msgspec.structs.replace(gap, ended_at=event.at, lost=lost)


def after_stall(gap: Gap | None, event: LinkStalled) -> Gap | None:
    """Give the newest gap after a stall of the server; one that is under way has it in it."""
    if gap is not None and (gap.ended_at is None or gap.ended_at > event.began_at):
        return gap
    return Gap(began_at=event.began_at, ended_at=event.at, stalled=True)


def after_memory(gap: Gap | None, event: MemoryRead) -> Gap | None:
    """Give the newest gap after the agent was asked what it remembers."""
    if gap is None or event.gap_began_at != gap.began_at:
        return gap
    return msgspec.structs.replace(gap, filled=event.lines)


def tell(transcript: Transcript, gap: Gap, since: float) -> None:
    """Put a gap between the lines, in the place of what was said of it before.

    Args:
        transcript: Of its session.
        gap: As it is now.
        since: When the session began, on the engine's clock.
    """
    took_s = None if gap.ended_at is None else gap.ended_at - gap.began_at
    transcript.add_fact(
        gap.began_at,
        Fact.GAP,
        gap_words(gap, since),
        took_s,
        StateKind.FAILED if gap.lost else StateKind.STALE,
        key=f"gap {gap.began_at}",
    )


def gap_words(gap: Gap, since: float) -> str:
    """Write how long a gap was and what became of it: `6.2 s, 0:31 to 0:37: reconnected; …`."""
    began = clock(gap.began_at - since)
    if gap.ended_at is None:
        return f"since {began}: reconnecting"
    times = f"{seconds(gap.ended_at - gap.began_at)}, {began} to {clock(gap.ended_at - since)}"
    if gap.stalled:
        return f"{times}: nothing came through; nothing was lost"
    if gap.lost:
        return f"{times}: the connection did not come back"
    match gap.filled:
        case None:
            missing = "lines may be missing"
        case 0:
            missing = "the agent remembers no more"
        case 1:
            missing = "1 line filled in"
        case lines:
            missing = f"{lines} lines filled in"
    return f"{times}: reconnected; {missing}"
