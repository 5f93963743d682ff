"""What an engine that breaks leaves behind: its story in the log, as the log writes it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import lktui

_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln"
_NOT_OPEN = "99999"
"""A descriptor that an engine cannot work with."""


def test_the_story_of_a_broken_engine_passes_what_cuts_tokens(tmp_path: Path) -> None:
    # Tracebacks quote where the program lies: here is a token in it.
    home = tmp_path / _TOKEN
    home.mkdir()
    (home / "lktui").symlink_to(Path(lktui.__file__).parent)
    words = (_NOT_OPEN, f"--config-dir={tmp_path}", f"--state-dir={tmp_path}")
    done = subprocess.run(
        [sys.executable, "-m", "lktui.engine", *words],
        env={**os.environ, "PYTHONPATH": str(home)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert "the engine broke" in done.stderr
    assert "/eyJ…/lktui/engine/__main__.py" in done.stderr
    assert _TOKEN not in done.stderr
