"""The worker protocol's messages, as this worker sends and reads them: bytes in, bytes out."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from livekit.protocol import agent, models

from lktui.sandbox.agents.demo_agents import DemoAgent

AGENT_NAME_ATTRIBUTE = "lk.agent.name"
_VERSION = "1.0.0"
"""Of the worker protocol's client; the server only logs it."""


class WireError(Exception):
    """The server sent what is no message of the protocol: nothing after it can be trusted."""


def decode(body: bytes) -> agent.ServerMessage:
    """Read a frame.

    Raises:
        WireError: It does not parse.
    """
    message = agent.ServerMessage()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise WireError(str(error)) from error
    return message


def register(who: DemoAgent) -> bytes:
    """Offer a worker for rooms under the agent's name."""
    # Its state is an attribute of its own participant, which takes the right to update metadata.
    allowed = models.ParticipantPermission(
        can_publish=True,
        can_subscribe=True,
        can_publish_data=True,
        can_update_metadata=True,
        agent=True,
    )
    request = agent.RegisterWorkerRequest(
        type=agent.JobType.JT_ROOM,
        agent_name=who.name,
        version=_VERSION,
        allowed_permissions=allowed,
    )
    return agent.WorkerMessage(register=request).SerializeToString()


def accept(job: str, who: DemoAgent) -> bytes:
    """Take a job, with the identity that LiveKit's own workers choose."""
    answer = agent.AvailabilityResponse(
        job_id=job,
        available=True,
        participant_identity=f"agent-{job}",
        participant_name=who.title,
        participant_attributes={AGENT_NAME_ATTRIBUTE: who.name},
    )
    return agent.WorkerMessage(availability=answer).SerializeToString()


def decline(job: str, *, for_all: bool) -> bytes:
    """Decline a job, for this worker alone or for all workers."""
    answer = agent.AvailabilityResponse(job_id=job, available=False, terminate=for_all)
    return agent.WorkerMessage(availability=answer).SerializeToString()


def job_ended(job: str, error: str) -> bytes:
    """Say that a job is over; with an error it has failed."""
    status = agent.JobStatus.JS_FAILED if error else agent.JobStatus.JS_SUCCESS
    update = agent.UpdateJobStatus(job_id=job, status=status, error=error)
    return agent.WorkerMessage(update_job=update).SerializeToString()


def still_running(jobs: list[str]) -> bytes:
    """Tell a server that has just come back which jobs live on."""
    return agent.WorkerMessage(
        migrate_job=agent.MigrateJobRequest(job_ids=jobs)
    ).SerializeToString()


def status(jobs: int) -> bytes:
    """Say that there is room for more."""
    update = agent.UpdateWorkerStatus(
        status=agent.WorkerStatus.WS_AVAILABLE, load=0.0, job_count=jobs
    )
    return agent.WorkerMessage(update_worker=update).SerializeToString()
