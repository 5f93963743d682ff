"""Actions of reading a conversation and of the record, for the registry in `core.actions`."""

from __future__ import annotations

from lktui.core import action_reasons as why
from lktui.core.action_types import Action, Danger, Effect, Question, Scope, View
from lktui.core.verdict import Outcome

_A, _S = Action, Scope


def no_search(view: View) -> str | None:
    """Going on to a hit needs a search."""
    return None if view.filtered else "nothing is searched for"


def is_searching(view: View) -> bool:
    """While a search is on, its keys are the thing to do."""
    return view.filtered


def no_note(view: View) -> str | None:
    """A note needs a line to be about, and an engine that writes it down."""
    if reason := why.no_conversation(view):
        return reason
    if not view.rows:
        return "there is no line"
    return None if view.engine_runs else "the engine is down"


def ask_send(view: View) -> Question | None:
    """A line to an agent that listens to somebody else reaches nobody; it may, before one knows.

    An agent listens to the first participant that it finds (facts/livekit.md section 2).
    """
    session = view.session
    if session is None:
        return None
    found = session.diagnosis
    if found is not None and found.code is Outcome.NOT_LINKED:
        effect = Effect(found.summary, "this line will reach nobody")
    elif view.others and not session.ours and session.reply_s is None:
        people = "1 other person is" if view.others == 1 else f"{view.others} other people are"
        effect = Effect(f"{people} in the room", "the agent probably listens to somebody else")
    else:
        return None
    return Question("send it all the same?", (effect,), "Send it all the same")


def ask_past_delete(view: View) -> Question | None:
    """What is deleted from the record is gone."""
    if view.marks:
        count = "1 marked session" if view.marks == 1 else f"{view.marks} marked sessions"
        effect = Effect(count, "their records and notes go; those in use stay")
        return Question(f"delete the records of {count}?", (effect,), "Delete the records")
    effect = Effect(view.room or "this session", "its record and its notes go")
    return Question("delete this session's record?", (effect,), "Delete the record")


LIVE_ACTIONS: tuple[Action, ...] = (
    _A(id="live.search", keys=("/",), title="Search", scope=_S.LIVE, rank=5,
       help="search as you type; ~ begins a regular expression",
       unavailable=why.no_conversation),
    _A(id="live.next_hit", keys=("n",), title="Next", scope=_S.LIVE, rank=16,
       help="to the next hit of the search", unavailable=no_search, eager=is_searching),
    _A(id="live.previous_hit", keys=("N",), title="Previous", scope=_S.LIVE, rank=17,
       help="to the hit before", unavailable=no_search, eager=is_searching),
    _A(id="live.next_turn", keys=("]",), title="Next turn", scope=_S.LIVE,
       help="to the next line that somebody said", unavailable=why.no_conversation),
    _A(id="live.previous_turn", keys=("[",), title="Last turn", scope=_S.LIVE,
       help="to the line before that somebody said", unavailable=why.no_conversation),
    _A(id="live.filter", keys=(), title="Filter", scope=_S.LIVE,
       help="show only a speaker, or a kind such as tool",
       unavailable=why.no_conversation),
    _A(id="live.note", keys=("m",), title="Note", scope=_S.LIVE, rank=6,
       help="note something about this turn, for exports", unavailable=no_note),
    _A(id="live.export", keys=("e",), title="Export", scope=_S.LIVE, rank=8,
       help="write it to a file, also while it goes on", unavailable=why.no_conversation),
    _A(id="live.past", keys=("H",), title="Past", scope=_S.LIVE, rank=15,
       help="list the sessions of the record"),
)  # fmt: skip
"""Live's, besides those of talking."""

RECORD_ACTIONS: tuple[Action, ...] = (
    _A(id="rooms.past", keys=("H",), title="Past", scope=_S.ROOMS, rank=21,
       help="list the sessions of the record"),
    _A(id="note.keep", keys=("enter",), title="Keep", scope=_S.NOTE, rank=1,
       help="keep the note; an empty one takes it away"),
    _A(id="note.close", keys=("escape",), title="Cancel", scope=_S.NOTE, rank=2,
       help="leave the turn as it is"),
    _A(id="export.markdown", keys=("m",), title="Markdown", scope=_S.EXPORT, rank=1,
       help="write Markdown, for people"),
    _A(id="export.events", keys=("j",), title="Events", scope=_S.EXPORT, rank=2,
       help="write the events as JSONL, for lktui replay"),
    _A(id="export.report", keys=("r",), title="Bug report", scope=_S.EXPORT, rank=3,
       help="write versions, timeline, verdict and transcript"),
    _A(id="export.close", keys=("escape",), title="Cancel", scope=_S.EXPORT, rank=4,
       help="write nothing"),
    _A(id="past.open", keys=("enter",), title="Open", scope=_S.PAST, rank=1,
       help="read it in Live", unavailable=why.no_rows),
    _A(id="past.export", keys=("e",), title="Export", scope=_S.PAST, rank=2, bulk=True,
       help="write it, or those marked, a file each", unavailable=why.no_rows),
    _A(id="past.filter", keys=("/",), title="Filter", scope=_S.PAST, rank=3,
       help="only sessions with a text; ! inverts, ~ regex", unavailable=why.no_filter),
    _A(id="past.copy", keys=("y",), title="Copy", scope=_S.PAST, rank=4,
       help="copy the row, with the session's id", unavailable=why.no_rows),
    _A(id="past.delete", keys=("d",), title="Delete", scope=_S.PAST, rank=5,
       help="delete it, or those marked; asks first", danger=Danger.DESTRUCTIVE,
       bulk=True, unavailable=why.no_rows, ask=ask_past_delete),
    _A(id="past.sort", keys=("o",), title="Sort", scope=_S.PAST, rank=6,
       help="sort by the next column", unavailable=why.no_rows),
    _A(id="past.mark", keys=("space",), title="Mark", scope=_S.PAST, rank=7,
       help="mark the row and go down; again unmarks", unavailable=why.no_rows),
    _A(id="past.mark_all", keys=("*",), title="Mark all", scope=_S.PAST,
       help="mark all rows in view", unavailable=why.no_rows),
    _A(id="past.reverse", keys=("O",), title="Reverse", scope=_S.PAST,
       help="sort in the other direction", unavailable=why.no_rows),
    _A(id="past.copy_all", keys=("Y",), title="Copy all", scope=_S.PAST,
       help="copy all rows in view, with their ids", unavailable=why.no_rows),
    _A(id="past.help", keys=("?",), title="Help", scope=_S.PAST,
       help="every key of this page, and why not"),
    _A(id="past.close", keys=("escape", "H", "q"), title="Close", scope=_S.PAST, rank=8,
       help="close the page"),
)  # fmt: skip
"""Of past sessions, notes and exports."""
