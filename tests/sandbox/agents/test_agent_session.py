from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol.agent_pb import agent_session as pb

from lktui import __version__
from lktui.sandbox.agents import session_messages as messages
from lktui.sandbox.agents.agent_session import MAX_ITEMS, AgentSession
from tests.support.clock import LoopClock, VirtualLoop


class Asked:
    """A session, and what it sent."""

    def __init__(self, *, busy: bool = False) -> None:
        self.sent: list[pb.AgentSessionMessage] = []
        self.session = AgentSession("support", LoopClock(), self._send, self._run_input)
        self.session.open = True
        self._busy = busy

    async def ask(self, name: str) -> pb.SessionResponse:
        request = pb.SessionRequest(request_id="q1")
        if name:
            getattr(request, name).SetInParent()
        await self.session.answer(pb.AgentSessionMessage(request=request).SerializeToString())
        response = self.sent[-1].response
        assert response.request_id == "q1"
        return response

    async def _send(self, body: bytes) -> None:
        self.sent.append(pb.AgentSessionMessage.FromString(body))

    async def _run_input(self, text: str) -> list[messages.Item] | None:
        return None if self._busy else [messages.message(pb.ChatRole.USER, text, 1.0)]


async def test_a_ping_is_answered_with_a_pong() -> None:
    assert (await Asked().ask("ping")).WhichOneof("response") == "pong"


async def test_it_tells_its_state_its_usage_and_what_it_is() -> None:
    asked = Asked()
    await asked.session.become("listening")
    await asked.session.used(heard=3, said=5)
    state = (await asked.ask("get_session_state")).get_session_state
    usage = (await asked.ask("get_session_usage")).get_session_usage.usage.model_usage[0].llm
    framework = (await asked.ask("get_framework_info")).get_framework_info
    assert (state.agent_state, state.agent_id) == (pb.AgentState.AS_LISTENING, "support")
    assert (usage.input_tokens, usage.output_tokens) == (3, 5)
    assert (framework.sdk, framework.sdk_version) == ("lktui-demo-agents", __version__)


async def test_its_history_begins_with_the_handoff_and_is_part_of_its_info() -> None:
    asked = Asked()
    await asked.session.begin()
    await asked.session.add(messages.message(pb.ChatRole.USER, "hi", 1.0))
    history = (await asked.ask("get_chat_history")).get_chat_history.items
    info = (await asked.ask("get_agent_info")).get_agent_info
    assert [item.WhichOneof("item") for item in history] == ["agent_handoff", "message"]
    assert list(info.chat_ctx) == list(history)
    assert "find_order" in info.tools
    assert info.instructions


async def test_its_history_has_an_end() -> None:
    asked = Asked()
    for n in range(MAX_ITEMS + 3):
        await asked.session.add(messages.message(pb.ChatRole.USER, str(n), 1.0))
    items = (await asked.ask("get_chat_history")).get_chat_history.items
    assert (len(items), items[0].message.content[0].text) == (MAX_ITEMS, "3")


async def test_what_it_does_not_know_is_answered_with_an_error() -> None:
    assert "get_rtc_stats" in (await Asked().ask("get_rtc_stats")).error
    assert "this request" in (await Asked().ask("")).error


async def test_too_much_input_is_answered_with_an_error() -> None:
    assert (await Asked(busy=True).ask("run_input")).error == "too many lines wait"


async def test_answers_and_events_of_others_are_passed_over() -> None:
    asked = Asked()
    for message in (
        pb.AgentSessionMessage(response=pb.SessionResponse(request_id="q")),
        pb.AgentSessionMessage(event=pb.AgentSessionEvent()),
        pb.AgentSessionMessage(),
    ):
        await asked.session.answer(message.SerializeToString())
    assert asked.sent == []


@given(st.binary(max_size=300))
def test_no_bytes_break_a_session(body: bytes) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(Asked().session.answer(body))
    finally:
        loop.close()
