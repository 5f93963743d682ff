"""`i`, `u`: profiles that other tools know, what would be written of them, and the writing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from lktui.core.action_types import Scope, View
from lktui.core.actions import PARENTS, ActionId, key_of
from lktui.core.footer_entries import footer_entries, help_entry
from lktui.core.importing import Found, Proposal, State
from lktui.core.problems import PortError
from lktui.core.signs import StateKind
from lktui.screens.action_screen import ActionScreen, does
from lktui.screens.importing.path_row import PathRow, is_content
from lktui.screens.importing.rows import COLUMNS, key_of_proposal, row_of, story_of
from lktui.screens.list_moves import ListMoves
from lktui.session.profile_desk import ProfileDesk
from lktui.widgets.bindings import bindings
from lktui.widgets.breakpoints import classes_at
from lktui.widgets.detail import Detail, DetailView
from lktui.widgets.drawing import Part, line, state
from lktui.widgets.footer import Footer
from lktui.widgets.list_table import ListTable
from lktui.widgets.rule import Rule
from lktui.widgets.status_line import StatusLine
from lktui.widgets.too_small import TooSmall


class ImportPage(ListMoves, ActionScreen[tuple[str, ...]]):
    """A full page over Profiles; its result are the names of what was written."""

    CSS_PATH = "page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.IMPORT)

    def __init__(self, desk: ProfileDesk, *, environment_only: bool) -> None:
        """Make the page.

        Args:
            desk: Reads sources and writes files.
            environment_only: Whether only variables and .env are wanted.
        """
        super().__init__()
        self._desk, self._environment_only = desk, environment_only
        self._found: tuple[Found, ...] = ()
        self._proposals: tuple[Proposal, ...] = ()
        self._marked: frozenset[str] = frozenset()
        self._says: Part = ""
        self._title, self._heading = Rule(), Rule()

    @property
    def table(self) -> ListTable:
        """The list of what was found."""
        return self.query_one(ListTable)

    @property
    def typing(self) -> bool:
        """Whether a file is being named."""
        return bool(self.query(PathRow))

    def compose(self) -> ComposeResult:
        """Put title, list, what would be written, status and footer below each other."""
        yield self._title
        yield ListTable(COLUMNS)
        yield self._heading
        yield Detail()
        yield StatusLine()
        yield Footer()
        yield TooSmall()

    async def on_mount(self) -> None:
        """Look for what there is; a slow disk must not hold the screen."""
        self.add_class(*classes_at(self.app.size), update=False)
        found = await asyncio.to_thread(self._desk.discover)
        only = tuple(one for one in (found.variables, found.dotenv) if one)
        self._take(*(only if self._environment_only else found.all))

    def on_descendant_focus(self) -> None:
        """Show the keys of what has the focus now."""
        self._show()

    def on_list_table_cursor_moved(self) -> None:
        """Show what would be written of the one under the cursor."""
        self._show()

    async def on_paste(self, event: events.Paste) -> None:
        """Read what is pasted; it may hold secrets, and is never shown as it is."""
        event.stop()
        event.prevent_default()
        await self._read_content(event.text)

    def view(self) -> View:
        """Judge actions by what is there and what is marked."""
        return View(rows=len(self.table.rows), chosen=len(self._marked))

    def refuse(self, reason: str) -> None:
        """Say in the status line why it is not done."""
        self._says = f"not now: {reason}"
        self._show()

    # --- what was found -------------------------------------------------------------------------

    def _take(self, *found: Found) -> None:
        """Add sources; what is new in them is marked."""
        self._says = ""
        before = len(self._proposals)
        self._found += found
        try:
            self._proposals = self._desk.propose(self._found)
        except PortError as error:
            self._says = state(StateKind.WARNING, error.problem.summary)
        self._marked |= {
            key_of_proposal(number, one)
            for number, one in enumerate(self._proposals)
            if number >= before and one.state is State.NEW
        }
        for source in found:
            for fault in source.faults:
                self._says = state(StateKind.WARNING, f"{source.source}: {fault.words}")
        self._show()
        if len(self._proposals) > before and before:
            self.table.move_to(before)

    @property
    def _chosen(self) -> tuple[Proposal, ...]:
        """What is marked."""
        return tuple(
            one
            for number, one in enumerate(self._proposals)
            if key_of_proposal(number, one) in self._marked
        )

    @property
    def _at_cursor(self) -> Proposal | None:
        row = self.table.row
        numbered = enumerate(self._proposals)
        return next((p for n, p in numbered if row and key_of_proposal(n, p) == row.key), None)

    # --- drawing --------------------------------------------------------------------------------

    def _show(self) -> None:
        if not self.is_mounted:
            return
        rows = [
            row_of(number, one, marked=key_of_proposal(number, one) in self._marked)
            for number, one in enumerate(self._proposals)
        ]
        self.table.show(rows, empty=_nothing(environment_only=self._environment_only))
        self._title.show(("import profiles", "$title bold"))
        proposal = self._at_cursor
        heading: Part = (proposal.name, "$title bold") if proposal else ""
        note: Part = (f"from {proposal.candidate.source}", "$muted") if proposal else ""
        self._heading.show(heading, right=note)
        self.query_one(Detail).show(story_of(proposal) if proposal else DetailView())
        count = f"{len(self._marked)} of {len(self._proposals)} marked"
        self.query_one(StatusLine).show(line(count), line(self._says or _PROMISE))
        scopes = (Scope.PATH,) if self.typing else (Scope.IMPORT, *PARENTS[Scope.IMPORT])
        last = help_entry(typing=self.typing)
        self.query_one(Footer).show(footer_entries(scopes, self.view()), last)

    # --- actions --------------------------------------------------------------------------------

    @does(ActionId.IMPORT_WRITE)
    def _write(self, _view: View) -> None:
        written, trouble = self._desk.write(self._chosen)
        if trouble is None:
            self.dismiss(written)
            return
        # What was written is there now, and is not to be written again.
        self._marked = frozenset()
        found, self._found, self._proposals = self._found, (), ()
        self._take(*found)
        self._says = state(StateKind.WARNING, trouble.summary)
        self._show()

    @does(ActionId.IMPORT_MARK)
    def _mark(self, _view: View) -> None:
        proposal, row = self._at_cursor, self.table.row
        if proposal is None or row is None:
            return
        if proposal.state is State.NEW:
            self._marked ^= {row.key}
        else:
            self.refuse(f"{proposal.name}: {proposal.state}")
        self.table.move_by(1)
        self._show()

    @does(ActionId.IMPORT_FILE)
    async def _name_file(self, _view: View) -> None:
        await self.mount(PathRow())

    @does(ActionId.PATH_READ)
    async def _read_file(self, _view: View) -> None:
        path = self.query_one(PathRow).path
        if is_content(path):
            await self._read_content(path)
            return
        await self._close_path()
        if path:
            self._take(await asyncio.to_thread(self._desk.read, path))

    @does(ActionId.PATH_LEAVE)
    def _leave_path(self, _view: View) -> Awaitable[None]:
        return self._close_path()

    async def _read_content(self, text: str) -> None:
        await self._close_path()
        self._take(self._desk.read_pasted(text))

    def _close_path(self) -> Awaitable[None]:
        self.set_focus(self.table)
        return self.query(PathRow).remove()

    @does(ActionId.IMPORT_HELP)
    def _help(self, view: View) -> None:
        from lktui.screens.help.page import HelpPage  # noqa: PLC0415 - only who asks needs it

        def chosen(name: ActionId | None) -> None:
            if name is not None:
                self.perform(name)

        self.app.push_screen(HelpPage((Scope.IMPORT, *PARENTS[Scope.IMPORT]), view), chosen)

    @does(ActionId.IMPORT_CLOSE)
    def _close(self, _view: View) -> None:
        self.dismiss(())


def _nothing(*, environment_only: bool) -> tuple[tuple[Part, ...], ...]:
    what = "LIVEKIT_URL is not set, and no .env here sets it."
    if not environment_only:
        what = "No project of the lk command, no LIVEKIT_ variables, no .env here."
    return (
        ((what, "bold"),),
        (),
        (
            (key_of(ActionId.IMPORT_FILE), "$key bold"),
            "  names a file: agent JSON, .env, lk's YAML",
        ),
        ("or paste one of these right here",),
    )


_PROMISE = ("what is read stays as it is; nothing is overwritten", "$muted")
