"""Each room connection hears of its own room only.

The SDK hands every event to every connection of the process, which drops what is of another room:
with 50 rooms that is 50 wake-ups of the loop for each line, half of what the engine costs
(https://github.com/livekit/python-sdks/issues/812 is about the same for media).
"""

from __future__ import annotations

from livekit import rtc
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto.ffi_pb2 import FfiEvent

_READ_ELSEWHERE = frozenset(
    {
        "audio_stream_event",
        "video_stream_event",
        "text_stream_reader_event",
        "byte_stream_reader_event",
    }
)
"""What a stream's reader has a subscription of its own for."""


def hear_own_room_only(room: rtc.Room) -> None:
    """Narrow the subscription of a connection just made; answers to requests still come."""
    queue, handle = FfiClient.instance.queue, room._ffi_handle  # noqa: SLF001 - no public way
    if handle is None:
        return
    own = handle.handle

    def is_own(event: FfiEvent) -> bool:
        kind = event.WhichOneof("message")
        if kind == "room_event":
            return event.room_event.room_handle == own
        return kind not in _READ_ELSEWHERE

    with queue._lock:  # noqa: SLF001
        queue._subscribers = [  # noqa: SLF001
            (into, loop, is_own if into is room._ffi_queue else wanted)  # noqa: SLF001
            for into, loop, wanted in queue._subscribers  # noqa: SLF001
        ]
