"""What is typed and what is heard: nothing goes to an agent that would not hear it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from lktui.core.events import Mark, SegmentUpdated, Step, StepDone
from lktui.core.problems import ProblemCode, problem
from lktui.core.profile import DispatchMode
from lktui.core.verdict import Outcome
from tests.support.fakes.agents import LEAVING, MUTE, RAW, SESSION, SLOW
from tests.support.fakes.world import AGENT, World, profile

AUTO = profile(dispatch_mode=DispatchMode.AUTO, agent_name="", room_name="lobby")
NOT_SENT = problem(ProblemCode.NOT_SENT, timeout="5 s")


async def early_agent(world: World) -> None:
    """Let an agent be in the room long before the tester comes."""
    world.server.workers[AGENT] = replace(SESSION, greeting="welcome")
    world.server.dispatch("lobby", AGENT)
    await asyncio.sleep(5.0)


def marks(world: World) -> dict[str, Mark]:
    return {event.text: event.mark for event in world.all(SegmentUpdated)}


async def test_a_line_is_answered_and_both_stand_in_their_order(world: World) -> None:
    run = await world.ready(SESSION)
    run.say("typed:1", "hello")
    await world.until(lambda: len(world.lines) == 2)
    assert world.lines == ["you: hello", "agent: echo: hello"]


async def test_lines_typed_early_wait_until_the_agent_listens(world: World) -> None:
    run = world.start(SLOW)
    await world.until(lambda: Step.DISPATCH in world.steps)
    run.say("typed:1", "one")
    run.say("typed:2", "two")
    assert [event.final for event in world.all(SegmentUpdated)] == [False, False]
    assert world.server.called("send_chat") == []
    await world.until(lambda: len(world.lines) == 4)
    # Each is answered before the next one goes out: else it would interrupt that answer.
    finals = [event.text for event in world.all(SegmentUpdated) if event.final]
    assert finals == ["one", "echo: one", "two", "echo: two"]


async def test_a_line_that_waited_holds_back_the_next_for_5_s_at_most(world: World) -> None:
    run = world.start(MUTE)
    await world.until(lambda: Step.DISPATCH in world.steps)
    run.say("typed:1", "one")
    run.say("typed:2", "two")
    await world.called("send_chat", 2)
    first, second = (call.at for call in world.server.calls if call.name == "send_chat")
    assert 4.9 < second - first < 5.2


async def test_lines_go_out_one_after_another(world: World) -> None:
    run = await world.ready(MUTE)
    for number in range(20):
        run.say(f"typed:{number}", f"line {number}")
    await world.until(lambda: len(world.lines) == 20)
    assert world.lines == [f"you: line {number}" for number in range(20)]


async def test_a_line_typed_while_another_is_being_sent_shows_at_once(world: World) -> None:
    run = await world.ready(SESSION)
    gate = world.server.hold("send_chat")
    run.say("typed:1", "one")
    await world.called("send_chat")
    run.say("typed:2", "two")
    assert world.last(SegmentUpdated).text == "two"
    assert not world.last(SegmentUpdated).final
    gate.set()
    await world.until(lambda: len(world.lines) == 4)


async def test_too_many_waiting_lines_are_refused_and_said(world: World) -> None:
    run = world.start(None)
    await asyncio.sleep(0)
    for number in range(101):
        run.say(f"typed:{number}", "x")
    assert world.notices == ["too many lines wait; not taken"]


async def test_if_the_agent_was_first_the_first_line_waits_until_it_has_seen_us(
    world: World,
) -> None:
    await early_agent(world)
    run = world.start(None, AUTO)
    await world.until(lambda: Step.CONNECT in world.steps)
    joined_at = world.clock.monotonic()
    run.say("typed:1", "hello")
    await world.until(lambda: "agent: echo: hello" in world.lines)
    (sent_at,) = [call.at for call in world.server.calls if call.name == "send_chat"]
    assert 3.0 <= sent_at - joined_at < 4.0


async def test_if_the_agent_was_first_its_greeting_comes_from_its_memory(world: World) -> None:
    await early_agent(world)
    world.start(None, AUTO)
    await world.until(lambda: "agent: welcome" in world.lines)
    assert marks(world)["welcome"] is Mark.HISTORY


async def test_a_greeting_is_streamed_when_we_were_first(world: World) -> None:
    await world.ready(replace(SESSION, greeting="welcome"))
    await world.until(lambda: "agent: welcome" in world.lines)
    assert marks(world)["welcome"] is Mark.NONE


async def test_an_agent_that_leaves_before_it_has_seen_us_gets_no_line(world: World) -> None:
    await early_agent(world)
    run = world.start(None, AUTO)
    await world.until(lambda: world.state.ready)
    run.say("typed:1", "hello")
    (agent,) = world.agents
    run._room_says.participant_left(agent, "CLIENT_INITIATED")
    world.server.leave("lobby", agent)
    await asyncio.sleep(10)
    assert world.server.called("send_chat") == []


async def test_after_the_agent_has_left_lines_wait(world: World) -> None:
    run = world.start(LEAVING)
    await world.until(lambda: Outcome.LEFT in world.verdicts)
    run.say("typed:1", "anybody?")
    await asyncio.sleep(10)
    assert world.server.called("send_chat") == []
    assert world.lines == []


@pytest.mark.parametrize("count", [1, 2])
async def test_lines_that_never_went_out_are_marked_at_the_end(world: World, count: int) -> None:
    run = world.start(None)
    await world.until(lambda: Step.DISPATCH in world.steps)
    for number in range(count):
        run.say(f"typed:{number}", f"line {number}")
    await asyncio.sleep(1)
    await world.ended(run)
    assert marks(world) == {f"line {number}": Mark.NOT_SENT for number in range(count)}
    assert world.lines == [f"you: line {number}" for number in range(count)]


async def test_a_line_typed_while_the_session_ends_is_marked_as_not_sent(world: World) -> None:
    run = await world.ready(SESSION)
    end = run.end()
    await world.called("delete_room")
    run.say("typed:1", "too late")
    await end
    assert marks(world) == {"too late": Mark.NOT_SENT}


async def test_a_line_that_the_link_did_not_take_is_sent_once_more(world: World) -> None:
    run = await world.ready(SESSION)
    world.server.fail("send_chat", NOT_SENT)
    run.say("typed:1", "hello")
    await world.until(lambda: "agent: echo: hello" in world.lines)
    assert len(world.server.called("send_chat")) == 2
    assert marks(world)["hello"] is Mark.NONE
    assert world.notices == []


async def test_a_line_that_arrived_though_its_send_failed_is_not_sent_twice(world: World) -> None:
    run = await world.ready(SESSION)
    (room,) = world.server.rooms.values()
    gate = world.server.hold("send_chat")
    world.server.fail("send_chat", NOT_SENT)
    run.say("typed:1", "hello")
    await world.called("send_chat")
    world.server.speak(room, world.agents[0], "echo: hello")
    gate.set()
    await asyncio.sleep(10)
    assert len(world.server.called("send_chat")) == 1
    assert marks(world)["hello"] is Mark.NONE


async def test_a_line_that_is_on_its_way_when_the_session_ends_is_marked(world: World) -> None:
    run = await world.ready(SESSION)
    world.server.hold("send_chat")
    run.say("typed:1", "hello")
    await world.called("send_chat")
    await world.ended(run)
    assert marks(world)["hello"] is Mark.NOT_SENT


async def test_a_line_that_the_link_never_took_is_marked_and_the_next_goes_on(
    world: World,
) -> None:
    run = await world.ready(SESSION)
    world.server.fail("send_chat", NOT_SENT, times=2)
    run.say("typed:1", "lost")
    run.say("typed:2", "heard")
    await world.until(lambda: "agent: echo: heard" in world.lines)
    assert marks(world)["lost"] is Mark.NOT_SENT
    assert marks(world)["heard"] is Mark.NONE


async def test_the_first_words_after_a_line_are_timed_once(world: World) -> None:
    run = await world.ready(replace(SESSION, greeting="welcome"))
    run.say("typed:1", "one")
    await world.until(lambda: len(world.lines) == 3)
    run.say("typed:2", "two")
    await world.until(lambda: len(world.lines) == 5)
    firsts = [event for event in world.all(StepDone) if event.step is Step.FIRST_REPLY]
    assert len(firsts) == 1
    assert firsts[0].took_ms is not None
    assert 90 <= firsts[0].took_ms <= 150


async def test_a_plain_agents_reply_on_both_topics_is_one_line(world: World) -> None:
    run = await world.ready(RAW)
    run.say("typed:1", "hello")
    await world.until(lambda: world.verdicts[-1] is Outcome.READY)
    await asyncio.sleep(1)
    assert world.lines == ["you: hello", "agent: echo: hello"]
