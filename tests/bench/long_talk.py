"""What is said in benchmarks: lines of a shop's conversation, as many as are wanted."""

from __future__ import annotations

from lktui.core.events import AnySessionEvent, Role, SegmentUpdated, SessionId
from tests.support.scenes import Conversation

TEXTS = [
    "Of course. Could you give me the order number, please?",
    "I could not reach the delivery calendar. Shall I try again, or connect you to a colleague?",
    "Yes.",
    "はい、大丈夫です。 This is support; I have your order in front of me.",
]
SESSION = SessionId("bench0")
CALL = Conversation("bench0", age_s=0)


def text_of(number: int) -> str:
    return f"{number} {TEXTS[number % len(TEXTS)]}"


def line_of(number: int, at: float, wall: float = 0.0) -> SegmentUpdated:
    """Make the line of a number; every second one is the agent's."""
    return SegmentUpdated(
        at=at,
        wall=wall,
        session=SESSION,
        key=f"agent-AJ_x8Kq2LmN4cTz:SG_{number:08}",
        identity="agent-AJ_x8Kq2LmN4cTz",
        speaker="checkout" if number % 2 else "caller",
        role=Role.AGENT if number % 2 else Role.USER,
        text=text_of(number),
        final=True,
        opened_at=at,
        first_text_at=at,
    )


def opening(at: float, wall: float) -> list[AnySessionEvent]:
    """Make the beginning of the conversation, up to a ready agent."""
    call = Conversation("bench0", age_s=0)
    call.at, call.wall = at, wall
    return [event for event in call.ready() if not isinstance(event, SegmentUpdated)]  # type: ignore[misc]


def tail_bytes(numbers: range) -> int:
    """Count what `tail -f` of a log of these lines would send."""
    return sum(len(f"0:00 checkout  {text_of(number)}\r\n".encode()) for number in numbers)
