"""What the fields of a profile demand of each other."""

from __future__ import annotations

import base64

from lktui.core.faults import Findings
from lktui.core.field_values import read_object
from lktui.core.profile import AuthMode, DispatchMode, Profile, Secret

_JWT_PARTS = 3
_KEY_BEGINS = "API"


def check_rules(profile: Profile, unread: frozenset[str], findings: Findings) -> None:
    """Note which fields are missing, useless or doubtful beside the others.

    Args:
        profile: What could be read; fields that could not have their defaults.
        unread: Names of fields that have faults of their own: they are not also called missing.
        findings: Where faults and warnings go.
    """
    if not profile.url and "url" not in unread:
        findings.fault("url", "there is none", 'Write url = "wss://HOST" or "ws://HOST:PORT"')
    _check_keys(profile, unread, findings)
    if "auth_mode" not in unread:
        _check_tokens(profile, unread, findings)
    if "dispatch_mode" not in unread:
        _check_dispatch(profile, unread, findings)


def agents_in_token(token: str) -> tuple[str, ...] | None:
    """List the agents that a static token dispatches when its join creates the room.

    Reads the payload without verifying anything (facts/livekit.md section 3).

    Returns:
        Their names; None if the text is no JSON Web Token.
    """
    parts = token.split(".")
    if len(parts) != _JWT_PARTS:
        return None
    try:
        text = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode()
    except ValueError:
        return None
    claims = read_object(text)
    if claims is None:
        return None
    config = claims.get("roomConfig", claims.get("room_config"))
    agents = config.get("agents") if isinstance(config, dict) else None
    if not isinstance(agents, list):
        return ()
    return tuple(
        str(agent.get("agentName", agent.get("agent_name", "")))
        for agent in agents
        if isinstance(agent, dict)
    )


def _check_keys(profile: Profile, unread: frozenset[str], findings: Findings) -> None:
    pair = {"api_key": profile.api_key, "api_secret": profile.api_secret}
    missing = [name for name, secret in pair.items() if secret is None and name not in unread]
    if missing and "auth_mode" not in unread and profile.auth_mode is AuthMode.API:
        for name in missing:
            findings.fault(
                name,
                "there is none, and auth_mode api needs key and secret",
                f"Add {name}; or set auth_mode to token and give token or token_url",
            )
    elif len(missing) == 1 and not unread & pair.keys():
        findings.warn(missing[0], "there is only the other half of the pair", f"Add {missing[0]}")
    key, secret = profile.api_key, profile.api_secret
    if secret is not None and look_swapped(key.source if key is not None else "", secret.source):
        findings.warn(
            "api_secret",
            "it begins with API, as keys do: key and secret look swapped",
            "Exchange api_key and api_secret",
        )


def look_swapped(key: str, secret: str) -> bool:
    """Whether each of the two looks as if it stood in the other's place."""
    return secret.startswith(_KEY_BEGINS) and not key.startswith(_KEY_BEGINS)


def _check_tokens(profile: Profile, unread: frozenset[str], findings: Findings) -> None:
    given = [name for name in ("token", "token_url") if getattr(profile, name)]
    if profile.auth_mode is AuthMode.API:
        for name in given:
            findings.warn(
                name,
                "it is not used while auth_mode is api",
                "Set auth_mode to token, or remove it",
            )
        return
    if not given and not unread & {"token", "token_url"}:
        findings.fault(
            "token",
            "there is none, and auth_mode token needs token or token_url",
            "Add token, jwt or token_url; or set auth_mode to api",
        )
    literal = _literal(profile.token)
    if literal and agents_in_token(literal) is None:
        findings.warn(
            "token",
            "it is no JSON Web Token: three parts with dots between them",
            "Copy the whole token; it begins with eyJ",
        )


def _check_dispatch(profile: Profile, unread: frozenset[str], findings: Findings) -> None:
    named = bool(profile.agent_name) or "agent_name" in unread
    if profile.dispatch_mode is DispatchMode.AUTO:
        if profile.agent_name:
            findings.warn(
                "agent_name",
                "it is not used while dispatch_mode is auto; an agent with a name never joins by"
                " itself",
                "Set dispatch_mode to explicit, or remove it",
            )
        return
    if not named:
        findings.fault(
            "agent_name",
            "there is none, and dispatch_mode explicit needs one",
            "Give the name that the agent registers; or set dispatch_mode to auto",
        )
    if profile.has_key or profile.auth_mode is AuthMode.API or "auth_mode" in unread:
        return
    if not unread & {"token", "token_url", "api_key", "api_secret"}:
        _check_dispatch_by_token(profile, findings)


def _check_dispatch_by_token(profile: Profile, findings: Findings) -> None:
    """Without a key only the token can dispatch, and only a literal one can be looked into."""
    agents = agents_in_token(_literal(profile.token))
    if profile.token is None or agents is None:
        if profile.token or profile.token_url:
            findings.warn(
                "dispatch_mode",
                "there is no API key, so the agent comes only if the token carries the dispatch",
                "See that the token's room configuration names the agent; or add a key and secret",
            )
    elif not agents:
        findings.fault(
            "dispatch_mode",
            "explicit needs an API key, for the token carries no dispatch",
            "Add api_key and api_secret; or a token whose room configuration names the agent",
        )
    elif profile.agent_name and profile.agent_name not in agents:
        findings.warn(
            "agent_name",
            "the token dispatches another agent",
            "Give the agent's name as it is in the token, or get another token",
        )


def _literal(secret: Secret | None) -> str:
    return secret.source if secret is not None and not secret.reference else ""
