"""What can be done with rooms: the rows of the registry for their list and for dispatching.

Their ids are the values of `ActionId`, which the registry checks.
"""

from __future__ import annotations

from lktui.core import action_reasons as why
from lktui.core.action_types import Action, Danger, Scope

_A, _S = Action, Scope

ROOM_ACTIONS: tuple[Action, ...] = (
    _A(id="rooms.retry", keys=("r",), title="Retry", scope=_S.ROOMS, rank=1,
       help="dispatch again, safely, and wait until ready", danger=Danger.DISRUPTIVE,
       bulk=True, unavailable=why.no_retry_row, ask=why.ask_retry_row),
    _A(id="rooms.open", keys=("enter",), title="Open", scope=_S.ROOMS, rank=2,
       help="talk or read in Live", unavailable=why.no_open),
    _A(id="rooms.start", keys=("s",), title="Start", scope=_S.ROOMS, rank=3,
       help="start a conversation with the profile in use", unavailable=why.no_start),
    _A(id="rooms.end", keys=("x",), title="End", scope=_S.ROOMS, rank=5,
       help="leave and clean up; asks if others are in there", danger=Danger.DISRUPTIVE,
       bulk=True, unavailable=why.no_end_row, ask=why.ask_end_row),
    _A(id="rooms.retry_failed", keys=("R",), title="Retry failed", scope=_S.ROOMS, rank=6,
       help="retry every conversation in view that failed", danger=Danger.DISRUPTIVE,
       unavailable=why.no_failed),
    _A(id="rooms.dispatch", keys=("D",), title="Dispatch", scope=_S.ROOMS, rank=19,
       help="dispatch an agent into this room and judge it", unavailable=why.no_dispatch),
    _A(id="rooms.withdraw", keys=(), title="Withdraw", scope=_S.ROOMS,
       help="withdraw the room's dispatches; asks first", danger=Danger.DESTRUCTIVE,
       unavailable=why.no_withdraw, ask=why.ask_withdraw),
    _A(id="rooms.detail", keys=("z",), title="Detail", scope=_S.ROOMS,
       help="show the whole story of the row, and back", unavailable=why.no_rows),
    _A(id="rooms.mark", keys=("space",), title="Mark", scope=_S.ROOMS, rank=20,
       help="mark the row and go down; again unmarks", unavailable=why.no_rows),
    _A(id="rooms.mark_all", keys=("*",), title="Mark all", scope=_S.ROOMS,
       help="mark all rows in view", unavailable=why.no_rows),
    _A(id="rooms.sort", keys=("o",), title="Sort", scope=_S.ROOMS, rank=18,
       help="sort by the next column", unavailable=why.no_rows),
    _A(id="rooms.reverse", keys=("O",), title="Reverse", scope=_S.ROOMS,
       help="sort in the other direction", unavailable=why.no_rows),
    _A(id="rooms.copy_id", keys=("i",), title="Copy name", scope=_S.ROOMS,
       help="copy the room's name", unavailable=why.no_room_of_row),
    # --- the sheet of dispatching
    _A(id="sheet.do", keys=("enter",), title="Dispatch", scope=_S.SHEET, rank=1,
       help="dispatch this agent into the room"),
    _A(id="sheet.next", keys=("tab",), title="Next field", scope=_S.SHEET, rank=2,
       help="to the next field"),
    _A(id="sheet.later", keys=("down",), title="Known agents", scope=_S.SHEET, rank=3,
       help="take the next agent that is known"),
    _A(id="sheet.close", keys=("escape",), title="Cancel", scope=_S.SHEET, rank=4,
       help="dispatch nothing"),
    _A(id="sheet.earlier", keys=("up",), title="Last agent", scope=_S.SHEET,
       help="take the agent before"),
    _A(id="sheet.previous", keys=("shift+tab",), title="Last field", scope=_S.SHEET,
       help="to the field before"),
)  # fmt: skip
