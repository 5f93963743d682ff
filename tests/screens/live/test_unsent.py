"""Live: what could not be sent is not lost, and what would reach nobody is said before."""

from __future__ import annotations

from lktui.core.commands import Say
from lktui.core.dispatch import diagnose
from lktui.core.events import (
    AnyEvent,
    CleanupResult,
    Mark,
    Phase,
    PhaseEntered,
    SessionEnded,
    VerdictReached,
)
from lktui.core.evidence import Agent, Evidence, Question
from lktui.core.profile import DispatchMode
from tests.support.dashboard import Dashboard
from tests.support.scenes import Conversation
from tests.support.talk import Talk

CALL = Conversation("7f3a02", age_s=130)
NEXT = Conversation("91bc4e", age_s=2)


async def talking(dashboard: Dashboard) -> Talk:
    dashboard.controller.focus = CALL.id
    await dashboard.press("3")
    await dashboard.hear(*CALL.ready())
    return Talk(CALL)


def asked(ago_s: float, *, heard: bool, others: tuple[str, ...] = ()) -> AnyEvent:
    """Judge an agent that was asked something so long ago."""
    at = CALL.at + 50
    state = "thinking" if heard else "listening"
    agent = Agent(identity="a", state=state, joined_at=CALL.at + 1, ponged=True, heard_at=at)
    evidence = Evidence(
        mode=DispatchMode.EXPLICIT,
        agent_name="checkout",
        dispatched_at=CALL.at,
        agent=agent,
        question=Question(asked_at=at - ago_s, heard=heard, others=others),
    )
    found = diagnose(evidence, at)
    return VerdictReached(session=CALL.id, at=at, attempt=1, diagnosis=found)


async def test_a_line_that_could_not_be_sent_comes_back_and_is_marked(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        talk = await talking(dashboard)
        await dashboard.hear(talk.line(10, "you", "Are you there?", mark=Mark.NOT_SENT))
        (composer,) = [line for line in dashboard.lines if line.startswith(" › ")]
        assert composer.startswith(" › Are you there?")
        assert composer.endswith("not sent")
        await dashboard.press("enter", "enter")
        assert [said.text for said in dashboard.engine.asked(Say)] == ["Are you there?"]
        assert not any(line.endswith("not sent") for line in dashboard.lines if "›" in line)


async def test_a_changed_line_is_not_marked_any_more(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        talk = await talking(dashboard)
        await dashboard.hear(talk.line(10, "you", "Hello", mark=Mark.NOT_SENT))
        await dashboard.press("enter", "!")
        (composer,) = [line for line in dashboard.lines if line.startswith(" › ")]
        assert composer == " › Hello!"


async def test_what_one_types_meanwhile_stays_and_the_line_is_found_by_going_up(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        talk = await talking(dashboard)
        await dashboard.press("enter", *"new")
        await dashboard.hear(talk.line(10, "you", "Hello", mark=Mark.NOT_SENT))
        assert "› new" in dashboard.text
        await dashboard.press("up")
        assert "› Hello" in dashboard.text


async def test_the_next_conversation_gets_what_the_last_could_not_send(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        talk = await talking(dashboard)
        await dashboard.hear(
            PhaseEntered(session=CALL.id, phase=Phase.ENDING),
            talk.line(10, "you", "Hello", mark=Mark.NOT_SENT),
            SessionEnded(session=CALL.id, cleanup=CleanupResult.DONE, took_ms=1.0),
        )
        assert "over: s starts a new one" in dashboard.text
        await dashboard.hear(*NEXT.ready())
        dashboard.controller.focus = NEXT.id
        await dashboard.settled()
        (composer,) = [line for line in dashboard.lines if line.startswith(" › ")]
        assert composer.startswith(" › Hello")
        assert composer.endswith("not sent")


async def test_a_line_to_an_agent_that_listens_to_another_is_asked_about(
    dashboard: Dashboard,
) -> None:
    async with dashboard.running((80, 24)):
        await talking(dashboard)
        await dashboard.hear(asked(5, heard=False, others=("Ann",)))
        assert "It listens to “Ann”, not to you" in dashboard.text
        await dashboard.press("enter", *"hi", "enter")
        assert "▲ send it all the same?" in dashboard.text
        await dashboard.press("enter")
        assert not dashboard.engine.asked(Say)
        assert "› hi" in dashboard.text
        await dashboard.press("enter", "y")
        assert [said.text for said in dashboard.engine.asked(Say)] == ["hi"]


async def test_no_reply_is_said_with_what_the_agent_was_doing(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        await talking(dashboard)
        await dashboard.hear(asked(40, heard=True))
        assert "▲ no reply" in dashboard.lines[1]
        assert "Thinking for" in dashboard.text
        assert "a line waits" not in dashboard.text
