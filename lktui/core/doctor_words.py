"""What only the doctor says: the part of the catalogue for what is wrong before anything fails."""

from __future__ import annotations

from lktui.core.problem_codes import Entry, ExitCode, ProblemCode

_NS = ExitCode.NO_SESSION

OF_THE_DOCTOR: dict[ProblemCode, Entry] = {
    ProblemCode.KEYS_SWAPPED: Entry(
        "Auth failed: key and secret look swapped",
        "Invalid credentials: api_secret begins with API, as keys do, and api_key does not",
        "Exchange api_key and api_secret in the profile",
        _NS,
    ),
    ProblemCode.CLOCK_OFF: Entry(
        "The clocks differ by {what}",
        "servers refuse a token whose times are more than a minute off by their clock",
        "Set this computer's clock, or the server's; turn on time synchronisation",
        _NS,
    ),
    ProblemCode.TLS_NEEDED: Entry(
        "Cannot connect: {host} speaks TLS only",
        "Network issues: a ws or http URL on a port with TLS",
        "Verify LiveKit URL is correct: wss:// for a server with TLS",
        _NS,
    ),
    ProblemCode.CERTIFICATE_ENDS_SOON: Entry(
        "The server's certificate ends in {what}",
        "servers renew theirs weeks before: nobody can connect once it has ended",
        "Renew the server's certificate, or look why that was not done by itself",
        _NS,
    ),
    ProblemCode.URL_HAS_PATH: Entry(
        "The URL has more than host and port",
        "a LiveKit server is addressed by host and port alone",
        "Verify LiveKit URL is correct: remove what follows host and port",
        _NS,
    ),
    ProblemCode.MEDIA_BLOCKED: Entry(
        "The room was joined, but no media came through",
        "Network issues: neither UDP nor TCP to the server's media ports gets through",
        "Open UDP 50000-60000 or TCP 7881 of the server, or set up TURN there",
        _NS,
    ),
    ProblemCode.TOKEN_WEAK: Entry(
        "The token may not {what}",
        "its grants leave out what a conversation needs",
        "Get a token with canPublishData and canSubscribe, and not hidden",
        _NS,
    ),
    ProblemCode.TOKEN_ENDS_SOON: Entry(
        "The token expires in {what}",
        "a conversation that begins later cannot be joined with it",
        "Get a fresh token, or use token_url",
        _NS,
    ),
    ProblemCode.ENDPOINT_KEEPS_ROOM: Entry(
        "The token endpoint does not take the room that it is sent",
        "its token names a room of its own, which all conversations then share",
        "Let it use the field room or room_name of what it is sent",
        _NS,
    ),
    ProblemCode.FILE_DOUBTFUL: Entry(
        "The profile may not be what was meant",
        "{why}",
        "{what}",
        ExitCode.USAGE,
    ),
    ProblemCode.TERMINAL_LIMITED: Entry(
        "The terminal cannot do everything",
        "{why}",
        "{what}",
        ExitCode.USAGE,
    ),
}
