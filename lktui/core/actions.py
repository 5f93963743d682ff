"""The registry of actions: the only place where a key is written.

Bindings, footer, help page, confirmations and README's table of keys are made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from lktui.core import action_reasons as why
from lktui.core import cleanup_reasons
from lktui.core.action_types import Action, Danger, Scope
from lktui.core.profile_actions import PROFILE_ACTIONS
from lktui.core.reading_actions import LIVE_ACTIONS, RECORD_ACTIONS, ask_send
from lktui.core.room_actions import ROOM_ACTIONS
from lktui.core.watch_actions import WATCH_ACTIONS


class ActionId(StrEnum):
    """Public names of all actions."""

    SHOW_PROFILES = "show.profiles"
    SHOW_ROOMS = "show.rooms"
    SHOW_LIVE = "show.live"
    SHOW_CLEANUP = "show.cleanup"
    HELP = "help"
    PALETTE = "palette"
    HISTORY = "history"
    BACK = "back"
    NEXT_PANE = "pane.next"
    PREVIOUS_PANE = "pane.previous"
    QUIT = "quit"
    INTERRUPT = "interrupt"
    REDRAW = "redraw"
    DOWN = "move.down"
    UP = "move.up"
    FIRST = "move.first"
    LAST = "move.last"
    PAGE_DOWN = "move.page_down"
    PAGE_UP = "move.page_up"
    FILTER = "list.filter"
    COPY = "list.copy"
    COPY_ALL = "list.copy_all"
    PROFILES_USE = "profiles.use"
    PROFILES_START = "profiles.start"
    PROFILES_TEST = "profiles.test"
    PROFILES_ADD = "profiles.add"
    PROFILES_EDIT = "profiles.edit"
    PROFILES_CLONE = "profiles.clone"
    PROFILES_EDITOR = "profiles.editor"
    PROFILES_DELETE = "profiles.delete"
    PROFILES_IMPORT = "profiles.import"
    PROFILES_ENVIRONMENT = "profiles.environment"
    PROFILES_DEMO = "profiles.demo"
    PROFILES_MARK = "profiles.mark"
    PROFILES_MARK_ALL = "profiles.mark_all"
    PROFILES_SORT = "profiles.sort"
    PROFILES_REVERSE = "profiles.reverse"
    ROOMS_OPEN = "rooms.open"
    ROOMS_RETRY = "rooms.retry"
    ROOMS_RETRY_FAILED = "rooms.retry_failed"
    ROOMS_START = "rooms.start"
    ROOMS_END = "rooms.end"
    ROOMS_DISPATCH = "rooms.dispatch"
    ROOMS_WITHDRAW = "rooms.withdraw"
    ROOMS_DETAIL = "rooms.detail"
    ROOMS_MARK = "rooms.mark"
    ROOMS_MARK_ALL = "rooms.mark_all"
    ROOMS_SORT = "rooms.sort"
    ROOMS_REVERSE = "rooms.reverse"
    ROOMS_COPY_ID = "rooms.copy_id"
    LIVE_TYPE = "live.type"
    LIVE_RETRY = "live.retry"
    LIVE_START = "live.start"
    LIVE_END = "live.end"
    LIVE_FOLLOW = "live.follow"
    LIVE_COPY = "live.copy"
    LIVE_COPY_ALL = "live.copy_all"
    LIVE_COPY_ID = "live.copy_id"
    LIVE_PANEL = "live.panel"
    LIVE_NEXT = "live.next"
    LIVE_PREVIOUS = "live.previous"
    LIVE_SEARCH = "live.search"
    LIVE_NEXT_HIT = "live.next_hit"
    LIVE_PREVIOUS_HIT = "live.previous_hit"
    LIVE_NEXT_TURN = "live.next_turn"
    LIVE_PREVIOUS_TURN = "live.previous_turn"
    LIVE_FILTER = "live.filter"
    LIVE_NOTE = "live.note"
    LIVE_EXPORT = "live.export"
    LIVE_PAST = "live.past"
    ROOMS_PAST = "rooms.past"
    ROOMS_WATCH = "rooms.watch"
    LIVE_WATCH = "live.watch"
    NOTE_KEEP = "note.keep"
    NOTE_CLOSE = "note.close"
    EXPORT_MARKDOWN = "export.markdown"
    EXPORT_EVENTS = "export.events"
    EXPORT_REPORT = "export.report"
    EXPORT_CLOSE = "export.close"
    PAST_OPEN = "past.open"
    PAST_EXPORT = "past.export"
    PAST_FILTER = "past.filter"
    PAST_COPY = "past.copy"
    PAST_DELETE = "past.delete"
    PAST_SORT = "past.sort"
    PAST_REVERSE = "past.reverse"
    PAST_MARK = "past.mark"
    PAST_MARK_ALL = "past.mark_all"
    PAST_COPY_ALL = "past.copy_all"
    PAST_HELP = "past.help"
    PAST_CLOSE = "past.close"
    COMPOSER_SEND = "composer.send"
    COMPOSER_LEAVE = "composer.leave"
    COMPOSER_OLDER = "composer.older"
    COMPOSER_NEWER = "composer.newer"
    CLEANUP_TRY = "cleanup.try"
    CLEANUP_TRY_ALL = "cleanup.try_all"
    CLEANUP_ORPHANS = "cleanup.orphans"
    CLEANUP_FORGET = "cleanup.forget"
    CLEANUP_OPEN = "cleanup.open"
    CLEANUP_MARK = "cleanup.mark"
    CLEANUP_MARK_ALL = "cleanup.mark_all"
    CLEANUP_COPY_ID = "cleanup.copy_id"
    ORPHANS_DELETE = "orphans.delete"
    ORPHANS_LOOK = "orphans.look"
    ORPHANS_MARK = "orphans.mark"
    ORPHANS_MARK_ALL = "orphans.mark_all"
    ORPHANS_CLOSE = "orphans.close"
    ORPHANS_COPY_ID = "orphans.copy_id"
    TRIES_CLOSE = "tries.close"
    MARK_RANGE = "list.mark_range"
    NEXT_NEED = "list.next_need"
    PREVIOUS_NEED = "list.previous_need"
    FILTER_KEEP = "filter.keep"
    FILTER_CLEAR = "filter.clear"
    IMPORT_WRITE = "import.write"
    IMPORT_MARK = "import.mark"
    IMPORT_FILE = "import.file"
    IMPORT_HELP = "import.help"
    IMPORT_CLOSE = "import.close"
    PATH_READ = "path.read"
    PATH_LEAVE = "path.leave"
    DOCTOR_AGAIN = "doctor.again"
    DOCTOR_EDIT = "doctor.edit"
    DOCTOR_COPY = "doctor.copy"
    DOCTOR_CLOSE = "doctor.close"
    DOCTOR_HELP = "doctor.help"
    FORM_SAVE = "form.save"
    FORM_NEXT = "form.next"
    FORM_PREVIOUS = "form.previous"
    FORM_CANCEL = "form.cancel"
    CHOICE_NEXT = "choice.next"
    CHOICE_PREVIOUS = "choice.previous"
    SHEET_DO = "sheet.do"
    SHEET_NEXT = "sheet.next"
    SHEET_PREVIOUS = "sheet.previous"
    SHEET_LATER = "sheet.later"
    SHEET_EARLIER = "sheet.earlier"
    SHEET_CLOSE = "sheet.close"
    PALETTE_DO = "palette.do"
    PALETTE_DOWN = "palette.down"
    PALETTE_UP = "palette.up"
    PALETTE_CLOSE = "palette.close"
    CONFIRM_YES = "confirm.yes"
    CONFIRM_CANCEL = "confirm.cancel"
    HELP_FILTER = "help.filter"
    HELP_DO = "help.do"
    HELP_CLOSE = "help.close"
    HISTORY_COPY = "history.copy"
    HISTORY_COPY_ALL = "history.copy_all"
    HISTORY_RAW = "history.raw"
    HISTORY_FILTER = "history.filter"
    HISTORY_CLOSE = "history.close"


PARENTS: Mapping[Scope, tuple[Scope, ...]] = MappingProxyType(
    {
        Scope.PROFILES: (Scope.LIST, Scope.MOVING, Scope.GLOBAL),
        Scope.ROOMS: (Scope.MARKS, Scope.LIST, Scope.MOVING, Scope.GLOBAL),
        Scope.CLEANUP: (Scope.MARKS, Scope.LIST, Scope.MOVING, Scope.GLOBAL),
        Scope.ORPHANS: (Scope.MARKS, Scope.LIST, Scope.MOVING, Scope.GLOBAL),
        Scope.TRIES: (Scope.LIST, Scope.MOVING, Scope.GLOBAL),
        Scope.LIVE: (Scope.MOVING, Scope.GLOBAL),
        Scope.HELP: (Scope.MOVING,),
        Scope.HISTORY: (Scope.MOVING,),
        Scope.PAST: (Scope.MARKS, Scope.MOVING),
        Scope.IMPORT: (Scope.MOVING,),
        Scope.DOCTOR: (Scope.MOVING,),
        Scope.FORM: (Scope.CHOICE,),
        Scope.CONFIRM: (),
    }
)
"""The scopes of screens, with those that hold there besides."""

_A, _S, _I = Action, Scope, ActionId


def _only(scope: Scope, *rows: tuple[ActionId, tuple[str, ...], str, str]) -> list[Action]:
    """Make actions that are always possible and not in the footer."""
    return [
        Action(id=name, keys=keys, title=title, help=text, scope=scope)
        for name, keys, title, text in rows
    ]


_REGISTRY: tuple[Action, ...] = (
    *PROFILE_ACTIONS,
    *ROOM_ACTIONS,
    # --- live
    _A(id=_I.LIVE_TYPE, keys=("enter",), title="Type", scope=_S.LIVE, rank=1,
       help="go to the line that is typed to the agent", unavailable=why.no_talk),
    _A(id=_I.LIVE_RETRY, keys=("r",), title="Retry", scope=_S.LIVE, rank=2,
       help="dispatch again, safely, and wait until ready", danger=Danger.DISRUPTIVE,
       unavailable=why.no_retry_here, ask=why.ask_retry, eager=why.went_wrong),
    _A(id=_I.LIVE_END, keys=("x",), title="End", scope=_S.LIVE, rank=3,
       help="leave and clean up; asks if others are in there", danger=Danger.DISRUPTIVE,
       unavailable=why.no_talk, ask=why.ask_end),
    _A(id=_I.LIVE_COPY, keys=("y",), title="Copy", scope=_S.LIVE, rank=7,
       help="copy the turn at hand, or the last in view", unavailable=why.no_conversation),
    _A(id=_I.LIVE_COPY_ALL, keys=("Y",), title="Copy all", scope=_S.LIVE,
       help="copy the whole transcript", unavailable=why.no_conversation),
    _A(id=_I.LIVE_COPY_ID, keys=("i",), title="Copy name", scope=_S.LIVE,
       help="copy the room's name", unavailable=why.no_room_yet),
    _A(id=_I.LIVE_NEXT, keys=("c",), title="Next call", scope=_S.LIVE, rank=9,
       help="to the next conversation that goes on", unavailable=why.no_other_call),
    _A(id=_I.LIVE_PREVIOUS, keys=("C",), title="Last call", scope=_S.LIVE,
       help="to the previous conversation that goes on", unavailable=why.no_other_call),
    _A(id=_I.LIVE_START, keys=("s",), title="Start", scope=_S.LIVE, rank=10,
       help="start another with the profile in use", unavailable=why.no_start),
    _A(id=_I.LIVE_FOLLOW, keys=("f",), title="Follow", scope=_S.LIVE, rank=11,
       help="go to the end and stay there as lines arrive", unavailable=why.no_conversation),
    _A(id=_I.LIVE_PANEL, keys=("p",), title="Panel", scope=_S.LIVE, rank=12,
       help="show or hide the panel at the side", unavailable=why.no_conversation),
    *LIVE_ACTIONS,
    _A(id=_I.COMPOSER_SEND, keys=("enter",), title="Send", scope=_S.COMPOSER, rank=1,
       help="send the line; it waits until the agent listens",
       unavailable=why.no_talk, ask=ask_send),
    _A(id=_I.COMPOSER_OLDER, keys=("up",), title="Last line", scope=_S.COMPOSER, rank=2,
       help="take one of your own earlier lines"),
    _A(id=_I.COMPOSER_LEAVE, keys=("escape",), title="Keys", scope=_S.COMPOSER, rank=3,
       help="back to the transcript, where keys are actions"),
    _A(id=_I.COMPOSER_NEWER, keys=("down",), title="Next line", scope=_S.COMPOSER,
       help="take one of your own later lines"),
    # --- cleanup
    _A(id=_I.CLEANUP_TRY, keys=("r",), title="Try now", scope=_S.CLEANUP, rank=1,
       help="try to remove it now", bulk=True, unavailable=cleanup_reasons.no_try),
    _A(id=_I.CLEANUP_TRY_ALL, keys=("R",), title="Try all", scope=_S.CLEANUP, rank=2,
       help="try everything that is due, waiting or stuck", unavailable=cleanup_reasons.no_try_all),
    _A(id=_I.CLEANUP_ORPHANS, keys=("o",), title="Orphans", scope=_S.CLEANUP, rank=3,
       help="rooms that look like ours and are not here", unavailable=cleanup_reasons.no_orphans),
    _A(id=_I.CLEANUP_FORGET, keys=("f",), title="Forget", scope=_S.CLEANUP, rank=4,
       help="take it off the queue, not the server; asks first", bulk=True,
       danger=Danger.DESTRUCTIVE, unavailable=cleanup_reasons.no_forget,
       ask=cleanup_reasons.ask_forget),
    _A(id=_I.CLEANUP_OPEN, keys=("enter",), title="All tries", scope=_S.CLEANUP, rank=5,
       help="what was tried, when, and what was said", unavailable=why.no_rows),
    _A(id=_I.CLEANUP_MARK, keys=("space",), title="Mark", scope=_S.CLEANUP, rank=8,
       help="mark the row and go down; again unmarks", unavailable=why.no_rows),
    _A(id=_I.CLEANUP_MARK_ALL, keys=("*",), title="Mark all", scope=_S.CLEANUP,
       help="mark all rows in view", unavailable=why.no_rows),
    _A(id=_I.CLEANUP_COPY_ID, keys=("i",), title="Copy name", scope=_S.CLEANUP,
       help="copy the room's name or the dispatch's id", unavailable=why.no_rows),
    _A(id=_I.ORPHANS_DELETE, keys=("d",), title="Delete", scope=_S.ORPHANS, rank=1,
       help="delete the room or those marked; asks first", bulk=True,
       danger=Danger.DESTRUCTIVE, unavailable=cleanup_reasons.no_orphan_delete,
       ask=cleanup_reasons.ask_orphan_delete),
    _A(id=_I.ORPHANS_MARK, keys=("space",), title="Mark", scope=_S.ORPHANS, rank=2,
       help="mark the row and go down; again unmarks", unavailable=why.no_rows),
    _A(id=_I.ORPHANS_MARK_ALL, keys=("*",), title="Mark all", scope=_S.ORPHANS, rank=3,
       help="mark all rows in view", unavailable=why.no_rows),
    _A(id=_I.ORPHANS_CLOSE, keys=("o",), title="Back to queue", scope=_S.ORPHANS, rank=4,
       help="back to what was made here"),
    _A(id=_I.ORPHANS_LOOK, keys=("r",), title="Look again", scope=_S.ORPHANS, rank=5,
       help="look through the server's rooms again", unavailable=cleanup_reasons.no_orphans),
    _A(id=_I.ORPHANS_COPY_ID, keys=("i",), title="Copy name", scope=_S.ORPHANS,
       help="copy the room's name", unavailable=why.no_rows),
    _A(id=_I.TRIES_CLOSE, keys=("enter",), title="Back", scope=_S.TRIES, rank=1,
       help="back to the queue"),
    # --- shared by the lists
    _A(id=_I.MARK_RANGE, keys=("v",), title="Mark range", scope=_S.MARKS,
       help="mark all from the row marked last to this one", unavailable=why.no_rows),
    _A(id=_I.FILTER, keys=("/",), title="Filter", scope=_S.LIST, rank=16,
       help="show only rows with a text; ! inverts, ~ regex",
       unavailable=why.no_filter),
    _A(id=_I.COPY, keys=("y",), title="Copy", scope=_S.LIST, rank=17,
       help="copy the row to the terminal's clipboard", unavailable=why.no_rows),
    _A(id=_I.COPY_ALL, keys=("Y",), title="Copy all", scope=_S.LIST,
       help="copy all rows in view", unavailable=why.no_rows),
    _A(id=_I.NEXT_NEED, keys=("]",), title="Next need", scope=_S.LIST,
       help="to the next row that needs you", unavailable=why.no_rows),
    _A(id=_I.PREVIOUS_NEED, keys=("[",), title="Last need", scope=_S.LIST,
       help="to the previous row that needs you", unavailable=why.no_rows),
    _A(id=_I.FILTER_KEEP, keys=("enter",), title="Keep", scope=_S.FILTER, rank=1,
       help="keep the filter and go back to the list"),
    _A(id=_I.FILTER_CLEAR, keys=("escape",), title="Clear", scope=_S.FILTER, rank=2,
       help="clear the filter and go back to the list"),
    *_only(
        _S.MOVING,
        (_I.DOWN, ("j", "down"), "Down", "one row down"),
        (_I.UP, ("k", "up"), "Up", "one row up"),
        (_I.FIRST, ("g", "home"), "First", "to the first row"),
        (_I.LAST, ("G", "end"), "Last", "to the last row"),
        (_I.PAGE_DOWN, ("pagedown", "ctrl+d"), "Page down", "a page down"),
        (_I.PAGE_UP, ("pageup", "ctrl+u"), "Page up", "a page up"),
    ),
    *_only(
        _S.GLOBAL,
        (_I.SHOW_PROFILES, ("1",), "Profiles", "which server, which agent, whether it works"),
        (_I.SHOW_ROOMS, ("2",), "Rooms", "every room with its outcome and its story"),
        (_I.SHOW_LIVE, ("3",), "Live", "the conversation"),
        (_I.SHOW_CLEANUP, ("4",), "Cleanup", "what was made here, until it is gone"),
        (_I.HELP, ("?",), "Help", "what can be done here, and why not"),
        (_I.PALETTE, (":", "ctrl+p"), "Palette", "every action by name"),
        (_I.HISTORY, ("@",), "History", "what lktui did, as calls and commands"),
        (_I.NEXT_PANE, ("tab",), "Next pane", "to the next pane"),
        (_I.PREVIOUS_PANE, ("shift+tab",), "Last pane", "to the previous pane"),
        (_I.BACK, ("escape",), "Back", "close, clear, unmark, dismiss, in this order"),
        (_I.REDRAW, ("ctrl+l",), "Redraw", "draw the whole screen again"),
        (_I.INTERRUPT, ("ctrl+c",), "Interrupt", "pressed twice: quit without a question"),
    ),
    _A(id=_I.QUIT, keys=("q",), title="Quit", scope=_S.GLOBAL, ask=why.ask_quit,
       help="clean up and leave; asks while you are talking",
       danger=Danger.DISRUPTIVE),
    # --- what lies over a screen
    _A(id=_I.PALETTE_DO, keys=("enter",), title="Do it", scope=_S.PALETTE, rank=1,
       help="close the palette and do this"),
    _A(id=_I.PALETTE_DOWN, keys=("down", "ctrl+d", "pagedown"), title="Choose", scope=_S.PALETTE,
       rank=2, help="to the next action"),
    _A(id=_I.PALETTE_CLOSE, keys=("escape",), title="Close", scope=_S.PALETTE, rank=3,
       help="close the palette"),
    _A(id=_I.PALETTE_UP, keys=("up", "ctrl+u", "pageup"), title="Choose", scope=_S.PALETTE,
       help="to the action before"),
    _A(id=_I.CONFIRM_CANCEL, keys=("enter", "escape"), title="Cancel", scope=_S.CONFIRM, rank=1,
       help="do nothing"),
    _A(id=_I.CONFIRM_YES, keys=("y",), title="Yes", scope=_S.CONFIRM, rank=2,
       help="do what is asked"),
    _A(id=_I.HELP_FILTER, keys=("/",), title="Filter", scope=_S.HELP, rank=1,
       help="show only actions with a text"),
    _A(id=_I.HELP_DO, keys=("enter",), title="Do it", scope=_S.HELP, rank=2,
       help="close the page and do this"),
    _A(id=_I.HELP_CLOSE, keys=("escape", "?", "q"), title="Close", scope=_S.HELP, rank=3,
       help="close the page"),
    _A(id=_I.HISTORY_COPY, keys=("y",), title="Copy command", scope=_S.HISTORY, rank=1,
       help="copy the command that does the same", unavailable=why.no_rows),
    _A(id=_I.HISTORY_COPY_ALL, keys=("Y",), title="Copy all", scope=_S.HISTORY, rank=2,
       help="copy all entries in view", unavailable=why.no_rows),
    _A(id=_I.HISTORY_RAW, keys=("enter",), title="Raw answer", scope=_S.HISTORY, rank=3,
       help="show what the server answered, and back", unavailable=why.no_rows),
    _A(id=_I.HISTORY_FILTER, keys=("/",), title="Filter", scope=_S.HISTORY, rank=4,
       help="show only entries with a text", unavailable=why.no_filter),
    _A(id=_I.HISTORY_CLOSE, keys=("escape", "@", "q"), title="Close", scope=_S.HISTORY, rank=5,
       help="close the page"),
    *RECORD_ACTIONS,
    *WATCH_ACTIONS,
)  # fmt: skip

ACTIONS: Mapping[ActionId, Action] = MappingProxyType(
    {ActionId(action.id): action for action in _REGISTRY}
)
"""All actions in the order of help page and README."""

_SHOWN = {"escape": "esc", "pageup": "pgup", "pagedown": "pgdn"}


def shown_key(key: str) -> str:
    """Write a key as footers and pages do: `esc`, `pgup`, `shift+tab`."""
    return _SHOWN.get(key, key)


def shown_keys(action: Action, between: str = " ") -> str:
    """Write all keys of an action."""
    return between.join(shown_key(key) for key in action.keys)


def key_of(name: ActionId) -> str:
    """Give the key of an action as it is shown: for sentences that name one."""
    return shown_key(ACTIONS[name].keys[0])


def of_scopes(scopes: Iterable[Scope]) -> tuple[Action, ...]:
    """Give the actions of some scopes, scope by scope."""
    return tuple(action for scope in scopes for action in ACTIONS.values() if action.scope is scope)


def keys_table() -> str:
    """Make README's tables of keys, in Markdown; the last line ends with a line break."""
    lines: list[str] = []
    for scope in dict.fromkeys(action.scope for action in ACTIONS.values()):
        lines += [f"**{scope.value.capitalize()}**", "", "| key | | |", "|---|---|---|"]
        for action in of_scopes([scope]):
            keys = " ".join(f"`{shown_key(key)}`" for key in action.keys)
            lines.append(f"| {keys} | {action.title} | {action.help} |")
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"
