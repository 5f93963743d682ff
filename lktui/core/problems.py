"""Everything that can go wrong for a person, with cause and remedy: the catalogue.

The screen, the line on stderr and the JSON of a headless verb all show the same entry. The four
errors of the provider specification keep its words for summary, cause and resolution.
"""

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
    LEFT = "left"
    ROOM_GONE = "room_gone"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    NO_REPLY = "no_reply"
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
    ENDPOINT_UNREACHABLE = "endpoint_unreachable"
    ENDPOINT_TIMEOUT = "endpoint_timeout"
    ENDPOINT_STATUS = "endpoint_status"
    ENDPOINT_NOT_JSON = "endpoint_not_json"
    ENDPOINT_NO_FIELD = "endpoint_no_field"
    SERVER_LOST = "server_lost"
    SERVER_ERROR = "server_error"
    RATE_LIMITED = "rate_limited"
    NOT_FOUND = "not_found"
    PROFILE_MISSING = "profile_missing"
    PROFILE_INVALID = "profile_invalid"
    PROFILE_EXISTS = "profile_exists"
    SECRET_UNRESOLVED = "secret_unresolved"  # noqa: S105 - a code
    NO_API_KEY = "no_api_key"
    READ_ONLY = "read_only"
    NOT_SENT = "not_sent"
    STATE_UNUSABLE = "state_unusable"
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


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Something went wrong that a person can act on."""

    code: ProblemCode
    summary: str
    """What was seen, at most 50 cells before its subject."""
    cause: str
    resolution: str
    """What to do, imperative."""
    subject: str = ""
    """What it concerns, sanitised: a host, a room, a file."""
    detail: str = ""
    """The original text, sanitised, tokens cut out."""

    @property
    def exit_code(self) -> ExitCode:
        """What a headless verb ends with when this is its result."""
        return CATALOGUE[self.code].exit_code

    @property
    def line(self) -> str:
        """The line for stderr: `CODE: summary. cause. resolution.` with its full stops."""
        parts = (self.summary, self.cause, self.resolution)
        return f"{self.code}: " + " ".join(f"{part.rstrip('.')}." for part in parts if part)


class PortError(Exception):
    """The only exception that leaves a port of the engine or the store; it carries a Problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.line)
        self.problem = problem


_NS, _NR, _U = ExitCode.NO_SESSION, ExitCode.NOT_READY, ExitCode.UNEXPECTED

CATALOGUE: dict[ProblemCode, Entry] = {
    ProblemCode.NOT_TAKEN: Entry(
        "Agent not dispatched: no worker took it",
        "Agent offline: no worker is registered as “{agent}”, or all are full, draining, late or"
        " declined; these look alike from outside",
        "Check agent is deployed and registered as “{agent}”; then retry",
        _NR,
    ),
    ProblemCode.REJECTED: Entry(
        "Agent not dispatched: it declined the job",
        "the request handler of “{agent}” rejected this job",
        "Look at the agent's request handler; then retry",
        _NR,
    ),
    ProblemCode.NOT_JOINED: Entry(
        "Timed out waiting for agent: taken, never joined",
        "Agent didn't join within {timeout}: it crashed, hangs, or is still starting; these look"
        " alike from outside",
        "Check agent deployment and dispatch name: read the worker's log for job {job}; then"
        " retry; a slow start needs a longer join_timeout",
        _NR,
    ),
    ProblemCode.NO_AGENT: Entry(
        "Timed out waiting for agent: nobody joined",
        "Agent didn't join within {timeout}: without an API key dispatches cannot be seen: wrong"
        " name, no worker, or a slow one",
        "Check agent deployment and dispatch name in the token; a retry makes a new room, and a new"
        " token where token_url gives one",
        _NR,
    ),
    ProblemCode.AUTO_NO_AGENT: Entry(
        "Timed out waiting for agent: none joined by itself",
        "Agent didn't join within {timeout}: no worker without a name is running, or it is late;"
        " a named worker never joins by itself",
        "Check agent deployment and dispatch name: dispatch_mode must match the agent, explicit"
        " if it has a name",
        _NR,
    ),
    ProblemCode.NOT_READY: Entry(
        "Timed out waiting for agent: joined, never ready",
        "still initializing after {timeout}: a model, a tool or a network call before"
        " session.start does not return",
        "Read the agent's log; a retry removes it and dispatches again",
        _NR,
    ),
    ProblemCode.LEFT: Entry(
        "The agent left after {lasted}",
        "it ended, or it crashed: these look alike from outside",
        "Retry for a new one, or end the session",
        _NR,
    ),
    ProblemCode.ROOM_GONE: Entry(
        "The room was deleted",
        "by another program, or by us at the end",
        "Start a new conversation",
        _NR,
    ),
    ProblemCode.WITHDRAWN: Entry(
        "The dispatch was deleted before the agent joined",
        "by a person or a program",
        "Retry",
        _NR,
    ),
    ProblemCode.REPLACED: Entry(
        "Your place was taken: same identity joined again",
        "another lktui or program uses this identity or token",
        "End the other one; then retry",
        _NR,
    ),
    ProblemCode.NO_REPLY: Entry(
        "No reply within {timeout}",
        "the agent is in the room and answered no line: its model or a tool does not return, or"
        " it listens to somebody else",
        "Read the agent's log; wait, or retry",
        _NR,
    ),
    ProblemCode.CONNECTION_REFUSED: Entry(
        "Cannot connect: {host} refuses the connection",
        "Network issues: nothing listens at this address and port, or the server is down",
        "Verify LiveKit URL is correct and the server runs",
        _NS,
    ),
    ProblemCode.DNS_FAILED: Entry(
        "Cannot connect: {host} is unknown",
        "Network issues: the name does not resolve here",
        "Verify LiveKit URL is correct",
        _NS,
    ),
    ProblemCode.CONNECT_TIMEOUT: Entry(
        "Connection timeout: {host} does not answer",
        "Network issues: the address is wrong, the server is down, or the network stops it",
        "Verify LiveKit URL is correct",
        _NS,
    ),
    ProblemCode.TLS_FAILED: Entry(
        "Cannot connect: {host} does not speak TLS as expected",
        "Network issues: a wss or https URL on a plain port, or a certificate that is not trusted",
        "Verify LiveKit URL is correct: ws:// for a server without TLS",
        _NS,
    ),
    ProblemCode.NOT_LIVEKIT: Entry(
        "Cannot connect: {host} is no LiveKit server",
        "another program answers at this address, or the URL has a path",
        "Verify LiveKit URL is correct",
        _NS,
    ),
    ProblemCode.CONNECT_FAILED: Entry(
        "Cannot connect: {host} ended the attempt",
        "Network issues: signalling or media could not be set up",
        "Verify LiveKit URL is correct; UDP or TCP to the server's media ports may be blocked",
        _NS,
    ),
    ProblemCode.AUTH_FAILED: Entry(
        "Auth failed: the server does not accept this key",
        "Invalid credentials: key and secret do not belong together, or to another project; or"
        " the clocks differ",
        "Verify API key and secret",
        _NS,
    ),
    ProblemCode.PERMISSION_DENIED: Entry(
        "Auth failed: the token lacks a permission",
        "Invalid credentials: this key or token may not do that here",
        "Verify API key and secret, or the token's grants",
        _NS,
    ),
    ProblemCode.TOKEN_EXPIRED: Entry(
        "Auth failed: the token has expired",
        "Invalid credentials: its time is over, or this computer's clock is ahead",
        "Get a fresh token and put it into the profile; check the clock",
        _NS,
    ),
    ProblemCode.TOKEN_NOT_YET_VALID: Entry(
        "Auth failed: the token is not valid yet",
        "Invalid credentials: it was made for later, or the clocks differ",
        "Check the clocks of this computer and of the token's maker",
        _NS,
    ),
    ProblemCode.TOKEN_WRONG_ROOM: Entry(
        "The token is for another room: {room}",
        "a token names one room; the profile names another",
        "Remove room_name from the profile, or get a token for that room",
        _NS,
    ),
    ProblemCode.TOKEN_INVALID: Entry(
        "Auth failed: this is no LiveKit token",
        "Invalid credentials: the text is not a signed token, or lacks room_join",
        "Copy the whole token; it begins with eyJ and has two dots",
        _NS,
    ),
    ProblemCode.ENDPOINT_UNREACHABLE: Entry(
        "The token endpoint cannot be reached: {host}",
        "Network issues: the address is wrong, or the service is down",
        "Verify token_url",
        _NS,
    ),
    ProblemCode.ENDPOINT_TIMEOUT: Entry(
        "The token endpoint does not answer within {timeout}",
        "Network issues: the service hangs, or the network stops it",
        "Verify token_url; try again",
        _NS,
    ),
    ProblemCode.ENDPOINT_STATUS: Entry(
        "The token endpoint answered with status {status}",
        "it refuses this request, or fails itself",
        "Verify token_url, token_headers and token_body",
        _NS,
    ),
    ProblemCode.ENDPOINT_NOT_JSON: Entry(
        "The token endpoint answered no JSON and no token",
        "another page answers at this address, or it failed",
        "Verify token_url is a working token endpoint",
        _NS,
    ),
    ProblemCode.ENDPOINT_NO_FIELD: Entry(
        "The token endpoint's answer has no “{field}”",
        "the token is in another field: {fields}",
        "Set token_field to the field that holds the token",
        _NS,
    ),
    ProblemCode.SERVER_LOST: Entry(
        "The connection to {host} was lost",
        "the server or the network went away and did not come back in time",
        "Start again when the server is back; the room is cleaned up then",
        _NS,
    ),
    ProblemCode.SERVER_ERROR: Entry(
        "The server answered with an error: {what}",
        "LiveKit refused or failed this request",
        "Try again; read the server's log",
        _NS,
    ),
    ProblemCode.RATE_LIMITED: Entry(
        "The server asks to slow down",
        "too many API requests in a minute for this project",
        "Wait a minute; then try again",
        _NS,
    ),
    ProblemCode.NOT_FOUND: Entry(
        "The server does not know {what}",
        "it is gone already, or never was",
        "Look at the list of rooms",
        _U,
    ),
    ProblemCode.PROFILE_MISSING: Entry(
        "There is no profile “{name}”",
        "no file of this name is in the profiles folder{nearest}",
        "See `lktui profiles list`; add one with `lktui profiles add`",
        ExitCode.USAGE,
    ),
    ProblemCode.PROFILE_INVALID: Entry(
        "The profile “{name}” has faults",
        "{faults}",
        "Mend {where}",
        _NS,
    ),
    ProblemCode.PROFILE_EXISTS: Entry(
        "There is a profile “{name}” already",
        "profiles are never overwritten unasked",
        "Take another name, or remove it first",
        ExitCode.USAGE,
    ),
    ProblemCode.SECRET_UNRESOLVED: Entry(
        "The secret {field} cannot be read from {source}",
        "the variable is not set, or the file is missing or unreadable",
        "Set the variable or mend the path; or write the value into the profile",
        _NS,
    ),
    ProblemCode.NO_API_KEY: Entry(
        "This profile has no API key",
        "listing, dispatching and deleting need one; a token cannot do it",
        "Add api_key and api_secret to the profile",
        _NS,
    ),
    ProblemCode.READ_ONLY: Entry(
        "The profile “{name}” is read-only",
        "its file says read_only = true: nothing on its server may be made, changed or deleted",
        "Take read_only out of the profile, or use another one",
        _NS,
    ),
    ProblemCode.NOT_SENT: Entry(
        "The line was not sent",
        "the connection was lost, or took no text within {timeout}",
        "Send it again once the agent listens",
        _NR,
    ),
    ProblemCode.STATE_UNUSABLE: Entry(
        "The state folder cannot be used: {path}",
        "rooms must be recorded before they are made; {why}",
        "Mend the folder or name another with --state-dir; nothing was started",
        _NS,
    ),
    ProblemCode.CONFIG_UNUSABLE: Entry(
        "The configuration cannot be used: {path}",
        "{why}",
        "Mend the folder or name another with --config-dir",
        _NS,
    ),
    ProblemCode.DEMO_MISSING: Entry(
        "The demo is not installed",
        "its server needs {what}: the extra `demo`",
        "Install lktui[demo], or name a real server: `lktui demo --server PATH`",
        _U,
    ),
    ProblemCode.DEMO_FAILED: Entry(
        "The demo did not start",
        "{what}",
        "Start it again with `--keep` and look at {log}",
        _U,
    ),
    ProblemCode.ENGINE_LOST: Entry(
        "The engine stopped",
        "the process that talks to LiveKit ended unexpectedly",
        "Look at the log: {log}; what it left behind is cleaned up at the next start",
        _U,
    ),
    ProblemCode.ENGINE_MISMATCH: Entry(
        "lktui was updated while it ran",
        "the engine on disk is newer than this screen",
        "Start lktui again",
        _U,
    ),
    ProblemCode.CLEANUP_PENDING: Entry(
        "The cleanup is not finished: {what}",
        "the server did not confirm it in time",
        "Run `lktui cleanup run`; see `lktui cleanup list`",
        ExitCode.CLEANUP_PENDING,
    ),
    ProblemCode.ROOM_IN_USE: Entry(
        "The room stays: {what} in it",
        "what is ours in it is gone; to delete it would put them out",
        "Nothing: it is looked at again each minute, and removed when they have left",
        ExitCode.CLEANUP_PENDING,
    ),
    ProblemCode.DISPATCH_UNKNOWN: Entry(
        "A dispatch of “{agent}” may be ours",
        "its id was lost with the engine, and {room} is not ours: it may be another's",
        "Look at the room, withdraw it if it is yours; then forget it here",
        ExitCode.CLEANUP_PENDING,
    ),
    ProblemCode.STATE_DAMAGED: Entry(
        "The journal was damaged: {what} carried over",
        "its file was overwritten, cut short or on a bad disk",
        "Nothing is lost that could be read; the damaged file is {path}",
        _U,
    ),
    ProblemCode.INTERRUPTED: Entry(
        "Interrupted",
        "ctrl+c or a signal",
        "What was made is cleaned up; see `lktui cleanup list`",
        ExitCode.INTERRUPTED,
    ),
    ProblemCode.USAGE: Entry(
        "{what}", "the command line is not understood", "See `lktui {verb} --help`", ExitCode.USAGE
    ),
    ProblemCode.INTERNAL: Entry(
        "Something unexpected happened: {what}",
        "a fault in lktui",
        "Look at the log: {log}; report it with the log",
        _U,
    ),
}


class _Places(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"<{key}>"


def problem(code: ProblemCode, *, subject: str = "", detail: str = "", **places: str) -> Problem:
    """Make a Problem in the catalogue's words.

    Args:
        code: Which entry.
        subject: What it concerns, sanitised.
        detail: The original error text, already through `sanitize.clean_detail`.
        places: What fills the entry's `{…}` places, sanitised.
    """
    entry, fill = CATALOGUE[code], _Places(places)
    return Problem(
        code=code,
        summary=entry.summary.format_map(fill),
        cause=entry.cause.format_map(fill),
        resolution=entry.resolution.format_map(fill),
        subject=subject,
        detail=detail,
    )
