"""Every action of a screen's scopes is carried out there, and nothing else is."""

from __future__ import annotations

import pytest

from lktui.core.action_types import Scope
from lktui.core.actions import PARENTS, ActionId, of_scopes
from lktui.screens.action_screen import ActionScreen
from lktui.screens.cleanup.screen import CleanupScreen
from lktui.screens.confirm.sheet import ConfirmSheet
from lktui.screens.doctor.page import DoctorPage
from lktui.screens.help.page import HelpPage
from lktui.screens.history.page import HistoryPage
from lktui.screens.importing.page import ImportPage
from lktui.screens.live.screen import LiveScreen
from lktui.screens.past.page import PastPage
from lktui.screens.profile_form.page import ProfileFormPage
from lktui.screens.profiles.screen import ProfilesScreen
from lktui.screens.rooms.screen import RoomsScreen

INPUTS = {
    Scope.LIVE: (Scope.COMPOSER, Scope.PALETTE, Scope.FILTER, Scope.NOTE, Scope.EXPORT),
    Scope.PROFILES: (Scope.FILTER, Scope.PALETTE),
    Scope.ROOMS: (Scope.FILTER, Scope.PALETTE, Scope.SHEET),
    Scope.CLEANUP: (Scope.FILTER, Scope.PALETTE),
    Scope.HELP: (Scope.FILTER,),
    Scope.HISTORY: (Scope.FILTER,),
    Scope.PAST: (Scope.FILTER, Scope.EXPORT),
    Scope.IMPORT: (Scope.PATH,),
    Scope.DOCTOR: (),
    Scope.FORM: (),
    Scope.CONFIRM: (),
}


@pytest.mark.parametrize(
    ("screen", "scope"),
    [
        (ProfilesScreen, Scope.PROFILES),
        (RoomsScreen, Scope.ROOMS),
        (LiveScreen, Scope.LIVE),
        (CleanupScreen, Scope.CLEANUP),
        (HelpPage, Scope.HELP),
        (HistoryPage, Scope.HISTORY),
        (PastPage, Scope.PAST),
        (ImportPage, Scope.IMPORT),
        (DoctorPage, Scope.DOCTOR),
        (ProfileFormPage, Scope.FORM),
        (ConfirmSheet, Scope.CONFIRM),
    ],
)
def test_each_action_has_one_handler_on_its_screen(
    screen: type[ActionScreen[object]], scope: Scope
) -> None:
    actions = of_scopes((scope, *PARENTS[scope], *INPUTS[scope]))
    assert set(screen.HANDLERS) == {ActionId(action.id) for action in actions}
