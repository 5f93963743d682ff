"""Waits after a gap of our connection until what is typed reaches the agent again.

A server that was restarted makes the room anew, and what comes before the agent is back in it and
knows us is lost without a sign (facts/livekit.md sections 2 and 5).
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from lktui.clock import Clock
from lktui.core.evidence import EVENT_LAG_S, Evidence

PATIENCE_S = 20.0
"""An agent comes back up to 13 s after a restart of the server; then its verdict tells."""
_TICK_S = 0.2


async def comeback(
    evidence: Callable[[], Evidence | None], present: Callable[[], Collection[str]], clock: Clock
) -> None:
    """Wait until the agent is back and has surely seen us.

    Args:
        evidence: What is known of the attempt; None: there is none.
        present: Identities that our connection sees now.
        clock: Tells the time.
    """
    back_at = clock.monotonic()
    await clock.sleep(EVENT_LAG_S)
    while clock.monotonic() < back_at + PATIENCE_S:
        known = evidence()
        if known is None or known.agent is None:
            return
        agent = known.agent
        if agent.heard_at > back_at if agent.ponged else agent.identity in present():
            return
        await clock.sleep(_TICK_S)
