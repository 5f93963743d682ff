"""A livekit-agents worker without any model; the dispatch's metadata chooses how it behaves.

It runs in an environment of its own (`tests.support.agents_worker` starts it), so it imports
nothing of the project. The metadata is JSON, `{"mode": MODE}`; see `Mode`. With `"once": true` only
the first job of a room behaves so, and those after it are sessions: what a retry mends. With
`"rooms": N` and a `"batch"` of one's own that holds for the first N rooms, and others are well.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Coroutine
from enum import StrEnum
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentServer, AgentSession, JobContext, JobRequest, cli
from livekit.agents.llm import (
    LLM,
    ChatChunk,
    ChatContext,
    ChoiceDelta,
    FunctionToolCall,
    LLMStream,
    ToolError,
    function_tool,
)
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions
from livekit.agents.voice.room_io import RoomOptions

GREETING = "hello, this is echo"
NAME_VARIABLE = "LKTUI_TEST_AGENT_NAME"
MARKS_VARIABLE = "LKTUI_TEST_MARKS"
"""Where the first job of a room is noted."""
_WORD_S = 0.02
_SLOW_S = 4.0
_STAY_S = 1.0
_FOR_EVER_S = 3600.0
_ANSWERED_S = 1.0
_GOES_WRONG_AFTER_S = 2.0
_NAP_S = 8


class Mode(StrEnum):
    """What a job does; anything else in the metadata is `SESSION`."""

    SESSION = "session"
    """A session that answers `echo: TEXT`, word by word."""
    GREET = "greet"
    """The same, and it speaks first."""
    RAW = "raw"
    """No session: stream handlers that answer on `lk.transcription` and on `lk.chat`."""
    REJECT = "reject"
    """The worker declines for all workers."""
    REJECT_NEXT = "reject_next"
    """The worker declines for itself only."""
    HANG = "hang"
    """The job is accepted and never connects."""
    SLOW = "slow"
    """As `SESSION`, but it connects after four seconds."""
    LATE = "late"
    """The job never connects; `"after_s"` seconds later a process that outlives it does."""
    CRASH_AFTER_JOIN = "crash_after_join"
    """It connects and raises a second later."""
    LEAVE = "leave"
    """It connects and leaves a second later."""
    MUTE = "mute"
    """A session whose model never answers."""
    STUCK = "stuck"
    """It connects and never starts its session."""
    NOT_READY = "not_ready"
    """The same, and its state says that it is initializing."""
    ZOMBIE = "zombie"
    """A session that closes two seconds after it has started, while its agent stays."""
    DIE = "die"
    """A session whose process ends two seconds after it has started."""
    FREEZE = "freeze"
    """A session whose process stops two seconds after it has started."""
    NAP = "nap"
    """The same, and something wakes it eight seconds later."""
    LATE_LEAVE = "late_leave"
    """A session that shuts its job down two seconds after it has started."""
    FAILS = "fails"
    """A session whose model raises an error for the first line, and answers the next."""
    CRASH = "crash"
    """The job is accepted and raises before it connects."""
    SHOP = "shop"
    """A session with tools: `order N` finds one, `refund N` fails, `colleague` hands off."""


class EchoModel(LLM):
    """A language model that says what it was told."""

    def __init__(self, *, mute: bool = False, fails: int = 0) -> None:
        """Choose whether it ever answers, and for how many lines it fails."""
        super().__init__()
        self._mute = mute
        self._fails = fails

    def fails_now(self) -> bool:
        """Tell whether this line's answer is to fail, and count it."""
        self._fails -= 1
        return self._fails >= 0

    def chat(
        self,
        *,
        chat_ctx: ChatContext,
        tools: list[Any] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **_: object,
    ) -> LLMStream:
        """Begin the answer to the newest line of the user."""
        return _EchoStream(
            self,
            mute=self._mute,
            fails=self.fails_now(),
            chat_ctx=chat_ctx,
            tools=tools or [],
            conn_options=conn_options,
        )


class _EchoStream(LLMStream):
    def __init__(self, model: EchoModel, *, mute: bool, fails: bool, **rest: Any) -> None:
        super().__init__(model, **rest)
        self._mute, self._fails = mute, fails

    async def _run(self) -> None:
        if self._fails:
            raise RuntimeError("the model failed, as it was told to")
        if self._mute:
            await asyncio.sleep(_FOR_EVER_S)
        async for word in _words(f"echo: {_newest_line(self._chat_ctx)}"):
            delta = ChoiceDelta(role="assistant", content=word)
            self._event_ch.send_nowait(ChatChunk(id="echo", delta=delta))


class ShopModel(EchoModel):
    """Calls the tool that the newest line names, then says what that gave."""

    def chat(self, *, chat_ctx: ChatContext, **rest: Any) -> LLMStream:
        """Begin the answer to the newest item."""
        newest = chat_ctx.items[-1]
        if newest.type == "message" and (call := _call_for(newest.text_content or "")):
            rest.setdefault("conn_options", DEFAULT_API_CONNECT_OPTIONS)
            rest["tools"] = rest.get("tools") or []
            known = {key: rest[key] for key in ("tools", "conn_options")}
            return _CallStream(self, call, chat_ctx=chat_ctx, **known)
        return super().chat(chat_ctx=chat_ctx, **rest)


class _CallStream(LLMStream):
    def __init__(self, model: LLM, call: FunctionToolCall, **rest: Any) -> None:
        super().__init__(model, **rest)
        self._call = call

    async def _run(self) -> None:
        delta = ChoiceDelta(role="assistant", tool_calls=[self._call])
        self._event_ch.send_nowait(ChatChunk(id="call", delta=delta))


def _call_for(line: str) -> FunctionToolCall | None:
    verb, _, number = line.partition(" ")
    names = {"order": "find_order", "refund": "refund_order", "colleague": "call_colleague"}
    if verb not in names:
        return None
    arguments = json.dumps({"number": number} if number else {})
    return FunctionToolCall(
        name=names[verb], arguments=arguments, call_id=f"call_{os.urandom(6).hex()}"
    )


class ShopAgent(Agent):
    """Has tools; hands off to `Support`."""

    def __init__(self) -> None:
        """Give it a name of its own."""
        super().__init__(instructions="Sell.", id="shop")

    @function_tool
    async def find_order(self, number: str) -> str:
        """Find an order."""
        return f"order {number}: 2 items"

    @function_tool
    async def refund_order(self, number: str) -> str:
        """Fail to pay it back."""
        raise ToolError(f"order {number} is too old")

    @function_tool
    async def call_colleague(self) -> tuple[Agent, str]:
        """Hand the conversation over."""
        return Support(instructions="Help."), "a colleague is here"


class Support(Agent):
    """Takes over from `ShopAgent`; its class gives its id, `support`."""


class EchoAgent(Agent):
    """The agent of a session; it may speak first."""

    def __init__(self, *, greets: bool) -> None:
        """Choose whether it says `GREETING` when it enters."""
        super().__init__(instructions="Say what you are told.")
        self._greets = greets

    async def on_enter(self) -> None:
        """Speak first, if it is meant to."""
        if self._greets:
            self.session.say(_words(GREETING))


def _newest_line(context: ChatContext) -> str:
    for item in reversed(context.items):
        if item.type == "function_call_output":
            return str(item.output)
        if item.type == "message" and item.role == "user":
            return item.text_content or ""
    return ""


async def _words(text: str) -> AsyncIterator[str]:
    """Give a text as it would be spoken; joined, the parts are the text."""
    for n, word in enumerate(text.split(" ")):
        yield f" {word}" if n else word
        await asyncio.sleep(_WORD_S)


async def run_session(job: JobContext, mode: Mode) -> None:
    """Be a session agent that reads and writes text only."""
    model = EchoModel(mute=mode is Mode.MUTE, fails=1 if mode is Mode.FAILS else 0)
    agent: Agent = EchoAgent(greets=mode is Mode.GREET)
    if mode is Mode.SHOP:
        model, agent = ShopModel(), ShopAgent()
    session = AgentSession(llm=model)
    await session.start(
        agent,
        room=job.room,
        room_options=RoomOptions(audio_input=False, audio_output=False),
        record=False,
    )
    if mode in (Mode.ZOMBIE, Mode.DIE, Mode.FREEZE, Mode.NAP, Mode.LATE_LEAVE):
        await asyncio.sleep(_GOES_WRONG_AFTER_S)
        await go_wrong(job, session, mode)


async def go_wrong(job: JobContext, session: AgentSession, mode: Mode) -> None:
    """Do to a session that lives what the mode says."""
    match mode:
        case Mode.ZOMBIE:
            await session.aclose()
            await asyncio.sleep(_FOR_EVER_S)
        case Mode.DIE:
            os._exit(1)
        case Mode.FREEZE:
            os.kill(os.getpid(), signal.SIGSTOP)
        case Mode.NAP:
            wake = f"sleep {_NAP_S}; kill -CONT {os.getpid()}"
            await asyncio.create_subprocess_exec("/bin/sh", "-c", wake, start_new_session=True)
            os.kill(os.getpid(), signal.SIGSTOP)
        case _:
            job.shutdown(reason="left, as it was told to")


class RawEcho:
    """An agent without a session, as people write them on `livekit.rtc` alone."""

    def __init__(self, room: rtc.Room) -> None:
        """Listen from before the room is joined, so that no early line is lost."""
        self._room = room
        self._tasks: set[asyncio.Task[None]] = set()
        room.register_text_stream_handler("lk.chat", self._on_chat)

    async def says(self, state: str) -> None:
        """Publish the state that LiveKit's own agents publish."""
        # The SDK may miss the server's answer, and would wait for it for 5 s.
        me = self._room.local_participant
        asked = self._start(me.set_attributes({"lk.agent.state": state}))
        await asyncio.wait({asked}, timeout=_ANSWERED_S)

    def _on_chat(self, reader: rtc.TextStreamReader, identity: str) -> None:
        self._start(self._answer(reader, identity))

    def _start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _answer(self, reader: rtc.TextStreamReader, identity: str) -> None:
        reply = f"echo: {await reader.read_all()}"
        me = self._room.local_participant
        await self.says("speaking")
        segment = {"lk.segment_id": f"SG_{os.urandom(6).hex()}"}
        writer = await me.stream_text(
            topic="lk.transcription",
            sender_identity=me.identity,
            attributes={**segment, "lk.transcription_final": "false"},
        )
        async for word in _words(reply):
            await writer.write(word)
        await writer.aclose(attributes={"lk.transcription_final": "true"})
        await me.send_text(reply, topic="lk.chat", destination_identities=[identity])
        await self.says("listening")


async def run_raw(job: JobContext) -> None:
    """Be an agent without a session."""
    echo = RawEcho(job.room)
    await job.connect()
    await echo.says("listening")


async def run_late(job: JobContext) -> None:
    """Leave the place in the room to a process that does not end with the job."""
    known = job._info  # which holds the token
    after_s = str(json.loads(job.job.metadata)["after_s"])
    words = (Path(__file__).with_name("late_agent.py"), known.url, known.token, after_s)
    await asyncio.create_subprocess_exec(sys.executable, *words)
    await asyncio.sleep(_FOR_EVER_S)


def mode_of(job: Any) -> Mode:
    """Read the mode from the metadata of a job's dispatch."""
    try:
        wanted = json.loads(job.metadata)
        mode = Mode(wanted["mode"])
    except (ValueError, LookupError, TypeError):
        return Mode.SESSION
    if not wanted.get("once"):
        return mode
    return mode if _is_first(job, wanted.get("batch", ""), wanted.get("rooms")) else Mode.SESSION


def _is_first(job: Any, batch: str, rooms: int | None) -> bool:
    """Tell whether this is its room's first job, in whichever process that is asked.

    The job's request is asked about first, in the worker's one process: so rooms are counted.
    """
    folder = Path(os.environ.get(MARKS_VARIABLE, tempfile.gettempdir()))
    mark = folder / f"first-{batch}-{job.room.sid}"
    if not mark.exists() and rooms is not None:
        rooms -= len(list(folder.glob(f"first-{batch}-*")))
    try:
        with mark.open("x") as new:
            new.write(job.id if rooms is None or rooms > 0 else "")
    except FileExistsError:
        return bool(mark.read_text() == job.id)
    return rooms is None or rooms > 0


server = AgentServer(
    # A test machine is busy: by its own measure the worker would be full and decline every job.
    load_fnc=lambda: 0.0,
    load_threshold=math.inf,
    num_idle_processes=1,
    port=0,
)


async def on_request(request: JobRequest) -> None:
    """Take the job or decline it."""
    match mode_of(request.job):
        case Mode.REJECT:
            await request.reject()
        case Mode.REJECT_NEXT:
            await request.reject(terminate=False)
        case _:
            await request.accept(name="Echo")


@server.rtc_session(agent_name=os.environ.get(NAME_VARIABLE, ""), on_request=on_request)
async def entrypoint(job: JobContext) -> None:
    """Do one job."""
    match mode := mode_of(job.job):
        case Mode.HANG:
            await asyncio.sleep(_FOR_EVER_S)
        case Mode.CRASH:
            raise RuntimeError("crashed, as it was told to")
        case Mode.SLOW:
            await asyncio.sleep(_SLOW_S)
            await run_session(job, mode)
        case Mode.LATE:
            await run_late(job)
        case Mode.STUCK | Mode.NOT_READY:
            await job.connect()
            if mode is Mode.NOT_READY:
                await job.room.local_participant.set_attributes({"lk.agent.state": "initializing"})
            await asyncio.sleep(_FOR_EVER_S)
        case Mode.CRASH_AFTER_JOIN | Mode.LEAVE:
            await job.connect()
            await asyncio.sleep(_STAY_S)
            if mode is Mode.CRASH_AFTER_JOIN:
                raise RuntimeError("crashed, as it was told to")
            job.shutdown(reason="left, as it was told to")
        case Mode.RAW:
            await run_raw(job)
        case Mode.GREET:
            # Without a model it would have spoken before it was in the room, where nobody hears.
            await job.connect()
            await job.wait_for_participant()
            await run_session(job, mode)
        case _:
            await run_session(job, mode)


if __name__ == "__main__":
    cli.run_app(server)
