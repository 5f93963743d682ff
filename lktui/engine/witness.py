"""Who saw what when: turns what lists, events and answers say into the evidence of an attempt.

It concludes nothing (that is `core.dispatch`) and asks nobody (`engine.lookout`, `engine.pinger`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import msgspec

from lktui.clock import Clock
from lktui.core.events import (
    AgentGone,
    AgentJoined,
    AgentStateChanged,
    AnyEvent,
    JobsListed,
    LinkState,
    SessionId,
    Step,
)
from lktui.core.evidence import EVENT_LAG_S, GAP_S, Agent, Evidence, Job, Question
from lktui.core.profile import DispatchMode, Profile
from lktui.core.sanitize import clean
from lktui.engine.kept_out import KeptOut
from lktui.engine.ports import DispatchRecord, Participant
from lktui.engine.presence import Presence
from lktui.engine.signs_of_life import SignsOfLife

_MAX_NAMES = 4
"""Of people and agents that a verdict names."""


def _ignore(_identity: str) -> None:
    """Stand in for one who does not want to know."""


class Witness(SignsOfLife):
    """One room's evidence, attempt by attempt.

    Args:
        session: Whose events these are.
        profile: Which agent, how, and how long to wait.
        sees_lists: Whether there is an API key, so that jobs and participants can be listed.
        kept_out: Old agents, which never count.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        *,
        session: SessionId,
        profile: Profile,
        sees_lists: bool,
        kept_out: KeptOut,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        super().__init__(session, profile.dispatch_mode, emit, clock)
        self._profile, self._sees_lists, self._kept_out = profile, sees_lists, kept_out
        self.dispatch_id = ""
        """The attempt's own dispatch; empty until it is known, or where somebody else made it."""
        self._presence = Presence(clock)
        self.me = ""
        """Our own identity in the room."""
        self.foreign: frozenset[str] = frozenset()
        """Agents that were there before us: not ours, but they count as doubles."""
        self.follows_others = False
        """Whether another agent is taken for ours once it has left: where one only watches."""
        self.on_agent: Callable[[str], None] = _ignore
        """Called with the identity of the attempt's agent when it is known."""

    def begin(self, attempt: int) -> None:
        """Begin an attempt: nothing is known of it yet."""
        old, self.attempt, self.dispatch_id = self.evidence, attempt, ""
        self.evidence = Evidence(
            mode=self._profile.dispatch_mode,
            agent_name=self._profile.agent_name,
            sees_dispatches=self._sees_lists,
            dispatched_at=self._clock.monotonic(),
            join_timeout_s=self._profile.join_timeout,
            room_was_there=old.room_was_there,
            reconnecting=old.reconnecting,
        )

    # --- lists --------------------------------------------------------------------------------

    def listed(self, there: Iterable[Participant], asked_at: float) -> None:
        """Take the list of participants; who joins while it is read is not in it.

        Args:
            there: Everybody, ourselves and the hidden included.
            asked_at: When the list was asked for.
        """
        known, now = self.evidence, self._clock.monotonic()
        agent = known.agent
        if not self._presence.listed(there, asked_at):
            return
        for participant in self.here.values():
            self._see(participant, is_there=True)
        gone = agent is not None and agent.identity not in self.here
        if agent is not None and gone and agent.joined_at < asked_at and not self._may_return(now):
            self._gone(agent.identity, "", "not listed any more")
        elif self.evidence.agent is not None and self.evidence.agent.identity in self.here:
            self._know_agent(listed_at=asked_at)
        self.know(people_listed_at=now, doubles=self._doubles())

    def jobs_listed(self, records: Iterable[DispatchRecord]) -> None:
        """Take the list of the room's dispatches."""
        now, known = self._clock.monotonic(), self.evidence
        automatic = known.mode is DispatchMode.AUTO
        named = [record for record in records if record.agent_name]
        wanted = [record for record in records if record.id == self.dispatch_id]
        if automatic:
            wanted = [record for record in records if not record.agent_name]
            self.know(asked_for=tuple(sorted({record.agent_name for record in named})))
        elif not wanted and self.dispatch_id:
            self.know(missing_since=known.missing_since or now, jobs_listed_at=now)
            return
        jobs = tuple(job for record in wanted for job in record.jobs)
        if jobs and jobs != known.jobs:
            self._tell_jobs(jobs, now)
        self.know(jobs=jobs or known.jobs, jobs_listed_at=now, missing_since=0.0)
        agent = self.evidence.agent
        if agent is not None and jobs and agent.identity not in self.evidence.identities:
            self.know(agent=None)  # it was taken by its name, before the job was listed
            self.on_agent("")

    def _tell_jobs(self, jobs: tuple[Job, ...], now: float) -> None:
        self._emit(JobsListed(session=self._session, attempt=self.attempt, jobs=jobs))
        job = jobs[-1]
        told = f"job taken; {job.id} by worker {job.worker}" if job.identity else "job declined"
        self.step(Step.JOBS, told, (now - self.evidence.dispatched_at) * 1000)

    # --- presence -----------------------------------------------------------------------------

    @property
    def here(self) -> Mapping[str, Participant]:
        """Everybody in the room by identity, as far as is known."""
        return self._presence.here

    def joined(self, participant: Participant) -> None:
        """Somebody is in the room, by event; known ones are told again."""
        self._presence.joined(participant)
        # An event may be of one who has left since; where there is a list, it is asked.
        self._see(participant, is_there=not self._sees_lists)
        if not self._sees_lists:
            self.know(doubles=self._doubles())
        elif self._is_double(participant):
            self.on_silence()  # the list has to confirm it: events may be of one who has left

    def changed(self, participant: Participant) -> None:
        """Somebody's attributes changed."""
        if self._presence.changed(participant):
            self._see(participant, is_there=False)

    def _see(self, participant: Participant, *, is_there: bool) -> None:
        if participant.is_agent and (participant.connected or participant.state):
            self.came |= {participant.identity}
        if participant.identity in self._kept_out:
            self._kept_out.came_back(participant.identity)
            return
        agent = self.evidence.agent
        if agent is not None and agent.identity == participant.identity:
            if self.evidence.agent_left_at:
                if not is_there:
                    self.on_silence()
                    return
                # A stall of the server shows as leaving and joining again.
                self.know(agent_left_at=0.0, agent_left_why="")
                self.on_agent(agent.identity)
            self._note_state(participant)
        elif (agent is None or self._is_succeeded) and self._is_ours(participant):
            self._take(participant)

    @property
    def _is_succeeded(self) -> bool:
        """Whether the next agent that is there is the agent now.

        One that a stall of the server has shown as leaving is back before that.
        """
        left_at = self.evidence.agent_left_at
        return self.follows_others and 0 < left_at <= self._clock.monotonic() - EVENT_LAG_S

    def left(self, identity: str, reason: str) -> None:
        """Somebody has left the room, by event."""
        self._presence.left(identity)
        self._gone(identity, reason, reason)
        if self.evidence.doubles:
            self.know(doubles=self._doubles())

    def link_changed(self, state: LinkState) -> None:
        """Our own connection changed: what was missed meanwhile says nothing of the agent."""
        facts: dict[str, object] = {"reconnecting": state is LinkState.RECONNECTING}
        if state is LinkState.CONNECTED and self.evidence.reconnecting:
            facts["linked_at"] = self._clock.monotonic()
        if self.evidence.agent is not None:
            facts["agent"] = msgspec.structs.replace(self.evidence.agent, unanswered=())
        self.know(**facts)

    def _may_return(self, now: float) -> bool:
        """Whether a gap is so fresh that the agent may be on its way back, as we were."""
        known = self.evidence
        unheard = known.agent is not None and known.agent.heard_at < known.linked_at
        return unheard and now < known.linked_at + GAP_S

    def _gone(self, identity: str, reason: str, told: str) -> None:
        agent, known = self.evidence.agent, self.evidence
        if agent is None or agent.identity != identity:
            return
        if known.agent_left_at:
            if reason and not known.agent_left_why:
                self.know(agent_left_why=reason)
            return
        self.know(agent_left_at=self._clock.monotonic(), agent_left_why=reason)
        self._emit(AgentGone(session=self._session, identity=identity, reason=told))

    def _is_ours(self, participant: Participant) -> bool:
        """Whether this is the attempt's agent: by kind and by the job, never just anybody."""
        if not participant.is_agent or participant.identity in self.foreign:
            return False
        if self._kept_out.ever(participant.identity):
            return False
        jobs = self.evidence.identities
        if jobs:
            return participant.identity in jobs
        wanted = self._profile.agent_name
        if self._profile.dispatch_mode is DispatchMode.EXPLICIT and self._sees_lists:
            # The job shows in the list up to 5 s late; a new agent of this name is taken meanwhile.
            return participant.agent_name == wanted
        return not wanted or participant.agent_name in ("", wanted)

    def _is_double(self, participant: Participant) -> bool:
        agent = self.evidence.agent
        if agent is None or not participant.is_agent or not participant.agent_name:
            return False
        if participant.identity in self._kept_out:
            return False
        return participant.identity != agent.identity and participant.agent_name == agent.name

    def _doubles(self) -> tuple[str, ...]:
        found = sorted(other.identity for other in self.here.values() if self._is_double(other))
        return tuple(clean(identity) for identity in found[:_MAX_NAMES])

    def _take(self, participant: Participant) -> None:
        now, first = self._clock.monotonic(), self.evidence.agent is None
        name = participant.agent_name or participant.name
        agent = Agent(
            identity=participant.identity, name=name, state=participant.state, joined_at=now
        )
        # What the one before was asked it does not owe.
        owed: dict[str, object] = {} if first else {"question": None, "reply_error": ""}
        self.know(agent=agent, agent_left_at=0.0, agent_left_why="", **owed)
        self._emit(
            AgentJoined(
                session=self._session, attempt=self.attempt, identity=agent.identity, name=name
            )
        )
        took_ms = (now - self.evidence.dispatched_at) * 1000
        self.step(Step.JOINED, clean(agent.identity), took_ms if first else None)
        if agent.state:
            self._tell_state(agent)
        self.on_agent(agent.identity)
        if self._sees_lists and self._doubles():
            self.on_silence()

    def _note_state(self, participant: Participant) -> None:
        agent = self.evidence.agent
        if agent is None or agent.state == participant.state:
            return
        begun = agent.in_state(participant.state, self._clock.monotonic())
        self.know(agent=begun)
        self.heard(agent.identity)
        self._tell_state(participant)

    def _tell_state(self, who: Agent | Participant) -> None:
        self._emit(AgentStateChanged(session=self._session, identity=who.identity, state=who.state))

    # --- what is said -------------------------------------------------------------------------

    def asked(self) -> None:
        """A line went out; the oldest one without an answer counts."""
        if self.evidence.question is None and self.evidence.agent is not None:
            people = (one for one in self.here.values() if self._may_be_listened_to(one))
            names = sorted(clean(one.name or one.identity, limit=40) for one in people)
            question = Question(
                asked_at=self._clock.monotonic(),
                reply_timeout_s=self._profile.reply_timeout,
                others=tuple(names[:_MAX_NAMES]),
            )
            self.know(question=question)

    def took_turn(self, identity: str) -> None:
        """The agent's session has taken a line for a turn of its user."""
        question = self.evidence.question
        if question is not None and self._is_agent(identity):
            self.know(question=msgspec.structs.replace(question, heard=True))

    def reply_failed(self, identity: str, text: str) -> None:
        """The agent's session reports an error."""
        if self._is_agent(identity):
            self.know(reply_error=text or "no text", question=None)

    def replied(self) -> None:
        """The agent has said something after our line: that settles whether it listens."""
        agent, now = self.evidence.agent, self._clock.monotonic()
        if agent is None:
            return
        first = not (agent.spoke or agent.ponged)
        after = msgspec.structs.replace(
            agent.after_sign(now), spoke=True, ready_at=agent.ready_at or now
        )
        self.know(agent=after, question=None, reply_error="")
        if first:
            self.step(Step.READY, "it replied", None)

    def _may_be_listened_to(self, one: Participant) -> bool:
        plain = one.is_person and not one.is_agent
        return plain and not one.hidden and one.identity != self.me
