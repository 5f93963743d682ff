"""The LIVEKIT_ variables, as LiveKit's own tools name them, turned into a profile's fields."""

from __future__ import annotations

from collections.abc import Mapping

URL = "LIVEKIT_URL"
_API_KEY, _API_SECRET, _TOKEN, _AGENT = (
    "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET", "LIVEKIT_TOKEN", "LIVEKIT_AGENT_NAME",
)  # fmt: skip
VARIABLES = (URL, _API_KEY, _API_SECRET, _TOKEN, _AGENT)
"""All that are read, the one that nothing works without first."""


def fields_of_variables(values: Mapping[str, str], *, by_reference: bool) -> dict[str, object]:
    """Give what a profile's file would hold; nothing where there is no LIVEKIT_URL.

    Args:
        values: Variables with their values; others are left alone.
        by_reference: Whether secrets become `env:NAME`, since the variables will be set again.
    """
    if not values.get(URL):
        return {}
    fields: dict[str, object] = {"url": values[URL]}
    if values.get(_TOKEN) and not values.get(_API_KEY):
        fields |= {"auth_mode": "token", "token": _secret(values, _TOKEN, by_reference)}
    else:
        for field, variable in (("api_key", _API_KEY), ("api_secret", _API_SECRET)):
            if values.get(variable):
                fields[field] = _secret(values, variable, by_reference)
    if values.get(_AGENT):
        fields |= {"agent_name": values[_AGENT], "dispatch_mode": "explicit"}
    return fields


def _secret(values: Mapping[str, str], variable: str, by_reference: bool) -> str:  # noqa: FBT001 - handed on
    return f"env:{variable}" if by_reference else values[variable]
