"""The folder of what is expensive to get and lasts from one run of the tests to the next."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from platformdirs import user_cache_dir

# Read on import: during a test the home folder is another one.
CACHE = Path(user_cache_dir("lktui-tests"))
_BUILD_S = 1800


class UnavailableError(Exception):
    """A real server or worker cannot be had on this machine; the message says why."""


def built_once(name: str, build: Callable[[Path], None]) -> Path:
    """Return the cached folder of this name, built now if it is the first time.

    A second run waits for the first to finish, and a broken build leaves nothing that looks done.

    Args:
        name: The version belongs into it: what is there is never built again.
        build: Fills the empty folder that it is given, which is renamed afterwards.

    Raises:
        UnavailableError: It could not be built.
    """
    target = CACHE / name
    partial = CACHE / f"{name}.partial"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            build(partial)
            partial.rename(target)
    return target


def run(argv: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> None:
    """Run one step of a build.

    Raises:
        UnavailableError: It failed; with the end of what it said.
    """
    try:
        subprocess.run(
            argv,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            check=True,
            text=True,
            capture_output=True,
            timeout=_BUILD_S,
        )
    except subprocess.CalledProcessError as error:
        said = "\n".join(error.stderr.splitlines()[-10:])
        raise UnavailableError(f"`{argv[0]} {argv[1]}` failed: {said}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnavailableError(str(error)) from error
