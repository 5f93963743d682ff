"""The words of every verdict on an agent: part of the catalogue in `core.problems`.

The errors of the provider specification open with its words.
"""

from __future__ import annotations

from lktui.core.problem_codes import Entry, ExitCode, ProblemCode

_NR = ExitCode.NOT_READY

VERDICTS: dict[ProblemCode, Entry] = {
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
    ProblemCode.PRESENT: Entry(
        "In the room, but answers no ping",
        "plain workers never answer pings; or its session has not started",
        "Say something: a reply settles it",
        ExitCode.OK,
    ),
    ProblemCode.UNRESPONSIVE: Entry(
        "It answered pings and has stopped",
        "its process died, froze or was killed, or its session was closed",
        "Wait until 22 s have passed for certainty, or retry now",
        _NR,
    ),
    ProblemCode.LOST: Entry(
        "The server gave up on the agent after 22 s",
        "its process died, froze or was killed, or its network is gone",
        "Read the worker's log; then retry",
        _NR,
    ),
    ProblemCode.ZOMBIE: Entry(
        "Still in the room, but its session is over",
        "the one it listened to has left; it will answer nobody",
        "Retry: it removes it and dispatches anew",
        _NR,
    ),
    ProblemCode.LEFT: Entry(
        "The agent left after {lasted}",
        "it ended, or it crashed: these look alike from outside",
        "Retry for a new one, or end the session",
        _NR,
    ),
    ProblemCode.REPLY_FAILED: Entry(
        "Alive, but the reply failed: “{text}”",
        "its model or a tool raised this error",
        "Say it again; read the agent's log",
        _NR,
    ),
    ProblemCode.NO_REPLY: Entry(
        "{doing} for {timeout}; {pings}",
        "its model or a tool does not return",
        "Wait, or retry; read the agent's log",
        _NR,
    ),
    ProblemCode.DOUBLED: Entry(
        "{count} agents{named} answer every line",
        "dispatched twice, or one of them is an old one",
        "Retry: it removes all of them and dispatches one",
        _NR,
    ),
    ProblemCode.NOT_LINKED: Entry(
        "It listens to “{other}”, not to you",
        "an agent listens to the first participant it finds",
        "Start a conversation in a room of your own",
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
}
