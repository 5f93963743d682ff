"""What follows from what is known of a dispatch attempt: the diagnosis table.

CreateDispatch answers 200 whatever happens, and a job stays RUNNING after its process has died
(facts/livekit.md section 3). So an attempt is judged by the agent's presence, its state and its
answers to pings; the job list only tells how far a missing agent came. What cannot be told apart
from outside is said as two causes. A verdict is a function of the evidence and the time alone.
"""

from __future__ import annotations

import msgspec

from lktui.core.evidence import PINGS_FOR_PRESENT, Agent, Evidence, Question
from lktui.core.profile import DispatchMode
from lktui.core.signs import StateKind, seconds
from lktui.core.silence import age_at, of_silence, silence_deadlines
from lktui.core.verdict import Diagnosis, Outcome, diagnosis_of, verdict_of

LIST_TRUE_S = 5.5
"""`jobs=[]` proves nothing before this age of a dispatch (facts/livekit.md section 3)."""
UNREAD_S = 2.0
"""So long after a list should be true its not being readable is a verdict of its own."""
GRACE_S = 1.0
"""A raw agent that sets no state is counted as present this long after it joined."""
LOST_SILENCE_S = 12.0
"""Who vanishes from the list after so much silence was dropped; who leaves does so at once."""
OUTLIVES_S = 1.0
"""An agent whose dispatch was withdrawn is gone 0.6 s after it joined; an agent that still answers
this long after has outlived the record, which a restart of the server loses."""
UNHEARD_S = 3.0
"""An agent may see us so late; a line that its session has not taken by then goes elsewhere."""

_TIMED_OUT = "CONNECTION_TIMEOUT"
_BUSY = ("thinking", "speaking")


def diagnose(evidence: Evidence, now: float) -> Diagnosis:
    """Judge an attempt by what is known of it at `now`; the same evidence gives the same verdict.

    Returns:
        A verdict as soon as the facts allow one; before that `waiting`, with what for and until
        when.
    """
    if evidence.room_gone:
        return verdict_of(Outcome.ROOM_GONE, evidence, "the server closed the room")
    if evidence.agent is not None:
        return _of_agent(evidence, evidence.agent, now)
    if evidence.failure is not None:
        return diagnosis_of(evidence.failure)
    return _of_absence(evidence, now)


def deadlines(evidence: Evidence) -> tuple[float, ...]:
    """Give all moments at which time alone can change the verdict, on the engine's clock."""
    began, agent, asked = evidence.dispatched_at, evidence.agent, evidence.question
    given_up = began + evidence.join_timeout_s
    moments = [
        began + LIST_TRUE_S,
        given_up,
        given_up + UNREAD_S,
        began + LIST_TRUE_S + UNREAD_S,
    ]
    if agent is not None:
        moments += [agent.joined_at + GRACE_S, agent.joined_at + evidence.join_timeout_s]
        moments += silence_deadlines(evidence, agent)
    if asked is not None:
        moments += [asked.asked_at + UNHEARD_S, asked.asked_at + asked.reply_timeout_s]
    return tuple(sorted(moments))


# --- somebody came ------------------------------------------------------------------------------


def _of_agent(evidence: Evidence, agent: Agent, now: float) -> Diagnosis:
    known = evidence
    if known.reconnecting:
        # While our own link is down everybody seems silent and gone: nothing follows from that.
        agent = msgspec.structs.replace(agent, unanswered=())
        known = msgspec.structs.replace(known, agent=agent, agent_left_at=0.0)
    if _came_after_its_record(known, agent):
        return verdict_of(Outcome.WITHDRAWN, known, f"{agent.identity} joined after that")
    if known.agent_left_at:
        return _of_leave(known, agent)
    if agent.silent_since:
        silent = of_silence(known, agent, now)
        if silent is not None:
            return silent
    if known.doubles:
        identities = (agent.identity, *known.doubles)
        return verdict_of(
            Outcome.DOUBLED,
            known,
            f"in the room: {', '.join(identities)}",
            count=str(len(identities)),
        )
    if agent.ponged or agent.spoke:
        return _of_talk(known, agent, now)
    if known.question is not None and _overdue(known.question, now):
        return _no_reply(known, agent, known.question)
    return _of_newcomer(known, agent, now)


def _came_after_its_record(known: Evidence, agent: Agent) -> bool:
    """Whether this is the short visit of an agent whose dispatch was withdrawn before."""
    if not known.missing_since or agent.joined_at <= known.missing_since:
        return False
    return agent.heard_at < agent.joined_at + OUTLIVES_S


def _of_leave(known: Evidence, agent: Agent) -> Diagnosis:
    lasted = seconds(known.agent_left_at - agent.joined_at)
    silence_s = known.agent_left_at - agent.silent_since if agent.silent_since else 0.0
    seen = f"{agent.identity} was in the room for {lasted}"
    dropped = known.agent_left_why == _TIMED_OUT
    if dropped or (not known.agent_left_why and silence_s >= LOST_SILENCE_S):
        silent = f"no pong for its last {seconds(silence_s)}" if silence_s else "its link timed out"
        return verdict_of(Outcome.LOST, known, seen, silent)
    return verdict_of(Outcome.LEFT, known, seen, lasted=lasted)


def _of_talk(known: Evidence, agent: Agent, now: float) -> Diagnosis:
    """Judge one who answers."""
    asked = known.question
    if known.reply_error:
        text = known.reply_error
        told = f"{agent.identity} answers pings; its session says: {text}"
        return verdict_of(Outcome.REPLY_FAILED, known, told, text=text)
    if asked is not None and _goes_elsewhere(asked, agent, now):
        other = "” or “".join(asked.others)
        return verdict_of(
            Outcome.NOT_LINKED,
            known,
            f"{agent.identity} answers pings, and took no turn {seconds(UNHEARD_S)} after the line",
            other=other,
        )
    if asked is not None and _overdue(asked, now):
        return _no_reply(known, agent, asked)
    ready_s = (agent.ready_at or now) - known.dispatched_at
    answers = f"{agent.identity} " + ("answers pings" if agent.ponged else "has replied")
    if _outlived_its_record(known, agent):
        return Diagnosis(
            code=Outcome.RECORD_LOST,
            kind=StateKind.READY,
            words=agent.state or "ready",
            summary="Ready; the server has lost the dispatch record",
            seen=(answers, "no such dispatch listed any more"),
            cause="the server restarted; the agent lived on",
            resolution="Nothing; a retry looks for the agent first",
            ready_s=ready_s,
        )
    return Diagnosis(
        code=Outcome.READY,
        kind=StateKind.READY,
        words=agent.state or "ready",
        summary=f"Ready {seconds(ready_s)} after {known.beginning}",
        seen=(answers,),
        ready_s=ready_s,
    )


def _outlived_its_record(known: Evidence, agent: Agent) -> bool:
    """Whether an agent still answers so long after the list lost its dispatch.

    One of a young dispatch that was withdrawn leaves only when the list is true.
    """
    if not (known.missing_since and known.sees_dispatches):
        return False
    gone_by = max(known.missing_since, known.dispatched_at + LIST_TRUE_S, agent.joined_at)
    return agent.heard_at >= gone_by + OUTLIVES_S


def _goes_elsewhere(asked: Question, agent: Agent, now: float) -> bool:
    if asked.heard or not asked.others or not agent.ponged or agent.state in _BUSY:
        return False
    return now >= asked.asked_at + UNHEARD_S


def _overdue(asked: Question, now: float) -> bool:
    return now >= asked.asked_at + asked.reply_timeout_s


def _no_reply(known: Evidence, agent: Agent, asked: Question) -> Diagnosis:
    if agent.silent_since:
        return _all_silent(known, agent, asked)
    busy = agent.state in _BUSY
    found = verdict_of(
        Outcome.NO_REPLY,
        known,
        f"the line was sent {age_at(known, asked.asked_at)}",
        f"state {agent.state}" if agent.state else "sets no state",
        since=asked.asked_at,
        doing=agent.state.capitalize() if busy else "No reply",
        timeout=f"{asked.reply_timeout_s:g} s",
        pings="still answers pings" if agent.ponged else "it never answered pings",
    )
    if busy or asked.heard:
        return found
    return msgspec.structs.replace(found, cause=f"{found.cause}, or it listens to somebody else")


def _all_silent(known: Evidence, agent: Agent, asked: Question) -> Diagnosis:
    """Judge a line without an answer while pings have none either, and nobody can be blamed yet."""
    found = verdict_of(
        Outcome.NO_REPLY,
        known,
        f"the line was sent {age_at(known, asked.asked_at)}",
        f"no pong since {age_at(known, agent.silent_since)}",
        since=asked.asked_at,
        doing="No reply",
        timeout=f"{asked.reply_timeout_s:g} s",
        pings="nothing else is heard of it either",
    )
    return msgspec.structs.replace(
        found,
        cause="the server, the way to it, or the agent stands still: these look alike at first",
        resolution="Wait: it is told apart as soon as the server answers",
    )


def _of_newcomer(known: Evidence, agent: Agent, now: float) -> Diagnosis:
    """Judge one who has not answered yet: plain agents never do."""
    here_s = now - agent.joined_at
    if known.reconnecting:
        return _waiting(known, now, agent.state or "joined", "for the link to come back")
    stuck = agent.state == "initializing"
    joined = f"joined after {seconds(max(0.0, agent.joined_at - known.dispatched_at))}"
    if not stuck and agent.pings_missed >= PINGS_FOR_PRESENT and here_s >= GRACE_S:
        state = f"state {agent.state}" if agent.state else "sets no state"
        return verdict_of(
            Outcome.PRESENT,
            known,
            f"{agent.identity} {joined}; {state}",
            f"{agent.pings_missed} pings unanswered",
        )
    if stuck and here_s >= known.join_timeout_s:
        told = f"{agent.identity} {joined}; still initializing {seconds(here_s)} later; no pong"
        return verdict_of(Outcome.NOT_READY, known, told)
    return _waiting(known, now, agent.state or "joined", "for the first pong")


# --- nobody came --------------------------------------------------------------------------------


def _of_absence(evidence: Evidence, now: float) -> Diagnosis:
    if evidence.reconnecting:
        return _waiting(evidence, now, "waiting", "for the link to come back")
    if not evidence.sees_dispatches:
        if now >= evidence.dispatched_at + evidence.join_timeout_s:
            return verdict_of(Outcome.NO_AGENT, evidence, _nobody_joined(evidence))
        return _waiting(evidence, now, "waiting", "for an agent to join")
    if evidence.mode is DispatchMode.EXPLICIT:
        return _of_named_absence(evidence, now)
    return _of_automatic_absence(evidence, now)


def _of_named_absence(evidence: Evidence, now: float) -> Diagnosis:
    if any(job.declined for job in evidence.jobs):
        return verdict_of(Outcome.REJECTED, evidence, "one job, ended as it began")
    if evidence.dispatch_missing:
        found = verdict_of(Outcome.WITHDRAWN, evidence, "no such dispatch listed any more")
        if evidence.linked_at <= evidence.dispatched_at:
            return found
        cause = f"{found.cause}, or the server was restarted and has lost it"
        return msgspec.structs.replace(found, cause=cause)
    listed_age = evidence.jobs_listed_at - evidence.dispatched_at
    if not evidence.jobs and listed_age >= LIST_TRUE_S:
        seen = f"no job listed at {seconds(listed_age)}; nobody joined"
        return verdict_of(Outcome.NOT_TAKEN, evidence, seen)
    if evidence.jobs and _given_up(evidence):
        return _not_joined(evidence)
    unread_at = max(evidence.join_timeout_s, LIST_TRUE_S) + UNREAD_S
    if now >= evidence.dispatched_at + unread_at:
        return _of_unread_list(evidence)
    told = "for the agent to join" if evidence.jobs else "for a worker"
    return _waiting(evidence, now, "waiting", told)


def _of_automatic_absence(evidence: Evidence, now: float) -> Diagnosis:
    """Judge a room whose agent should come by itself: its implicit dispatch has no name."""
    if any(job.declined for job in evidence.jobs):
        return verdict_of(Outcome.REJECTED, evidence, "one job, ended as it began")
    if _given_up(evidence):
        if evidence.identities:
            return _not_joined(evidence)
        seen = [_nobody_joined(evidence)]
        if evidence.room_was_there:
            seen.append("the room was there before: agents come by themselves when one is made")
        if evidence.asked_for:
            names = "” and “".join(evidence.asked_for)
            seen.append(f"the room itself asks for “{names}”, so that no other agent comes")
        elif evidence.jobs_listed_at >= evidence.dispatched_at + LIST_TRUE_S:
            seen.append("no worker has taken the room's own dispatch")
        return verdict_of(Outcome.AUTO_NO_AGENT, evidence, *seen)
    if now >= evidence.dispatched_at + evidence.join_timeout_s + UNREAD_S:
        return _of_unread_list(evidence)
    return _waiting(evidence, now, "waiting", "for an agent to join")


def _given_up(evidence: Evidence) -> bool:
    """Whether the list of participants was read after the join time-out, and nobody was there.

    Events do not count: a join of one who sets no state is told up to 3 s late.
    """
    given_up_at = evidence.dispatched_at + evidence.join_timeout_s
    return evidence.people_listed_at >= given_up_at


def _not_joined(evidence: Evidence) -> Diagnosis:
    after = seconds(evidence.people_listed_at - evidence.dispatched_at)
    job = next(job for job in evidence.jobs if not job.declined)
    seen = f"job {job.id} runs; after {after} no agent in the room"
    return verdict_of(Outcome.NOT_JOINED, evidence, seen)


def _nobody_joined(evidence: Evidence) -> str:
    return f"no agent joined within {seconds(evidence.join_timeout_s)}"


def _of_unread_list(evidence: Evidence) -> Diagnosis:
    """Nobody came, and how far the job got cannot be told: the server does not list it."""
    found = verdict_of(
        Outcome.NO_AGENT, evidence, "the server's list of dispatches could not be read"
    )
    return msgspec.structs.replace(
        found,
        cause=f"Agent didn't join within {evidence.join_timeout_s:g}s: wrong name, no worker, or a"
        " slow one; the list that would tell them apart could not be read",
        resolution="Check agent deployment and dispatch name; then retry",
    )


def _waiting(evidence: Evidence, now: float, words: str, what: str) -> Diagnosis:
    since = evidence.agent.joined_at if evidence.agent is not None else evidence.dispatched_at
    left = max(0.0, since + evidence.join_timeout_s - now)
    return Diagnosis(
        code=Outcome.WAITING,
        kind=StateKind.WAITING,
        words=words,
        summary=f"Waiting {what}, {left:.0f} s more at most",
    )
