"""SDK and network exceptions as Problems: the only place that names them.

What each situation raises was measured (facts/livekit.md section 5). The SDK quotes whole tokens
in its messages: every detail is cut by `sanitize.clean_detail`.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import aiohttp
from google.protobuf.message import DecodeError
from livekit import api, rtc

from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail
from lktui.engine.certificates import refused_certificate
from lktui.store.paths import LOG_NAME
from lktui.store.resolved_secrets import without_secrets

_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY = 401, 403, 429
_ELSEWHERE = frozenset({404, 405, 501})
"""What web servers of another kind answer to a POST at a path that they do not know."""

_CONNECT_TEXTS: tuple[tuple[str, ProblemCode], ...] = (
    # First what quotes another server's page, in which any other word may stand.
    ("client error: 404", ProblemCode.NOT_LIVEKIT),
    ("client error: 405", ProblemCode.NOT_LIVEKIT),
    ("server error: 501", ProblemCode.NOT_LIVEKIT),
    ("handshake error", ProblemCode.NOT_LIVEKIT),
    ("websocket protocol error", ProblemCode.NOT_LIVEKIT),
    # Before any number: it says in Unix time since when it is not valid.
    ("invalid peer certificate", ProblemCode.CERTIFICATE_REFUSED),
    ("token is expired", ProblemCode.TOKEN_EXPIRED),
    ("token is not valid yet", ProblemCode.TOKEN_NOT_YET_VALID),
    ("permissions denied", ProblemCode.PERMISSION_DENIED),
    ("invalid api key", ProblemCode.AUTH_FAILED),
    ("signature is invalid", ProblemCode.AUTH_FAILED),
    ("invalid authorization", ProblemCode.TOKEN_INVALID),
    ("401", ProblemCode.AUTH_FAILED),
    ("connection refused", ProblemCode.CONNECTION_REFUSED),
    ("lookup address", ProblemCode.DNS_FAILED),
    ("corrupt message", ProblemCode.TLS_FAILED),
    ("tls", ProblemCode.TLS_FAILED),
    ("timed out", ProblemCode.CONNECT_TIMEOUT),
)
"""What a rtc connect error says, in lower case; the first that fits counts."""


def of_connect(error: Exception, host: str) -> Problem:
    """Tell why a room could not be joined."""
    text = str(error)
    lowered = text.lower()
    code = next(
        (code for part, code in _CONNECT_TEXTS if part in lowered), ProblemCode.CONNECT_FAILED
    )
    if code is ProblemCode.CERTIFICATE_REFUSED:
        return refused_certificate(text, host)
    return problem(code, subject=host, host=host, detail=clean_detail(text))


def of_api(error: Exception, host: str, what: str) -> Problem:
    """Tell why a call of the server API failed."""
    text = str(error) or type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return refused_certificate(text, host)
    if isinstance(error, api.ServerError):
        text = f"{error.status} from {host}" + (f": {error.message}" if error.message else "")
    detail = clean_detail(text)
    code = _api_code(error)
    return problem(code, subject=what, host=host, what=what, detail=detail)


def _api_code(error: Exception) -> ProblemCode:  # noqa: PLR0912 - a table of types
    match error:
        case api.ServerError(status=status, code=code):
            if status == _UNAUTHORIZED and code == "unauthenticated":
                return ProblemCode.PERMISSION_DENIED
            if status in (_UNAUTHORIZED, _FORBIDDEN):
                return ProblemCode.AUTH_FAILED
            if status == _TOO_MANY:
                return ProblemCode.RATE_LIMITED
            if code == "not_found":
                return ProblemCode.NOT_FOUND
            return ProblemCode.NOT_LIVEKIT if status in _ELSEWHERE else ProblemCode.SERVER_ERROR
        case aiohttp.WSServerHandshakeError(status=status):
            return _upgrade_code(status)
        case DecodeError() | aiohttp.ContentTypeError():
            return ProblemCode.NOT_LIVEKIT
        case aiohttp.ClientConnectorDNSError():
            return ProblemCode.DNS_FAILED
        case aiohttp.ClientConnectorSSLError():
            return ProblemCode.TLS_FAILED
        case aiohttp.ClientConnectorError():
            return _of_os_error(error.os_error)
        case TimeoutError():
            return ProblemCode.CONNECT_TIMEOUT
        case aiohttp.InvalidURL():
            return ProblemCode.DNS_FAILED
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientOSError():
            return ProblemCode.SERVER_LOST  # under a request: it may have been carried out
        case _:
            return ProblemCode.NOT_LIVEKIT


def _upgrade_code(status: int) -> ProblemCode:
    """Tell why there is no WebSocket: NOT_FOUND where the server has none at this address."""
    if status in (_UNAUTHORIZED, _FORBIDDEN):
        return ProblemCode.AUTH_FAILED
    return ProblemCode.NOT_FOUND if status in _ELSEWHERE else ProblemCode.NOT_LIVEKIT


def of_socket(error: OSError, host: str) -> Problem:
    """Tell why a host has no address, or why no connection to it could be opened."""
    match error:
        case ssl.SSLCertVerificationError():
            return refused_certificate(error.verify_message or str(error), host)
        case socket.gaierror():
            code = ProblemCode.DNS_FAILED
        case TimeoutError():
            code = ProblemCode.CONNECT_TIMEOUT
        case ssl.SSLError():
            code = ProblemCode.TLS_FAILED
        case _:
            code = _of_os_error(error)
    return problem(code, subject=host, host=host, detail=clean_detail(str(error)))


def _of_os_error(error: OSError) -> ProblemCode:
    if isinstance(error, ConnectionRefusedError):
        return ProblemCode.CONNECTION_REFUSED
    # aiohttp joins the errors of several addresses into one OSError of text only.
    refused = re.search(r"refused|Errno 111|Errno 61", str(error))
    return ProblemCode.CONNECTION_REFUSED if refused else ProblemCode.CONNECT_FAILED


def of_unforeseen(error: BaseException) -> Problem:
    """Tell of what nobody foresaw: its kind and words, and that the log has the rest."""
    what = clean(without_secrets(f"{type(error).__name__}: {error}"), limit=200)
    return problem(ProblemCode.INTERNAL, what=what, log=f"{LOG_NAME} in the state folder")


def answered(found: Problem) -> bool:
    """Whether a LiveKit server answered: other cleanup tries never make an item stuck."""
    return found.code in (
        ProblemCode.AUTH_FAILED,
        ProblemCode.PERMISSION_DENIED,
        ProblemCode.RATE_LIMITED,
        ProblemCode.SERVER_ERROR,
        ProblemCode.NOT_FOUND,
        ProblemCode.DISPATCH_UNKNOWN,
    )


def may_have_landed(found: Problem) -> bool:
    """Whether a call that failed so may have been carried out all the same."""
    return found.code in (
        ProblemCode.CONNECT_TIMEOUT,
        ProblemCode.SERVER_LOST,
        ProblemCode.SERVER_ERROR,
    )


def may_be_tried_again(found: Problem) -> bool:
    """Whether the same call may succeed a little later: not where the server has said no."""
    return found.code in (
        ProblemCode.CONNECT_TIMEOUT,
        ProblemCode.SERVER_LOST,
        ProblemCode.SERVER_ERROR,
        ProblemCode.RATE_LIMITED,
        ProblemCode.CONNECTION_REFUSED,
        ProblemCode.CONNECT_FAILED,
        ProblemCode.DNS_FAILED,
    )


_API_ERRORS = (api.ServerError, aiohttp.ClientError, DecodeError, OSError, ValueError)
_LINK_ERRORS = (rtc.ConnectError, rtc.StreamError, OSError, RuntimeError, ValueError)


@asynccontextmanager
async def limited(timeout_s: float, host: str, what: str) -> AsyncIterator[None]:
    """Put a time limit on a server API call and turn its failures into PortError.

    Args:
        timeout_s: The client's own time-out does not work (facts/livekit.md section 5).
        host: For the words of the problem.
        what: The call, for the words of the problem.

    Raises:
        PortError: Whatever went wrong.
    """
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except _API_ERRORS as error:
        raise PortError(of_api(error, host, what)) from None


@asynccontextmanager
async def knocking(timeout_s: float, host: str) -> AsyncIterator[None]:
    """Put a time limit on a connection of the doctor's and turn its failures into PortError.

    Raises:
        PortError: Whatever went wrong.
    """
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except UnicodeError as error:  # a host name that no resolver takes
        raise PortError(of_socket(socket.gaierror(str(error)), host)) from None
    except OSError as error:
        raise PortError(of_socket(error, host)) from None


@asynccontextmanager
async def joining(timeout_s: float, host: str) -> AsyncIterator[None]:
    """Put a time limit on a room connection and turn its failures into PortError.

    Raises:
        PortError: Whatever went wrong.
    """
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError:
        raise PortError(problem(ProblemCode.CONNECT_TIMEOUT, subject=host, host=host)) from None
    except _LINK_ERRORS as error:
        raise PortError(of_connect(error, host)) from None


@contextmanager
def sending(timeout_s: float) -> Iterator[None]:
    """Turn the failures of sending over a room connection into PortError.

    Args:
        timeout_s: For the words of the problem; who sends keeps to it.

    Raises:
        PortError: NOT_SENT, whatever went wrong.
    """
    try:
        yield
    except (TimeoutError, *_LINK_ERRORS) as error:
        detail = clean_detail(str(error))
        raise PortError(
            problem(ProblemCode.NOT_SENT, timeout=f"{timeout_s:g} s", detail=detail)
        ) from None
