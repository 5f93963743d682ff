"""What was typed and is not out: drafts of each conversation, and lines that came back."""

from __future__ import annotations

from lktui.core.events import SegmentUpdated, SessionId
from lktui.screens.live.own_lines import OwnLines


class Unsent:
    """Decides what stands in the composer when a conversation comes, ends, or sends in vain.

    Args:
        own_lines: Where lines can be found again that find the composer taken.
    """

    def __init__(self, own_lines: OwnLines) -> None:
        self._own_lines = own_lines
        self._drafts: dict[SessionId, str] = {}
        self._seen: dict[SessionId, str] = {}
        """The key of the last line of each conversation that came back."""
        self._set_aside = ""
        self._returned = ""

    def begin(self, session: SessionId, left: SessionId | None, typed: str, *, talks: bool) -> str:
        """Give what stands in the composer when another conversation comes into view.

        Args:
            session: The one that comes.
            left: The one that goes.
            typed: What is in the composer of that one.
            talks: Whether one can type in the one that comes: then it takes what was set aside.
        """
        if left is not None and typed:
            self._drafts[left] = typed
        draft = self._drafts.pop(session, "")
        if not draft and talks:
            draft, self._set_aside = self._set_aside, ""
        return draft

    def end(self, session: SessionId, typed: str, unsent: SegmentUpdated | None) -> None:
        """Set aside what a conversation that is over cannot send: the next one gets it.

        Args:
            session: The one that is over.
            typed: What is in its composer.
            unsent: The last line that could not be sent, if there is one.
        """
        text = typed
        if not text and unsent is not None and self._is_new(session, unsent):
            text = unsent.text
        if text:
            self._own_lines.keep(text)
            self._set_aside = self._returned = text

    def come_back(self, session: SessionId, typed: str, unsent: SegmentUpdated | None) -> str:
        """Give what stands in the composer now that a line could not be sent.

        Args:
            session: The one in view.
            typed: What is in the composer; if there is anything, the line is found by going up.
            unsent: The last line that could not be sent, if there is one.
        """
        if unsent is None or not self._is_new(session, unsent):
            return typed
        self._own_lines.keep(unsent.text)
        if not typed:
            self._returned = unsent.text
        return typed or unsent.text

    def stands(self, typed: str) -> bool:
        """Tell whether the composer has a line that could not be sent, unchanged."""
        return bool(typed) and typed == self._returned

    def _is_new(self, session: SessionId, unsent: SegmentUpdated) -> bool:
        known, self._seen[session] = self._seen.get(session), unsent.key
        return known != unsent.key
