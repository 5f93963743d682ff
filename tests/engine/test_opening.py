"""A session that cannot be recorded is answered, not left waiting."""

from __future__ import annotations

from lktui.core.events import SessionId
from lktui.core.fold import Fold
from lktui.core.problems import ProblemCode, problem
from lktui.engine.opening import refused
from tests.support.fakes.world import EXPLICIT


def test_a_refused_session_is_over_with_its_problem() -> None:
    session = SessionId("s")
    found = problem(ProblemCode.STATE_UNUSABLE, path="journal.sqlite", why="it is no database")
    fold = Fold()
    fold.apply(list(refused(session, EXPLICIT, found)))
    state = fold.state.sessions[session]
    assert state.over
    assert state.problem == found
    assert state.story[-1].text == "ended; nothing was made"
