from __future__ import annotations

import asyncio

from lktui.sandbox.agents.audience import ALONE_S, RETURN_S, Audience


async def gone_after(audience: Audience) -> tuple[str, float]:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    return await audience.gone(), round(loop.time() - begun, 1)


async def test_the_first_to_come_is_the_user_and_stays_it() -> None:
    audience = Audience()
    assert audience.joined("ann")
    assert not audience.joined("bob")
    audience.left("ann", "CLIENT_INITIATED")
    assert not audience.joined("bob")
    assert audience.user == "ann"


async def test_it_is_over_as_soon_as_the_user_leaves() -> None:
    audience = Audience()
    audience.joined("ann")
    audience.joined("bob")
    asyncio.get_running_loop().call_later(1, audience.left, "bob", "CLIENT_INITIATED")
    asyncio.get_running_loop().call_later(2, audience.left, "ann", "CLIENT_INITIATED")
    assert await gone_after(audience) == ("the user left", 2.0)


async def test_a_user_whose_link_broke_may_come_back() -> None:
    audience, loop = Audience(), asyncio.get_running_loop()
    audience.joined("ann")
    loop.call_later(1, audience.left, "ann", "UNKNOWN_REASON")
    loop.call_later(5, audience.joined, "ann")
    loop.call_later(10, audience.left, "ann", "UNKNOWN_REASON")
    assert await gone_after(audience) == ("the user did not come back", 10 + RETURN_S)


async def test_an_agent_that_nobody_joins_does_not_wait_for_ever() -> None:
    assert await gone_after(Audience()) == ("nobody came", ALONE_S)
