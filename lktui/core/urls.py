"""What is wrong with a URL, and what of it may be shown."""

from __future__ import annotations

from urllib.parse import urlsplit

_PORTS = range(1, 65536)


def url_flaws(url: str, schemes: tuple[str, ...]) -> list[tuple[str, str]]:
    """List what keeps a URL from being used, as pairs of cause and resolution.

    Args:
        url: One line of text without control characters.
        schemes: Those that are allowed, in lower case.
    """
    wanted = ", ".join(f"{scheme}://" for scheme in schemes)
    if "://" not in url or url.partition("://")[0].lower() not in schemes:
        return [(f"it does not begin with {wanted}", "Begin it with one of them")]
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return [
            (
                "its host or port is malformed",
                "Write SCHEME://HOST:PORT with a port from 1 to 65535, IPv6 in brackets",
            )
        ]
    flaws = []
    if not parts.hostname or " " in parts.netloc:
        flaws.append(("it has no host, or a blank in it", "Write SCHEME://HOST"))
    if port is not None and port not in _PORTS:
        flaws.append(("its port is 0", "Write a port from 1 to 65535, or none"))
    if "@" in parts.netloc:
        flaws.append(("it holds a user or a password", "Remove what stands before the @"))
    return flaws


def has_path(url: str) -> bool:
    """Whether anything follows host and port but a slash."""
    parts = urlsplit(url)
    return bool(parts.path.strip("/") or parts.query or parts.fragment)


def without_secrets(url: str) -> str:
    """Cut user info and query out of a URL that `url_flaws` found none in: tokens stand there."""
    parts = urlsplit(url)
    query = "…" if parts.query else ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query).geturl()
