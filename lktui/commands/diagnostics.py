"""Every line that a headless verb writes to stderr, and how a verb ends."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from lktui.core.nearest import nearest
from lktui.core.problems import ExitCode, PortError, Problem, ProblemCode, problem
from lktui.core.sanitize import clean, clean_detail, without_tokens

_CHOICE = re.compile(r"^argument (?P<what>.+?): invalid choice: '(?P<word>.*)' \((?P<known>.*)\)$")
_WORDS = re.compile(r"[\w-]+")
_LONG_OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")


def fail(found: Problem, *, of: str = "") -> int:
    """Print a problem's line and give the exit code that belongs to it.

    Args:
        found: What is wrong.
        of: Whose problem it is, where there are several; it stands first.
    """
    _to_stderr(f"{of}: {found.line}" if of else found.line)
    return int(found.exit_code)


def hint(words: str, *, quiet: bool) -> None:
    """Print something that is good to know and no failure, unless only results are wanted."""
    if not quiet:
        _to_stderr(words)


def misused(what: str, *, cause: str = "", verb: str = "") -> Problem:
    """Make the problem of a command line that cannot be followed.

    Args:
        what: What is wrong with it, sanitised.
        cause: Why, or the closest word that is known.
        verb: Whose `--help` shows how it is meant; empty: that of lktui.
    """
    found = problem(ProblemCode.USAGE, what=what, verb=verb)
    return msgspec.structs.replace(
        found,
        cause=cause or found.cause,
        resolution=f"See `{' '.join(['lktui', *verb.split(), '--help'])}`",
    )


def misused_word(kind: str, word: str, known: Iterable[str], *, verb: str = "") -> Problem:
    """Make the problem of a word that is not known; it names the closest one."""
    known = list(known)
    near = nearest(word, known)
    cause = f"the closest is {near}" if near else f"known are {', '.join(known)}"
    return misused(f"Unknown {kind} “{clean(word, limit=40)}”", cause=cause, verb=verb)


def misused_by_argparse(message: str, verb: str) -> Problem:
    """Make the problem of what argparse found; its message may quote a choice, no other value."""
    choice = _CHOICE.match(message)
    if choice is not None:
        known = _WORDS.findall(choice["known"].removeprefix("choose from "))
        return misused_word(choice["what"].lower(), choice["word"], known, verb=verb)
    needs_value = message.endswith("expected one argument")
    cause = "a value that begins with a dash is joined by =, as in --option=-x"
    what = clean_detail(message[:1].upper() + message[1:])
    return misused(what, cause=cause if needs_value else "", verb=verb)


def misused_rest(rest: list[str], help_text: str, verb: str) -> Problem:
    """Make the problem of arguments that nobody takes.

    Only names of options are quoted: any other word may be the secret that followed a misspelt one.
    """
    options = [word.partition("=")[0] for word in rest if word.startswith("--")]
    if options:
        return misused_word("option", options[0], set(_LONG_OPTION.findall(help_text)), verb=verb)
    return misused(
        "1 argument too many" if len(rest) == 1 else f"{len(rest)} arguments too many",
        cause="what holds blanks needs quotes; an option begins with --",
        verb=verb,
    )


def run_guarded(work: Callable[[], int], log_file: Path) -> int:
    """Run a verb to its end and give its exit code, whatever happens in it.

    A problem becomes its line, ctrl+c 130, and a reader of our output who went away 1. The
    unforeseen goes to the log, with one line on stderr that says where.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = work()
        sys.stdout.flush()
    except PortError as error:
        return fail(error.problem)
    except KeyboardInterrupt:
        return fail(problem(ProblemCode.INTERRUPTED))
    except BrokenPipeError:
        # The interpreter flushes once more at its end; that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.UNEXPECTED)
    except Exception as error:  # noqa: BLE001 - the last resort: logged, and said to the person
        _log(error, log_file)
        what = clean_detail(f"{type(error).__name__}: {error}")
        return fail(problem(ProblemCode.INTERNAL, what=what, log=clean(str(log_file))))
    return code


def _to_stderr(line: str) -> None:
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")
    print(line, file=sys.stderr, flush=True)


def _log(error: Exception, log_file: Path) -> None:
    """Add the traceback to the log; where there is none, stderr must do."""
    # Imported late: it brings asyncio, which a verb that only reads a file does without.
    from lktui.clock import SystemClock  # noqa: PLC0415
    from lktui.store.resolved_secrets import without_secrets  # noqa: PLC0415 - as above

    at = dt.datetime.fromtimestamp(SystemClock().wall(), dt.UTC)
    text = without_secrets(without_tokens("".join(traceback.format_exception(error))))
    try:
        fd = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{at:%Y-%m-%d %H:%M:%S} lktui\n{text}")
    except OSError as log_error:
        _to_stderr(f"The log cannot be written: {clean_detail(str(log_error))}")
        _to_stderr(text)
