"""The demo's profiles: one for each agent that the demo brings."""

from __future__ import annotations

from collections.abc import Iterator

from lktui.core.profile import DispatchMode, Profile, Secret

TALKS, FAILS, KEEPS = "support", "flaky", "leftover"
"""The agent that is well, the one that comes at the third try, the run whose room is kept."""

_JOIN_TIMEOUT_S = 6.0


def demo_profiles(url: str, key: str, secret: str) -> Iterator[Profile]:
    """Make the profiles of a demo's server."""
    for name, agent, description in (
        (TALKS, "support", "Answers at once; ask about an order or the weather"),
        (FAILS, "flaky", "Declines, then never comes; the third try works"),
        ("slow", "slow", "Takes four seconds to join"),
        ("crash", "crash", "Joins and is gone a second later"),
        ("nobody", "nobody", "No worker has this name"),
        (KEEPS, "support", "Its room is kept: see the cleanup queue"),
    ):
        yield Profile(
            name=name,
            url=url,
            api_key=Secret(key),
            api_secret=Secret(secret),
            agent_name=agent,
            dispatch_mode=DispatchMode.EXPLICIT,
            room_prefix=f"demo-{name}",
            auto_cleanup=name != KEEPS,
            join_timeout=_JOIN_TIMEOUT_S,
            description=description,
        )
