"""What a demo agent says: words in, a reply and perhaps a tool call out; the same words, the same.

Nothing is looked up anywhere: orders and weather are invented, and say so where it matters.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping

import msgspec

MAX_QUOTE_CHARS = 160
INSTRUCTIONS = "You are a friendly demo agent. Answer briefly and show what lktui can show."
TOOLS = ("end_call", "find_order", "get_weather", "list_topics", "refund_order")

_ORDER_NUMBER = re.compile(r"\b\d{3,8}\b")
_PLACE = re.compile(r"\b(?:in|for)\s+([^\W\d_][\w'-]{1,30})")
_WORD = re.compile(r"[^\W\d_]+")
_SKIES = ("clear skies", "light rain", "some clouds", "a fresh wind", "morning fog")
_HINTS = (
    "Ask me where your order is, or about the weather in Oslo.",
    "Say help for what else I can do.",
    "Type while I speak, and I stop at once.",
    "Say refund to see a tool that fails.",
)


class ToolCall(msgspec.Struct, frozen=True):
    """A tool that the reply rests on."""

    name: str
    arguments: str
    """JSON, an object."""
    output: str
    """JSON, or the message of the error."""
    failed: bool = False


class Reply(msgspec.Struct, frozen=True):
    """What is said, and the tool that was asked before."""

    text: str
    tool: ToolCall | None = None


def reply_to(line: str, turn: int) -> Reply:
    """Answer a line.

    Args:
        line: What the user said, sanitised, of any length.
        turn: How many lines there were before, so that hints change.
    """
    words = {word.group().casefold() for word in _WORD.finditer(line)}
    for known, answer in _ANSWERS:
        if words & known:
            return answer(line)
    return _echo(line, turn)


def _echo(line: str, turn: int) -> Reply:
    said = " ".join(line.split())
    hint = _HINTS[turn % len(_HINTS)]
    if not said:
        return Reply(f"That line was empty. {hint}")
    if len(said) > MAX_QUOTE_CHARS:
        return Reply(
            f"That was long, {len(said)} characters; it began with"
            f" “{said[: MAX_QUOTE_CHARS // 4]}…” {hint}"
        )
    return Reply(f"You said “{said}”. {hint}")


def _order(line: str) -> Reply:
    found = _ORDER_NUMBER.search(line)
    number = found.group() if found else "1042"
    order = {"order": number, "status": "on its way", "arrives": "Thursday"}
    return Reply(
        f"Order {number} is on its way and arrives on Thursday, between nine and noon. Shall I"
        " send you the tracking link?",
        _called("find_order", {"order": number}, order),
    )


def _weather(line: str) -> Reply:
    found = _PLACE.search(line)
    place = found.group(1).capitalize() if found else "Oslo"
    seed = zlib.crc32(place.encode())
    degrees, sky = seed % 25, _SKIES[seed % len(_SKIES)]
    return Reply(
        f"In {place} it is {degrees} degrees with {sky}, at least in this demo.",
        _called("get_weather", {"place": place}, {"celsius": degrees, "sky": sky}),
    )


def _refund(_line: str) -> Reply:
    error = "the payment service did not answer within 5 s"
    tool = _called("refund_order", {"order": "1042"}, error, failed=True)
    return Reply("I am sorry, the payment service does not answer. Let us try that later.", tool)


def _help(_line: str) -> Reply:
    topics = ["order", "weather", "refund", "story", "bye"]
    return Reply(
        "You can ask where your order is, how the weather is in Oslo, for a refund that fails, or"
        " for a story to interrupt. Say bye when you are done.",
        _called("list_topics", {}, topics),
    )


def _story(_line: str) -> Reply:
    return Reply(
        "Once there was an agent who loved to talk. It talked through breakfast, it talked through"
        " lunch, and nobody found a gap to say a word. Then one day a tester typed a line in the"
        " middle of a sentence. The agent stopped, listened, and found out that the question had"
        " been much shorter than its answer. Since then it leaves a little gap now and then."
    )


def _bye(_line: str) -> Reply:
    return Reply(
        "Goodbye, and thank you for calling. End the session whenever you like; I leave with you.",
        _called("end_call", {"reason": "the user said goodbye"}, {"closing": True}),
    )


def _hello(_line: str) -> Reply:
    return Reply("Hello! Good to hear from you. What can I look up for you?")


def _thanks(_line: str) -> Reply:
    return Reply("You are welcome. Is there anything else?")


def _called(
    name: str, arguments: Mapping[str, str], output: object, *, failed: bool = False
) -> ToolCall:
    said = output if isinstance(output, str) else _json(output)
    return ToolCall(name, _json(arguments), said, failed)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_ANSWERS: tuple[tuple[frozenset[str], Callable[[str], Reply]], ...] = (
    (frozenset({"refund", "money"}), _refund),
    (frozenset({"order", "orders", "parcel", "delivery"}), _order),
    (frozenset({"weather", "rain", "sunny", "snow"}), _weather),
    (frozenset({"help"}), _help),
    (frozenset({"story"}), _story),
    (frozenset({"bye", "goodbye"}), _bye),
    (frozenset({"thanks", "thank"}), _thanks),
    (frozenset({"hello", "hi", "hey"}), _hello),
)
"""The words that are listened to; the first set that a line has a word of counts."""
