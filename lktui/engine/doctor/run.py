"""One run of the doctor: every check beside the others, each told as it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from lktui.clock import Clock
from lktui.core.commands import RunDoctor
from lktui.core.doctor import (
    OF_A_VISIT,
    SUBJECTS,
    Check,
    CheckDone,
    CheckState,
    CheckupBegan,
    CheckupDone,
    Finding,
    checks_for,
    needs_of,
)
from lktui.core.events import AnyEvent, SessionId
from lktui.core.problems import PortError
from lktui.engine.doctor import access, talking
from lktui.engine.doctor.case import Case, Network, SkippedError, Told
from lktui.engine.doctor.talking import FoundError
from lktui.engine.doctor.visit import Visit
from lktui.engine.failures import of_unforeseen
from lktui.engine.janitor import Janitor
from lktui.engine.ports import Gateway

CHECK_LIMIT_S = 120.0
"""Longer than any check takes by its own limits; what hangs all the same has an end."""
_log = logging.getLogger(__name__)

CHECKS: Mapping[Check, Callable[[Case], Awaitable[Told]]] = {
    Check.URL: access.check_url,
    Check.NAME: access.check_name,
    Check.CONNECT: access.check_connect,
    Check.SERVER: access.check_server,
    Check.CLOCK: access.check_clock,
    Check.KEY: access.check_key,
    Check.ROOMS: access.check_rooms,
    Check.ENDPOINT: access.check_endpoint,
    Check.TOKEN: access.check_token,
    Check.ROOM: talking.check_room,
    Check.WEBSOCKET: talking.check_websocket,
    Check.WEBRTC: talking.check_webrtc,
    Check.DISPATCH: talking.check_dispatch,
    Check.AGENT: talking.check_agent,
    Check.SESSION: talking.check_session,
}


class DoctorRun:
    """One run, from its command until what it made is gone or in the queue.

    Args:
        command: What to look at.
        gateway: Makes the ports.
        janitor: Keeps and works the cleanup queue.
        network: The network.
        emit: Takes the events.
        clock: Tells the time.
    """

    def __init__(
        self,
        command: RunDoctor,
        *,
        gateway: Gateway,
        janitor: Janitor,
        network: Network,
        emit: Callable[[AnyEvent], None],
        clock: Clock,
    ) -> None:
        self.run, self._profile, self._dispatch = command.run, command.profile, command.dispatch
        self._emit, self._clock = emit, clock
        self._visit = Visit(
            session=SessionId(f"doctor-{command.run}"),
            profile=command.profile,
            dispatch=command.dispatch,
            gateway=gateway,
            janitor=janitor,
            emit=emit,
            clock=clock,
        )
        self._case = Case(
            profile=command.profile,
            dispatch=command.dispatch,
            gateway=gateway,
            network=network,
            visit=self._visit,
            ended_visiting=self._ended_visiting,
            clock=clock,
        )
        self._findings: dict[Check, asyncio.Task[Finding]] = {}

    async def work(self) -> None:
        """Look at everything, tell it and clean up; the last also when cancelled."""
        checks = checks_for(self._profile)
        self._emit(
            CheckupBegan(
                run=self.run, profile=self._profile.name, dispatch=self._dispatch, checks=checks
            )
        )
        began = self._clock.monotonic()
        loop = asyncio.get_running_loop()
        for check in checks:  # in the order of their needs: each finds what it waits for
            self._findings[check] = loop.create_task(self._told(check))
        try:
            await asyncio.wait(self._findings.values())
        finally:
            for task in self._findings.values():
                task.cancel()
            await asyncio.wait(self._findings.values())
            await self._visit.end()
            took_ms = (self._clock.monotonic() - began) * 1000
            self._emit(CheckupDone(run=self.run, took_ms=took_ms))

    async def _told(self, check: Check) -> Finding:
        """Look, once what it needs has passed, and tell."""
        missing = await self._missing(check)
        began = self._clock.monotonic()
        if missing is not None:
            detail = f"needs {SUBJECTS[missing]}"
            found = Finding(check=check, state=CheckState.SKIPPED, detail=detail)
        else:
            found = await self._looked(check)
            took_ms = round((self._clock.monotonic() - began) * 1000, 1)
            found = msgspec.structs.replace(found, took_ms=took_ms)
        self._emit(CheckDone(run=self.run, finding=found))
        return found

    async def _missing(self, check: Check) -> Check | None:
        for need in needs_of(check, self._profile):
            task = self._findings.get(need)
            if task is not None and not (await asyncio.shield(task)).passed:
                return need
        return None

    async def _looked(self, check: Check) -> Finding:
        try:
            async with asyncio.timeout(CHECK_LIMIT_S):
                told = await CHECKS[check](self._case)
        except SkippedError as error:
            return Finding(check=check, state=CheckState.SKIPPED, detail=str(error))
        except PortError as error:
            found, seen = error.problem, error.seen if isinstance(error, FoundError) else ()
        except Exception as error:  # noqa: BLE001 - one check that breaks must not hide the others
            _log.exception("the doctor's check %s broke", check)
            found, seen = of_unforeseen(error), ()
        else:
            return Finding(
                check=check,
                state=told.state,
                detail=told.detail,
                problem=told.problem,
                seen=told.seen,
            )
        seen = seen or ((found.detail,) if found.detail else ())
        return Finding(
            check=check, state=CheckState.FAILED, detail=found.summary, problem=found, seen=seen
        )

    async def _ended_visiting(self) -> None:
        """Wait until nobody needs the room any more."""
        using = [self._findings[check] for check in OF_A_VISIT if check in self._findings]
        await asyncio.wait([asyncio.ensure_future(asyncio.shield(task)) for task in using])
