from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.fields import Kind
from lktui.core.profile import AuthMode, Profile, Secret
from lktui.core.profile_fields import FIELDS
from lktui.core.profile_form import NAME, Opening, ProfileForm, choices_of

FILE: dict[str, object] = {
    "url": "wss://x",
    "api_key": "APIx",
    "api_secret": "env:S",
    "tags": ["a", "b"],
    "join_timeout": 20,
    "token_headers": {"A": "env:H"},
}
FORM = ProfileForm(Opening(name="x", values=FILE), names=frozenset({"x", "other"}))


def shown(form: ProfileForm) -> set[str]:
    return {field.name for field in form.fields}


def test_a_form_begins_with_what_the_file_holds_and_with_defaults() -> None:
    texts = {name: FORM.text(name) for name in ("name", "url", "tags", "join_timeout")}
    assert texts == {"name": "x", "url": "wss://x", "tags": "a, b", "join_timeout": "20"}
    assert FORM.text("room_prefix") == "preclinical-test"
    assert FORM.is_default("room_prefix")
    assert (FORM.text("auto_cleanup"), FORM.text("auto_retry")) == ("true", "false")
    assert FORM.unsaved == ()


def test_every_field_can_be_asked_for_its_text() -> None:
    new = ProfileForm(Opening())
    for field in (NAME, *FIELDS):
        assert new.text(field.name) == "" or new.is_default(field.name)


def test_only_what_was_changed_is_a_change() -> None:
    form = FORM.typed("url", "wss://y").typed("tags", "a,b ,c").typed("join_timeout", "20")
    assert form.changes == {"url": "wss://y", "tags": ["a", "b", "c"]}
    assert form.unsaved == ("url", "tags")


def test_what_is_typed_back_is_no_change() -> None:
    assert FORM.typed("url", "wss://y").typed("url", "wss://x").unsaved == ()


def test_an_emptied_field_is_removed_and_has_its_default_again() -> None:
    form = FORM.typed("join_timeout", "  ")
    assert form.changes == {"join_timeout": None}
    assert form.parsed.profile is not None
    assert form.parsed.profile.join_timeout == 15.0


def test_faults_come_as_one_types() -> None:
    form = FORM.typed("url", "htp://x").typed("join_timeout", "soon")
    assert [fault.field for fault in form.faults] == ["url", "join_timeout"]
    found, is_fault = form.finding("join_timeout")
    assert is_fault
    assert found is not None
    assert "a number of seconds" in found.cause


def test_a_value_of_the_wrong_type_is_a_fault_until_it_is_typed_anew() -> None:
    form = ProfileForm(Opening(name="x", values=FILE | {"url": 5, "auto_cleanup": "yes"}))
    assert {fault.field for fault in form.faults} == {"url", "auto_cleanup"}
    mended = form.typed("url", "ws://x").typed("auto_cleanup", "true")
    assert mended.faults == ()
    assert mended.changes == {"url": "ws://x", "auto_cleanup": True}


def test_only_the_fields_of_the_chosen_modes_are_shown() -> None:
    assert shown(FORM) & {"api_key", "agent_name", "token", "dispatch_retries"} == {"api_key"}
    token = FORM.typed("auth_mode", "token")
    assert shown(token) & {"api_key", "agent_name", "token"} == {"token"}
    explicit = token.typed("dispatch_mode", "explicit")
    assert {"api_key", "api_secret", "agent_name", "token"} <= shown(explicit)


def test_a_field_of_another_mode_is_shown_where_something_is_wrong_with_it() -> None:
    form = FORM.typed("token_url", "ftp://x").typed("agent_name", "checkout")
    assert {"token_url", "agent_name"} <= shown(form)


def test_what_another_mode_hides_is_not_lost() -> None:
    form = FORM.typed("auth_mode", "token").typed("token", "eyJ.x.y").typed("auth_mode", "api")
    assert form.changes == {"token": "eyJ.x.y"}


def test_a_name_must_be_a_files_and_nobody_elses() -> None:
    assert FORM.faults == ()
    assert FORM.typed("name", "other").faults[0].cause == "another profile has this name"
    assert FORM.typed("name", "a/b").faults[0].field == "name"
    assert FORM.typed("name", "y").unsaved == ("name",)


def test_text_of_several_lines_is_not_typed_into() -> None:
    form = ProfileForm(Opening(name="x", values=FILE | {"metadata": "a\nb"}))
    assert form.is_locked("metadata")
    assert not form.is_locked("url")


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ('{"A": "env:X"}', {"A": "env:X"}),
        ('{"A": null}', '{"A": null}'),
        ("no json", "no json"),
    ],
)
def test_json_becomes_a_table_where_toml_has_a_form_for_it(typed: str, held: object) -> None:
    assert FORM.typed("token_headers", typed).changes == {"token_headers": held}


def test_a_copy_has_all_values_and_no_file() -> None:
    copy = ProfileForm.copied(FILE, "x-copy", frozenset({"x"}))
    assert copy.opening.name == ""
    assert copy.faults == ()
    profile = copy.parsed.profile
    assert profile is not None
    assert (profile.name, profile.tags) == ("x-copy", ("a", "b"))
    assert profile.token_headers == (("A", Secret("env:H")),)


def test_a_form_whose_file_has_gone_becomes_a_new_one_with_all_that_was_in_it() -> None:
    form = FORM.typed("url", "ws://y").anew()
    assert form.opening.name == ""
    profile = form.parsed.profile
    assert profile is not None
    assert (profile.name, profile.url, profile.join_timeout) == ("x", "ws://y", 20.0)


def test_choices_are_those_of_the_field() -> None:
    by_name = {field.name: choices_of(field) for field in FIELDS}
    assert by_name["auth_mode"] == tuple(AuthMode)
    assert by_name["read_only"] == ("true", "false")
    assert by_name["url"] == ()


TYPED = [field for field in FIELDS if not choices_of(field)]


@given(
    st.dictionaries(st.sampled_from([field.name for field in TYPED]), st.text(max_size=30)),
    st.sampled_from(["api", "token", "nonsense"]),
    st.sampled_from(["auto", "explicit"]),
)
def test_whatever_is_typed_is_a_profile_or_has_faults(
    texts: dict[str, str], auth: str, dispatch: str
) -> None:
    form = FORM.typed("auth_mode", auth).typed("dispatch_mode", dispatch)
    for name, text in texts.items():
        form = form.typed(name, text)
    assert (form.parsed.profile is None) == bool(form.parsed.faults)
    assert {fault.field for fault in form.faults} <= shown(form)


PREFIXES = st.from_regex(r"[a-z]{1,9}", fullmatch=True)
TAGS = st.tuples(st.sampled_from(["a", "b c"]))


@given(PREFIXES, TAGS)
def test_what_is_copied_and_not_changed_is_the_same_profile(
    prefix: str, tags: tuple[str, ...]
) -> None:
    key, secret = Secret("k"), Secret("env:S")
    profile = Profile(
        name="x", url="ws://x", api_key=key, api_secret=secret, room_prefix=prefix, tags=tags
    )
    assert ProfileForm.copied_from(profile, "x", frozenset()).parsed.profile == profile


def test_every_kind_of_field_can_be_typed() -> None:
    values = {
        Kind.TEXT: "text", Kind.NOTE: "note", Kind.NAME: "name", Kind.SERVER_URL: "ws://y",
        Kind.ENDPOINT_URL: "https://y", Kind.SECRET: "env:K", Kind.DURATION: "1.5",
        Kind.TIMEOUT: "2.5", Kind.COUNT: "3", Kind.HEADERS: '{"A": "env:K"}',
        Kind.OBJECT: '{"a": 1}', Kind.TAGS: "x, y",
    }  # fmt: skip
    form = FORM.typed("auth_mode", "token").typed("dispatch_mode", "explicit")
    for field in TYPED:
        form = form.typed(field.name, values[field.kind])
    assert form.faults == ()
    assert set(form.changes) >= {field.name for field in TYPED}
