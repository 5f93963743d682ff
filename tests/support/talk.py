"""What is said in a conversation, as the engine tells it."""

from __future__ import annotations

from lktui.core.events import AnyEvent, LinkChanged, LinkState, Mark, Role, SegmentUpdated
from tests.support.scenes import Conversation


class Talk:
    """Makes the segments of one conversation; times are seconds since it was opened."""

    def __init__(self, of: Conversation) -> None:
        self._of = of
        self._said = 0

    def line(
        self,
        after_s: float,
        speaker: str,
        text: str,
        *,
        key: str = "",
        final: bool = True,
        mark: Mark = Mark.NONE,
    ) -> SegmentUpdated:
        """Make a line, or with the key of one its newest text; `you` is ourselves."""
        self._said += 1
        at = self._of.at + after_s
        return SegmentUpdated(
            session=self._of.id,
            at=at,
            key=key or f"line {self._said}",
            identity=speaker,
            speaker=speaker,
            role=Role.YOU if speaker == "you" else Role.AGENT,
            text=text,
            final=final,
            opened_at=at,
            first_text_at=at,
            mark=mark,
        )

    def link(self, after_s: float, state: LinkState) -> LinkChanged:
        """Let our connection change."""
        return LinkChanged(session=self._of.id, at=self._of.at + after_s, state=state)


def order(of: Conversation) -> list[AnyEvent]:
    """Make a talk about an order: two agents, a slow reply, a lost link, wide characters."""
    talk = Talk(of)
    return [
        *of.ready("speaking"),
        talk.line(2, "checkout", "Hello, this is the shop. How can I help?"),
        talk.line(98, "you", "Hi, I would like to change the delivery of my order."),
        talk.line(98.71, "checkout", "Of course. Could you give me the order number, please?"),
        talk.line(104, "you", "It is A-1009, under the name Szczepański-Müller."),
        talk.line(
            105.24,
            "checkout",
            "Thank you. I see order A-1009 with two items, a coffee grinder and a pack of paper"
            " filters, due on Thursday between nine and",
            mark=Mark.INTERRUPTED,
        ),
        talk.line(110, "you", "Thursday does not work. Can it come on Friday?"),
        talk.line(
            116.4,
            "checkout",
            "I could not reach the delivery calendar. Shall I try once more, or connect you to a"
            " colleague?",
        ),
        talk.link(119, LinkState.RECONNECTING),
        talk.link(121, LinkState.CONNECTED),
        talk.line(125, "you", "A colleague, please. 日本語でも大丈夫ですか？"),
        talk.line(125.98, "support", "はい、大丈夫です。 This is support; I have your order."),
        talk.line(133, "you", "What would Friday cost?", mark=Mark.UNCONFIRMED),
        talk.line(
            135,
            "support",
            "Friday between ten and noon is free of charge, since we missed the Thursday slot; S",
            final=False,
        ),
    ]
