"""Folders and a journal of one's own for each test of the store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lktui.store.journal import Journal
from lktui.store.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.of(str(tmp_path / "config"), str(tmp_path / "state"))


@pytest.fixture
def journal(paths: Paths) -> Iterator[Journal]:
    with closing(Journal(paths)) as one:
        yield one
