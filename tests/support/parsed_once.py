"""Style sheets parsed once for all apps of a run: each test has an app, which parses the same."""

from __future__ import annotations

from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation

_Key = tuple[str, CSSLocation, bool, int, str, frozenset[tuple[str, str]]]

_parse = Stylesheet._parse_rules
_parsed: dict[_Key, list[RuleSet]] = {}


def parse_rules(  # noqa: PLR0917 - as the method whose place it takes
    self: Stylesheet,
    css: str,
    read_from: CSSLocation,
    is_default_rules: bool = False,  # noqa: FBT001, FBT002 - the same
    tie_breaker: int = 0,
    scope: str = "",
) -> list[RuleSet]:
    """Take the place of `Stylesheet._parse_rules`, whose own memory lasts as long as one sheet.

    Rules are never changed once they are made; which ones apply is kept by the sheets.
    """
    variables = frozenset(self._variables.items())
    key = (css, read_from, is_default_rules, tie_breaker, scope, variables)
    if key not in _parsed:
        _parsed[key] = _parse(self, css, read_from, is_default_rules, tie_breaker, scope)
    return _parsed[key]
