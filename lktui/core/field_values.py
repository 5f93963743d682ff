"""How one value of a hand-written file is read, and the words of a fault.

A reader gives what `msgspec.convert` takes, or None after it has noted why not. No fault quotes a
value, for a secret may stand in any field by mistake; a misspelt choice is the one exception.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time

import msgspec

from lktui.core.faults import Findings
from lktui.core.fields import Field, Kind
from lktui.core.nearest import nearest
from lktui.core.sanitize import clean
from lktui.core.urls import has_path, url_flaws

_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"),
    (str, "text"),
    (int, "a whole number"),
    (float, "a number"),
    (Mapping, "a table"),
    ((list, tuple), "a list"),
    ((date, time), "a date or time"),
)
_VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WORD = re.compile(r"[A-Za-z_-]{1,12}")
"""A misspelt choice may be quoted; anything else may be a secret on the wrong line."""
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)


def read_value(field: Field, value: object, findings: Findings) -> object | None:
    """Read a value as its field's kind.

    Returns:
        Built-in types for `msgspec.convert`; None if the value is empty or faulty.
    """
    return _READERS[field.kind](field, value, findings)


def value_of_text(field: Field, text: str) -> object:
    """Give what a file would hold for a value that was typed as text.

    What does not fit the kind stays a text, so that `read_value` says what is expected.
    """
    if field.kind is Kind.TAGS:
        return [part for part in text.split(",") if part.strip()]
    if field.kind is Kind.COUNT:
        return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text.strip()) else text
    if field.kind in (Kind.DURATION, Kind.TIMEOUT):
        return float(text) if re.fullmatch(r"-?[0-9]{0,9}\.?[0-9]{1,9}", text.strip()) else text
    if field.kind is Kind.FLAG and text.strip() in ("true", "false"):
        return text.strip() == "true"
    return text


def read_object(text: str) -> dict[str, object] | None:
    """Decode a JSON object; None if the text is anything else."""
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None


def _found(value: object) -> str:
    return next((words for types, words in _TYPES if isinstance(value, types)), "something else")


def _wrong_type(field: Field, value: object, expected: str, example: str, to: Findings) -> None:
    to.fault(field.name, f"found {_found(value)} where {expected} belongs", f"Write {example}")


def _text(field: Field, value: object, findings: Findings) -> str | None:
    """Read text of any content that can be stored and sent; None if it is empty or faulty."""
    if not isinstance(value, str):
        _wrong_type(field, value, "text", f'{field.name} = "…", in quotes', findings)
        return None
    if any("\ud800" <= letter <= "\udfff" for letter in value) or "\0" in value:
        findings.fault(field.name, "the text is not valid UTF-8, or holds NUL", "Write it anew")
        return None
    return value if value or field.low else None


def _note(field: Field, value: object, findings: Findings) -> str | None:
    text = _text(field, value, findings)
    return None if text is None else clean(text).strip()


def _one_line(field: Field, value: object, findings: Findings) -> str | None:
    text = _text(field, value, findings)
    if text is not None and clean(text) != text:
        findings.fault(
            field.name,
            "it holds a line break, a control or an invisible character",
            "Write it anew in one line",
        )
        return None
    return text


def _name(field: Field, value: object, findings: Findings) -> str | None:
    text = _one_line(field, value, findings)
    if text is None:
        return None
    if text != text.strip():
        findings.fault(field.name, "it begins or ends with a blank", "Remove the blank")
    elif len(text) > field.high:
        findings.fault(
            field.name,
            f"it has {len(text)} characters",
            f"Shorten it to {field.high:g} characters at most",
        )
    elif len(text) < field.low:
        findings.fault(field.name, "it is empty", "Give it a value, or remove the line")
    else:
        return text
    return None


def _url(field: Field, value: object, findings: Findings, schemes: tuple[str, ...]) -> str | None:
    url = _one_line(field, value.strip() if isinstance(value, str) else value, findings)
    if url is None:
        return None
    flaws = url_flaws(url, schemes)
    for cause, resolution in flaws:
        findings.fault(field.name, cause, resolution)
    return None if flaws else url


def _server_url(field: Field, value: object, findings: Findings) -> str | None:
    url = _url(field, value, findings, ("wss", "ws", "https", "http"))
    if url is not None and has_path(url):
        findings.warn(
            field.name,
            "something follows the host; LiveKit servers answer at the root",
            "Remove it, unless a proxy expects it",
        )
    return url


def _endpoint_url(field: Field, value: object, findings: Findings) -> str | None:
    return _url(field, value, findings, ("https", "http"))


def _secret(field: Field, value: object, findings: Findings) -> dict[str, str] | None:
    source = _secret_source(field, value, findings)
    return {"source": source} if source else None


def _secret_source(field: Field, value: object, findings: Findings) -> str | None:
    text = _one_line(field, value, findings)
    if text is None:
        return None
    kind, colon, name = text.partition(":")
    if not colon or kind not in ("env", "file"):
        return text
    if kind == "env" and not _VARIABLE.fullmatch(name):
        findings.fault(
            field.name,
            "env: is not followed by the name of a variable",
            "Write env:NAME with letters, digits and _",
        )
        return None
    if kind == "file" and not name.strip():
        findings.fault(field.name, "file: is not followed by a path", "Write file:PATH")
        return None
    if kind == "file" and not name.startswith(("/", "~")):
        findings.warn(
            field.name,
            "a relative path depends on the folder in which lktui is started",
            "Write file:/… or file:~/…",
        )
    return text


def _flag(field: Field, value: object, findings: Findings) -> bool | None:
    if isinstance(value, bool):
        return value
    _wrong_type(field, value, "true or false", f"{field.name} = true, without quotes", findings)
    return None


def _number(field: Field, value: object, findings: Findings) -> float | None:
    """Read a number within the field's limits; a timeout of 0 would never wait."""
    whole, above = field.kind is Kind.COUNT, field.kind is Kind.TIMEOUT
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        expected = "a whole number" if whole else "a number of seconds"
        _wrong_type(field, value, expected, f"{field.name} = 2, without quotes", findings)
        return None
    if (value > field.low or (value == field.low and not above)) and value <= field.high:
        return value
    low = f"more than {field.low:g} and at most" if above else f"from {field.low:g} to"
    findings.fault(field.name, "the number is out of range", f"Write a number {low} {field.high:g}")
    return None


def _choice(field: Field, value: object, findings: Findings) -> str | None:
    if value in field.choices or value == "":
        return str(value) or None
    wanted = " or ".join(field.choices)
    if not isinstance(value, str):
        _wrong_type(field, value, wanted, f'{field.name} = "{field.choices[0]}"', findings)
        return None
    near = nearest(value, field.choices)
    said = f"“{value}”" if _WORD.fullmatch(value) else "its value"
    findings.fault(
        field.name,
        f"{said} is not {wanted}",
        f"Write {near}" if near else f"Write {wanted}",
    )
    return None


def _table(field: Field, value: object, findings: Findings) -> dict[str, object] | None:
    if isinstance(value, str):
        value = read_object(value) if value.strip() else {}
        if value is None:
            findings.fault(field.name, "the text is not a JSON object", "Write '{\"name\": …}'")
            return None
    if not isinstance(value, Mapping):
        _wrong_type(field, value, "a table", "a table, or a JSON object in quotes", findings)
        return None
    return {str(key): item for key, item in value.items()}


def _headers(field: Field, value: object, findings: Findings) -> list[object] | None:
    table = _table(field, value, findings)
    if table is None:
        return None
    headers: list[object] = []
    for position, (name, item) in enumerate(table.items(), start=1):
        if not _HEADER.fullmatch(name):
            findings.fault(
                field.name,
                f"the name of header {position} is not allowed in HTTP",
                "Use letters, digits and dashes",
            )
        elif not isinstance(item, str):
            findings.fault(
                field.name,
                f"header {name} holds {_found(item)} where text belongs",
                "Write its value in quotes",
            )
        else:
            source = _secret_source(field, item, findings)
            headers.append((name, {"source": source or ""}))
    return headers


def _object(field: Field, value: object, findings: Findings) -> str | None:
    table = _table(field, value, findings)
    if not table:
        return None
    if isinstance(value, str):
        return value
    import json  # noqa: PLC0415 - hardly any profile has a table here

    try:
        return json.dumps(table, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError, RecursionError):
        findings.fault(
            field.name,
            "it holds what JSON has no form for: a date, a time, nan or inf",
            "Write it in quotes",
        )
        return None


def _tags(field: Field, value: object, findings: Findings) -> list[str] | None:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)) or not all(isinstance(tag, str) for tag in value):
        _wrong_type(field, value, "a list of texts", f'{field.name} = ["…", "…"]', findings)
        return None
    tags = [clean(tag).strip() for tag in value]
    return list(dict.fromkeys(tag for tag in tags if tag))


_READERS: dict[Kind, Callable[[Field, object, Findings], object | None]] = {
    Kind.TEXT: _text,
    Kind.NOTE: _note,
    Kind.NAME: _name,
    Kind.SERVER_URL: _server_url,
    Kind.ENDPOINT_URL: _endpoint_url,
    Kind.SECRET: _secret,
    Kind.FLAG: _flag,
    Kind.DURATION: _number,
    Kind.TIMEOUT: _number,
    Kind.COUNT: _number,
    Kind.CHOICE: _choice,
    Kind.HEADERS: _headers,
    Kind.OBJECT: _object,
    Kind.TAGS: _tags,
}
