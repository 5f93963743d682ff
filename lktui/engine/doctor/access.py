"""The doctor's checks of address, server, key and token: all that needs no room."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import msgspec

from lktui.core.doctor import CheckState
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import AuthMode
from lktui.core.sanitize import clean, clean_detail
from lktui.core.signs import seconds
from lktui.core.urls import has_path
from lktui.engine.doctor.case import Case, HttpAnswer, SkippedError, Told
from lktui.engine.ports import RoomToken
from lktui.engine.tokens import TokenClaims, claims_of

CLOCK_DOUBT_S = 10.0
CLOCK_LIMIT_S = 60.0
"""Servers allow a minute (facts/livekit.md section 5)."""
ENDS_SOON_S = 300.0
CERTIFICATE_ENDS_SOON_S = 14 * 86_400.0
"""What renews by itself does so 30 days before the end: with two weeks left it has not."""
_PORTS = {"ws": 80, "http": 80, "wss": 443, "https": 443}
_SECURE = ("wss", "https")
_UNAUTHORIZED, _BAD_REQUEST, _OK = 401, 400, 200
_OF_TOKENS = frozenset(
    {
        ProblemCode.TOKEN_INVALID,
        ProblemCode.TOKEN_EXPIRED,
        ProblemCode.TOKEN_NOT_YET_VALID,
        ProblemCode.TOKEN_WRONG_ROOM,
    }
)
_SHOWN_ADDRESSES = 3


def _place(case: Case) -> tuple[str, int, bool]:
    """Give host, port and whether it speaks TLS."""
    parts = urlsplit(case.profile.url)
    port = parts.port or _PORTS[parts.scheme.lower()]
    return parts.hostname or "", port, parts.scheme.lower() in _SECURE


async def check_url(case: Case) -> Told:
    """Look at the URL; what makes it unusable the profile would not have been read with."""
    host, port, _ = _place(case)
    shown = clean(f"{urlsplit(case.profile.url).scheme}://{host}, port {port}")
    if has_path(case.profile.url):
        return Told(shown, CheckState.DOUBT, problem(ProblemCode.URL_HAS_PATH))
    return Told(shown)


async def check_name(case: Case) -> Told:
    """Resolve the host."""
    host, port, _ = _place(case)
    case.addresses = await case.network.resolve(host, port, case.profile.host)
    shown = list(case.addresses[:_SHOWN_ADDRESSES])
    more = len(case.addresses) - len(shown)
    return Told(clean(", ".join(shown) + (f" and {more} more" if more else "")))


async def check_connect(case: Case) -> Told:
    """Open a connection to the first address that takes one, with TLS where the URL says so."""
    host, port, tls = _place(case)
    first: PortError | None = None
    for address in case.addresses:
        try:
            opened = await case.network.open(address, host, port, tls=tls, shown=case.profile.host)
        except PortError as error:
            first = first or error
            continue
        words = f"TCP in {seconds(opened.tcp_ms / 1000)}"
        if opened.tls_ms is not None:
            words += f", {opened.tls_version} in {seconds(opened.tls_ms / 1000)}"
        left_s = None if opened.ends_at is None else opened.ends_at - case.clock.wall()
        if left_s is not None and left_s < CERTIFICATE_ENDS_SOON_S:
            found = problem(ProblemCode.CERTIFICATE_ENDS_SOON, what=seconds(left_s))
            return Told(f"{words}, certificate for {seconds(left_s)} more", CheckState.DOUBT, found)
        return Told(words)
    host = case.profile.host
    raise first or PortError(problem(ProblemCode.DNS_FAILED, subject=host, host=host))


async def check_server(case: Case) -> Told:
    """Tell a LiveKit server from others: it says OK at its root, and knows what may not join."""
    base, host = case.profile.http_url.rstrip("/"), case.profile.host
    root = case.answer = await case.network.get(f"{base}/", host)
    if root.status == _OK and root.beginning.strip() == "OK":
        return Told("answers as LiveKit does")
    if root.status == _BAD_REQUEST and "https" in root.beginning.lower():
        raise PortError(problem(ProblemCode.TLS_NEEDED, subject=host, host=host))
    door = await case.network.get(f"{base}/rtc/validate", host)
    if door.status == _UNAUTHORIZED:
        return Told("answers as LiveKit does")
    raise PortError(
        problem(ProblemCode.NOT_LIVEKIT, subject=host, host=host, detail=_in_short(root))
    )


def _in_short(answer: HttpAnswer) -> str:
    return clean_detail(f"status {answer.status}: {answer.beginning}", limit=120)


async def check_clock(case: Case) -> Told:
    """Compare our clock with the server's Date."""
    ahead_s = case.answer.ahead_s if case.answer is not None else None
    if ahead_s is None:
        raise SkippedError("the server gives no time")
    off_s = abs(ahead_s)
    if off_s < 1:
        return Told("within a second of the server's")
    words = f"{seconds(off_s)} {'ahead of' if ahead_s > 0 else 'behind'} the server"
    if off_s < CLOCK_DOUBT_S:
        return Told(words)
    found = problem(ProblemCode.CLOCK_OFF, what=seconds(off_s))
    if off_s >= CLOCK_LIMIT_S and case.profile.auth_mode is AuthMode.API:
        raise PortError(msgspec.structs.replace(found, detail=words))
    return Told(words, CheckState.DOUBT, found)


async def check_key(case: Case) -> Told:
    """Use the key once, to list the rooms; say so if it stands in the secret's place."""
    profile = case.profile
    if not profile.has_key:
        raise SkippedError("no API key: no list of rooms, no watching, no deleting")
    swapped = case.gateway.looks_swapped(profile)
    began = case.clock.monotonic()
    try:
        rooms = await case.gateway.server_api(profile).list_rooms()
    except PortError as error:
        if error.problem.code is ProblemCode.PERMISSION_DENIED:
            case.rooms_refused = error
            return Told("accepted")
        if error.problem.code is ProblemCode.AUTH_FAILED and swapped:
            detail = error.problem.detail
            raise PortError(problem(ProblemCode.KEYS_SWAPPED, detail=detail)) from None
        raise
    case.rooms = (len(rooms), (case.clock.monotonic() - began) * 1000)
    if swapped:
        found = problem(ProblemCode.KEYS_SWAPPED)
        return Told("accepted, though key and secret look swapped", CheckState.DOUBT, found)
    return Told("accepted")


async def check_rooms(case: Case) -> Told:
    """Say how many rooms the key has listed."""
    if case.rooms_refused is not None:
        raise case.rooms_refused
    count, took_ms = case.rooms
    return Told(f"{count} room{'' if count == 1 else 's'} in {seconds(took_ms / 1000)}")


async def check_endpoint(case: Case) -> Told:
    """Ask the token endpoint as a conversation would; what is wrong with its token comes next."""
    profile = case.visit.profile
    suffix = secrets.token_hex(3)
    room = profile.room_name or f"{'-'.join(profile.room_prefix.split())}-{suffix}"
    identity = f"{profile.identity_prefix}-{suffix[:4]}"
    try:
        token = await case.gateway.tokens(profile).room_token(room, identity)
    except PortError as error:
        if error.problem.code not in _OF_TOKENS:
            raise
        case.token = error
        return Told("answers with a token")
    case.token = token
    if token.room and token.room != room:
        told = f"answers with a token for {clean(token.room, limit=60)}, not for what it got"
        return Told(told, CheckState.DOUBT, problem(ProblemCode.ENDPOINT_KEEPS_ROOM))
    return Told("answers with a token for the room that it was given")


async def check_token(case: Case) -> Told:
    """Read the token without verifying it: room, identity, expiry and grants."""
    if isinstance(case.token, PortError):
        raise case.token
    token = case.token
    if token is None:
        profile = case.profile
        token = case.token = await case.gateway.tokens(profile).room_token(profile.room_name, "")
    return _judged(token, claims_of(token.jwt), case.clock.wall())


def _judged(token: RoomToken, claims: TokenClaims, now: float) -> Told:
    room = f"room {clean(token.room, limit=60)}" if token.room else "any room"
    words = [room, f"as {clean(token.identity, limit=60) or 'nobody'}"]
    left_s = claims.expires_at - now if claims.expires_at else None
    words.append("for ever" if left_s is None else f"for {seconds(left_s)}")
    if claims.agents:
        words.append("brings " + ", ".join(clean(name, limit=40) for name in claims.agents[:3]))
    told = "; ".join(words)
    missing = claims.missing
    if missing:
        found = problem(ProblemCode.TOKEN_WEAK, what=", ".join(missing))
        return Told(told, CheckState.DOUBT, found)
    if left_s is not None and left_s < ENDS_SOON_S:
        found = problem(ProblemCode.TOKEN_ENDS_SOON, what=seconds(left_s))
        return Told(told, CheckState.DOUBT, found)
    return Told(told)
