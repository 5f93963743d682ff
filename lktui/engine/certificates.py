"""Why a server's certificate was refused, in the words of OpenSSL or rustls, and what to do."""

from __future__ import annotations

from typing import NamedTuple

from lktui.core.problems import Problem, ProblemCode, problem
from lktui.core.sanitize import clean_detail


class _Reason(NamedTuple):
    parts: tuple[str, ...]
    """What the words have in them, in lower case; one of them is enough."""
    why: str
    remedy: str


_REASONS = (
    _Reason(
        ("expired",),
        "it has expired",
        "Renew the server's certificate; if it is a new one, set this computer's clock",
    ),
    _Reason(
        ("not yet valid", "notvalidyet"),
        "it is not valid yet",
        "Set this computer's clock, or get the server a certificate that has begun",
    ),
    _Reason(
        ("mismatch", "not valid for", "notvalidforname"),
        "it is for another host",
        "Verify LiveKit URL is correct: use the host's name that the certificate is for",
    ),
)
_UNKNOWN = _Reason(
    (),
    "nobody whom this computer trusts has signed it",
    "Install a certificate of a public authority on the server, or trust its own here: "
    "SSL_CERT_FILE=FILE names that of its authority",
)


def refused_certificate(text: str, host: str) -> Problem:
    """Tell why a certificate was refused.

    Args:
        text: What the TLS library said.
        host: For the words of the problem.
    """
    lowered = text.lower()
    found = next((one for one in _REASONS if any(part in lowered for part in one.parts)), _UNKNOWN)
    return problem(
        ProblemCode.CERTIFICATE_REFUSED,
        subject=host,
        host=host,
        why=found.why,
        remedy=found.remedy,
        detail=clean_detail(text),
    )
