"""Runs a program that knows nothing of us, and ends it at the end of our input.

A livekit-server would outlive a stage that was killed; its guard sees the pipe close.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading

END_LIMIT_S = 3.0
"""What does not end by then at SIGTERM is killed."""
_READ_BYTES = 4096


def main() -> int:
    """Run the command line that follows; its exit code."""
    program = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_input, args=(program,), daemon=True).start()
    code = program.wait()
    return code if code >= 0 else 128 - code


def _end_with_input(program: subprocess.Popen[bytes]) -> None:
    while os.read(0, _READ_BYTES):
        pass
    program.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.wait(END_LIMIT_S)
    program.kill()


if __name__ == "__main__":
    sys.exit(main())
