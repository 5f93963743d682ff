"""The store of what was said: order, upserts, latencies, and how views follow it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lktui.core.events import Mark, Role, SegmentUpdated, SessionId
from lktui.core.signs import StateKind
from lktui.core.transcript import Splice, Transcript

SESSION = SessionId("s1")


def said(
    key: str,
    text: str,
    *,
    role: Role = Role.AGENT,
    at: float = 10.0,
    first: float | None = None,
    done: float | None = None,
    final: bool = True,
    speaker: str = "",
    mark: Mark = Mark.NONE,
) -> SegmentUpdated:
    return SegmentUpdated(
        at=at if done is None else done,
        session=SESSION,
        key=key,
        identity=key,
        speaker=speaker or role.value,
        role=role,
        text=text,
        final=final,
        opened_at=at,
        first_text_at=at if first is None else first,
        mark=mark,
    )


def filled(*updates: SegmentUpdated) -> Transcript:
    transcript = Transcript()
    for update in updates:
        transcript.apply(update)
    return transcript


def texts(transcript: Transcript) -> list[str]:
    return [row.text for row in transcript]


def test_finals_are_ordered_by_when_they_were_opened() -> None:
    transcript = filled(
        said("b", "second", at=2), said("c", "third", at=3), said("a", "first", at=1)
    )
    assert texts(transcript) == ["first", "second", "third"]


def test_lines_of_the_same_moment_keep_the_order_in_which_they_came() -> None:
    assert texts(filled(said("b", "one"), said("a", "two"))) == ["one", "two"]


def test_what_is_being_said_is_kept_apart_until_it_is_final() -> None:
    transcript = filled(said("b", "Fri", at=2, final=False), said("a", "Thu", at=1, final=False))
    assert [segment.text for segment in transcript.speaking] == ["Thu", "Fri"]
    assert not texts(transcript)
    transcript.apply(said("a", "Thursday", at=1))
    assert [segment.text for segment in transcript.speaking] == ["Fri"]
    assert texts(transcript) == ["Thursday"]


def test_final_without_text_takes_the_interim_text_away() -> None:
    transcript = filled(said("a", "hm", final=False), said("a", ""))
    assert not transcript.speaking
    assert not texts(transcript)
    assert transcript.turns == 0


def test_a_line_that_is_final_again_is_changed_in_its_place() -> None:
    transcript = filled(said("a", "first", at=1, mark=Mark.UNCONFIRMED), said("b", "second", at=2))
    transcript.apply(said("a", "first, and whole", at=1))
    assert texts(transcript) == ["first, and whole", "second"]
    assert transcript[0].mark is Mark.NONE
    assert transcript.turns == 2


def test_lines_of_long_ago_cannot_be_changed_so_that_memory_is_bounded() -> None:
    transcript = filled(*(said(str(n), "x", at=n) for n in range(5000)))
    assert len(transcript._places) < 5000
    transcript.apply(said("4999", "changed", at=4999))
    assert (len(transcript), transcript[4999].text) == (5000, "changed")


def test_a_line_can_be_taken_back() -> None:
    transcript = filled(said("a", "first", at=1), said("b", "second", at=2), said("a", "", at=1))
    assert texts(transcript) == ["second"]


def test_the_latency_is_from_the_end_of_the_question_to_the_first_words() -> None:
    transcript = filled(
        said("q", "cost?", role=Role.USER, at=10, done=12),
        said("a", "ten", at=12.5, first=12.75),
    )
    assert [row.took_s for row in transcript] == [None, 0.75]
    assert transcript.last_reply == transcript.replies()[-1]


def test_only_the_first_reply_to_a_line_has_a_latency() -> None:
    transcript = filled(
        said("q", "cost?", role=Role.YOU, at=1), said("a", "ten", at=2), said("b", "or so", at=9)
    )
    assert [row.took_s for row in transcript] == [None, 1.0, None]


def test_a_greeting_has_no_latency() -> None:
    assert filled(said("a", "hello"))[0].took_s is None


def test_facts_between_question_and_reply_do_not_hide_the_latency() -> None:
    transcript = filled(said("q", "cost?", role=Role.YOU, at=1), said("a", "ten", at=3))
    transcript.add_fact(2, "tool", "price() → 10", 0.2)
    assert [row.took_s for row in transcript] == [None, 0.2, 2.0]
    assert [reply.latency_s for reply in transcript.replies()] == [2.0]


def test_a_question_that_comes_late_gives_the_reply_its_latency() -> None:
    transcript = filled(said("a", "ten", at=3))
    assert transcript.last_reply is None
    transcript.apply(said("q", "cost?", role=Role.USER, at=1, done=2))
    assert [row.took_s for row in transcript] == [None, 1.0]
    assert transcript.splices_since(1) == [Splice(0, 1, 2)]


def test_a_reply_that_began_before_the_question_ended_has_no_latency() -> None:
    transcript = filled(
        said("q", "cost?", role=Role.USER, at=1, done=4), said("a", "ten", at=2, first=3)
    )
    assert transcript[1].took_s is None


def test_a_line_that_was_not_sent_is_answered_by_nobody() -> None:
    transcript = filled(
        said("q", "cost?", role=Role.YOU, at=1),
        said("r", "hello?", role=Role.YOU, at=2, mark=Mark.NOT_SENT),
        said("a", "ten", at=3),
    )
    assert transcript[2].took_s == 2.0


def test_an_earlier_line_has_no_latency() -> None:
    transcript = filled(
        said("q", "cost?", role=Role.YOU, at=1), said("a", "ten", at=2, mark=Mark.HISTORY)
    )
    assert transcript[1].took_s is None


def test_a_fact_has_its_own_time_and_state() -> None:
    transcript = Transcript()
    transcript.add_fact(5.0, "verdict", "✗ no worker took it", 5.5, StateKind.FAILED)
    row = transcript[0]
    assert (row.role, row.speaker, row.took_s, row.kind) == (None, "verdict", 5.5, StateKind.FAILED)
    assert transcript.turns == 0


def test_the_second_agent_is_told_from_the_first() -> None:
    transcript = filled(said("a", "hi", speaker="checkout"), said("b", "hi", speaker="support"))
    assert [row.other_agent for row in transcript] == [False, True]


def test_every_change_gives_a_new_revision_but_only_rows_count_as_edits() -> None:
    transcript = filled(said("a", "h", final=False))
    assert (transcript.revision, transcript.edits) == (1, 0)
    transcript.apply(said("a", "hi"))
    assert (transcript.revision, transcript.edits) == (2, 1)


def test_many_added_rows_are_one_splice() -> None:
    transcript = filled(*(said(str(n), "x", at=n) for n in range(1000)))
    assert transcript.splices_since(0) == [Splice(0, 0, 1000)]
    assert transcript.splices_since(998) == [Splice(998, 0, 2)]
    assert transcript.splices_since(1000) == ()


def test_a_view_that_has_slept_too_long_starts_anew() -> None:
    transcript = filled(*(said(str(n), "x", at=1000 - n) for n in range(1000)))
    assert transcript.splices_since(1) is None
    assert transcript.splices_since(999) == [Splice(0, 0, 1)]


EDITS = st.lists(
    st.tuples(
        st.integers(0, 12),  # the segment
        st.sampled_from(["", "one", "another text", "はい"]),
        st.integers(0, 30),  # when it was opened
        st.sampled_from(Role),
        st.booleans(),
    ),
    max_size=40,
)


@given(EDITS, st.integers(0, 40))
def test_a_view_that_follows_the_splices_has_the_same_rows(
    edits: list[tuple[int, str, int, Role, bool]], pause: int
) -> None:
    transcript = Transcript()
    view: list[object] = []
    seen = 0
    for step, (segment, text, at, role, final) in enumerate(edits):
        transcript.apply(said(str(segment), text, at=at, role=role, final=final))
        if step < pause:
            continue
        splices = transcript.splices_since(seen)
        assert splices is not None
        for splice in splices:
            view[splice.at : splice.at + splice.removed] = [None] * splice.added
        assert len(view) == len(transcript)
        view = [transcript[index] if row is None else row for index, row in enumerate(view)]
        seen = transcript.edits
        assert view == list(transcript)


@given(EDITS)
def test_rows_stay_in_order_and_last_reply_is_the_last_of_replies(
    edits: list[tuple[int, str, int, Role, bool]],
) -> None:
    transcript = Transcript()
    for segment, text, at, role, final in edits:
        transcript.apply(said(str(segment), text, at=at, role=role, final=final))
    times = [row.at for row in transcript]
    assert times == sorted(times)
    assert transcript.turns == len(transcript)
    replies = transcript.replies()
    assert transcript.last_reply == (replies[-1] if replies else None)


def test_json_lines_name_the_speaker_the_time_and_the_latency() -> None:
    transcript = filled(
        said("q", "hello", role=Role.YOU, at=101),
        said("a", "echo: hello", at=101.25, speaker="echo"),
        said("b", "and", at=103, speaker="echo", final=False),
    )
    transcript.add_fact(102, "tool", "quiet")
    lines = [
        (line.at_ms, line.speaker, line.role, line.text, line.final, line.latency_ms)
        for line in transcript.as_lines(100)
    ]
    assert lines == [
        (1000, "you", Role.YOU, "hello", True, None),
        (1250, "echo", Role.AGENT, "echo: hello", True, 250),
        (3000, "echo", Role.AGENT, "and", False, None),
    ]


def test_an_unconfirmed_line_is_not_called_final() -> None:
    (line,) = filled(said("a", "so", mark=Mark.UNCONFIRMED)).as_lines(0)
    assert not line.final
