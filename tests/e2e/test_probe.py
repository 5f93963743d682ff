"""`lktui probe` against a real server and a real worker: what it finds, says and leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.results import Run, Runs, read
from tests.support import twirp
from tests.support.agents_worker import AgentsWorker
from tests.support.program import Ended, Program, echo_profile, rooms_of
from tests.support.server import Server

pytestmark = pytest.mark.usefixtures("echo_at_hand")

_GREETING = ("agent", "hello, this is echo")


def talk(program: Program, mode: str = "session", *words: str) -> tuple[Run, Ended]:
    """Probe the profile `echo`, whose agent behaves as the mode says, with a hello."""
    metadata = json.dumps({"mode": mode})
    done = program.run("probe", "echo", "--say", "hello", "--metadata", metadata, "--json", *words)
    return read(done, Run), done


def test_a_saved_profile_says_hello_hears_the_reply_and_leaves_nothing(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    added = program.run(
        "profiles", "add", "echo", "--url", server_at_hand.url, "--api-key", server_at_hand.key,
        "--api-secret", server_at_hand.secret, "--agent-name", "echo", "--dispatch-mode",
        "explicit", "--room-prefix", prefix,
    )  # fmt: skip
    assert added.exit_code == 0, added.stderr
    done = program.run("probe", "echo", "--say", "hello", "--json")
    run = read(done, Run)
    assert (done.exit_code, done.stderr) == (0, "")
    assert (run.ok, run.outcome, run.problem, run.cleanup) == (True, "ready", None, "done")
    assert run.said == [("you", "hello"), ("agent", "echo: hello")]
    assert all(line.final for line in run.transcript)
    assert run.transcript[1].latency_ms is not None
    assert run.room.startswith(f"{prefix}-")
    assert run.agent is not None
    assert run.agent.identity.startswith("agent-AJ_")
    assert run.agent.session
    assert rooms_of(server_at_hand, prefix) == set()


def test_the_steps_are_timed_in_their_order(echo: Program) -> None:
    run, _ = talk(echo)
    times = run.timings_ms
    order = (0.0, times.room, times.connect, times.joined, times.ready, times.first_reply)
    known = [time for time in order if time is not None]
    assert len(known) == len(order)
    assert known == sorted(known)
    assert times.dispatch is not None
    assert times.joined is not None
    assert times.dispatch < times.joined
    (attempt,) = run.attempts
    assert attempt.ok
    assert attempt.dispatch_id == run.dispatch_id


def test_several_profiles_give_a_list_of_runs(
    echo: Program, server_at_hand: Server, prefix: str
) -> None:
    echo.save_profile("wrong", echo_profile(server_at_hand, prefix) | {"api_secret": "wrong"})
    done = echo.run("probe", "wrong", "echo", "--jobs", "2", "--say", "hello", "--json")
    wrong, right = read(done, Runs).runs
    assert (wrong.profile, wrong.code) == ("wrong", "auth_failed")
    assert (right.profile, right.ok) == ("echo", True)
    assert done.exit_code == 3
    (told,) = done.stderr.splitlines()
    assert told.startswith("wrong: auth_failed: ")


def test_an_agent_that_nobody_runs_is_said_with_its_cause(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    fields = echo_profile(server_at_hand, prefix) | {"agent_name": "nobody"}
    program.save_profile("echo", fields)
    run, done = talk(program)
    assert done.exit_code == 4
    assert run.code == "not_taken"
    assert run.problem is not None
    assert "no worker is registered as “nobody”" in run.problem.cause
    assert done.stderr == (
        f"not_taken: {run.problem.summary}. {run.problem.cause}. {run.problem.resolution}.\n"
    )
    assert run.cleanup == "done"
    assert rooms_of(server_at_hand, prefix) == set()


def test_a_wrong_secret_is_refused_at_once_and_nothing_is_made(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    program.save_profile("echo", echo_profile(server_at_hand, prefix) | {"api_secret": "wrong"})
    run, done = talk(program)
    assert done.exit_code == 3
    assert (run.code, run.cleanup) == ("auth_failed", "done")
    ((engine_s,),) = program.journal("SELECT ended_wall - opened_wall FROM session")
    assert float(engine_s) < 15.0  # the join_timeout, for which it does not wait
    assert done.stderr.startswith("auth_failed: Auth failed: ")
    assert "Traceback" not in done.stderr


def test_the_greeting_is_heard(echo: Program) -> None:
    run, _ = talk(echo, "greet")
    assert run.said == [_GREETING, ("you", "hello"), ("agent", "echo: hello")]


def test_a_reply_on_both_topics_is_one_line(echo: Program) -> None:
    run, done = talk(echo, "raw")
    assert done.exit_code == 0
    assert run.said == [("you", "hello"), ("agent", "echo: hello")]
    assert run.agent is not None
    assert not run.agent.session


@pytest.mark.parametrize(("mode", "code"), [("reject", "rejected"), ("leave", "left")])
def test_an_agent_that_does_not_stay_is_told_apart(
    echo: Program, server_at_hand: Server, prefix: str, mode: str, code: str
) -> None:
    run, done = talk(echo, mode)
    assert done.exit_code == 4
    assert (run.ok, run.outcome, run.code, run.cleanup) == (False, code, code, "done")
    assert rooms_of(server_at_hand, prefix) == set()


def test_an_agent_without_a_session_is_present_and_unconfirmed(echo: Program) -> None:
    done = echo.run("probe", "echo", "--metadata", '{"mode": "stuck"}', "--json")
    run = read(done, Run)
    assert done.exit_code == 0
    assert (run.ok, run.outcome, run.problem, run.cleanup) == (True, "present", None, "done")
    assert run.agent is not None
    assert not run.agent.session
    assert "pings unanswered" in run.attempts[0].seen[1]


@pytest.mark.full
@pytest.mark.parametrize(
    ("mode", "code"),
    [("hang", "not_joined"), ("crash_after_join", "left")],
)
def test_an_agent_that_fails_later_is_told_apart(
    program: Program, server_at_hand: Server, prefix: str, mode: str, code: str
) -> None:
    program.save_profile("echo", echo_profile(server_at_hand, prefix) | {"join_timeout": 7})
    run, done = talk(program, mode)
    assert done.exit_code == 4
    assert (run.outcome, run.code, run.cleanup) == (code, code, "done")
    assert rooms_of(server_at_hand, prefix) == set()


def test_a_model_that_never_answers_is_no_reply(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    program.save_profile("echo", echo_profile(server_at_hand, prefix) | {"reply_timeout": 1})
    run, done = talk(program, "mute")
    assert done.exit_code == 4
    assert (run.outcome, run.code, run.cleanup) == ("no_reply", "no_reply", "done")
    assert run.said == [("you", "hello")]


def test_a_room_that_was_there_before_stays(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    twirp.create_room(server_at_hand, prefix)
    program.save_profile("echo", echo_profile(server_at_hand, prefix) | {"room_name": prefix})
    run, done = talk(program)
    assert done.exit_code == 0
    assert (run.ok, run.room, run.cleanup) == (True, prefix, "not_ours")
    assert rooms_of(server_at_hand, prefix) == {prefix}
    assert twirp.dispatches(server_at_hand, prefix) == ()
    twirp.delete_room(server_at_hand, prefix)


def test_a_named_room_that_was_not_there_is_deleted(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    program.save_profile("echo", echo_profile(server_at_hand, prefix) | {"room_name": prefix})
    run, done = talk(program)
    assert done.exit_code == 0
    assert (run.room, run.cleanup) == (prefix, "done")
    assert rooms_of(server_at_hand, prefix) == set()


def test_without_auto_cleanup_the_room_is_kept_until_it_is_named(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    program.save_profile("echo", echo_profile(server_at_hand, prefix) | {"auto_cleanup": False})
    run, done = talk(program)
    assert done.exit_code == 0
    assert run.cleanup == "kept"
    assert run.room in done.stderr
    unnamed = program.run("cleanup", "run")
    assert unnamed.exit_code == 0, unnamed.stderr
    assert rooms_of(server_at_hand, prefix) == {run.room}
    named = program.run("cleanup", "run", run.room)
    assert named.exit_code == 0, named.stderr
    assert rooms_of(server_at_hand, prefix) == set()


@pytest.mark.full
def test_an_agent_without_a_name_joins_by_itself(
    program: Program, own_server: Server, agents_environment: Path, tmp_path: Path, prefix: str
) -> None:
    server, log = own_server, tmp_path / "worker.log"
    with AgentsWorker(agents_environment, server, log, name=""):
        fields = echo_profile(server, prefix) | {"dispatch_mode": "auto", "agent_name": ""}
        program.save_profile("echo", fields)
        done = program.run("probe", "echo", "--say", "hello", "--json")
        run = read(done, Run)
        assert (run.ok, run.cleanup) == (True, "done"), run
        assert run.said == [("you", "hello"), ("agent", "echo: hello")]
        assert rooms_of(server, prefix) == set()


def test_a_named_worker_never_joins_by_itself(
    program: Program, server_at_hand: Server, prefix: str
) -> None:
    fields = echo_profile(server_at_hand, prefix)
    fields |= {"dispatch_mode": "auto", "agent_name": "", "join_timeout": 1}
    program.save_profile("echo", fields)
    run, done = talk(program)
    assert done.exit_code == 4
    assert run.code == "auto_no_agent"
    assert rooms_of(server_at_hand, prefix) == set()
