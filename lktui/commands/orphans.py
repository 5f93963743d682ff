"""`lktui cleanup orphans`: rooms that look like ours and that no queue knows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import msgspec

from lktui.clock import SystemClock
from lktui.commands.diagnostics import fail, hint, misused
from lktui.commands.headless import Headless
from lktui.commands.text_table import table_lines
from lktui.core.cleanup import GONE, CleanupItem
from lktui.core.commands import DeleteOrphans, FindOrphans
from lktui.core.events import AnyEvent, OrphansFound
from lktui.core.orphans import Orphan, people_words
from lktui.core.problems import ExitCode, PortError, Problem, ProblemCode, problem
from lktui.core.profile import Profile
from lktui.core.signs import age
from lktui.invocation import Invocation
from lktui.store.profiles import ProfileStore

_FIND_LIMIT_S = 30.0
_DELETE_LIMIT_S = 20.0


class OrphanResult(msgspec.Struct, frozen=True, kw_only=True):
    """One orphan as scripts see it."""

    room: str
    profile: str
    made_by: str
    """`this`, the four characters of another installation, or empty if that is not known."""
    people: int
    agents: int
    age_s: float
    deleted: bool | None
    """Null if that was not asked for."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the action takes."""
    parser.add_argument(
        "--delete",
        action="store_true",
        help="delete the rooms named; without names those of this installation with nobody in them",
    )
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help="only these")


async def run(invocation: Invocation, rooms: tuple[str, ...], *, delete: bool) -> int:
    """Look at the server of `--profile`, or of every profile, and delete what is asked for."""
    profiles = _profiles(invocation)
    found: list[OrphansFound] = []

    def heard(events: list[AnyEvent]) -> None:
        found.extend(event for event in events if isinstance(event, OrphansFound))

    async with Headless(invocation, heard) as engine:
        for profile in profiles:
            engine.send(FindOrphans(profile=profile))
        await engine.until(lambda _state: len(found) >= len(profiles), _FIND_LIMIT_S)
        answers, known = tuple(found), {profile.name: profile for profile in profiles}
        chosen = [
            (known[answer.profile], orphan)
            for answer in answers
            for orphan in answer.orphans
            if _is_chosen(orphan, rooms, engine.installation)
        ]
        gone: frozenset[str] = frozenset()
        if delete and chosen and _agreed(invocation, [orphan for _, orphan in chosen]):
            gone = await _delete(engine, chosen)
        _print(invocation, answers, rooms, engine.installation, gone if delete else None)
    problems = [answer.problem for answer in answers if answer.problem is not None]
    missing = set(rooms) - {orphan.name for answer in answers for orphan in answer.orphans}
    if missing:
        what = f"{len(missing)} of these rooms are no orphans"
        cause = "they are in the queue, have another prefix, or are gone"
        raise PortError(misused(what, cause=cause, verb="cleanup orphans"))
    return _exit_code(invocation, problems, left=len(chosen) - len(gone) if delete else 0)


def _exit_code(invocation: Invocation, problems: Sequence[Problem], *, left: int) -> int:
    for found in problems[:-1]:
        hint(found.line, quiet=invocation.quiet)
    if problems:
        return fail(problems[-1])
    if left:
        return fail(problem(ProblemCode.CLEANUP_PENDING, what=f"{left} left"))
    return ExitCode.OK


def _profiles(invocation: Invocation) -> list[Profile]:
    """Give the profile that is named, or one for each server and prefix.

    Raises:
        PortError: It is missing or faulty, or has no API key.
    """
    store = ProfileStore(invocation.paths, invocation.env)
    if invocation.profile:
        profile = store.get(invocation.profile)
        if not profile.has_key:
            raise PortError(problem(ProblemCode.NO_API_KEY, subject=profile.name))
        return [profile]
    usable = [file.profile for file in store.list() if file.profile is not None]
    by_place = {
        (profile.http_url, profile.room_prefix): profile for profile in usable if profile.has_key
    }
    return list(by_place.values())


def _is_chosen(orphan: Orphan, rooms: tuple[str, ...], installation: str) -> bool:
    if rooms:
        return orphan.name in rooms
    return orphan.made_by == installation and not orphan.people


def _agreed(invocation: Invocation, chosen: Sequence[Orphan]) -> bool:
    """Ask once, with the count.

    Raises:
        PortError: There is nobody to ask.
    """
    if invocation.yes:
        return True
    count, people = len(chosen), sum(orphan.people for orphan in chosen)
    what = "1 room" if count == 1 else f"{count} rooms"
    if not sys.stdin.isatty():
        cause = f"{what} would be deleted, and there is nobody to ask"
        raise PortError(misused("--delete needs --yes here", cause=cause, verb="cleanup orphans"))
    for orphan in chosen[:20]:
        print(f"  {orphan.name}  {people_words(orphan.people, orphan.agents)}", file=sys.stderr)
    cut = f", cutting {people} people" if people else ""
    print(f"Delete {what}{cut}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


async def _delete(engine: Headless, chosen: Sequence[tuple[Profile, Orphan]]) -> frozenset[str]:
    """Have them removed by way of the queue; gives the names of those that are gone."""
    for profile in {profile.name: profile for profile, _ in chosen}.values():
        of_profile = tuple(orphan for other, orphan in chosen if other.name == profile.name)
        engine.send(DeleteOrphans(profile=profile, orphans=of_profile))
    names = {orphan.name for _, orphan in chosen}

    def items() -> dict[str, CleanupItem]:
        return {item.room: item for item in engine.state.cleanup.values() if item.room in names}

    def all_over() -> bool:
        return len(items()) == len(names) and all(i.state in GONE for i in items().values())

    await engine.until(lambda _state: all_over(), _DELETE_LIMIT_S)
    return frozenset(room for room, item in items().items() if item.state in GONE)


def _print(
    invocation: Invocation,
    answers: Sequence[OrphansFound],
    rooms: tuple[str, ...],
    installation: str,
    gone: frozenset[str] | None,
) -> None:
    now = SystemClock().wall()
    results = [
        OrphanResult(
            room=orphan.name,
            profile=answer.profile,
            made_by="this" if orphan.made_by == installation else orphan.made_by,
            people=orphan.people,
            agents=orphan.agents,
            age_s=round(max(0.0, now - orphan.made_at), 1),
            deleted=None if gone is None else orphan.name in gone,
        )
        for answer in answers
        for orphan in answer.orphans
        if not rooms or orphan.name in rooms
    ]
    if invocation.json:
        sys.stdout.write(msgspec.json.encode({"orphans": results}).decode() + "\n")
    elif not results:
        sys.stdout.write("No orphans: every room with these prefixes is in the queue.\n")
    else:
        told = {True: "deleted", False: "left", None: ""}
        rows = [
            (
                {"this": "this installation", "": "unknown"}.get(one.made_by, one.made_by),
                one.room,
                people_words(one.people, one.agents),
                age(one.age_s),
                one.profile,
                told[one.deleted],
            )
            for one in results
        ]
        heads = ("made by", "room", "people", "age", "profile", "")
        sys.stdout.write("\n".join(table_lines(heads, rows)) + "\n")
