"""What a kill leaves, judged from outside: what the server shows and what the queue knows."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from tests.support.program import Ended, Program, rooms_of
from tests.support.server import Server
from tests.support.waiting import until

WHO = ("app", "engine", "both")
_CHECKOUT = Path(__file__).parents[2]
HOOK = Path(__file__).parent / "kill_points"
"""Put first into PYTHONPATH, it counts the steps of engines into the file KILL_STEPS."""
_POLLS = ("dispatches", "participants", "room_exists", "find_room")
_POLLS_KEPT = 2
"""Polls come as often as time goes by; the first ones stand for all."""
_SESSION_S = 90.0
_ENDED_S = 40.0
_LAST_LOOK = "last_look"
_ROUNDS = 4


class _Item(msgspec.Struct):
    room: str
    state: str


class _Items(msgspec.Struct):
    items: list[_Item]
    last_look_s: float | None


class Lane:
    """One state folder, its profile `agent`, and the rooms of its prefix.

    Args:
        folder: Nobody else's.
        server: Where the agent is.
        profile: The profile's fields; its `room_prefix` is this lane's own.
    """

    def __init__(self, folder: Path, server: Server, profile: dict[str, str | bool | int]) -> None:
        self.program, self._server = Program(folder), server
        self._steps = folder / "steps"
        self._prefix = str(profile["room_prefix"])
        folder.mkdir(parents=True, exist_ok=True)
        self.program.save_profile("agent", dict(profile))

    def start(self, *, at: str = "", who: str = "") -> subprocess.Popen[bytes]:
        """Start a conversation with a retry; at a step, whoever is named is killed."""
        paths = os.pathsep.join((str(HOOK), str(_CHECKOUT)))
        chosen = {"KILL_STEPS": str(self._steps), "KILL_AT": at, "KILL_WHO": who}
        folders = (str(self.program.state_dir), str(self.program.config_dir))
        return subprocess.Popen(
            [sys.executable, "-m", "tests.support.session_driver", *folders, "agent"],
            env={**os.environ, **self.program.environment, **chosen, "PYTHONPATH": paths},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def run(self, *, at: str = "", who: str = "") -> None:
        """Run one to its end, or to the end of the app."""
        with self.start(at=at, who=who) as app:
            app.wait(_SESSION_S)

    def steps(self) -> list[str]:
        """Give the steps that were taken, each once."""
        taken = self._steps.read_text().splitlines()
        return [step for step in dict.fromkeys(taken) if _is_worth_it(step)]

    @property
    def killed(self) -> bool:
        """Whether the step was reached at which somebody was to be killed."""
        return Path(f"{self._steps}.killed").exists()

    def kill(self, app: subprocess.Popen[bytes], who: str) -> None:
        """Kill now; `both`: the app first, so that it starts no other engine."""
        if who in ("app", "both"):
            app.kill()
            app.wait()
        if who in ("engine", "both"):
            self.program.kill_engines()

    def unknown(self) -> set[str]:
        """Give the rooms that the server shows and the queue does not know."""
        shown = self.rooms
        missing = shown - {item.room for item in self.items()}
        return missing & self.rooms  # one that went meanwhile went in order

    @property
    def rooms(self) -> set[str]:
        """The rooms of this lane on the server."""
        return rooms_of(self._server, self._prefix)

    def items(self) -> list[_Item]:
        """Give the queue as `cleanup list --json` shows it."""
        return self._queue().items

    def _queue(self) -> _Items:
        listed = self.program.run("cleanup", "list", "--json")
        assert listed.exit_code == 0, listed.stderr
        return msgspec.json.decode(listed.stdout, type=_Items)

    def clean_up(self) -> Ended:
        """Wait for engines without an app, then run the queue until nothing is left."""
        until(lambda: not self.program.engines, timeout_s=_ENDED_S)
        done = self.program.run("cleanup", "run")
        if done.exit_code:
            done = self.program.run("cleanup", "run")
        return done

    def check_clean(self) -> None:
        """Claim that only last looks are left to do.

        On the server may be rooms that a late agent has made anew since; the queue knows them.
        """
        done = self.clean_up()
        assert done.exit_code == 0, done.stdout + done.stderr
        assert self.unknown() == set()
        assert {item.state for item in self.items()} <= {_LAST_LOOK}

    def make_last_looks(self) -> None:
        """Make every last look when its time has come; claim that nothing at all is left then.

        Where a look finds a room again there is another one after it.
        """
        for _ in range(_ROUNDS):
            self.check_clean()
            if not self.items():
                assert self.rooms == set()
                return
            wait_s = self._queue().last_look_s
            assert wait_s is not None
            time.sleep(wait_s + 1.0)  # the time that these looks wait for is the case
        raise AssertionError(self.items())

    def random_kills(self, count: int, seed: int) -> list[str]:
        """Kill so often, each at a random moment of a new conversation; what went wrong."""
        lot, wrong = random.Random(seed), []  # noqa: S311 - moments, no secrets
        for number in range(count):
            with self.start() as app:
                who, after_s = lot.choice(WHO), lot.uniform(0.3, 4.5)
                with suppress(subprocess.TimeoutExpired):
                    app.wait(after_s)
                self.kill(app, who)
                if unknown := self.unknown():
                    wrong.append(f"kill {number} of {who} after {after_s:.2f} s: {unknown}")
                time.sleep(lot.uniform(0.0, 0.5))
                app.kill()
        return wrong


def _is_worth_it(step: str) -> bool:
    name, _, count = step.rpartition(" ")
    what = name.removeprefix("before ").removeprefix("after ")
    if what.split()[0] == "flush":
        return False  # within each write
    return what not in _POLLS or int(count) <= _POLLS_KEPT
