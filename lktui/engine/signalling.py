"""The signalling WebSocket alone, without media: whether a server that carries none answers at all.

The SDK's own newer way carries a WebRTC offer; this older one does not, and a server that has it no
more says so.
"""

from __future__ import annotations

import aiohttp
from livekit.protocol import models as proto
from livekit.protocol import rtc as rtc_proto

from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.engine.failures import limited

_LOOK_LIMIT_S = 3.0
_MAX_FRAME_BYTES = 1 << 20
_PROTOCOL = 16


async def joined_unheard(url: str, jwt: str, shown: str, limit_s: float) -> proto.ServerInfo | None:
    """Join over the WebSocket alone, read what the server says of itself, and leave.

    Args:
        url: ws or wss.
        jwt: Of whoever joins.
        shown: The host, for the words of the problem.
        limit_s: For all of it.

    Returns:
        None if the server answers, but does not offer this.

    Raises:
        PortError: The server refuses the token, or the WebSocket cannot be set up.
    """
    address = f"{url.rstrip('/')}/rtc?protocol={_PROTOCOL}&auto_subscribe=0"
    headers = {"Authorization": f"Bearer {jwt}"}
    leave = rtc_proto.SignalRequest(leave=rtc_proto.LeaveRequest()).SerializeToString()
    answer = rtc_proto.SignalResponse()
    try:
        async with (
            limited(limit_s, shown, "websocket"),
            aiohttp.ClientSession() as session,
            session.ws_connect(
                address, headers=headers, max_msg_size=_MAX_FRAME_BYTES
            ) as websocket,
        ):
            said = await websocket.receive()
            if said.type is not aiohttp.WSMsgType.BINARY:
                raise aiohttp.ServerDisconnectedError
            answer.ParseFromString(said.data)
            await websocket.send_bytes(leave)
    except PortError as error:
        if error.problem.code is ProblemCode.NOT_FOUND:
            return None
        raise
    return answer.join.server_info


async def why_not_joined(timed_out: Problem, url: str, jwt: str, shown: str) -> Problem:
    """Tell whether a join took too long for want of media, or because nobody answers.

    The SDK says neither: media that do not come through end its first try after 15 s, and it makes
    three more before it says a word (facts/livekit.md section 5).
    """
    try:
        await joined_unheard(url, jwt, shown, _LOOK_LIMIT_S)
    except PortError as error:
        silent = error.problem.code is ProblemCode.CONNECT_TIMEOUT
        return timed_out if silent else error.problem
    return problem(ProblemCode.MEDIA_BLOCKED, subject=shown)
