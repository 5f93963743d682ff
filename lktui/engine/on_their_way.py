"""Which agents may still come although their dispatch is gone.

A job that was taken joins late, or once more, whatever became of its dispatch
(facts/livekit.md section 3, "Safe retry").
"""

from __future__ import annotations

from collections.abc import Iterable

from lktui.core.evidence import Job, JobStatus
from lktui.engine.ports import DispatchRecord, Participant

_GOES_ON = frozenset({JobStatus.PENDING, JobStatus.RUNNING})


def identity_of(job: Job) -> str:
    """Give the identity under which a job's agent joins."""
    return job.identity or f"agent-{job.id}"


def on_their_way(
    records: Iterable[DispatchRecord], there: Iterable[Participant], came: Iterable[str] = ()
) -> frozenset[str]:
    """Name the agents of taken jobs that nobody has seen to connect.

    A job's record stays the same whatever its agent does, and one that is put out while it
    connects joins again 15 s later: only who was seen connected is not on the way any more.

    Args:
        records: The dispatches, as they are or were listed.
        there: Who is in the room.
        came: Who was seen to connect before.
    """
    jobs = (job for record in records for job in record.jobs)
    taken = {identity_of(job) for job in jobs if job.status in _GOES_ON}
    return frozenset(taken - {one.identity for one in there if one.connected} - set(came))
