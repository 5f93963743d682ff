from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.sanitize import clean
from lktui.sandbox.agents.conversation import AWAY_S, MAX_LINE_CHARS, MAX_LINES, Conversation
from lktui.sandbox.agents.demo_agents import DEMO_AGENTS
from lktui.sandbox.agents.stage import StageError
from tests.support.clock import LoopClock
from tests.support.fakes.stage import FakeSpeech, FakeStage

SUPPORT = DEMO_AGENTS[0]
GREETING = SUPPORT.greeting


class Scene:
    """A conversation on a fake stage, begun with the user in the room."""

    def __init__(self) -> None:
        self.stage = FakeStage()
        self.conversation = Conversation(SUPPORT, self.stage, LoopClock())
        self._running: asyncio.Task[None] | None = None

    async def begin(self, user: str = "ann") -> None:
        if user:
            self.conversation.joined(user)
        self._running = asyncio.get_running_loop().create_task(self.conversation.run())
        await asyncio.sleep(5)

    async def say(self, text: str, who: str = "ann", *, wait_s: float = 5.0) -> None:
        self.conversation.chat(who, text)
        await asyncio.sleep(wait_s)

    async def ask(self, request: pb.SessionRequest) -> None:
        request.request_id = "q"
        message = pb.AgentSessionMessage(request=request)
        self.conversation.session_message(message.SerializeToString())
        await asyncio.sleep(0.01)

    async def end(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)


@pytest_asyncio.fixture
async def scene() -> AsyncIterator[Scene]:
    one = Scene()
    yield one
    await one.end()


def ping() -> pb.SessionRequest:
    request = pb.SessionRequest()
    request.ping.SetInParent()
    return request


async def test_who_is_there_first_is_greeted(scene: Scene) -> None:
    await scene.begin()
    assert scene.stage.said == [GREETING]
    assert [step for step in scene.stage.shown if not step.startswith("event")] == [
        "state initializing",
        "state listening",
        "state speaking",
        f"said {GREETING}",
        "state listening",
    ]


async def test_nothing_is_said_to_an_empty_room_but_pings_are_answered(scene: Scene) -> None:
    await scene.begin(user="")
    await scene.ask(ping())
    assert scene.stage.said == []
    assert scene.stage.shown[-1] == "answer pong"
    scene.conversation.joined("ann")
    await asyncio.sleep(5)
    assert scene.stage.said == [GREETING]


async def test_a_ping_is_not_answered_before_the_greeting_has_begun(scene: Scene) -> None:
    scene.conversation.joined("ann")
    await scene.ask(ping())
    assert scene.stage.answers == []
    await scene.begin()
    await scene.ask(ping())
    assert [answer.request_id for answer in scene.stage.answers] == ["q"]


async def test_a_turn_with_a_tool_tells_its_events_in_livekits_order(scene: Scene) -> None:
    await scene.begin()
    before = len(scene.stage.shown)
    await scene.say("where is my order 20417?")
    reply = scene.stage.said[-1]
    assert "20417" in reply
    assert scene.stage.shown[before:] == [
        "event user_state_changed",
        "event user_state_changed",
        "event conversation_item_added",
        "state thinking",
        "event agent_state_changed",
        "event session_usage_updated",
        "event tool_execution_updated",
        "event tool_execution_updated",
        "event function_tools_executed",
        "state speaking",
        "event agent_state_changed",
        f"said {reply}",
        "event session_usage_updated",
        "event conversation_item_added",
        "state listening",
        "event agent_state_changed",
    ]


async def test_the_tool_call_has_arguments_and_a_result_under_one_id(scene: Scene) -> None:
    await scene.begin()
    await scene.say("order 20417")
    executed = next(
        event.function_tools_executed
        for event in scene.stage.events
        if event.WhichOneof("event") == "function_tools_executed"
    )
    call, output = executed.function_calls[0], executed.function_call_outputs[0]
    assert (call.name, call.arguments) == ("find_order", '{"order":"20417"}')
    assert (output.call_id, output.is_error) == (call.call_id, False)


async def test_a_reply_begins_within_a_second_and_is_streamed_over_one_or_two(
    scene: Scene,
) -> None:
    await scene.begin()
    asked_at = asyncio.get_running_loop().time()
    await scene.say("where is my order?")
    speech = scene.stage.speeches[-1]
    assert 0.3 <= speech.began_at - asked_at <= 1.0
    assert speech.ended_at is not None
    assert 1.0 <= speech.ended_at - speech.began_at <= 2.0
    assert len(speech.parts) == len(speech.text.split())


async def test_a_reply_is_remembered_with_its_figures(scene: Scene) -> None:
    await scene.begin()
    await scene.say("hello")
    item = scene.stage.items[-1]
    assert (item.role, item.interrupted) == (pb.ChatRole.ASSISTANT, False)
    assert [part.text for part in item.content] == [scene.stage.said[-1]]
    assert item.metrics.llm_node_ttft > 0.3
    assert item.metrics.stopped_speaking_at.ToNanoseconds() > (
        item.metrics.started_speaking_at.ToNanoseconds()
    )


async def test_a_new_line_cuts_a_reply_short_and_is_answered(scene: Scene) -> None:
    await scene.begin()
    await scene.say("tell me a story", wait_s=1.5)
    await scene.say("help")
    story, reply = scene.stage.said[1:]
    assert story.startswith("Once there was an agent")
    assert len(story.split()) < 20
    assert scene.stage.speeches[1].ended_at is not None
    assert reply.startswith("You can ask")
    spoken = [item for item in scene.stage.items if item.role == pb.ChatRole.ASSISTANT]
    assert [(item.content[0].text, item.interrupted) for item in spoken] == [
        (GREETING, False),
        (story, True),
        (reply, False),
    ]


async def test_a_line_that_comes_while_it_thinks_replaces_the_one_before(scene: Scene) -> None:
    await scene.begin()
    await scene.say("tell me a story", wait_s=0.1)
    await scene.say("help")
    assert [text.split()[0] for text in scene.stage.said] == ["Hello,", "You"]
    assert [i.content[0].text for i in scene.stage.items if i.role == pb.ChatRole.USER] == [
        "tell me a story",
        "help",
    ]


async def test_only_the_user_is_heard(scene: Scene) -> None:
    await scene.begin()
    scene.conversation.joined("bob")
    await scene.say("hello", who="bob")
    assert scene.stage.said == [GREETING]


async def test_a_line_before_the_session_has_begun_is_lost(scene: Scene) -> None:
    scene.conversation.joined("ann")
    scene.conversation.chat("ann", "help")
    await scene.begin()
    assert scene.stage.said == [GREETING]


@pytest.mark.parametrize(
    "line",
    ["\x1b[2J\x1b]52;c;aGk=\x07", "x" * 1_000_000, "", "\u202e" * 5000, "[/red]{}%s\x00"],
    ids=["escapes", "huge", "empty", "bidi", "markup"],
)
async def test_a_hostile_line_is_answered_with_safe_text(scene: Scene, line: str) -> None:
    await scene.begin()
    await scene.say(line, wait_s=10)
    reply, heard = scene.stage.said[-1], scene.stage.items[1].content[0].text
    assert clean(reply) == reply
    assert len(reply) < 500
    assert clean(heard) == heard
    assert len(heard) <= MAX_LINE_CHARS
    await scene.say("hello")
    assert scene.stage.said[-1].startswith("Hello!")


async def test_a_flood_of_lines_is_heard_up_to_a_limit_and_the_last_is_answered(
    scene: Scene,
) -> None:
    await scene.begin()
    for n in range(MAX_LINES * 3):
        scene.conversation.chat("ann", f"line {n}")
    await asyncio.sleep(5)
    assert scene.stage.said[-1].startswith(f"You said “line {MAX_LINES - 1}”")
    assert len(scene.stage.said) == 2


async def test_it_goes_on_after_a_link_that_was_down(scene: Scene) -> None:
    await scene.begin()
    scene.stage.down = True
    await scene.say("help")
    scene.stage.down = False
    await scene.say("hello")
    assert scene.stage.said[-1].startswith("Hello!")


async def test_a_turn_that_breaks_off_leaves_it_listening_and_in_the_log(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await scene.begin()
    await scene.say("tell me a story", wait_s=1.5)
    assert scene.stage.state == "speaking"
    scene.stage.down = True
    await asyncio.sleep(3)
    assert scene.stage.state == "speaking"
    scene.stage.down = False
    await asyncio.sleep(2)
    assert scene.stage.state == "listening"
    logged = [record.message for record in caplog.records]
    assert logged[0] == "support: a turn broke off: the link is down"
    assert logged[-1] == "support: listening again"


async def test_a_turn_that_fails_unforeseen_leaves_it_listening(
    scene: Scene, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_speech: FakeSpeech, _text: str) -> None:
        raise RuntimeError("the stream is closed already")

    await scene.begin()
    with monkeypatch.context() as patch:
        patch.setattr(FakeSpeech, "write", fail)
        await scene.say("help")
    assert scene.stage.state == "listening"
    assert "the stream is closed already" in caplog.text
    await scene.say("hello")
    assert scene.stage.said[-1].startswith("Hello!")


async def test_a_greeting_that_breaks_off_does_not_keep_the_session_shut(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_state = FakeStage.show_state

    async def refuse_to_speak(stage: FakeStage, state: str) -> None:
        if state == "speaking":
            raise StageError("the link is down")
        await show_state(stage, state)

    with monkeypatch.context() as patch:
        patch.setattr(FakeStage, "show_state", refuse_to_speak)
        await scene.begin()
    await scene.ask(ping())
    await scene.say("hello")
    assert [answer.WhichOneof("response") for answer in scene.stage.answers] == ["pong"]
    assert scene.stage.said[-1].startswith("Hello!")


async def test_a_user_who_is_silent_is_away_until_the_next_line(scene: Scene) -> None:
    await scene.begin()
    await asyncio.sleep(AWAY_S)
    await scene.say("hello")
    states = [
        event.user_state_changed.new_state
        for event in scene.stage.events
        if event.WhichOneof("event") == "user_state_changed"
    ]
    assert states == [
        pb.UserState.US_AWAY,
        pb.UserState.US_SPEAKING,
        pb.UserState.US_LISTENING,
    ]


async def test_run_input_takes_a_turn_and_gives_its_items(scene: Scene) -> None:
    await scene.begin()
    await scene.ask(pb.SessionRequest(run_input=pb.SessionRequest.RunInput(text="order 777")))
    await asyncio.sleep(5)
    items = scene.stage.answers[-1].run_input.items
    assert [item.WhichOneof("item") for item in items] == [
        "message",
        "function_call",
        "function_call_output",
        "message",
    ]


async def test_an_agent_without_a_greeting_says_nothing_first() -> None:
    quiet = msgspec.structs.replace(SUPPORT, greeting="")
    stage = FakeStage()
    conversation = Conversation(quiet, stage, LoopClock())
    conversation.joined("ann")
    running = asyncio.get_running_loop().create_task(conversation.run())
    await asyncio.sleep(3)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (stage.said, stage.shown[-2:]) == (
        [],
        ["state listening", "event agent_state_changed"],
    )
