"""What lktui is for, on the sandbox and on a real server, with the demo agents.

Of all real programs these need none but Python's own: where no livekit-server and no
livekit-agents can be had, they still show that the product does its job.
"""

from __future__ import annotations

import re

import pytest

from tests.contract.slow import SLOW_ON_THE_REAL_ONE
from tests.e2e.dashboard import dashboard
from tests.e2e.results import Items, Run, Runs, read
from tests.support.program import FieldValue, Program, echo_profile, rooms_of
from tests.support.server import Server

pytestmark = [SLOW_ON_THE_REAL_ONE, pytest.mark.usefixtures("demo_agents")]

_ENTER, _ESCAPE = "\r", "\x1b"
_JOIN_S = 20.0
_QUESTION, _REPLY = "Where is order 1042?", "Order 1042 is on its way"


def profile(server: Server, prefix: str, agent: str) -> dict[str, FieldValue]:
    """Make the fields of a profile of one demo agent."""
    return echo_profile(server, prefix) | {"agent_name": agent}


def test_a_saved_profile_hears_a_greeting_asks_and_hears_the_reply(
    program: Program, server: Server, prefix: str
) -> None:
    added = program.run(
        "profiles", "add", "support", "--url", server.url, "--api-key", server.key,
        "--api-secret", server.secret, "--agent-name", "support", "--dispatch-mode", "explicit",
        "--room-prefix", prefix,
    )  # fmt: skip
    assert added.exit_code == 0, added.stderr
    done = program.run("probe", "support", "--say", _QUESTION, "--json")
    run = read(done, Run)
    assert (done.exit_code, done.stderr) == (0, "")
    assert (run.ok, run.outcome, run.problem, run.cleanup) == (True, "ready", None, "done")
    assert [line.role for line in run.transcript] == ["agent", "you", "agent"]
    greeting, question, reply = run.transcript
    assert greeting.text.startswith("Hello")
    assert question.text == _QUESTION
    assert reply.text.startswith(_REPLY)
    assert reply.latency_ms is not None
    assert all(line.final for line in run.transcript)
    assert run.agent is not None
    assert run.agent.identity.startswith("agent-AJ_")
    assert run.agent.session
    assert rooms_of(server, prefix) == set()


def test_each_way_to_fail_has_its_cause_and_leaves_nothing(
    program: Program, server: Server, prefix: str
) -> None:
    for agent in ("nobody", "slow", "flaky", "crash"):
        program.save_profile(agent, profile(server, prefix, agent) | {"join_timeout": 10})
    names = ("nobody", "slow", "flaky", "crash")
    done = program.run("probe", *names, "--jobs", "4", "--say", "hello", "--json")
    runs = read(done, Runs).runs
    assert done.exit_code == 4
    assert {run.profile: (run.outcome, run.ok) for run in runs} == {
        "nobody": ("not_taken", False),
        "slow": ("ready", True),
        "flaky": ("rejected", False),
        "crash": ("left", False),
    }, runs
    for run in runs:
        assert run.ok or (run.problem is not None and run.problem.cause and run.problem.resolution)
        assert run.cleanup == "done"
    assert rooms_of(server, prefix) == set()
    assert read(program.run("cleanup", "list", "--json"), Items).items == ()


def test_a_wrong_secret_is_refused_and_nothing_is_made(
    program: Program, server: Server, prefix: str
) -> None:
    program.save_profile("support", profile(server, prefix, "support") | {"api_secret": "wrong"})
    done = program.run("probe", "support", "--say", "hello", "--json")
    run = read(done, Run)
    assert done.exit_code == 3
    assert (run.code, run.cleanup) == ("auth_failed", "done")
    assert done.stderr.startswith("auth_failed: Auth failed: ")
    assert rooms_of(server, prefix) == set()


def test_a_conversation_by_keys_alone_from_profile_to_clean_server(
    program: Program, server: Server, prefix: str
) -> None:
    program.save_profile("support", profile(server, prefix, "support"))
    with dashboard(program) as terminal:
        terminal.wait_for("▌ ○ never tried")
        terminal.send("s")
        terminal.wait_for("● listening  support", timeout_s=_JOIN_S)
        terminal.wait_for("Hello, this is support")
        (room,) = rooms_of(server, prefix)
        terminal.send(f"{_ENTER}{_QUESTION}{_ENTER}")
        terminal.wait_for(_REPLY)
        terminal.wait_for(lambda t: re.search(r"\d\.\d\ds *$", t.text(), re.MULTILINE) is not None)
        terminal.send(_ESCAPE)
        terminal.wait_for("enter Type")
        terminal.send("x")
        terminal.wait_for("○ ended")
        terminal.wait_for("room gone")
        assert rooms_of(server, prefix) == set()
        terminal.send("4")
        terminal.wait_for(f"○ gone               room      {room}")
        terminal.send("q")
        assert terminal.wait_exit() == 0


def test_a_key_dispatches_again_until_the_agent_comes(
    program: Program, server: Server, prefix: str
) -> None:
    program.save_profile("flaky", profile(server, prefix, "flaky") | {"join_timeout": 3})
    with dashboard(program) as terminal:
        terminal.send("s")
        terminal.wait_for("1 failed", timeout_s=_JOIN_S)
        terminal.send("r")
        terminal.wait_for("2 failed", timeout_s=_JOIN_S)
        terminal.send("r")
        terminal.wait_for("● listening  flaky", timeout_s=_JOIN_S)
        terminal.send(f"{_ENTER}hello{_ENTER}")
        terminal.wait_for("Hello! Good to hear from you")
        terminal.wait_for("3 attempts  ")
        terminal.send(f"{_ESCAPE}")
        terminal.wait_for("enter Type")
        terminal.send("x")
        terminal.wait_for("room gone")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert rooms_of(server, prefix) == set()
