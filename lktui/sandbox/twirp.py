"""LiveKit's API over HTTP: Twirp, in protobuf or JSON, with the real server's errors."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import TypeVar

from aiohttp import web
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from livekit.protocol import (
    agent_dispatch,
    agent_simulation,
    cloud_agent,
    connector,
    egress,
    ingress,
    room,
    sip,
)

from lktui.sandbox.access import Access, AccessError, Grants
from lktui.sandbox.directory import LimitError

_log = logging.getLogger(__name__)

Request = TypeVar("Request", bound=Message)
Answer = Callable[[Grants, bytes, bool], Awaitable[Message]]
"""What answers a call: who asks, the body, and whether that is JSON."""

_MODULES = (agent_dispatch, agent_simulation, cloud_agent, connector, egress, ingress, room, sip)
_KNOWN = frozenset(
    (service.name, method.name)
    for module in _MODULES
    for service in module.DESCRIPTOR.services_by_name.values()
    for method in service.methods
)
_STATUS = {
    "bad_route": HTTPStatus.NOT_FOUND,
    "invalid_argument": HTTPStatus.BAD_REQUEST,
    "malformed": HTTPStatus.BAD_REQUEST,
    "unauthenticated": HTTPStatus.UNAUTHORIZED,
    "permission_denied": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "already_exists": HTTPStatus.CONFLICT,
    "resource_exhausted": HTTPStatus.TOO_MANY_REQUESTS,
    "failed_precondition": HTTPStatus.PRECONDITION_FAILED,
    "unimplemented": HTTPStatus.NOT_IMPLEMENTED,
    "unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "deadline_exceeded": HTTPStatus.REQUEST_TIMEOUT,
}


class TwirpError(Exception):
    """A call has failed.

    Args:
        code: Twirp's word for why.
        message: For people.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message

    @property
    def status(self) -> int:
        """The HTTP status of the code."""
        return _STATUS.get(self.code, HTTPStatus.INTERNAL_SERVER_ERROR)


def call(
    request_type: type[Request], answer: Callable[[Grants, Request], Awaitable[Message]]
) -> Answer:
    """Make a method of the API from a function on messages."""

    async def decode_and_answer(grants: Grants, body: bytes, is_json: bool) -> Message:  # noqa: FBT001 - see Answer
        message = request_type()
        try:
            if is_json:
                json_format.Parse(body, message, ignore_unknown_fields=True)
            else:
                message.ParseFromString(body)
        except (DecodeError, json_format.ParseError) as error:
            raise TwirpError("malformed", f"the request could not be decoded: {error}") from error
        return await answer(grants, message)

    return decode_and_answer


class Twirp:
    """Routes calls to their methods.

    Args:
        access: Checks who asks.
        services: The methods of each service, by name.
        before: Awaited with the method's name before each call: faults on request.
        after: The same after each call that has succeeded.
    """

    def __init__(
        self,
        access: Access,
        services: Mapping[str, Mapping[str, Answer]],
        *,
        before: Callable[[str], Awaitable[None]],
        after: Callable[[str], Awaitable[None]],
    ) -> None:
        self._access, self._services = access, services
        self._before, self._after = before, after

    async def serve(self, request: web.Request) -> web.Response:
        """Answer one call."""
        try:
            header = request.headers.get("Authorization")
            grants = self._access.grants(header, request.query.get("access_token"), time.time())
        except AccessError as error:
            return web.Response(status=error.status, text=error.message)
        try:
            return await self._answer(request, grants)
        except AccessError as error:
            return _failed(TwirpError("unauthenticated", error.message))
        except LimitError as error:
            return _failed(TwirpError("resource_exhausted", str(error)))
        except TwirpError as error:
            return _failed(error)

    async def _answer(self, request: web.Request, grants: Grants) -> web.Response:
        service, method = request.match_info["service"], request.match_info["method"]
        answer = self._services.get(service, {}).get(method)
        if answer is None:
            if (service, method) not in _KNOWN:
                raise TwirpError("bad_route", f"no handler for path {request.path!r}")
            what = f"unimplemented: the sandbox has no {service}/{method}"
            raise TwirpError("unimplemented", what)
        is_json = request.content_type == "application/json"
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge as error:
            raise TwirpError("resource_exhausted", "the request is too large") from error
        await self._before(method)
        message = await answer(grants, body, is_json)
        await self._after(method)
        if is_json:
            text = json_format.MessageToJson(message, preserving_proto_field_name=True)
            return web.Response(text=text, content_type="application/json")
        return web.Response(body=message.SerializeToString(), content_type="application/protobuf")


def _failed(error: TwirpError) -> web.Response:
    body = {"code": error.code, "msg": error.message}
    return web.json_response(body, status=error.status)
