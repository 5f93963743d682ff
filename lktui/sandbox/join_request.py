"""What a client says when it joins: `/rtc/v1?join_request=`, base64 of a packed JoinRequest."""

from __future__ import annotations

import base64
import binascii
import zlib

from google.protobuf.message import DecodeError
from livekit.protocol import rtc

from lktui.sandbox.access import AccessError

_MAX_BYTES = 1 << 20
_GZIP_WINDOW = 31


def read_join_request(parameter: str | None) -> rtc.JoinRequest:
    """Unpack the parameter.

    Raises:
        AccessError: It is missing, too large or broken, in the real server's words.
    """
    if not parameter:
        raise AccessError("join_request is required", 400)
    try:
        padded = parameter + "=" * (-len(parameter) % 4)
        packed = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise AccessError("cannot base64 decode wrapped join request", 400) from error
    try:
        wrapped = rtc.WrappedJoinRequest.FromString(packed)
    except DecodeError as error:
        raise AccessError("cannot unmarshal wrapped join request", 400) from error
    data = wrapped.join_request
    if wrapped.compression == rtc.WrappedJoinRequest.GZIP:
        data = _unzipped(data)
    if len(data) > _MAX_BYTES:
        raise AccessError("join request too large", 400)
    try:
        return rtc.JoinRequest.FromString(data)
    except DecodeError as error:
        raise AccessError("cannot unmarshal join request", 400) from error


def _unzipped(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(_GZIP_WINDOW).decompress(data, _MAX_BYTES + 1)
    except zlib.error as error:
        raise AccessError("cannot read decompressed join request", 400) from error
