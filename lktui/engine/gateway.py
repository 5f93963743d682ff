"""Makes the real ports of a profile; the only place that turns secret references into values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from lktui.clock import Clock
from lktui.core.events import AnyEvent
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import AuthMode, Profile, Secret
from lktui.core.profile_rules import look_swapped
from lktui.engine.call_log import CallLog
from lktui.engine.pacer import Pacer
from lktui.engine.ports import LinkListener, RoomLink, RoomToken, ServerApi, Tokens
from lktui.engine.room_link import RtcRoomLink
from lktui.engine.room_names import RoomNames
from lktui.engine.server_api import LiveKitServerApi
from lktui.engine.tokens import MintedTokens, StaticToken, mint_watcher
from lktui.store.profiles import ProfileStore
from lktui.store.secrets import resolve


class LiveKitGateway:
    """Ports over the real SDK.

    Args:
        store: Profiles by name.
        env: The environment, for `env:` references.
        clock: Tells the time.
        emit: Hears of every call.
    """

    def __init__(
        self,
        store: ProfileStore,
        env: Mapping[str, str],
        clock: Clock,
        emit: Callable[[AnyEvent], None],
    ) -> None:
        self._store, self._env, self._clock, self._emit = store, env, clock, emit
        self._apis: dict[tuple[str, str, str], LiveKitServerApi] = {}
        self._pacers: dict[str, Pacer] = {}
        self._names = RoomNames()
        self.hidden_turn = asyncio.Lock()
        """Held by whoever makes a hidden connection."""

    def server_api(self, profile: Profile) -> ServerApi:
        """Give the API client of a profile's server; shared by all who use the same key.

        Raises:
            PortError: SECRET_UNRESOLVED or NO_API_KEY.
        """
        key, secret = self._key(profile)
        name = (profile.http_url, key, secret)
        if name not in self._apis:
            self._apis[name] = LiveKitServerApi(
                profile.http_url, profile.host, key, secret, self._log(profile), names=self._names
            )
        return self._apis[name]

    def room_link(self, listener: LinkListener, profile: Profile) -> RoomLink:
        """Make a room connection that is not connected yet."""
        return RtcRoomLink(listener, profile.host, self._log(profile), self._clock)

    def looks_swapped(self, profile: Profile) -> bool:
        """Tell whether key and secret look swapped, wherever they come from.

        Raises:
            PortError: SECRET_UNRESOLVED or NO_API_KEY.
        """
        key, secret = self._key(profile)
        return look_swapped(key, secret)

    def watcher_token(self, profile: Profile, room: str, identity: str) -> RoomToken:
        """Make the token of a hidden watcher with the least grant.

        Raises:
            PortError: SECRET_UNRESOLVED or NO_API_KEY.
        """
        jwt = mint_watcher(*self._key(profile), self._names.real(room), identity)
        return RoomToken(jwt=jwt, room=room, identity=identity)

    def pacer(self, profile: Profile) -> Pacer:
        """Give the one that spaces what polls a profile's server, whichever key it uses."""
        return self._pacers.setdefault(profile.http_url, Pacer(self._clock))

    def tokens(self, profile: Profile) -> Tokens:
        """Give the source of room tokens.

        Raises:
            PortError: SECRET_UNRESOLVED or NO_API_KEY.
        """
        if profile.auth_mode is AuthMode.API:
            return MintedTokens(*self._key(profile))
        if profile.token is not None:
            return StaticToken(self._resolved(profile.token, "token"), self._clock)
        from lktui.engine.token_endpoint import EndpointTokens  # noqa: PLC0415 - brings httpx

        return EndpointTokens(profile, self._env, self._clock)

    def profile(self, name: str) -> Profile:
        """Read a profile by name.

        Raises:
            PortError: PROFILE_MISSING or PROFILE_INVALID.
        """
        return self._store.get(name)

    async def close(self) -> None:
        """Close all API clients."""
        apis, self._apis = list(self._apis.values()), {}
        for client in apis:
            await client.close()

    def _key(self, profile: Profile) -> tuple[str, str]:
        if profile.api_key is None or profile.api_secret is None:
            raise PortError(problem(ProblemCode.NO_API_KEY, subject=profile.name))
        return (
            self._resolved(profile.api_key, "api_key"),
            self._resolved(profile.api_secret, "api_secret"),
        )

    def _log(self, profile: Profile) -> CallLog:
        return CallLog(profile.name, self._emit, self._clock)

    def _resolved(self, secret: Secret, field: str) -> str:
        return resolve(secret, field, self._env)
