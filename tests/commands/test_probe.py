"""A probe's own judgement of a talk, with an engine that says what the test lets it say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from lktui.commands.headless import Headless
from lktui.commands.probe import _Probe
from lktui.commands.probe_report import RunReport
from lktui.core.commands import AnyCommand, EndSession, Say, StartSession
from lktui.core.events import AgentStateChanged, AnyEvent, Mark, Phase, PhaseEntered
from lktui.core.problems import ProblemCode
from lktui.core.profile import Profile
from lktui.invocation import Invocation
from lktui.store.paths import Paths
from tests.support.scenes import Conversation
from tests.support.talk import Talk
from tests.support.waiting import PATIENCE_S

_GREETING, _AGENT = "Hello, this is support.", "support"


class ToldEngine(Headless):
    """An engine without a process: it keeps what it is asked, and tells what it is told to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Invocation(paths=Paths(folder / "config", folder / "state"), env={}))
        self.asked: list[AnyCommand] = []
        self._asked_more = asyncio.Event()

    def send(self, command: AnyCommand) -> None:
        self.asked.append(command)
        self._asked_more.set()

    def tell(self, events: Iterable[AnyEvent]) -> None:
        self._take(list(events))

    async def has_been_asked(self, count: int) -> AnyCommand:
        """Wait until there are so many commands; gives the last of them."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.asked) < count:
                self._asked_more.clear()
                await self._asked_more.wait()
        return self.asked[count - 1]


class Scene:
    """A probe that says one line, and the conversation that it has."""

    def __init__(self, engine: ToldEngine, *, reply_timeout_s: float) -> None:
        profile = Profile(name="staging", url="ws://127.0.0.1:1", reply_timeout=reply_timeout_s)
        self._engine = engine
        self._run = asyncio.create_task(
            _Probe(engine, profile, ["Where is it?"], wait_reply=True).run(keep=False)
        )

    async def begin(self, *, state: str = "listening") -> Talk:
        """Let the agent be ready; gives what makes the conversation's lines."""
        started = await self._engine.has_been_asked(1)
        assert isinstance(started, StartSession)
        self._of = Conversation(started.session, _AGENT)
        self._engine.tell(self._of.ready(state))
        return Talk(self._of)

    async def line_goes_out(self, talk: Talk, after_s: float) -> None:
        """Wait until the probe types its line; the engine says at once that it is sent."""
        said = await self._engine.has_been_asked(2)
        assert isinstance(said, Say)
        self._engine.tell([talk.line(after_s, "you", said.text, key=said.key)])
        await self.settled()

    def becomes(self, state: str) -> AgentStateChanged:
        """Make the agent's change of state."""
        agent = self._engine.state.sessions[self._of.id].agent
        assert agent is not None
        return AgentStateChanged(session=self._of.id, identity=agent.identity, state=state)

    async def settled(self) -> None:
        """Let the probe look at what it was told."""
        for _ in range(5):
            await asyncio.sleep(0)

    @property
    def has_ended_the_session(self) -> bool:
        """Whether the probe has heard enough."""
        return isinstance(self._engine.asked[-1], EndSession)

    async def over(self) -> RunReport:
        """Let the session end when the probe ends it; gives the report."""
        assert isinstance(await self._engine.has_been_asked(3), EndSession)
        self._engine.tell([PhaseEntered(session=self._of.id, phase=Phase.ENDED)])
        return await self._run


async def test_a_greeting_that_the_line_cuts_short_is_not_taken_for_the_reply(
    tmp_path: Path,
) -> None:
    engine = ToldEngine(tmp_path)
    scene = Scene(engine, reply_timeout_s=30)
    talk = await scene.begin()
    await scene.line_goes_out(talk, 1.0)
    # Its stream was open when the line went out, and its first word came only then.
    engine.tell([talk.line(0.9, _AGENT, _GREETING, mark=Mark.INTERRUPTED)])
    await scene.settled()
    assert not scene.has_ended_the_session
    engine.tell([talk.line(2.0, _AGENT, "It is on its way.")])
    report = await scene.over()
    assert [line.text for line in report.result.transcript] == [
        _GREETING, "Where is it?", "It is on its way.",
    ]  # fmt: skip
    assert report.result.ok


async def test_what_an_agents_memory_adds_later_is_no_reply(tmp_path: Path) -> None:
    engine = ToldEngine(tmp_path)
    scene = Scene(engine, reply_timeout_s=30)
    talk = await scene.begin()
    await scene.line_goes_out(talk, 1.0)
    engine.tell([talk.line(1.5, _AGENT, _GREETING, mark=Mark.HISTORY)])
    await scene.settled()
    assert not scene.has_ended_the_session
    engine.tell([talk.line(2.0, _AGENT, "It is on its way.")])
    assert (await scene.over()).result.ok


async def test_a_line_waits_until_the_greeting_is_over(tmp_path: Path) -> None:
    engine = ToldEngine(tmp_path)
    scene = Scene(engine, reply_timeout_s=30)
    talk = await scene.begin(state="speaking")
    engine.tell([talk.line(0.9, _AGENT, _GREETING)])
    await scene.settled()
    assert len(engine.asked) == 1
    engine.tell([scene.becomes("listening")])
    await scene.line_goes_out(talk, 2.0)
    engine.tell([talk.line(3.0, _AGENT, "It is on its way.")])
    assert (await scene.over()).result.ok


async def test_a_greeting_alone_leaves_the_line_without_a_reply(tmp_path: Path) -> None:
    engine = ToldEngine(tmp_path)
    scene = Scene(engine, reply_timeout_s=0.2)
    talk = await scene.begin()
    await scene.line_goes_out(talk, 1.0)
    engine.tell([talk.line(0.9, _AGENT, _GREETING)])
    result = (await scene.over()).result
    assert (result.ok, result.outcome) == (False, "no_reply")
    assert result.problem is not None
    assert result.problem.code == ProblemCode.NO_REPLY
