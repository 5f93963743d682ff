"""sessions, export and replay: the record as scripts and people read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lktui.cli import main
from lktui.core.events import AnyEvent, Noted, SegmentUpdated
from lktui.core.export import read_events
from lktui.core.fold import Fold
from lktui.store.paths import Paths
from tests.support.record import write_record
from tests.support.scenes import Conversation
from tests.support.talk import order

ORDER = Conversation("7f3a02", age_s=7000)
FAILED = Conversation("91bc4e", "support", profile="nightly", age_s=3000)


def events() -> list[AnyEvent]:
    """Make all events of the longer session that an engine writes down."""
    said = [event for event in order(ORDER) if not isinstance(event, SegmentUpdated) or event.final]
    noted = Noted(session=ORDER.id, at=ORDER.at + 136, about=ORDER.at + 133, text="good")
    return [*said, noted, ORDER.ended(140)]


@pytest.fixture
def state(tmp_path: Path) -> list[str]:
    """Give the flag of a state folder with two sessions."""
    folder = tmp_path / "state"
    write_record(Paths.of(str(tmp_path / "config"), str(folder)), *events())
    write_record(
        Paths.of(str(tmp_path / "config"), str(folder)), *FAILED.not_taken(), FAILED.ended(20)
    )
    return [f"--state-dir={folder}"]


def test_sessions_are_listed_newest_first(
    state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*state, "sessions", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["sessions"]
    assert first == {
        "id": FAILED.id,
        "profile": "nightly",
        "agent": "support",
        "room": FAILED.room,
        "began": FAILED.wall,
        "lasted_s": 20.0,
        "outcome": "not_taken",
        "turns": None,
    }
    assert (second["id"], second["turns"], second["outcome"]) == (ORDER.id, 10, "ready")


def test_people_get_a_table_and_an_empty_record_says_so(
    state: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main([*state, "sessions", "--limit", "1"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["began", "outcome", "profile", "room", "turns", "lasted", "id"]
    assert "✗ no worker took it" in row
    assert main([f"--state-dir={tmp_path / 'other'}", "sessions"]) == 0
    assert capsys.readouterr().err == "The record holds no session.\n"


def test_an_export_of_events_is_replayed_to_the_same_state(
    state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*state, "export", ORDER.id, "--format", "jsonl"]) == 0
    lines = capsys.readouterr().out.encode().splitlines()
    again, wanted = Fold(), Fold()
    assert again.apply(read_events(lines)).sessions == wanted.apply(events()).sessions
    assert list(again.transcript(ORDER.id)) == list(wanted.transcript(ORDER.id))
    assert any(row.text == "good" for row in again.transcript(ORDER.id))


@pytest.mark.parametrize("word", [ORDER.id, "7f3", ORDER.room])
def test_a_session_is_named_by_id_beginning_or_room(
    state: list[str], capsys: pytest.CaptureFixture[str], word: str
) -> None:
    assert main([*state, "export", word]) == 0
    text = capsys.readouterr().out
    assert text.startswith("# Conversation with checkout\n")
    assert "*note: good*" in text


def test_a_report_tells_the_verdict_and_versions(
    state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*state, "export", "last", "--format", "report"]) == 0
    text = capsys.readouterr().out
    assert "(`not_taken`)" in text
    assert "- lktui: " in text


def test_a_word_that_names_no_session_is_a_usage_error_with_the_nearest(
    state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*state, "export", "7f3a03"]) == 2
    assert "the closest is 7f3a02" in capsys.readouterr().err


def test_a_replay_prints_every_line_once_and_in_order(
    state: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*state, "replay", ORDER.id, "--speed", "100000", "--plain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0:02 checkout: Hello, this is the shop. How can I help?"
    assert "1:45 checkout: Thank you." in " ".join(lines)
    said = [line for line in lines if line.split()[1] in ("you:", "checkout:", "support:")]
    assert len(said) == len(set(said)) == 10


def test_a_file_is_replayed_as_events(
    state: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    main([*state, "export", ORDER.id, "--format", "jsonl"])
    exported = capsys.readouterr().out
    file = tmp_path / "call.jsonl"
    file.write_text(exported)
    assert main(["replay", str(file), "--json", "--speed", "100000"]) == 0
    assert capsys.readouterr().out == exported


@pytest.mark.parametrize(
    ("content", "why"),
    [("not json\n", "line 1"), ("", "holds no session")],
)
def test_a_file_that_is_no_export_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str, why: str
) -> None:
    file = tmp_path / "call.jsonl"
    file.write_text(content)
    assert main(["replay", str(file)]) == 2
    assert why in capsys.readouterr().err


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf"])
def test_a_speed_has_to_be_above_zero(
    state: list[str], capsys: pytest.CaptureFixture[str], speed: str
) -> None:
    assert main([*state, "replay", "last", f"--speed={speed}"]) == 2
    assert "above 0" in capsys.readouterr().err
