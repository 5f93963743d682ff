"""Everything that can go wrong for a person, with cause and remedy: the catalogue.

The screen, the line on stderr and the JSON of a headless verb all show the same entry. The four
errors of the provider specification keep its words for summary, cause and resolution.
"""

from __future__ import annotations

import msgspec

from lktui.core.doctor_words import OF_THE_DOCTOR
from lktui.core.problem_codes import Entry, ExitCode, ProblemCode
from lktui.core.verdict_words import VERDICTS

__all__ = ["CATALOGUE", "Entry", "ExitCode", "PortError", "Problem", "ProblemCode", "problem"]


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
    **VERDICTS,
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
        "Network issues: a wss or https URL on a port without TLS",
        "Verify LiveKit URL is correct: ws:// for a server without TLS",
        _NS,
    ),
    ProblemCode.CERTIFICATE_REFUSED: Entry(
        "Cannot connect: the certificate of {host} is refused",
        "Network issues: {why}",
        "{remedy}",
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
        "Put a fresh token into the profile, or verify what token_url hands out; check the clock",
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
    ProblemCode.ENDPOINT_REDIRECTS: Entry(
        "The token endpoint sends elsewhere: {where}",
        "a redirect (status {status}) is not followed: its headers are meant for this host only",
        "Put the final address into token_url",
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
    **OF_THE_DOCTOR,
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
    ProblemCode.ROOM_MISSING: Entry(
        "There is no room “{room}” on {host}",
        "it is gone, or its name is another; a dispatch would make it anew, without anybody",
        "See `lktui rooms`; `lktui probe` makes a room of its own",
        _NS,
    ),
    ProblemCode.AGENT_ALIVE: Entry(
        "“{agent}” is alive in this room: {identity}",
        "a second dispatch would make two agents that both answer every line",
        "`lktui retry --yes` replaces it; `lktui dispatch --yes` adds another all the same",
        ExitCode.USAGE,
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
    ProblemCode.NOT_RECORDED: Entry(
        "Not recorded for now: {why}",
        "the disk takes nothing: what happens waits in memory until it does",
        "Make room for {path}; what still waits when lktui ends is not in the record",
        _U,
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
        ExitCode.USAGE,
    ),
    ProblemCode.DEMO_FAILED: Entry(
        "The demo did not start",
        "{what}",
        "Try again; with `--keep` its folder stays, with demo.log in it",
        ExitCode.NO_SESSION,
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
        "Look at the room: withdraw it there if it is yours, then try again; or forget it here",
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
