"""Tells of every call to LiveKit once it has answered: what `@` and a log of one's own show.

A call's answer is told in a few words and as its own beginning; tokens are cut out of both, and a
secret is in neither: nothing that the server answers holds one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lktui.clock import Clock
from lktui.core.events import AnyEvent, ApiCalled
from lktui.core.problems import PortError, ProblemCode
from lktui.core.sanitize import clean_detail, clean_lines, without_tokens

MAX_RAW_CHARS = 2000
_MAX_SUBJECT_CHARS = 200


class OpenCall:
    """A call that is under way; its answer is noted by whoever made it."""

    def __init__(self, room: str, subject: str) -> None:
        self.room, self.subject = room, subject
        self.answer = "ok"
        """Empty if it never came, for nobody waited."""
        self.raw = ""

    def answered(self, answer: str, raw: str = "") -> None:
        """Note what came back.

        Args:
            answer: In a few words.
            raw: The answer itself; only its beginning is kept.
        """
        self.answer = answer
        self.raw = raw


class CallLog:
    """The calls to one profile's server.

    Args:
        profile: Whose server and key are used.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(self, profile: str, emit: Callable[[AnyEvent], None], clock: Clock) -> None:
        self._profile, self._emit, self._clock = profile, emit, clock

    @contextmanager
    def call(
        self, name: str, room: str = "", subject: str = "", metadata: str = ""
    ) -> Iterator[OpenCall]:
        """Tell of what happens inside, also if it fails; one that is cancelled is not told.

        Args:
            name: Of the call.
            room: Which room it is about.
            subject: What else it is about.
            metadata: What a dispatch is given.
        """
        began, wall = self._clock.monotonic(), self._clock.wall()
        under_way = OpenCall(room, subject)
        found = None
        try:
            yield under_way
        except PortError as error:
            found = error.problem
            what = "not there" if found.code is ProblemCode.NOT_FOUND else found.summary
            under_way.answered(what, found.detail)
            raise
        except BaseException:
            under_way.answer = ""
            raise
        finally:
            if under_way.answer:
                self._emit(
                    ApiCalled(
                        wall=wall,
                        call=name,
                        profile=self._profile,
                        room=clean_detail(under_way.room, limit=_MAX_SUBJECT_CHARS),
                        subject=clean_detail(under_way.subject, limit=_MAX_SUBJECT_CHARS),
                        metadata=clean_detail(metadata, limit=_MAX_SUBJECT_CHARS),
                        took_ms=round((self._clock.monotonic() - began) * 1000, 1),
                        answer=clean_detail(under_way.answer),
                        raw=without_tokens(clean_lines(under_way.raw[:MAX_RAW_CHARS])).strip(),
                        problem=None if found and found.code is ProblemCode.NOT_FOUND else found,
                    )
                )
