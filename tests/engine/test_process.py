"""The engine's process: how it starts."""

from __future__ import annotations

import subprocess
import sys

_UP_TO_ITS_LOOP = """
import asyncio, gc, runpy, sys

def report(work):
    work.close()
    print(gc.isenabled(), gc.get_freeze_count() > 0, flush=True)

asyncio.run = report
sys.argv = ["engine", "0", "--config-dir=.", "--state-dir=."]
runpy.run_module("lktui.engine", run_name="__main__")
"""


def test_garbage_is_collected_again_once_the_engine_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _UP_TO_ITS_LOOP],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["True", "True"], done.stderr
