"""Hands each command to the run it is for, and ends everything in order."""

from __future__ import annotations

import asyncio
import logging

from lktui.clock import Clock
from lktui.core.commands import (
    AnyCommand,
    DeleteOrphans,
    DispatchInto,
    EndDoctor,
    EndSession,
    FindOrphans,
    ForgetCleanup,
    ForgetSessions,
    LookInto,
    Note,
    ReadRooms,
    Retry,
    RunCleanup,
    RunDoctor,
    Say,
    Shutdown,
    StartSession,
    WatchRoom,
    WatchRooms,
    WithdrawDispatches,
    WriteRecord,
)
from lktui.core.events import (
    CleanupResult,
    DispatchesWithdrawn,
    EngineFaulted,
    JournalMended,
    Noted,
    Notice,
    OutcomesRead,
    ProblemRaised,
    RecordWritten,
    SessionEnded,
    SessionId,
)
from lktui.core.problems import PortError, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.core.sanitize import clean
from lktui.engine.doctors import Doctors
from lktui.engine.janitor import Janitor
from lktui.engine.on_their_way import on_their_way
from lktui.engine.orphan_finder import OrphanFinder
from lktui.engine.ports import Gateway, Participant
from lktui.engine.pruner import Pruner
from lktui.engine.queue_news import QueueNews
from lktui.engine.recorder import Recorder
from lktui.engine.room_dispatch import RoomDispatch
from lktui.engine.room_monitor import RoomMonitor
from lktui.engine.room_watch import RoomWatch
from lktui.engine.session_run import SessionRun
from lktui.store.journal import Journal
from lktui.store.pruning import Keep
from lktui.tasks import Tasks

Run = SessionRun | RoomDispatch | RoomWatch
MAX_SESSIONS = 200
FOLLOW_S = 2.0
"""So often the queue is compared with what other processes have made of it."""
_log = logging.getLogger(__name__)


class Engine:
    """All sessions, the queue and the room list of one process.

    Args:
        journal: The record.
        gateway: Makes the ports.
        recorder: Takes the events.
        clock: Tells the time.
        log: Where the log is, for problems.
        keep: How much of the record is kept.
    """

    def __init__(
        self,
        journal: Journal,
        gateway: Gateway,
        recorder: Recorder,
        clock: Clock,
        log: str,
        *,
        keep: Keep = Keep(),  # noqa: B008 - it is frozen
    ) -> None:
        self._journal, self._gateway, self._recorder = journal, gateway, recorder
        self._clock, self._log_file = clock, log
        self._runs: dict[SessionId, Run] = {}
        self._janitor = Janitor(journal, gateway, recorder.emit, clock)
        self._news = QueueNews(journal, recorder.emit)
        self._orphans = OrphanFinder(journal, gateway, self._janitor, recorder.emit)
        self._monitor = RoomMonitor(gateway, recorder.emit, clock, self._covered)
        self._tasks = Tasks("the engine", self._failed)
        self._pruner = Pruner(journal, keep, recorder.emit, clock)
        self._doctors = Doctors(gateway, self._janitor, recorder.emit, clock)
        self._ending = False

    def start(self) -> None:
        """Say what is known from before, take over what dead engines left, begin to work."""
        self._recorder.emit(OutcomesRead(outcomes=self._journal.outcomes()))
        if (salvaged := self._journal.salvaged) is not None:
            items = "1 item" if salvaged.items == 1 else f"{salvaged.items} items"
            path = clean(str(salvaged.aside))
            found = problem(ProblemCode.STATE_DAMAGED, subject=path, path=path, what=items)
            self._recorder.emit(JournalMended(problem=found))
        self._take_over()
        self._news.tell()
        self._tasks.start(self._janitor.run())
        self._tasks.start(self._recorder.commit())
        self._tasks.start(self._follow_others())
        self._tasks.start(self._pruner.run())

    def handle(self, command: AnyCommand) -> None:
        """Do what is asked; what goes wrong comes back as an event."""
        try:
            self._handle(command)
        except PortError as error:
            match command:
                case StartSession() | DispatchInto() | WatchRoom():
                    refused = command.session
                case _:
                    refused = SessionId("")
            self._recorder.emit(EngineFaulted(problem=error.problem, refused=refused))

    def _handle(self, command: AnyCommand) -> None:
        match command:
            case StartSession() | DispatchInto() | WatchRoom():
                self._start(command)
            case Say() | Retry() | EndSession():
                self._pass_on(command)
            case WatchRooms():
                self._monitor.watch(command.profile)
            case LookInto():
                self._monitor.look_into(command)
            case ReadRooms():
                self._monitor.read_once(command.profile, command.room)
            case WithdrawDispatches():
                self._tasks.start(self._withdraw(command))
            case RunCleanup():
                self._tasks.start(
                    self._janitor.try_now(command.ids, kept=command.kept, limit_s=command.limit_s)
                )
            case Note() | WriteRecord() | ForgetSessions():
                self._keep_record(command)
            case ForgetCleanup():
                self._janitor.forget(command.ids)
            case RunDoctor() | EndDoctor():
                self._doctors.handle(command)
            case FindOrphans() | DeleteOrphans():
                self._tasks.start(self._orphans.handle(command))
            case Shutdown():
                pass  # the process ends itself: engine.__main__

    def _keep_record(self, command: Note | WriteRecord | ForgetSessions) -> None:
        """Write a note into the record or all that is pending, or take sessions out of it."""
        match command:
            case WriteRecord():
                self._recorder.flush()
                self._recorder.emit(RecordWritten())
            case Note():
                noted = Noted(session=command.session, about=command.about, text=command.text)
                self._recorder.emit(noted)
            case ForgetSessions():
                self._tasks.start(self._pruner.forget(command.ids))

    def _pass_on(self, command: Say | Retry | EndSession) -> None:
        """Ask the session that it is for, unless that is over."""
        run = self._found(command.session)
        if run is None:
            return
        match command:
            case Say():
                run.say(command.key, command.text)
            case Retry():
                run.retry(replace_live=command.replace_live)
            case EndSession():
                if isinstance(run, SessionRun):
                    run.end(agreed=command.agreed)
                else:
                    run.end()

    async def shutdown(self, grace_s: float) -> int:
        """End every session and work the queue; how many items are left."""
        self._ending = True
        deadline = self._clock.monotonic() + grace_s
        await self._monitor.close()
        ends = [run.end() for run in self._runs.values() if not run.ended.is_set()]
        ends += self._doctors.end_all()
        if ends:
            await asyncio.wait(ends, timeout=grace_s)
        left = await self._janitor.close(max(0.0, deadline - self._clock.monotonic()))
        await self._tasks.cancel()
        self._recorder.flush()
        await self._gateway.close()
        return left

    def _start(self, command: StartSession | DispatchInto | WatchRoom) -> None:
        living = sum(not run.ended.is_set() for run in self._runs.values())
        if self._ending or command.session in self._runs or living >= MAX_SESSIONS:
            text = f"not started: {living} conversations go on" if living else "not started: ending"
            self._recorder.emit(Notice(session=command.session, text=text))
            return
        parts = (self._gateway, self._janitor, self._recorder.emit, self._clock)
        run: Run
        match command:
            case StartSession():
                run = SessionRun(command, *parts)
            case DispatchInto():
                run = RoomDispatch(command, *parts)
            case WatchRoom():
                watches = (run for run in self._runs.values() if isinstance(run, RoomWatch))
                if any(watch.is_of(command) for watch in watches):
                    return  # the key was pressed again before the screen knew of the first one
                run = RoomWatch(command, *parts)
        run.start()  # raises when the session cannot be recorded: then nothing is made
        self._runs[command.session] = run
        self._tasks.start(self._forget_when_over(run))

    async def _withdraw(self, command: WithdrawDispatches) -> None:
        """Delete dispatches; what of them is in the queue is gone with them."""
        gone: list[str] = []
        found = None
        try:
            api = self._gateway.server_api(_writable(command.profile))
            there = await api.participants(command.room)
            records = {one.id: one for one in await api.dispatches(command.room)}
            for dispatch_id in command.ids:
                known = [records[dispatch_id]] if dispatch_id in records else []
                await api.delete_dispatch(command.room, dispatch_id)
                self._janitor.gone(dispatch_id, on_their_way(known, there))
                gone.append(dispatch_id)
        except PortError as error:
            found = error.problem
        self._recorder.emit(
            DispatchesWithdrawn(room=clean(command.room), ids=tuple(gone), problem=found)
        )

    def _covered(self, profile: Profile) -> dict[str, tuple[Participant, ...]]:
        """Tell who is in the rooms of this profile's server in which we are ourselves."""
        covered: dict[str, tuple[Participant, ...]] = {}
        for run in self._runs.values():
            covered.update(run.there(profile))
        return covered

    def _found(self, session: SessionId) -> Run | None:
        run = self._runs.get(session)
        if run is None or run.ended.is_set():
            self._recorder.emit(Notice(session=session, text="not now: this session is over"))
            return None
        return run

    def _take_over(self) -> None:
        abandoned = self._journal.take_over()
        self._janitor.adopt(abandoned.items)
        for session in abandoned.sessions:
            self._bury(session)

    async def _forget_when_over(self, run: Run) -> None:
        """Let go of a run, and with it of its room connection, when it has ended."""
        await run.ended.wait()
        del self._runs[run.session]

    async def _follow_others(self) -> None:
        """Take over what an engine leaves that dies beside us; tell what living ones do."""
        while True:
            await self._clock.sleep(FOLLOW_S)
            try:
                self._take_over()
                if self._journal.changed_elsewhere():
                    self._news.tell(self._janitor.follow())
            except PortError as error:
                _log.warning("the journal cannot be read: %s", error.problem.line)

    def _bury(self, session: SessionId) -> None:
        """End the record of a session whose engine died; its rooms are in the queue."""
        lost = problem(ProblemCode.ENGINE_LOST, log=self._log_file)
        self._recorder.emit(ProblemRaised(session=session, problem=lost, fatal=True))
        self._recorder.emit(
            SessionEnded(session=session, cleanup=CleanupResult.PENDING, took_ms=0.0)
        )

    def _failed(self, error: BaseException) -> None:
        what = type(error).__name__
        self._recorder.emit(
            EngineFaulted(problem=problem(ProblemCode.INTERNAL, what=what, log=self._log_file))
        )


def _writable(profile: Profile) -> Profile:
    """Refuse a profile on whose server nothing may be changed.

    Raises:
        PortError: READ_ONLY.
    """
    if profile.read_only:
        raise PortError(problem(ProblemCode.READ_ONLY, name=profile.name))
    return profile
