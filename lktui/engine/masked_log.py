"""How a line of the engine's log is written: without tokens and without any secret."""

from __future__ import annotations

import logging

from lktui.core.sanitize import without_tokens
from lktui.store.resolved_secrets import without_secrets


class MaskedFormatter(logging.Formatter):
    """The SDK quotes whole tokens in its messages, and errors what they met; no log has them."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record, its traceback too, and mask in all of it."""
        return without_secrets(without_tokens(super().format(record)))
