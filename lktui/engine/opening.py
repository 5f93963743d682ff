"""The first events of a session: what it is to be, and that it cannot even be recorded."""

from __future__ import annotations

from lktui.core.events import (
    AnyEvent,
    CleanupResult,
    ProblemRaised,
    SessionEnded,
    SessionId,
    SessionOpened,
)
from lktui.core.problems import Problem
from lktui.core.profile import Profile


def opened(
    session: SessionId, profile: Profile, *, keep: bool = False, watched: bool = False
) -> SessionOpened:
    """Tell what a session is to be; nothing has been sent yet."""
    return SessionOpened(
        session=session,
        profile=profile.name,
        url=profile.url,
        host=profile.host,
        auth_mode=profile.auth_mode,
        dispatch_mode=profile.dispatch_mode,
        agent_name=profile.agent_name,
        join_timeout_s=profile.join_timeout,
        reply_timeout_s=profile.reply_timeout,
        slow_reply_s=profile.slow_reply,
        auto_cleanup=not keep,
        sees_dispatches=profile.has_key,
        watched=watched,
    )


def refused(session: SessionId, profile: Profile, found: Problem) -> tuple[AnyEvent, ...]:
    """Tell of a session that cannot even be recorded, so that nothing was begun."""
    done = CleanupResult.DONE
    return (
        opened(session, profile),
        ProblemRaised(session=session, problem=found, fatal=True),
        SessionEnded(session=session, cleanup=done, took_ms=0.0, made=False),
    )
