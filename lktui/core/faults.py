"""What is wrong in a hand-written file, field by field, all of it at once."""

from __future__ import annotations

import msgspec


class Fault(msgspec.Struct, frozen=True):
    """One thing to mend; never holds the value of a secret."""

    field: str
    """The field's name in snake_case, or an unknown key as written; empty: the whole file."""
    cause: str
    resolution: str
    """What to do, imperative."""
    line: int = 0
    """Where in the file, counted from 1; 0 if not known."""

    @property
    def words(self) -> str:
        """The fault in one sentence without its remedy: `line 3: url: there is none`."""
        place = f"line {self.line}: " if self.line else ""
        return place + (f"{self.field}: {self.cause}" if self.field else self.cause)


class Findings(msgspec.Struct):
    """Collects faults, which make a file unusable, and warnings, which do not."""

    faults: list[Fault] = []
    warnings: list[Fault] = []

    def fault(self, name: str, cause: str, resolution: str) -> None:
        """Note something that makes the file unusable."""
        self.faults.append(Fault(name, cause, resolution))

    def warn(self, name: str, cause: str, resolution: str) -> None:
        """Note something that is allowed and probably not meant."""
        self.warnings.append(Fault(name, cause, resolution))
