"""One conversation, seen by who talks, by who watches and by who comes late: the same for all.

So it is in what is exported and replayed of it, and so the agent itself remembers it.
"""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from livekit.protocol.agent_pb import agent_session as pb

from lktui.core.commands import EndSession, Say, StartSession, WatchRoom
from lktui.core.events import Mark
from lktui.core.export import markdown, read_events
from lktui.core.fold import Fold
from lktui.core.session import SessionState
from lktui.core.transcript import Transcript
from tests.support.livekit_server import LiveKitServer
from tests.support.person import HIDDEN, Person, token
from tests.support.remote_session import answers, ask
from tests.support.seer import ANSWER_S, LATE_S, Seer, seer, told_of
from tests.support.server import profile_at

pytestmark = pytest.mark.usefixtures("echo_worker")

TO_COLLEAGUE = "hello, colleague"
LINES = (
    *("hello", "order 12", "refund 12", "hello again", "order 13") * 4,
    *("colleague", TO_COLLEAGUE),
)
HANDOFF = ("handoff", "shop → support")


async def remembered_by(agent: str, server: LiveKitServer, room: str) -> list[tuple[str, str]]:
    """Ask an agent for its own history: lines by side, the names of tools, handoffs."""
    async with Person(server, token(server, room, "asker", grants=HIDDEN)) as asker:
        await asker.until(lambda: agent in asker.others, within_s=ANSWER_S, what="the agent")
        request = pb.SessionRequest(request_id="history")
        request.get_chat_history.SetInParent()
        await ask(asker, agent, request)
        await asker.until(lambda: bool(answers(asker, "history")), within_s=ANSWER_S, what="answer")
        ((_, answer),) = answers(asker, "history")
    found = []
    for item in answer.get_chat_history.items:
        match item.WhichOneof("item"):
            case "message" if item.message.role in (pb.ChatRole.USER, pb.ChatRole.ASSISTANT):
                side = "agent" if item.message.role == pb.ChatRole.ASSISTANT else ""
                found.append((side, "".join(part.text for part in item.message.content)))
            case "function_call":
                found.append(("tool", item.function_call.name))
            case "agent_handoff" if item.agent_handoff.old_agent_id:
                handoff = item.agent_handoff
                found.append(("handoff", f"{handoff.old_agent_id} → {handoff.new_agent_id}"))
    return found


def with_names_only(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave of a tool call its name."""
    return [(who, text.split("(")[0] if who == "tool" else text) for who, text in told]


def replayed(exported: str, of: Seer) -> tuple[SessionState, Transcript]:
    """Read an export of events back."""
    fold = Fold()
    state = fold.apply(read_events(line.encode() for line in exported.splitlines()))
    return state.sessions[of.session], fold.transcript(of.session)


async def test_a_talk_with_tools_is_the_same_for_all_who_see_it(
    livekit_server: LiveKitServer, prefix: str, tmp_path: Path
) -> None:
    profile = profile_at(livekit_server, room_prefix=prefix, metadata=json.dumps({"mode": "shop"}))
    async with AsyncExitStack() as stack:
        talker = await seer(stack, tmp_path / "talker")
        watcher = await seer(stack, tmp_path / "watcher")
        late = await seer(stack, tmp_path / "late")
        talker.send(StartSession(session=talker.session, profile=profile))
        assert await talker.is_ready()
        room = talker.state.room
        watcher.send(WatchRoom(session=watcher.session, profile=profile, room=room))
        assert await watcher.is_ready()
        for number, text in enumerate(LINES, 1):
            # A line that is typed in the very moment of the handoff may stand on either side.
            assert text != TO_COLLEAGUE or await talker.has_told(HANDOFF)
            talker.send(Say(session=talker.session, key=f"typed:{number}", text=text))
            assert await talker.is_at(number), talker.told
        assert await watcher.is_at(len(LINES))
        assert await talker.has_told(HANDOFF)
        assert await watcher.has_told(HANDOFF)
        # What tells of the last line's place may still be on its way.
        await watcher.until(lambda: watcher.told == talker.told)
        assert watcher.told == talker.told
        assert talker.state.told.tools == watcher.state.told.tools == 13
        assert watcher.state.told.tools_failed == 4
        assert ("tool", 'find_order(number="12") → order 12: 2 items') in talker.told

        late.send(WatchRoom(session=late.session, profile=profile, room=room))
        assert await late.until(lambda: len(late.told) >= len(talker.told), LATE_S), late.told
        assert late.told == talker.told
        lines = [row for row in late.rows if row.role is not None]
        assert {row.mark for row in lines} == {Mark.HISTORY}

        assert talker.state.agent is not None
        remembered = await remembered_by(talker.state.agent.identity, livekit_server, room)
        assert remembered == with_names_only(talker.told)

        for one in (watcher, talker):
            one.send(EndSession(session=one.session))
            assert await one.until(lambda one=one: one.state.over)  # type: ignore[misc]  # bound
    for one in (talker, watcher):
        exported = one.program.run("export", one.session, "--format", "jsonl").stdout
        state, rows = replayed(exported, one)
        assert told_of(list(rows)) == talker.told
        written = "".join(markdown(state, rows)).replace("\\", "")
        assert all(text.split("(")[0] in written for _, text in talker.told)
    played = talker.program.run("replay", talker.session, "--plain", "--speed", "1000000")
    shown = [line.split(": ", 1)[-1] for line in played.stdout.splitlines()]
    known = {text for _, text in talker.told}
    assert [text for text in shown if text in known] == [text for _, text in talker.told]
