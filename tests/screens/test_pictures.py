"""Profiles, Rooms, Cleanup and what lies over them: row for row and colour for colour."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from textual.pilot import Pilot

from lktui.core.cleanup import ItemState
from lktui.core.events import AnyEvent, ApiCalled, CleanupChanged, RoomsListed, RoomsUnlisted
from lktui.core.problems import ProblemCode, problem
from tests.screens.conftest import Compare, Make
from tests.support.dashboard import STAGING
from tests.support.fakes.still_clock import NOON
from tests.support.scenes import Conversation, item, listed

PROFILES = {
    "local": STAGING.replace("wss://voice-staging.example.net", "ws://127.0.0.1:7880"),
    "prod-eu": STAGING.replace("voice-staging", "voice-eu"),
    "staging": STAGING,
    "東京-受付": "url = 'htp://tokyo.example.net'\n",
}
OTHERS = RoomsListed(
    wall=NOON,
    profile="staging",
    rooms=(
        listed("call-5521", "support", "speaking", people=3),
        listed("予約テスト-東京本店-第二会議室-2026-11-22", "受付エージェント", "listening"),
        listed("standup-2026-11-22-platform-team-daily-europe-west-and-americas", people=6),
        listed("demo room with spaces [/b] and more", "raw-worker", ""),
    ),
)
SETTLED: list[AnyEvent] = [
    *Conversation("5d20aa", "reservierungs-assistent-zürich-v2", age_s=480).never_joined(),
    *Conversation("7f3a02", "echo", age_s=130).ready(),
    *Conversation("91bc4e", age_s=20).not_taken(),
    OTHERS,
]
"""Nothing is under way, so that a second that passes changes nothing."""
TALK = [*SETTLED, *Conversation("c0ffee", "billing", age_s=3).opening()]
QUEUE = CleanupChanged(
    items=(
        item("preclinical-test-k7qd0be214", ItemState.STUCK, tries=10, age_s=3600),
        item("preclinical-test-k7qd44f0c1", ItemState.WAITING, tries=4, age_s=360),
        item("preclinical-test-k7qd7f3a02", ItemState.DUE, age_s=200),
        item("AD_x8Kq2LmN4cTz", ItemState.RUNNING, age_s=100),
        item("preclinical-test-k7qd6620b1", ItemState.DONE, age_s=90),
        item("preclinical-test-k7qdaa17d0", ItemState.LIVE, age_s=20),
    )
)
UNREAD = RoomsUnlisted(
    wall=NOON,
    profile="staging",
    problem=problem(ProblemCode.CONNECTION_REFUSED, host="voice-staging.example.net"),
)
CALLS = [
    ApiCalled(wall=NOON - 60 + at, call=call, profile="staging", room=room, subject=subject,
              took_ms=took, answer=answer)
    for at, (call, room, subject, took, answer) in enumerate([
        ("list_rooms", "", "", 31.0, "12 rooms"),
        ("list_rooms", "", "", 33.0, "12 rooms"),
        ("create_room", "preclinical-test-k7qd91bc4e", "", 12.0, "RM_8Kd2mQ"),
        ("connect", "preclinical-test-k7qd91bc4e", "tester-91bc token ••••", 137.0, "joined"),
        ("delete_dispatch", "preclinical-test-k7qdaa17d0", "AD_x8Kq2LmN4cTa", 3.0, "ok"),
        ("create_dispatch", "preclinical-test-k7qd91bc4e", "checkout", 4.0, "AD_x8Kq2LmN4cTz"),
    ])
]  # fmt: skip
LK = """\
default_project: box
projects:
    - {name: prod-eu, url: wss://eu-abc.livekit.cloud, api_key: APIabc, api_secret: s3cret}
    - {name: box, url: ws://127.0.0.1:7880, api_key: devkey, api_secret: s3cret}
    - {name: broken, url: htp://x}
"""
FAULTY = ("e", "home", "delete", *["tab"] * 5, *["backspace"] * 8)
"""Open the form; make a fault in the URL, and another in the agent's name."""
UNDER_THE_CURSOR = ("91bc4e:1:not_taken", "preclinical-test-k7qd0be214:10")


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is to see."""

    size: tuple[int, int]
    keys: tuple[str, ...]
    events: list[AnyEvent] = field(default_factory=list)
    theme: str = "lktui-dark"
    profiles: dict[str, str] = field(default_factory=lambda: PROFILES)


SCENES = {
    "profiles": Scene((80, 24), ("1",), [*TALK]),
    "profiles-empty": Scene((80, 24), (), profiles={}),
    "profiles-form": Scene((80, 24), FAULTY),
    "profiles-form-wide": Scene((120, 40), FAULTY, theme="lktui-high-contrast"),
    "profiles-form-narrow": Scene((60, 15), FAULTY, theme="lktui-ansi-16"),
    "profiles-import": Scene((80, 24), ("i", "j")),
    "rooms": Scene((80, 24), ("2", "j"), TALK),
    "rooms-wide": Scene((120, 40), ("2", "j"), TALK, "lktui-high-contrast"),
    "rooms-narrow-colourless": Scene((60, 15), ("2", "j"), TALK, "lktui-ansi-16"),
    "rooms-filter-light": Scene((80, 24), ("2", "slash", "c", "h"), TALK, "lktui-light"),
    "rooms-marked": Scene((80, 24), ("2", "j", "space", "space"), TALK),
    "rooms-old": Scene((80, 24), ("2", "G"), [*TALK, UNREAD]),
    "rooms-dispatch": Scene((80, 24), ("2", "G", "D"), SETTLED),
    "rooms-dispatch-wide": Scene((120, 40), ("2", "G", "D"), SETTLED),
    "palette": Scene((80, 24), ("2", ":", *"ret"), SETTLED),
    "palette-wide": Scene((120, 40), ("2", ":", *"ret"), SETTLED, "lktui-ansi-16"),
    "history": Scene((80, 24), ("@",), [*TALK, *CALLS]),
    "history-wide": Scene((120, 40), ("@",), [*TALK, *CALLS]),
    "cleanup": Scene((80, 24), ("4",), [QUEUE]),
    "confirm": Scene((80, 24), ("4", "f"), [QUEUE]),
    "help": Scene((80, 24), ("2", "question_mark", "j"), TALK),
    "too-small": Scene((50, 12), ("2",), TALK),
}


@pytest.mark.parametrize("name", SCENES)
def test_a_picture(
    make: Make, snap_compare: Compare, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = SCENES[name]
    # The profiles' folder is told as it lies in the home folder.
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".livekit").mkdir()
    (tmp_path / ".livekit/cli-config.yaml").write_text(LK)
    dashboard = make(scene.profiles, theme=scene.theme)
    if "staging" in scene.profiles:
        dashboard.controller.use_profile("staging")

    # Else it would depend on whether a second passes before the picture is taken.
    for looked_at in UNDER_THE_CURSOR:
        dashboard.controller.look_at(looked_at)

    async def act(pilot: Pilot[None]) -> None:
        dashboard.attach(pilot)
        await dashboard.looked()
        await dashboard.hear(*scene.events)
        await dashboard.press(*scene.keys)

    assert snap_compare(dashboard.app, terminal_size=scene.size, run_before=act)
