"""Exports: the same state comes back from the events, and nobody's text is markup or a secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.events import AnyEvent, Mark, Noted, SegmentUpdated, SessionEvent
from lktui.core.export import NoEventsError, event_line, markdown, read_events, report
from lktui.core.fold import Fold
from lktui.core.session import SessionState
from lktui.core.transcript import Row
from tests.support.scenes import Conversation
from tests.support.talk import Talk, order

CALL = Conversation("7f3a02", age_s=140)
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0ZXIifQ.c2ln"


def told(events: list[AnyEvent]) -> tuple[SessionState, list[Row], Fold]:
    fold = Fold()
    state = fold.apply(events).sessions[CALL.id]
    return state, list(fold.transcript(CALL.id)), fold


def recorded(events: list[AnyEvent]) -> list[AnyEvent]:
    """Leave out what the journal does not keep."""
    return [event for event in events if not isinstance(event, SegmentUpdated) or event.final]


def test_events_come_back_as_the_same_state_and_transcript() -> None:
    events = order(CALL)
    lines = [
        event_line(event).encode() for event in recorded(events) if isinstance(event, SessionEvent)
    ]
    state, rows, _ = told(list(read_events([*lines, b"\n"])))
    wanted, wanted_rows, _ = told(recorded(events))
    assert state == wanted
    assert rows == wanted_rows


@given(st.lists(st.tuples(st.integers(0, 8), st.text(max_size=30), st.booleans()), max_size=12))
def test_lines_and_notes_of_any_text_come_back_as_the_same_state(
    steps: list[tuple[int, str, bool]],
) -> None:
    talk = Talk(CALL)
    said = [
        Noted(session=CALL.id, at=CALL.at + number, about=CALL.at + 100 + at, text=text)
        if is_note
        else talk.line(100 + at, "checkout", text, key=f"line {at}")
        for number, (at, text, is_note) in enumerate(steps)
    ]
    events: list[AnyEvent] = [*CALL.ready(), *said]
    lines = [event_line(event).encode() for event in events if isinstance(event, SessionEvent)]
    exported = b"".join(lines).splitlines(keepends=True)
    assert told(list(read_events(exported)))[:2] == told(events)[:2]


def test_notes_are_in_every_export() -> None:
    talk = Talk(CALL)
    line = talk.line(100, "checkout", "Your order 12 is on its way.")
    noted = Noted(session=CALL.id, at=line.at + 9, about=line.opened_at, text="bad: it is 21")
    state, _, fold = told([*CALL.ready(), line, noted])
    rows = fold.transcript(CALL.id)
    for text in ("".join(markdown(state, rows)), "".join(report(state, rows, {}))):
        said, note = text.splitlines()[-2:]
        assert "is on its way" in said
        assert note.endswith("*note: bad: it is 21*")
    (_, back) = read_events([event_line(line).encode(), event_line(noted).encode()])
    assert back == noted


def test_a_line_that_is_no_event_is_named() -> None:
    with pytest.raises(NoEventsError, match="line 2"):
        list(read_events([b"\n", b'{"t":"of another version"}']))
    with pytest.raises(NoEventsError, match="line 1"):
        list(read_events([b"\xff\xfe"]))


def test_markdown_holds_every_line_with_speaker_time_mark_and_latency() -> None:
    state, rows, fold = told(order(CALL))
    text = "".join(markdown(state, fold.transcript(CALL.id)))
    assert text.startswith("# Conversation with checkout\n")
    assert "- `1:38` **you:** Hi, I would like to change the delivery of my order.\n" in text
    assert "*(interrupted, 1.24 s)*" in text
    assert "- `1:59` *gap: 2.00 s, 1:59 to 2:01: reconnected; lines may be missing*" in text
    assert text.count("\n- `") == len(rows)


def test_text_of_others_is_no_markup() -> None:
    talk = Talk(CALL)
    said = "# **bold** [x](http://y) <b> `c`\n1. one\n- two"
    _, _, fold = told([*CALL.ready(), talk.line(1, "you", said)])
    text = "".join(markdown(fold.state.sessions[CALL.id], fold.transcript(CALL.id)))
    assert r"\# \*\*bold\*\* \[x\](http://y) \<b\> \`c\`<br>1\. one<br>\- two" in text


def test_a_report_tells_versions_verdict_timeline_and_what_was_said() -> None:
    fold = Fold()
    events = [*CALL.not_taken(), Talk(CALL).line(20, "you", "Hello?", mark=Mark.NOT_SENT)]
    state = fold.apply(events).sessions[CALL.id]
    text = "".join(report(state, fold.transcript(CALL.id), {"lktui": "0.1.0"}))
    assert "- lktui: 0.1.0\n" in text
    assert "## Attempt 1" in text
    assert "(`not_taken`)" in text
    assert "- do: " in text
    assert "| 0.000 | room | " in text
    assert "**you:** Hello? *(not sent)*" in text


def test_a_token_that_somebody_said_is_cut_out() -> None:
    fold = Fold()
    state = fold.apply([*CALL.ready(), Talk(CALL).line(1, "you", TOKEN)]).sessions[CALL.id]
    for text in (
        "".join(report(state, fold.transcript(CALL.id), {})),
        "".join(markdown(state, fold.transcript(CALL.id))),
    ):
        assert TOKEN not in text
        assert "eyJ…" in text
