"""Rooms in the queue of an installation whose engine has ended."""

from __future__ import annotations

import msgspec

from lktui.core.cleanup import CleanupItem, What
from lktui.store.journal import Journal
from lktui.store.paths import Paths
from tests.support import twirp
from tests.support.program import Program
from tests.support.server import Server


def leave_behind(program: Program, server: Server, *names: str, **fields: object) -> None:
    """Make rooms and record them as an engine that has ended since."""
    journal = Journal(Paths.of(str(program.config_dir), str(program.state_dir)))
    for name in names:
        plain = CleanupItem(
            id=f"{name}:room",
            what=What.ROOM,
            name=name,
            room=name,
            profile="echo",
            url=server.url,
            session=name,
        )
        journal.put_item(msgspec.structs.replace(plain, **fields))
        twirp.create_room(server, name)
    journal.close()
