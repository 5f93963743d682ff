from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.faults import Fault
from lktui.core.field_values import value_of_text
from lktui.core.fields import Kind
from lktui.core.profile import MASK, AuthMode, DispatchMode, Profile, Secret
from lktui.core.profile_fields import FIELDS, Parsed, is_profile_name, parse, shown, to_fields

CANARY = "canary-5f3e-value"
API: dict[str, object] = {"url": "ws://127.0.0.1:7880", "api_key": "devkey", "api_secret": "secret"}
TOKEN: dict[str, object] = {"url": "wss://x.example", "auth_mode": "token"}
BY_NAME = {field.name: field for field in FIELDS}


def jwt(claims: Mapping[str, object]) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{payload}.signature"


CARRIES_ECHO = jwt({"roomConfig": {"agents": [{"agentName": "echo"}]}})


def fields_of(findings: tuple[Fault, ...]) -> list[str]:
    return [fault.field for fault in findings]


def read(raw: Mapping[str, object]) -> Profile:
    parsed = parse("p", raw)
    assert parsed.faults == ()
    assert parsed.profile is not None
    return parsed.profile


# --- the specification's fields -------------------------------------------------------------

SPECIFIED: list[tuple[str, str, object, object]] = [
    ("url", "url", "wss://x.example", "wss://x.example"),
    ("api_key", "apiKey", "APIabc", Secret("APIabc")),
    ("api_secret", "apiSecret", "s3cret", Secret("s3cret")),
    ("agent_name", "agentName", "echo", "echo"),
    ("dispatch_mode", "dispatchMode", "explicit", DispatchMode.EXPLICIT),
    ("auth_mode", "authMode", "token", AuthMode.TOKEN),
    ("room_prefix", "roomPrefix", "mine", "mine"),
    ("room_name", "roomName", "lobby", "lobby"),
    ("auto_cleanup", "autoCleanup", False, False),
    ("token", "token", CARRIES_ECHO, Secret(CARRIES_ECHO)),
    ("jwt", "jwt", CARRIES_ECHO, Secret(CARRIES_ECHO)),
    ("livekit_token", "livekitToken", CARRIES_ECHO, Secret(CARRIES_ECHO)),
    ("token_url", "tokenUrl", "https://t.example/token", "https://t.example/token"),
    ("token_headers", "tokenHeaders", '{"X-A": "b"}', (("X-A", Secret("b")),)),
    ("token_body", "tokenBody", '{"a": null}', '{"a": null}'),
    ("token_field", "tokenField", "jwt", "jwt"),
]
WHOLE: dict[str, object] = {
    **API,
    "auth_mode": "token",
    "token": CARRIES_ECHO,
    "agent_name": "echo",
    "dispatch_mode": "explicit",
}


@pytest.mark.parametrize(("snake", "camel", "value", "expected"), SPECIFIED)
def test_each_field_of_the_specification_is_read_in_both_spellings(
    snake: str, camel: str, value: object, expected: object
) -> None:
    name = "token" if snake in ("jwt", "livekit_token") else snake
    for spelling in (snake, camel):
        raw = {key: item for key, item in WHOLE.items() if key != name} | {spelling: value}
        assert getattr(read(raw), name) == expected


def test_the_defaults_are_those_of_the_specification() -> None:
    profile = read(API)
    assert profile.dispatch_mode is DispatchMode.AUTO
    assert profile.auth_mode is AuthMode.API
    assert profile.room_prefix == "preclinical-test"
    assert profile.auto_cleanup is True
    assert profile.token_field == "token"
    assert profile.join_timeout == 15


def test_every_field_of_a_profile_is_in_the_table_and_the_other_way_round() -> None:
    names = {field.name for field in msgspec.structs.fields(Profile)} - {"name"}
    assert {field.name for field in FIELDS} == names


def test_no_spelling_belongs_to_two_fields() -> None:
    spellings = [spelling for field in FIELDS for spelling in field.spellings]
    assert len(spellings) == len(set(spellings))


def test_every_field_is_explained_in_one_sentence_under_a_heading() -> None:
    for field in FIELDS:
        assert field.help.endswith(".")
        assert field.group


def test_both_spellings_with_different_values_are_a_fault() -> None:
    parsed = parse("p", {**API, "apiKey": "other"})
    assert fields_of(parsed.faults) == ["api_key"]
    assert "api_key and apiKey" in parsed.faults[0].cause


def test_both_spellings_with_the_same_value_are_harmless() -> None:
    assert read({**API, "apiKey": API["api_key"]}).api_key == Secret("devkey")


def test_an_unknown_key_is_a_warning_that_names_the_closest_one() -> None:
    parsed = parse("p", {**API, "agent_nmae": "x"})
    assert parsed.profile is not None
    assert parsed.warnings[0].field == "agent_nmae"
    assert "agent_name" in parsed.warnings[0].resolution


def test_a_hostile_key_is_made_safe() -> None:
    parsed = parse("p", {**API, "\x1b]0;x\x07" + "k" * 99: 1})
    assert "\x1b" not in parsed.warnings[0].field
    assert len(parsed.warnings[0].field) == 40


# --- all faults at once ---------------------------------------------------------------------


def test_all_faults_are_reported_at_once() -> None:
    parsed = parse(
        ".bad/name",
        {
            "url": "htp://x",
            "dispatch_mode": "explicit",
            "join_timeout": "long",
            "auto_cleanup": "yes",
            "room_name": "a\nb",
        },
    )
    assert parsed.profile is None
    assert set(fields_of(parsed.faults)) == {
        "name",
        "url",
        "join_timeout",
        "auto_cleanup",
        "room_name",
        "api_key",
        "api_secret",
        "agent_name",
    }
    assert all(fault.cause and fault.resolution for fault in parsed.faults)


def test_a_faulty_field_is_not_also_called_missing() -> None:
    parsed = parse("p", {"url": 3, "api_key": 4, "api_secret": 5})
    assert fields_of(parsed.faults) == ["url", "api_key", "api_secret"]


def test_an_empty_profile_lacks_url_key_and_secret() -> None:
    assert fields_of(parse("p", {}).faults) == ["url", "api_key", "api_secret"]


# --- names ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["echo", "prod-eu.2", "_x", "café", "エコー", "a" * 64])
def test_names_of_letters_digits_and_a_few_signs_are_allowed(name: str) -> None:
    assert is_profile_name(name)


@pytest.mark.parametrize(
    "name", ["", ".x", "-x", "a/b", "..", "a b", "a" * 65, "a\n", "a\\b", "a\x1b", "\ud800"]
)
def test_names_that_no_file_or_command_line_should_have_are_refused(name: str) -> None:
    assert fields_of(parse(name, API).faults) == ["name"]


# --- URLs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "ws://127.0.0.1:7880",
        "wss://x.livekit.cloud",
        "http://localhost",
        "https://x.example/",
        "ws://[::1]:7880",
        "WSS://X.example",
        "  wss://x.example\n",
    ],
)
def test_urls_of_a_server_are_taken(url: str) -> None:
    parsed = parse("p", {**API, "url": url})
    assert parsed.profile is not None
    assert parsed.profile.url == url.strip()
    assert parsed.warnings == ()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("localhost:7880", "begin with"),
        ("ftp://x", "begin with"),
        ("ws://", "no host"),
        ("ws://:7880", "no host"),
        ("ws://a b", "blank"),
        ("ws://x:0", "port is 0"),
        ("ws://x:99999", "malformed"),
        ("ws://x:port", "malformed"),
        ("ws://[::1", "malformed"),
        (f"wss://me:{CANARY}@x", "a user or a password"),
        ("wss://x\x1b[31m", "control"),
        ("", "there is none"),
        (True, "true or false where text"),
    ],
)
def test_urls_that_cannot_work_are_faults(url: object, words: str) -> None:
    parsed = parse("p", {**API, "url": url})
    assert fields_of(parsed.faults) == ["url"]
    assert words in parsed.faults[0].cause
    assert CANARY not in repr(parsed)


def test_a_path_in_the_url_is_a_warning() -> None:
    parsed = parse("p", {**API, "url": "wss://x.example/rtc"})
    assert parsed.profile is not None
    assert fields_of(parsed.warnings) == ["url"]


def test_a_token_endpoint_is_http_only() -> None:
    assert fields_of(parse("p", {**TOKEN, "token_url": "wss://x/t"}).faults) == ["token_url"]
    assert read({**TOKEN, "token_url": "https://x/t?k=v"}).token_url == "https://x/t?k=v"


# --- how one gets in ------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["api_key", "api_secret"])
def test_auth_mode_api_needs_key_and_secret(missing: str) -> None:
    raw = {key: value for key, value in API.items() if key != missing}
    assert fields_of(parse("p", raw).faults) == [missing]
    assert fields_of(parse("p", {**raw, missing: ""}).faults) == [missing]


def test_auth_mode_token_needs_a_token_or_an_endpoint() -> None:
    assert fields_of(parse("p", TOKEN).faults) == ["token"]
    assert read({**TOKEN, "token": jwt({})}).has_key is False
    assert read({**TOKEN, "token_url": "http://x"}).token_url == "http://x"


def test_half_a_pair_beside_a_token_is_a_warning() -> None:
    parsed = parse("p", {**TOKEN, "token": jwt({}), "api_key": "k"})
    assert parsed.profile is not None
    assert fields_of(parsed.warnings) == ["api_secret"]


def test_a_token_in_api_mode_is_a_warning() -> None:
    parsed = parse("p", {**API, "token": jwt({})})
    assert fields_of(parsed.warnings) == ["token"]


def test_a_literal_that_is_no_token_is_a_warning() -> None:
    assert fields_of(parse("p", {**TOKEN, "token": "nonsense"}).warnings) == ["token"]
    assert parse("p", {**TOKEN, "token": "env:TOKEN"}).warnings == ()


def test_key_and_secret_that_look_swapped_are_a_warning() -> None:
    parsed = parse("p", {**API, "api_key": "xyz", "api_secret": "APIxyz"})
    assert fields_of(parsed.warnings) == ["api_secret"]


# --- dispatch -------------------------------------------------------------------------------


def test_explicit_dispatch_needs_an_agent_name() -> None:
    assert fields_of(parse("p", {**API, "dispatch_mode": "explicit"}).faults) == ["agent_name"]


def test_an_agent_name_in_auto_mode_is_a_warning() -> None:
    assert fields_of(parse("p", {**API, "agent_name": "echo"}).warnings) == ["agent_name"]


@pytest.mark.parametrize(
    ("token", "faults", "warnings"),
    [
        (CARRIES_ECHO, [], []),
        (jwt({"roomConfig": {"agents": [{"agentName": "other"}]}}), [], ["agent_name"]),
        (jwt({"roomConfig": {}}), ["dispatch_mode"], []),
        (jwt({"roomConfig": 3}), ["dispatch_mode"], []),
        (jwt({}), ["dispatch_mode"], []),
        ("env:TOKEN", [], ["dispatch_mode"]),
        ("file:/run/token", [], ["dispatch_mode"]),
        ("no token", [], ["token", "dispatch_mode"]),
        ("a.!!.c", [], ["token", "dispatch_mode"]),
        ("a./w.c", [], ["token", "dispatch_mode"]),
        ("", ["token"], []),
    ],
)
def test_explicit_without_a_key_rests_on_the_token(
    token: str, faults: list[str], warnings: list[str]
) -> None:
    raw = {**TOKEN, "token": token, "dispatch_mode": "explicit", "agent_name": "echo"}
    parsed = parse("p", raw)
    assert (fields_of(parsed.faults), fields_of(parsed.warnings)) == (faults, warnings)


def test_a_token_without_an_agents_name_in_the_profile_lacks_that_only() -> None:
    raw = {**TOKEN, "token": CARRIES_ECHO, "dispatch_mode": "explicit"}
    assert fields_of(parse("p", raw).faults) == ["agent_name"]


def test_a_faulty_token_is_not_also_blamed_for_the_dispatch() -> None:
    raw = {**TOKEN, "token": 3, "dispatch_mode": "explicit", "agent_name": "echo"}
    assert fields_of(parse("p", raw).faults) == ["token"]


def test_faulty_modes_are_not_judged_further() -> None:
    parsed = parse("p", {"url": "ws://x", "auth_mode": 1, "dispatch_mode": 2})
    assert fields_of(parsed.faults) == ["auth_mode", "dispatch_mode"]


def test_explicit_with_an_endpoint_and_no_key_is_a_doubt() -> None:
    raw = {**TOKEN, "token_url": "http://x", "dispatch_mode": "explicit", "agent_name": "echo"}
    parsed = parse("p", raw)
    assert parsed.profile is not None
    assert fields_of(parsed.warnings) == ["dispatch_mode"]


def test_a_wrong_choice_names_the_near_one() -> None:
    (fault,) = parse("p", {**API, "dispatch_mode": "explict"}).faults
    assert "“explict”" in fault.cause
    assert fault.resolution == "Write explicit"


# --- values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("join_timeout", 0),
        ("join_timeout", -1),
        ("join_timeout", 3601),
        ("reply_timeout", float("nan")),
        ("slow_reply", float("inf")),
        ("join_timeout", True),
        ("dispatch_retries", -1),
        ("dispatch_retries", 11),
        ("dispatch_retries", 1.5),
        ("dispatch_retry_delay", -0.1),
        ("room_name", "a" * 257),
        ("room_prefix", ""),
        ("room_prefix", "a" * 201),
        ("room_prefix", "a\tb"),
        ("identity_prefix", "a\u202eb"),
        ("agent_name", " echo"),
        ("agent_name", ["echo"]),
        ("metadata", "\ud800"),
        ("token_field", ""),
        ("api_key", "a\nb"),
        ("api_key", "env:"),
        ("api_key", "env:a b"),
        ("api_key", "file:"),
        ("token_headers", "[1]"),
        ("token_headers", "nope"),
        ("token_headers", {"A b": "c"}),
        ("token_headers", {"A": 3}),
        ("token_headers", {"A": "x\r\nY: z"}),
        ("token_headers", 3),
        ("token_body", '"text"'),
        ("token_body", "[" * 9999),
        ("token_body", '{"a": NaN}'),
        ("tags", [1]),
        ("tags", 3),
        ("auto_cleanup", 1),
        ("description", {}),
    ],
)
def test_values_out_of_bounds_or_of_another_type_are_faults(field: str, value: object) -> None:
    parsed = parse("p", {**API, field: value})
    assert set(fields_of(parsed.faults)) == {field}


@pytest.mark.parametrize("value", [dt.date(2026, 1, 1), [{"b": dt.time(1)}], float("nan")])
def test_a_body_holds_only_what_json_has(value: object) -> None:
    assert fields_of(parse("p", {**API, "token_body": {"a": value}}).faults) == ["token_body"]


def test_a_body_may_hold_any_whole_number() -> None:
    assert read({**API, "token_body": {"a": 10**30}}).token_body == f'{{"a": {10**30}}}'


def test_headers_and_body_are_tables_or_json_texts() -> None:
    headers, body = {"Authorization": "env:KEY"}, {"room": "r", "n": [1]}
    table = read({**API, "token_headers": headers, "token_body": body})
    text = read({**API, "token_headers": json.dumps(headers), "token_body": json.dumps(body)})
    assert table.token_headers == text.token_headers == (("Authorization", Secret("env:KEY")),)
    assert json.loads(table.token_body) == json.loads(text.token_body) == body


def test_tags_are_a_list_or_words_between_commas() -> None:
    assert read({**API, "tags": ["a", " b ", "a", ""]}).tags == ("a", "b")
    assert read({**API, "tags": "a, b"}).tags == ("a", "b")


def test_metadata_keeps_its_line_breaks_and_a_description_does_not() -> None:
    profile = read({**API, "metadata": '{\n "a": 1\n}', "description": "one\ntwo\x1b"})
    assert profile.metadata == '{\n "a": 1\n}'
    assert profile.description == "one two\N{REPLACEMENT CHARACTER}"


def test_a_relative_path_of_a_secret_is_a_warning() -> None:
    assert fields_of(parse("p", {**API, "api_key": "file:key"}).warnings) == ["api_key"]
    assert parse("p", {**API, "api_key": "file:~/key"}).warnings == ()


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("join_timeout", "2.5", 2.5),
        ("join_timeout", "soon", "soon"),
        ("dispatch_retries", "3", 3),
        ("dispatch_retries", "3.0", "3.0"),
        ("auto_cleanup", "false", False),
        ("auto_cleanup", "no", "no"),
        ("tags", "a,,b", ["a", "b"]),
        ("agent_name", "7", "7"),
    ],
)
def test_typed_text_becomes_what_a_file_would_hold(field: str, text: str, value: object) -> None:
    assert value_of_text(BY_NAME[field], text) == value


# --- writing and showing --------------------------------------------------------------------

_LINE = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=20)
_STRATEGIES: dict[Kind, st.SearchStrategy[object]] = {
    Kind.TEXT: st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    Kind.NOTE: _LINE,
    Kind.NAME: _LINE,
    Kind.SERVER_URL: st.just("wss://x.example:7880"),
    Kind.ENDPOINT_URL: st.just("https://x.example/t"),
    Kind.SECRET: _LINE.filter(lambda text: ":" not in text),
    Kind.FLAG: st.booleans(),
    Kind.DURATION: st.floats(0, 3600),
    Kind.TIMEOUT: st.floats(0.001, 3600),
    Kind.COUNT: st.integers(0, 10),
    Kind.HEADERS: st.dictionaries(st.sampled_from(("X-A", "X-B")), _LINE.map("a".__add__)),
    Kind.OBJECT: st.dictionaries(_LINE, st.integers(-9, 9) | st.none(), min_size=1).map(json.dumps),
    Kind.TAGS: st.lists(_LINE),
}


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    raw: dict[str, object] = {}
    for field in FIELDS:
        if field.name not in ("auth_mode", "dispatch_mode"):
            raw[field.name] = draw(_STRATEGIES[field.kind])
    raw["auth_mode"] = draw(st.sampled_from(tuple(AuthMode))).value
    raw["dispatch_mode"] = draw(st.sampled_from(tuple(DispatchMode))).value
    return read(raw)


@given(profiles())
def test_what_is_written_reads_as_the_same_profile(profile: Profile) -> None:
    assert parse("p", to_fields(profile)).profile == profile


def test_only_what_differs_from_the_defaults_is_written() -> None:
    assert to_fields(read(API)) == API


def test_no_literal_is_shown_and_references_are() -> None:
    profile = read(
        {
            **API,
            "api_key": "env:KEY",
            "api_secret": CANARY,
            "token": CANARY,
            "token_url": f"https://x/t?key={CANARY}",
            "token_headers": {"Authorization": CANARY, "X-B": "file:~/b"},
            "token_body": {"password": CANARY},
            "metadata": "a\x1b[31m",
        }
    )
    fields = shown(profile)
    assert fields["api_key"] == "env:KEY"
    assert fields["api_secret"] == fields["token"] == MASK
    assert fields["token_headers"] == {"Authorization": MASK, "X-B": "file:~/b"}
    assert fields["token_body"] == {"password": MASK}
    assert "\x1b" not in str(fields["metadata"])
    for text in (repr(fields), repr(profile.api_secret), f"{profile.token}"):
        assert CANARY not in text


# The words of a choice are quoted, so that the near miss can be named.
UNQUOTED = [field.name for field in FIELDS if field.kind is not Kind.CHOICE]


@pytest.mark.parametrize("field", UNQUOTED)
@pytest.mark.parametrize(
    "value",
    [CANARY, f"{CANARY}\n", [CANARY], {"a b": CANARY}, {"A": {"b": CANARY}}, f"env:{CANARY}"],
)
def test_no_fault_or_warning_quotes_a_value(field: str, value: object) -> None:
    parsed = parse("p", {**API, field: value})
    assert CANARY not in repr(parsed.faults) + repr(parsed.warnings)


@given(
    st.dictionaries(
        st.sampled_from([spelling for field in FIELDS for spelling in field.spellings]) | st.text(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
        max_size=8,
    )
)
def test_whatever_a_file_holds_there_is_a_profile_or_a_fault(raw: dict[str, object]) -> None:
    parsed = parse("p", raw)
    assert isinstance(parsed, Parsed)
    assert (parsed.profile is None) == bool(parsed.faults)
