"""Rows behind a filter: the same as filtering everything anew, whatever changes."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from lktui.core.events import Role, SegmentUpdated, SessionId
from lktui.core.filtering import Filter
from lktui.core.shown_rows import FilteredRows, composed, each_once
from lktui.core.transcript import Splice, Transcript

STEPS = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.sampled_from(["checkout", "you", "tool"]),
        st.sampled_from(["Yes.", "No.", ""]),
    ),
    max_size=40,
)


def take(transcript: Transcript, step: tuple[int, str, str]) -> None:
    number, speaker, text = step
    if speaker == "tool":
        transcript.add_fact(float(number), "tool", f"call {number}")
        return
    transcript.apply(
        SegmentUpdated(
            at=float(number),
            session=SessionId("s"),
            key=f"{speaker}{number}",
            identity=speaker,
            speaker=speaker,
            role=Role.YOU if speaker == "you" else Role.AGENT,
            text=text,
            final=True,
            opened_at=float(number),
            first_text_at=float(number),
        )
    )


@given(STEPS, STEPS, st.sampled_from(["checkout", "tool", "!you", "nobody"]))
def test_it_shows_what_matches_now(
    before: list[tuple[int, str, str]], after: list[tuple[int, str, str]], wanted: str
) -> None:
    transcript, by = Transcript(), Filter(wanted)
    for step in before:
        take(transcript, step)
    shown = FilteredRows(transcript, by)
    for step in after:
        take(transcript, step)
        assert list(shown) == [row for row in transcript if by.matches(row.speaker)]
    assert len(shown) == len(list(shown))


@given(STEPS, STEPS, st.sampled_from(["checkout", "!checkout"]), st.integers(1, 5))
def test_its_splices_lead_from_what_was_shown_to_what_is(
    before: list[tuple[int, str, str]], after: list[tuple[int, str, str]], wanted: str, every: int
) -> None:
    transcript = Transcript()
    for step in before:
        take(transcript, step)
    shown = FilteredRows(transcript, Filter(wanted))
    edits, copy = shown.edits, list(shown)
    for number, step in enumerate(after):
        take(transcript, step)
        if number % every:
            continue
        splices = shown.splices_since(edits)
        assert splices is not None
        whole = composed(splices)
        if whole is not None:
            new = [shown[row] for row in range(whole.at, whole.at + whole.added)]
            copy[whole.at : whole.at + whole.removed] = new
        edits = shown.edits
        assert copy == list(shown)


def test_what_was_long_ago_is_not_remembered() -> None:
    transcript = Transcript()
    shown = FilteredRows(transcript, Filter("checkout"))
    for number in range(100):
        take(transcript, (number, "checkout", "Yes."))
        assert len(shown) == number + 1
    assert shown.splices_since(0) is None
    assert shown.splices_since(shown.edits) == ()


def test_a_change_before_the_rows_that_were_missed_is_counted_as_they_are_now() -> None:
    # A row at the end, then one before it away: as they were then, the first was row 10.
    assert composed([Splice(10, 0, 1), Splice(3, 1, 0)]) == Splice(3, 7, 7)
    assert composed([]) is None


@given(
    st.lists(st.integers(), max_size=12),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), st.integers(0, 3)), max_size=8),
)
def test_the_whole_of_changes_does_what_they_do_one_after_another(
    rows: list[int], changes: list[tuple[int, int, int]]
) -> None:
    now, splices = list(rows), []
    for fresh, (at, removed, added) in enumerate(changes):
        first = min(at, len(now))
        gone = min(removed, len(now) - first)
        now[first : first + gone] = [1000 + fresh] * added
        splices.append(Splice(first, gone, added))
    whole = composed(splices)
    copy = list(rows)
    if whole is not None:
        new = now[whole.at : whole.at + whole.added]
        copy[whole.at : whole.at + whole.removed] = new
    assert copy == now


@given(STEPS, STEPS, st.integers(0, 3))
def test_each_row_comes_once_while_others_come_and_go(
    before: list[tuple[int, str, str]], after: list[tuple[int, str, str]], every: int
) -> None:
    transcript, changes = Transcript(), iter(after)
    for step in before:
        take(transcript, step)
    there = {(row.at, row.speaker) for row in transcript if row.role is not None}
    seen: list[tuple[float, str]] = []
    for row in each_once(transcript):
        if row.role is not None:
            seen.append((row.at, row.speaker))
        for step in islice(changes, every):
            take(transcript, step)
            there &= {(row.at, row.speaker) for row in transcript if row.role is not None}
    assert there <= set(seen)
    assert len(seen) == len(set(seen))
