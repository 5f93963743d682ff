"""Room tokens from an endpoint: a fresh one for each room, by POST.

A module of its own, imported when a profile needs it: httpx costs every start of the engine 80 ms
(facts/livekit.md section 6).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import httpx
import msgspec

from lktui.clock import Clock
from lktui.core.problems import PortError, Problem, ProblemCode, problem
from lktui.core.profile import MASK, DispatchMode, Profile
from lktui.core.sanitize import clean, clean_detail
from lktui.engine.ports import RoomToken
from lktui.engine.tokens import checked, read_token
from lktui.store.secrets import resolve

ENDPOINT_LIMIT_S = 10.0
MAX_ANSWER_BYTES = 256 * 1024
_FALLBACK_FIELDS = ("token", "access_token")
_OK_STATUS = range(200, 300)
_LEAST_SECRET_CHARS = 6
"""Shorter parts of a header are words, not secrets."""


class EndpointTokens:
    """A fresh token for each room, by POST (provider specification, "Token Auth Mode").

    Redirects are not followed: the headers may hold credentials for this host only.
    """

    def __init__(self, profile: Profile, env: Mapping[str, str], clock: Clock) -> None:
        self._profile, self._env, self._clock = profile, env, clock
        self._host = clean(urlsplit(profile.token_url).netloc.rpartition("@")[2])

    async def room_token(self, room: str, identity: str) -> RoomToken:
        """Ask the endpoint for a token.

        Raises:
            PortError: The endpoint cannot be reached, is late, refuses, or answers no token.
        """
        headers = {
            name: resolve(value, f"token_headers.{name}", self._env)
            for name, value in self._profile.token_headers
        }
        try:
            # The client's own limit is for each read: an endpoint that drips would never be late.
            async with (
                asyncio.timeout(ENDPOINT_LIMIT_S),
                httpx.AsyncClient(timeout=ENDPOINT_LIMIT_S, follow_redirects=False) as client,
                client.stream(
                    "POST",
                    self._profile.token_url,
                    json=self.body(room, identity),
                    headers=headers,
                ) as response,
            ):
                answer = await _read(response)
        except (httpx.HTTPError, TimeoutError) as error:
            raise PortError(_unreached(error, self._host, ENDPOINT_LIMIT_S)) from None
        except (httpx.InvalidURL, ValueError) as error:
            detail = clean_detail(str(error))
            raise PortError(
                problem(ProblemCode.ENDPOINT_UNREACHABLE, host=self._host, detail=detail)
            ) from None
        quotable = without_secrets(answer, [*headers.values(), *self._own_texts()])
        if response.status_code not in _OK_STATUS:
            raise PortError(self._refusal(response, quotable))
        token = read_token(self._find(answer, quotable), now=self._clock.wall(), origin=self._host)
        return checked(token, self._profile.room_name)

    def body(self, room: str, identity: str) -> dict[str, object]:
        """Make what is sent: the names that endpoints commonly read, then the profile's own."""
        profile = self._profile
        body: dict[str, object] = {
            "room": room,
            "identity": identity,
            "room_name": room,
            "participant_identity": identity,
            "participant_name": identity,
        }
        if profile.dispatch_mode is DispatchMode.EXPLICIT and not profile.has_key:
            agent = {"agent_name": profile.agent_name, "metadata": profile.metadata}
            body["room_config"] = {"agents": [agent]}
        if profile.token_body:
            body |= msgspec.json.decode(profile.token_body, type=dict[str, object])
        return {name: value for name, value in body.items() if value is not None}

    def _own_texts(self) -> list[str]:
        """List the texts that the profile adds to what is sent: they may be secrets too."""
        if not self._profile.token_body:
            return []
        own = msgspec.json.decode(self._profile.token_body, type=dict[str, object])
        return [value for value in own.values() if isinstance(value, str)]

    def _refusal(self, response: httpx.Response, answer: str) -> Problem:
        """Tell of an answer that is no success, with the beginning of what it says."""
        status, detail = str(response.status_code), clean_detail(answer, limit=120)
        if response.has_redirect_location:
            # Host only: what follows it may hold a token.
            target = urlsplit(response.headers["location"]).netloc.rpartition("@")[2]
            where = clean(target, limit=80) or "another path of the same host"
            return problem(
                ProblemCode.ENDPOINT_REDIRECTS, subject=self._host, where=where, status=status
            )
        return problem(
            ProblemCode.ENDPOINT_STATUS, subject=self._host, status=status, detail=detail
        )

    def _find(self, answer: str, quotable: str) -> str:
        """Find the token in an answer: the profile's field, two usual ones, or plain text.

        Args:
            answer: What the endpoint said.
            quotable: The same without our own secrets.
        """
        field = self._profile.token_field
        try:
            decoded: object = json.loads(answer)
        except ValueError:
            if answer.strip().count(".") == 2 and answer.strip().startswith("eyJ"):  # noqa: PLR2004
                return answer.strip()
            detail = clean_detail(quotable, limit=120)
            raise PortError(problem(ProblemCode.ENDPOINT_NOT_JSON, detail=detail)) from None
        if isinstance(decoded, str):
            return decoded
        fields = decoded if isinstance(decoded, dict) else {}
        for name in (field, *_FALLBACK_FIELDS):
            value = fields.get(name)
            if isinstance(value, str) and value:
                return value
        known = ", ".join(clean(str(name), limit=40) for name in list(fields)[:8])
        raise PortError(
            problem(ProblemCode.ENDPOINT_NO_FIELD, field=field, fields=known or "it has none")
        )


async def _read(response: httpx.Response) -> str:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise PortError(
                problem(ProblemCode.ENDPOINT_NOT_JSON, detail="the answer is far too long")
            )
    return body.decode("utf-8", "replace")


def without_secrets(answer: str, sent: Iterable[str]) -> str:
    """Cut out of an answer what an endpoint quotes of the secrets that it was sent."""
    for value in sent:
        for part in (value, *value.split()):
            if len(part) >= _LEAST_SECRET_CHARS:
                answer = answer.replace(part, MASK)
    return answer


def _unreached(error: httpx.HTTPError | TimeoutError, host: str, timeout_s: float) -> Problem:
    """Tell why the token endpoint gave no answer; like `failures`, this names httpx's errors."""
    late = isinstance(error, httpx.TimeoutException | TimeoutError)
    code = ProblemCode.ENDPOINT_TIMEOUT if late else ProblemCode.ENDPOINT_UNREACHABLE
    return problem(
        code, subject=host, host=host, timeout=f"{timeout_s:g} s", detail=clean_detail(str(error))
    )
