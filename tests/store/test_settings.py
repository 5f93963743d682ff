"""The program's settings: each part reads its own, and what cannot be read is said."""

from __future__ import annotations

import pytest

from lktui.core.problems import PortError, ProblemCode
from lktui.store.paths import Paths
from lktui.store.settings import Signals, read_settings


@pytest.mark.parametrize(
    ("text", "bell"), [(None, False), ("keep_days = 7\n", False), ("bell = true\n", True)]
)
def test_the_bell_is_off_until_it_is_asked_for(paths: Paths, text: str | None, bell: bool) -> None:  # noqa: FBT001 - a case
    if text is not None:
        paths.config_dir.mkdir()
        paths.config_file.write_text(text)
    assert read_settings(paths, Signals) == Signals(bell=bell)


@pytest.mark.parametrize("text", ['bell = "loud"', "bell =", "\udcff"])
def test_a_setting_that_does_not_fit_is_a_problem(paths: Paths, text: str) -> None:
    paths.config_dir.mkdir()
    paths.config_file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(PortError) as raised:
        read_settings(paths, Signals)
    assert raised.value.problem.code is ProblemCode.CONFIG_UNUSABLE
    assert raised.value.problem.subject == str(paths.config_file)
