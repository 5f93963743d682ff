"""Changes in the text of a profile's file, which keeps its comments, its order and unknown keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, MutableMapping
from typing import cast

from lktui.core.faults import Fault
from lktui.core.profile_fields import FIELDS


class EditError(Exception):
    """The text cannot be changed so; it carries a fault for each field, or for the whole file."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.words for fault in faults))
        self.faults = faults


def values_of(raw: Mapping[str, object]) -> dict[str, object]:
    """Give what a file holds by the fields' names, whichever spelling it has; no unknown keys."""
    return {
        field.name: raw[spelling]
        for field in FIELDS
        for spelling in reversed(field.spellings)
        if spelling in raw
    }


def edited(text: str, changes: Mapping[str, object], was: Mapping[str, object]) -> str:
    """Change fields in the text of a file.

    Args:
        text: The file as it is now.
        changes: New values by the fields' names; None removes.
        was: What the fields held when the changes were begun.

    Raises:
        EditError: The text is no TOML, or somebody has changed one of the fields meanwhile.
    """
    import tomlkit  # noqa: PLC0415 - only who saves a change needs it
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415 - the same

    try:
        now = tomllib.loads(text)
    # A ValueError is also what tomllib lets through of a number with thousands of digits.
    except (ValueError, RecursionError) as error:
        raise EditError(_not_toml()) from error
    held = values_of(now)
    others = [
        Fault(name, "its file was changed meanwhile", "Press esc, look at it, and edit it anew")
        for name, value in changes.items()
        if held.get(name) not in (was.get(name), value)
    ]
    if others:
        raise EditError(*others)
    expected = _applied(now, changes)
    try:
        # What is added to a last line without an end would go on in it.
        document = tomlkit.parse(text if text.endswith("\n") or not text else f"{text}\n")
        _apply(cast("MutableMapping[str, object]", document), changes)
        changed = tomlkit.dumps(document)
    except (TOMLKitError, ValueError, RecursionError) as error:
        raise EditError(_not_toml()) from error
    if not _says(changed, expected):
        raise EditError(Fault("", "this file can be changed by hand only", "Open it in an editor"))
    return changed


def _says(text: str, expected: Mapping[str, object]) -> bool:
    """Whether a changed text is read as what it was to say: the writer may have its own faults."""
    try:
        return tomllib.loads(text) == expected
    except ValueError:
        return False


def _not_toml() -> Fault:
    return Fault("", "the file is not valid TOML", "Mend it in an editor")


def _applied(raw: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    after = dict(raw)
    _apply(after, changes)
    return after


def _apply(document: MutableMapping[str, object], changes: Mapping[str, object]) -> None:
    """Change fields under the spelling that the file uses; of several one is left."""
    spellings = {field.name: field.spellings for field in FIELDS}
    for name, value in changes.items():
        used = [spelling for spelling in spellings[name] if spelling in document]
        for spelling in used if value is None else used[1:]:
            del document[spelling]
        if value is not None:
            document[used[0] if used else name] = value
