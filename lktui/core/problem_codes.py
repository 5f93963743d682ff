"""The codes of everything that can go wrong, as scripts see them, and what a code's entry holds."""

from __future__ import annotations

from enum import IntEnum, StrEnum

import msgspec


class ExitCode(IntEnum):
    """What a headless verb ends with; an interface for scripts."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    NO_SESSION = 3
    NOT_READY = 4
    CLEANUP_PENDING = 5
    INTERRUPTED = 130


class ProblemCode(StrEnum):
    """What happened, as scripts see it; verdicts on an agent first, then everything else."""

    NOT_TAKEN = "not_taken"
    REJECTED = "rejected"
    NOT_JOINED = "not_joined"
    NO_AGENT = "no_agent"
    AUTO_NO_AGENT = "auto_no_agent"
    NOT_READY = "not_ready"
    UNRESPONSIVE = "unresponsive"
    LOST = "lost"
    ZOMBIE = "zombie"
    LEFT = "left"
    REPLY_FAILED = "reply_failed"
    NO_REPLY = "no_reply"
    DOUBLED = "doubled"
    NOT_LINKED = "not_linked"
    PRESENT = "present"
    ROOM_GONE = "room_gone"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    CONNECTION_REFUSED = "connection_refused"
    DNS_FAILED = "dns_failed"
    CONNECT_TIMEOUT = "connect_timeout"
    TLS_FAILED = "tls_failed"
    NOT_LIVEKIT = "not_livekit"
    CONNECT_FAILED = "connect_failed"
    AUTH_FAILED = "auth_failed"
    PERMISSION_DENIED = "permission_denied"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a code, not a secret
    TOKEN_NOT_YET_VALID = "token_not_yet_valid"  # noqa: S105 - a code
    TOKEN_WRONG_ROOM = "token_wrong_room"  # noqa: S105 - a code
    TOKEN_INVALID = "token_invalid"  # noqa: S105 - a code
    TOKEN_WEAK = "token_weak"  # noqa: S105 - a code
    TOKEN_ENDS_SOON = "token_ends_soon"  # noqa: S105 - a code
    ENDPOINT_KEEPS_ROOM = "endpoint_keeps_room"
    KEYS_SWAPPED = "keys_swapped"
    CLOCK_OFF = "clock_off"
    TLS_NEEDED = "tls_needed"
    CERTIFICATE_REFUSED = "certificate_refused"
    CERTIFICATE_ENDS_SOON = "certificate_ends_soon"
    URL_HAS_PATH = "url_has_path"
    MEDIA_BLOCKED = "media_blocked"
    FILE_DOUBTFUL = "file_doubtful"
    TERMINAL_LIMITED = "terminal_limited"
    ENDPOINT_REDIRECTS = "endpoint_redirects"
    ENDPOINT_UNREACHABLE = "endpoint_unreachable"
    ENDPOINT_TIMEOUT = "endpoint_timeout"
    ENDPOINT_STATUS = "endpoint_status"
    ENDPOINT_NOT_JSON = "endpoint_not_json"
    ENDPOINT_NO_FIELD = "endpoint_no_field"
    SERVER_LOST = "server_lost"
    SERVER_ERROR = "server_error"
    RATE_LIMITED = "rate_limited"
    NOT_FOUND = "not_found"
    ROOM_MISSING = "room_missing"
    AGENT_ALIVE = "agent_alive"
    PROFILE_MISSING = "profile_missing"
    PROFILE_INVALID = "profile_invalid"
    PROFILE_EXISTS = "profile_exists"
    SECRET_UNRESOLVED = "secret_unresolved"  # noqa: S105 - a code
    NO_API_KEY = "no_api_key"
    READ_ONLY = "read_only"
    NOT_SENT = "not_sent"
    STATE_UNUSABLE = "state_unusable"
    NOT_RECORDED = "not_recorded"
    CONFIG_UNUSABLE = "config_unusable"
    DEMO_MISSING = "demo_missing"
    DEMO_FAILED = "demo_failed"
    ENGINE_LOST = "engine_lost"
    ENGINE_MISMATCH = "engine_mismatch"
    CLEANUP_PENDING = "cleanup_pending"
    ROOM_IN_USE = "room_in_use"
    DISPATCH_UNKNOWN = "dispatch_unknown"
    STATE_DAMAGED = "state_damaged"
    INTERRUPTED = "interrupted"
    USAGE = "usage"
    INTERNAL = "internal"


class Entry(msgspec.Struct, frozen=True):
    """The words of one code; `{…}` places are filled by `problem()`."""

    summary: str
    cause: str
    resolution: str
    exit_code: ExitCode
