"""What the dashboard does by itself when it is told to."""

from lktui.core.commands import StartSession
from lktui.core.events import SessionId
from tests.support.dashboard import Dashboard

HINT = "demo: talk here"


async def test_it_talks_to_the_named_agents_and_shows_the_last_one(dashboard: Dashboard) -> None:
    dashboard.app._talk_to = ("staging", "staging")
    async with dashboard.running((80, 24)):
        begun = [sent for sent in dashboard.engine.commands if isinstance(sent, StartSession)]
        assert [one.profile.name for one in begun] == ["staging", "staging"]
        assert dashboard.controller.focus == begun[-1].session
        assert dashboard.lines[0].startswith(" lktui  1 Profiles  2 Rooms  3 Live")
        assert "enter Type" in dashboard.footer


async def test_a_reminder_stays_through_keys_until_it_is_dismissed(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        dashboard.controller.remind(HINT)
        await dashboard.press("2", "1", "o")
        assert dashboard.status.endswith(HINT)
        await dashboard.press("escape")
        assert HINT not in dashboard.status


async def test_a_reminder_goes_with_the_first_line(dashboard: Dashboard) -> None:
    async with dashboard.running((80, 24)):
        dashboard.controller.remind(HINT)
        dashboard.controller.say(SessionId("one"), "hello")
        await dashboard.settled()
        assert HINT not in dashboard.status
