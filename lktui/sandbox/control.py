"""A client for the sandbox's faults, on the standard library; blocking, for tests."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
from urllib.parse import urlsplit

import msgspec

from lktui.sandbox.faults import AnyFault, State

_TIMEOUT_S = 10.0
_TOKEN_S = 60


class ControlError(Exception):
    """The sandbox did not do it; the message is its answer."""


class SandboxControl:
    """Asks a running sandbox for faults.

    Args:
        url: Its address, as clients have it.
        key: Its key.
        secret: Its secret.
    """

    def __init__(self, url: str, key: str, secret: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._key, self._secret = key, secret

    def ask(self, fault: AnyFault) -> None:
        """Ask for a fault; it holds when this returns.

        Raises:
            ControlError: It cannot be had, such as for a room that is not there.
        """
        self._request("POST", "/sandbox/faults", msgspec.json.encode(fault))

    def state(self) -> State:
        """Ask what the server holds.

        Raises:
            ControlError: It did not answer properly.
        """
        return msgspec.json.decode(self._request("GET", "/sandbox/state"), type=State)

    def _request(self, verb: str, path: str, body: bytes = b"") -> bytes:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT_S)
        try:
            connection.request(verb, path, body, {"Authorization": f"Bearer {self._token()}"})
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if response.status != http.HTTPStatus.OK:
            raise ControlError(text.decode())
        return text

    def _token(self) -> str:
        now = int(time.time())
        claims = {
            "iss": self._key,
            "nbf": now - _TOKEN_S,
            "exp": now + _TOKEN_S,
            "video": {"roomCreate": True},
        }
        parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims))
        signed = b".".join(_base64url(part) for part in parts)
        signature = hmac.digest(self._secret.encode(), signed, hashlib.sha256)
        return (signed + b"." + _base64url(signature)).decode()


def _base64url(part: bytes) -> bytes:
    return base64.urlsafe_b64encode(part).rstrip(b"=")
