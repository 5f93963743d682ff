"""Asks the engine's doctor to look at profiles, and adds what only this side can see."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from lktui.core.commands import AnyCommand, EndDoctor, RunDoctor
from lktui.core.doctor import Finding
from lktui.core.profile import Profile
from lktui.core.terminal import terminal_finding
from lktui.session.seen_terminal import seen_terminal
from lktui.store.profile_findings import file_finding
from lktui.store.profiles import ProfileFile

_RUN_BYTES = 4


class Examinations:
    """The doctor, as the screens have it.

    Args:
        send: Takes what the engine is asked.
        env: The environment.
    """

    def __init__(self, send: Callable[[AnyCommand], None], env: Mapping[str, str]) -> None:
        self._send, self._env = send, env

    def begin(self, profile: Profile, *, dispatch: bool) -> str:
        """Look at a profile; gives the run, under which its findings come.

        Args:
            profile: Which one.
            dispatch: Also ask for its agent.
        """
        run = os.urandom(_RUN_BYTES).hex()
        self._send(RunDoctor(run=run, profile=profile, dispatch=dispatch))
        return run

    def end(self, run: str) -> None:
        """Stop looking."""
        self._send(EndDoctor(run=run))

    def local(self, file: ProfileFile, columns: int, lines: int) -> tuple[Finding, ...]:
        """Judge the profile's file and the terminal; tmux may take a second to answer.

        Args:
            file: The profile's.
            columns: Of the terminal.
            lines: The same.
        """
        terminal = seen_terminal(self._env, os.terminal_size((columns, lines)))
        return (file_finding(file), terminal_finding(terminal))
