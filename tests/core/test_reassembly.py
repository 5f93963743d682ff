"""Streams become lines: nothing lost, nothing doubled, whatever the order of arrival."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from lktui.core.events import Mark
from lktui.core.reassembly import (
    CHAT_TOPIC,
    MAX_CHARS,
    MAX_SEGMENTS,
    SILENCE_S,
    Reassembly,
    Remembered,
    Update,
)

SPEECH = "lk.transcription"
FINAL = {"lk.transcription_final": "true"}
NOT_FINAL = {"lk.transcription_final": "false"}


def segment(name: str, *, final: bool = False) -> dict[str, str]:
    return {"lk.segment_id": name} | (FINAL if final else NOT_FINAL)


class Room:
    """Feeds a Reassembly and keeps the lines that a transcript would show."""

    def __init__(self) -> None:
        self.reassembly = Reassembly()
        self.now = 100.0
        self.lines: dict[str, Update] = {}
        self.interim: dict[str, str] = {}
        self._streams = 0

    def take(self, *updates: Update | None) -> None:
        for update in updates:
            if update is None:
                continue
            if not update.final:
                self.interim[update.key] = update.text
                continue
            self.interim.pop(update.key, None)
            if update.text:
                self.lines[update.key] = update
            else:
                self.lines.pop(update.key, None)

    def open(self, identity: str, attributes: dict[str, str], topic: str = SPEECH) -> str:
        self._streams += 1
        stream = f"TS_{self._streams}"
        self.reassembly.opened(stream, topic, identity, attributes, self.now)
        return stream

    def chunk(self, stream: str, text: str) -> None:
        self.take(self.reassembly.chunk(stream, text, self.now))

    def close(self, stream: str, attributes: dict[str, str]) -> None:
        self.take(self.reassembly.closed(stream, attributes, self.now))

    def say(self, identity: str, text: str, name: str, topic: str = SPEECH) -> None:
        stream = self.open(identity, {} if topic == CHAT_TOPIC else segment(name), topic)
        self.chunk(stream, text)
        self.close(stream, {} if topic == CHAT_TOPIC else segment(name, final=True))

    def chat(self, identity: str, text: str) -> None:
        self.say(identity, text, "", CHAT_TOPIC)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.take(*self.reassembly.expire(self.now))

    @property
    def texts(self) -> list[str]:
        return [line.text for line in sorted(self.lines.values(), key=lambda it: it.opened_at)]


def test_chunks_of_one_stream_append() -> None:
    room = Room()
    stream = room.open("agent", segment("s"))
    room.chunk(stream, "Good ")
    room.chunk(stream, "morning")
    assert list(room.interim.values()) == ["Good morning"]
    room.close(stream, segment("s", final=True))
    assert room.texts == ["Good morning"]
    assert not room.interim


def test_the_newest_stream_replaces_the_text_of_its_segment() -> None:
    room = Room()
    for text in ("what", "what would", "what would Friday cost"):
        stream = room.open("user", segment("s"))
        room.chunk(stream, text)
        room.close(stream, segment("s"))
    assert list(room.interim.values()) == ["what would Friday cost"]
    last = room.open("user", segment("s", final=True))
    room.chunk(last, "What would Friday cost?")
    room.close(last, segment("s", final=True))
    assert room.texts == ["What would Friday cost?"]


def test_what_comes_late_from_an_older_stream_is_ignored() -> None:
    room = Room()
    old = room.open("user", segment("s"))
    new = room.open("user", segment("s", final=True))
    room.chunk(new, "new")
    room.chunk(old, "old")
    room.close(new, segment("s", final=True))
    room.close(old, segment("s", final=True))
    assert room.texts == ["new"]


def test_the_same_segment_id_of_two_speakers_is_two_lines() -> None:
    room = Room()
    room.say("user", "hello", "s")
    room.say("agent", "hi", "s")
    assert room.texts == ["hello", "hi"]


def test_a_final_header_counts_only_when_the_stream_has_ended() -> None:
    room = Room()
    stream = room.open("agent", segment("s", final=True))
    room.chunk(stream, "Yes")
    assert not room.lines
    room.close(stream, {})
    assert room.texts == ["Yes"]


def test_lines_are_ordered_by_when_they_were_opened() -> None:
    room = Room()
    first = room.open("agent", segment("a"))
    room.now += 1
    room.say("user", "second", "b")
    room.chunk(first, "first")
    room.close(first, FINAL)
    assert room.texts == ["first", "second"]


def test_the_first_text_has_its_time() -> None:
    room = Room()
    stream = room.open("agent", segment("s"))
    room.now += 0.5
    room.chunk(stream, " ")
    room.now += 0.5
    room.chunk(stream, "Hello")
    room.now += 0.5
    room.chunk(stream, " you")
    room.close(stream, FINAL)
    (line,) = room.lines.values()
    assert (line.opened_at, line.first_text_at) == (100.0, 101.0)


def test_a_chat_message_is_final_at_its_end() -> None:
    room = Room()
    room.chat("other", "hello")
    assert room.texts == ["hello"]


def test_silence_closes_a_segment_as_unconfirmed() -> None:
    room = Room()
    stream = room.open("user", segment("s"))
    room.chunk(stream, "and then")
    room.wait(SILENCE_S - 0.1)
    assert not room.lines
    room.wait(0.2)
    assert [line.mark for line in room.lines.values()] == [Mark.UNCONFIRMED]


def test_an_unconfirmed_line_that_goes_on_becomes_final_under_the_same_key() -> None:
    room = Room()
    stream = room.open("agent", segment("s"))
    room.chunk(stream, "One moment")
    room.wait(SILENCE_S)
    room.chunk(stream, ", here it is")
    room.close(stream, FINAL)
    assert [(line.text, line.mark) for line in room.lines.values()] == [
        ("One moment, here it is", Mark.NONE)
    ]


def test_who_leaves_leaves_no_open_line() -> None:
    room = Room()
    room.chunk(room.open("user", segment("s")), "wait")
    room.chunk(room.open("agent", segment("t")), "so")
    room.take(*room.reassembly.participant_left("user", room.now))
    assert room.texts == ["wait"]
    assert list(room.interim.values()) == ["so"]


def test_a_broken_stream_leaves_an_unconfirmed_line() -> None:
    room = Room()
    stream = room.open("agent", segment("s"))
    room.chunk(stream, "Thank y")
    room.take(room.reassembly.broken(stream, room.now))
    assert [(line.text, line.mark) for line in room.lines.values()] == [
        ("Thank y", Mark.UNCONFIRMED)
    ]


def test_a_segment_without_text_is_no_line() -> None:
    room = Room()
    room.say("agent", "", "s")
    room.say("agent", "  ", "t")
    room.open("agent", segment("u"))
    room.wait(SILENCE_S)
    assert not room.lines


def test_words_that_are_taken_back_leave_no_line() -> None:
    room = Room()
    stream = room.open("user", segment("s"))
    room.chunk(stream, "hm")
    room.close(stream, segment("s"))
    room.close(room.open("user", segment("s", final=True)), FINAL)
    assert not room.lines
    assert not room.interim


def test_text_is_one_safe_line() -> None:
    room = Room()
    room.say("agent", "one\ntwo \x1b]52;c;eA==\x07 ", "s")
    (text,) = room.texts
    assert text.startswith("one two")
    assert text.isprintable()


def test_endless_text_is_cut_and_says_so() -> None:
    room = Room()
    stream = room.open("agent", segment("s"))
    for _ in range(10):
        room.chunk(stream, "x" * 10_000)
    room.close(stream, FINAL)
    assert room.texts == ["x" * (MAX_CHARS - 1) + "…"]


def test_endless_streams_do_not_grow_the_memory() -> None:
    room = Room()
    for index in range(3 * MAX_SEGMENTS):
        room.chunk(room.open("agent", segment(f"s{index}")), f"line {index}")
    assert len(room.reassembly._segments) == MAX_SEGMENTS
    assert len(room.reassembly._streams) <= MAX_SEGMENTS
    room.wait(SILENCE_S)
    assert room.texts == [f"line {index}" for index in range(3 * MAX_SEGMENTS)]


def test_endless_lines_do_not_grow_the_memory() -> None:
    room = Room()
    for index in range(2 * MAX_SEGMENTS):
        room.say("agent", f"line {index}", f"s{index}")
    assert len(room.reassembly._segments) == MAX_SEGMENTS
    assert len(room.lines) == 2 * MAX_SEGMENTS


def test_endless_streams_of_one_segment_do_not_grow_the_memory() -> None:
    room = Room()
    for index in range(2 * MAX_SEGMENTS):
        room.chunk(room.open("user", segment("s")), f"update {index}")
    assert len(room.reassembly._streams) == MAX_SEGMENTS
    assert list(room.interim.values()) == [f"update {2 * MAX_SEGMENTS - 1}"]


def test_a_stream_that_was_never_opened_says_nothing() -> None:
    room = Room()
    room.chunk("TS_x", "text")
    room.close("TS_x", FINAL)
    room.take(room.reassembly.broken("TS_x", room.now))
    assert not room.lines
    assert not room.interim


def test_a_final_line_is_not_opened_again_but_may_be_corrected() -> None:
    room = Room()
    room.say("user", "fryday", "s")
    stream = room.open("user", segment("s"))
    room.chunk(stream, "Friday")
    assert not room.interim
    room.close(stream, FINAL)
    assert room.texts == ["Friday"]


def test_an_empty_end_does_not_take_a_final_line_away() -> None:
    room = Room()
    room.say("user", "Friday", "s")
    room.close(room.open("user", segment("s")), FINAL)
    assert room.texts == ["Friday"]


def test_who_breaks_off_after_the_end_changes_nothing() -> None:
    room = Room()
    room.say("user", "Friday", "s")
    stream = room.open("user", segment("s"))
    room.take(room.reassembly.broken(stream, room.now))
    assert [line.mark for line in room.lines.values()] == [Mark.NONE]


def test_an_unconfirmed_line_that_chat_has_said_too_is_one_line() -> None:
    room = Room()
    room.chat("agent", "echo: hello")
    stream = room.open("agent", segment("s"))
    room.chunk(stream, "echo: hello")
    room.wait(SILENCE_S)
    room.close(stream, FINAL)
    assert room.texts == ["echo: hello"]


def test_an_unconfirmed_line_that_becomes_what_chat_said_is_taken_back() -> None:
    room = Room()
    stream = room.open("agent", segment("s"))
    room.chunk(stream, "echo: ")
    room.wait(SILENCE_S)
    room.chat("agent", "echo: hello")
    room.chunk(stream, "hello")
    room.close(stream, FINAL)
    assert room.texts == ["echo: hello"]


def test_chat_that_streams_beside_its_transcription_is_not_shown_twice() -> None:
    room = Room()
    speech = room.open("agent", segment("s"))
    chat = room.open("agent", {}, CHAT_TOPIC)
    room.chunk(speech, "echo: ")
    room.chunk(chat, "echo: ")
    assert list(room.interim.values()) == ["echo:"]
    room.close(chat, {})
    room.close(speech, FINAL)
    assert room.texts == ["echo:"]


def test_speech_and_chat_of_the_same_words_are_one_line() -> None:
    room = Room()
    room.say("agent", "echo: hello", "s")
    room.chat("agent", "echo:  hello")
    assert room.texts == ["echo: hello"]


def test_chat_and_then_speech_of_the_same_words_are_one_line() -> None:
    room = Room()
    room.chat("agent", "echo: hello")
    room.say("agent", "echo: hello", "s")
    assert room.texts == ["echo: hello"]
    assert not room.interim


def test_speech_that_chat_has_overtaken_is_taken_back() -> None:
    room = Room()
    stream = room.open("agent", segment("s"))
    room.chunk(stream, "echo: ")
    room.chat("agent", "echo: hello")
    room.chunk(stream, "hello")
    assert not room.interim
    room.close(stream, FINAL)
    assert room.texts == ["echo: hello"]


def test_a_word_said_in_two_turns_stays_two_lines() -> None:
    room = Room()
    for turn in ("s", "t"):
        room.say("agent", "yes", turn)
        room.chat("agent", "yes")
    assert room.texts == ["yes", "yes"]


def test_a_word_transcribed_twice_stays_two_lines() -> None:
    room = Room()
    room.say("agent", "yes", "s")
    room.say("agent", "yes", "t")
    assert room.texts == ["yes", "yes"]


def test_the_same_words_of_two_speakers_stay_two_lines() -> None:
    room = Room()
    room.say("user", "hello", "s")
    room.chat("agent", "hello")
    assert room.texts == ["hello", "hello"]


def test_the_same_words_much_later_are_a_new_line() -> None:
    room = Room()
    room.say("agent", "yes", "s")
    room.now += 60
    room.chat("agent", "yes")
    assert room.texts == ["yes", "yes"]


def test_a_backfill_brings_what_was_never_streamed() -> None:
    room = Room()
    room.say("agent", "second", "s")
    items = [
        Remembered(id="1", identity="agent", text="first"),
        Remembered(id="2", identity="agent", text="second"),
    ]
    room.take(*room.reassembly.history(items, 90.0))
    assert room.texts == ["first", "second"]
    assert room.lines["history:1"].mark is Mark.HISTORY
    assert not room.reassembly.history(items, 91.0)


def test_a_line_that_a_backfill_has_just_brought_is_not_streamed_again() -> None:
    room = Room()
    stream = room.open("agent", segment("s"))
    room.chunk(stream, "Hello, this")
    room.take(
        *room.reassembly.history(
            [Remembered(id="1", identity="agent", text="Hello, this is echo")], 100.0
        )
    )
    room.chunk(stream, " is echo")
    room.close(stream, FINAL)
    assert list(room.lines) == ["history:1"]
    assert not room.interim


def test_endless_backfills_do_not_grow_the_memory() -> None:
    room = Room()
    items = [Remembered(id=str(n), identity="agent", text=f"line {n}") for n in range(5000)]
    assert len(room.reassembly.history(items, 1.0)) == 5000
    assert len(room.reassembly._echoes._memory_ids) < 5000


def test_a_backfill_does_not_repeat_what_was_typed_here() -> None:
    room = Room()
    room.reassembly.said_here("me", "hello", room.now)
    assert not room.reassembly.history([Remembered(id="1", identity="me", text="hello")], 101.0)


WORDS = st.sampled_from(["yes", "no", "one moment", "of course, here it is", "はい"])
KINDS = st.sampled_from(["delta", "replace", "chat", "both"])
LINES = st.lists(st.tuples(KINDS, st.lists(WORDS, min_size=1, max_size=3)), min_size=1, max_size=8)


class Step(NamedTuple):
    """One thing that happens to a stream; a stream's steps keep their order."""

    what: str
    stream: str
    topic: str
    text: str = ""
    final: bool = False


def scripts(line: int, kind: str, texts: list[str]) -> list[list[Step]]:
    """Say how a line is sent; scripts may be interleaved, the opens of a segment are in turn."""
    if kind == "replace":
        streams = [f"{line}.{number}" for number in range(len(texts))]
        last = streams[-1]
        said = [
            step
            for stream, text in zip(streams, texts, strict=True)
            for step in (
                Step("open", stream, SPEECH, final=stream == last),
                Step("chunk", stream, SPEECH, text),
            )
        ]
        return [
            said,
            *([Step("close", stream, SPEECH, final=stream == last)] for stream in streams),
        ]
    speech = [
        Step("open", f"{line}.0", SPEECH),
        *(Step("chunk", f"{line}.0", SPEECH, text + " ") for text in texts),
        Step("close", f"{line}.0", SPEECH, final=True),
    ]
    chat = [
        Step("open", f"{line}.chat", CHAT_TOPIC),
        Step("chunk", f"{line}.chat", CHAT_TOPIC, " ".join(texts)),
        Step("close", f"{line}.chat", CHAT_TOPIC),
    ]
    return {"delta": [speech], "chat": [chat], "both": [speech, chat]}[kind]


def play(room: Room, speaker: str, step: Step) -> None:
    room.now += 0.01
    name = step.stream.partition(".")[0]
    attributes = segment(name, final=step.final) if step.topic == SPEECH else {}
    if step.what == "open":
        room.reassembly.opened(step.stream, step.topic, speaker, attributes, room.now)
    elif step.what == "chunk":
        room.chunk(step.stream, step.text)
    else:
        room.close(step.stream, attributes)


@given(LINES, st.randoms(use_true_random=False))
def test_no_interleaving_loses_or_doubles_a_line(
    lines: list[tuple[str, list[str]]], random: Random
) -> None:
    """Each line has a speaker of its own: equal words must not belong together by chance."""
    room = Room()
    waiting = [
        (f"speaker{line}", script)
        for line, (kind, texts) in enumerate(lines)
        for script in scripts(line, kind, texts)
    ]
    written: set[str] = set()
    while waiting:
        ready = [it for it in waiting if it[1][0].what != "close" or it[1][0].stream in written]
        speaker, script = random.choice(ready)
        step = script.pop(0)
        if step.what == "chunk":
            written.add(step.stream)
        play(room, speaker, step)
        waiting = [it for it in waiting if it[1]]
    expected = [texts[-1] if kind == "replace" else " ".join(texts) for kind, texts in lines]
    assert Counter(room.texts) == Counter(expected)
    assert not room.interim
