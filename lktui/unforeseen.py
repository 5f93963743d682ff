"""What becomes of an unforeseen error: its story goes to the log, a problem of one line remains."""

from __future__ import annotations

import contextlib
import traceback
from pathlib import Path

from lktui.core.problems import Problem, ProblemCode, problem
from lktui.core.sanitize import clean_detail, without_tokens


def unforeseen(error: BaseException | None, log_file: Path) -> Problem:
    """Write an error's story to the log, without local variables, and give it as a problem."""
    from lktui.store.resolved_secrets import without_secrets  # noqa: PLC0415 - not at first paint

    story = "".join(traceback.format_exception(error)) if error is not None else ""
    # A disk that takes no log must not hide the line that says so.
    with contextlib.suppress(OSError), log_file.open("a", encoding="utf-8") as log:
        log.write(without_secrets(without_tokens(story)))
    what = clean_detail(without_secrets(f"{type(error).__name__}: {error}"))
    return problem(ProblemCode.INTERNAL, what=what, log=str(log_file))
