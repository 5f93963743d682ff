"""What the engine of a headless verb says of itself, and what becomes of the verb."""

from __future__ import annotations

from pathlib import Path

import pytest

from lktui.commands.headless import Headless
from lktui.core.events import EngineFaulted
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.invocation import Invocation
from lktui.store.paths import Paths


@pytest.fixture
def headless(tmp_path: Path) -> Headless:
    paths = Paths.of(str(tmp_path / "config"), str(tmp_path / "state"))
    return Headless(Invocation(paths=paths, env={}), lambda _events: None)


async def test_a_disk_that_fills_up_is_said_and_the_verb_goes_on(
    headless: Headless, capsys: pytest.CaptureFixture[str]
) -> None:
    found = problem(ProblemCode.NOT_RECORDED, path="/x", why="disk full")
    headless._take([EngineFaulted(problem=found)])
    assert await headless.until(lambda _state: True, 1.0)
    assert capsys.readouterr().err == f"{found.line}\n"


async def test_an_engine_that_cannot_work_ends_the_verb(headless: Headless) -> None:
    found = problem(ProblemCode.STATE_UNUSABLE, path="/x", why="disk full")
    headless._take([EngineFaulted(problem=found)])
    with pytest.raises(PortError) as ended:
        await headless.until(lambda _state: True, 1.0)
    assert ended.value.problem == found
