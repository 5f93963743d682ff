from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.importing import (
    Candidate,
    Found,
    State,
    free_name,
    of_agents,
    of_dotenv,
    of_lk_config,
    of_variables,
    propose,
    secrets_in_words,
)
from lktui.core.profile import AuthMode, DispatchMode, Profile, Secret
from lktui.core.profile_fields import is_profile_name

SECRET = Secret("b")
STAGING = {
    "name": "staging",
    "url": "wss://staging-abc.livekit.cloud",
    "api_key": "APIabc",
    "api_secret": "12345678901234567890",
}
PROD = {
    "name": "prod",
    "project_id": "p_1",
    "url": "wss://prod-abc.livekit.cloud",
    "api_key": "APIdef",
    "api_secret": "s3cret",
}
LK = {"default_project": "prod", "projects": [STAGING, PROD], "device_name": "box"}
SNAKE = {
    "url": "wss://x.livekit.cloud",
    "api_key": "APIx",
    "api_secret": "s",
    "agent_name": "checkout",
    "dispatch_mode": "explicit",
}
CAMEL = {
    "url": "wss://x.livekit.cloud",
    "apiKey": "APIx",
    "apiSecret": "s",
    "agentName": "checkout",
    "dispatchMode": "explicit",
}


def profile_of(candidate: Candidate) -> Profile:
    profile = candidate.parsed.profile
    assert profile is not None, candidate.parsed.faults
    return profile


def only(found: Found) -> Candidate:
    assert found.faults == ()
    (candidate,) = found.candidates
    return candidate


# --- the lk command -------------------------------------------------------------------------


def test_projects_of_lk_keep_their_names_with_the_default_first() -> None:
    prod, staging = of_lk_config(LK, "x").candidates
    assert (prod.name, prod.is_default) == ("prod", True)
    assert (staging.name, staging.is_default) == ("staging", False)
    assert profile_of(prod).api_secret == Secret("s3cret")
    assert profile_of(staging).url == "wss://staging-abc.livekit.cloud"
    assert profile_of(prod).dispatch_mode is DispatchMode.AUTO


def test_a_name_that_no_file_may_have_becomes_the_nearest_and_is_told() -> None:
    config = {"projects": [{**PROD, "name": "My Project / é"}]}
    (candidate,) = of_lk_config(config, "x").candidates
    assert (candidate.name, candidate.called) == ("My-Project-é", "My Project / é")


def test_no_project_becomes_the_profile_of_the_environment() -> None:
    config = {"projects": [{**PROD, "name": "env"}]}
    assert of_lk_config(config, "x").candidates[0].name == "env-profile"


@pytest.mark.parametrize("config", [None, "text", [], {"projects": "text"}, 5])
def test_what_is_no_configuration_of_lk_is_a_fault(config: object) -> None:
    found = of_lk_config(config, "x")
    assert found.candidates == ()
    assert found.faults[0].cause == "it holds no list of projects"


def test_a_configuration_without_projects_is_no_fault() -> None:
    assert of_lk_config({"projects": None, "device_name": "box"}, "x") == Found("x")


# --- variables and .env ---------------------------------------------------------------------


def test_secrets_of_the_environment_become_references() -> None:
    env = {
        "LIVEKIT_URL": "wss://my-project-1.livekit.cloud",
        "LIVEKIT_API_KEY": "APIx",
        "LIVEKIT_API_SECRET": "s",
        "LIVEKIT_AGENT_NAME": "checkout",
    }
    candidate = only(of_variables(env, "the environment"))
    profile = profile_of(candidate)
    assert candidate.name == "my-project-1"
    assert profile.api_secret == Secret("env:LIVEKIT_API_SECRET")
    assert (profile.agent_name, profile.dispatch_mode) == ("checkout", DispatchMode.EXPLICIT)


def test_a_token_without_a_key_makes_a_profile_in_token_mode() -> None:
    env = {"LIVEKIT_URL": "ws://127.0.0.1:7880", "LIVEKIT_TOKEN": "eyJ.x.y"}
    candidate = only(of_variables(env, "the environment"))
    assert candidate.name == "local"
    assert profile_of(candidate).auth_mode is AuthMode.TOKEN
    assert profile_of(candidate).token == Secret("env:LIVEKIT_TOKEN")


def test_without_livekit_url_the_environment_holds_nothing() -> None:
    assert of_variables({"LIVEKIT_API_KEY": "x"}, "the environment").candidates == ()


def test_a_dotenv_is_read_as_a_shell_would() -> None:
    text = """
# a comment
export LIVEKIT_URL="wss://x.example.net"  # where
LIVEKIT_API_KEY='API # no comment'
  LIVEKIT_API_SECRET = a\\b#c # a comment
OPENAI_API_KEY=other
"""
    profile = profile_of(only(of_dotenv(text, ".env")))
    assert profile.url == "wss://x.example.net"
    assert profile.api_key == Secret("API # no comment")
    assert profile.api_secret == Secret("a\\b#c")


def test_a_variable_within_a_dotenv_becomes_a_reference() -> None:
    text = "LIVEKIT_URL=wss://x\nLIVEKIT_API_KEY=$KEY\nLIVEKIT_API_SECRET=${THE_SECRET}"
    profile = profile_of(only(of_dotenv(text, ".env")))
    assert (profile.api_key, profile.api_secret) == (Secret("env:KEY"), Secret("env:THE_SECRET"))


def test_a_text_without_livekit_url_says_so() -> None:
    assert of_dotenv("A=1", ".env").faults[0].cause == "no line sets LIVEKIT_URL"


# --- agents in JSON -------------------------------------------------------------------------


@pytest.mark.parametrize("config", [SNAKE, CAMEL])
def test_an_agent_is_read_in_either_spelling(config: Mapping[str, object]) -> None:
    candidate = only(of_agents({"provider": "livekit", "config": config}, "x"))
    profile = profile_of(candidate)
    assert candidate.name == "checkout"
    assert profile.api_key == Secret("APIx")
    assert profile.agent_name == "checkout"


def test_an_agent_has_the_name_that_its_json_gives_it() -> None:
    agent = {"name": "support-eu", "provider": "livekit", "config": SNAKE}
    assert only(of_agents(agent, "x")).name == "support-eu"


@pytest.mark.parametrize("content", [SNAKE, [SNAKE], {"agents": [SNAKE]}, {"config": SNAKE}])
def test_one_agent_may_stand_alone_in_a_list_or_as_its_config(content: object) -> None:
    assert profile_of(only(of_agents(content, "x"))).agent_name == "checkout"


def test_an_agent_of_another_provider_is_left_out_and_named_by_its_place() -> None:
    found = of_agents([{"provider": "vapi", "config": SNAKE}, {"config": SNAKE}, 5], "x")
    assert len(found.candidates) == 1
    causes = [fault.cause for fault in found.faults]
    assert causes == ["agent 1 is not for LiveKit", "agent 3 is no agent"]


def test_no_fault_quotes_a_value() -> None:
    found = of_agents({"config": {**SNAKE, "url": "canary-1", "room_name": "canary-2 "}}, "x")
    assert "canary" not in str(found)


# --- what would become of them --------------------------------------------------------------


def test_what_is_there_already_is_not_written_again() -> None:
    candidates = of_lk_config(LK, "x").candidates
    first = propose(candidates, {})
    assert [one.state for one in first] == [State.NEW, State.NEW]
    existing = {one.name: one.profile for one in first}
    assert [one.state for one in propose(candidates, existing)] == [State.SAME, State.SAME]


def test_another_profile_of_this_name_stays() -> None:
    candidates = of_lk_config(LK, "x").candidates
    other = Profile(name="prod", url="ws://other")
    assert propose(candidates, {"prod": other, "staging": None})[0].state is State.TAKEN
    assert propose(candidates, {"prod": None, "staging": None})[1].state is State.TAKEN


def test_of_two_sources_with_one_name_the_first_is_written() -> None:
    twice = of_lk_config(LK, "x").candidates * 2
    states = [one.state for one in propose(twice, {})]
    assert states == [State.NEW, State.NEW, State.SAME, State.SAME]


def test_what_has_no_name_of_its_own_takes_a_free_one() -> None:
    env = {"LIVEKIT_URL": "ws://localhost:1", "LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s"}
    candidates = of_variables(env, "x").candidates
    (proposal,) = propose(candidates, {"local": None})
    assert (proposal.state, proposal.name) == (State.NEW, "local-2")
    assert proposal.profile is not None
    assert proposal.profile.name == "local-2"
    (again,) = propose(candidates, {"local": None, "mine": proposal.profile})
    assert (again.state, again.name) == (State.SAME, "mine")


def test_what_has_faults_is_not_written() -> None:
    candidates = of_variables({"LIVEKIT_URL": "ws://x"}, "x").candidates
    assert propose(candidates, {})[0].state is State.FAULTY


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (Profile(name="p", url="ws://x", api_key=Secret("k"), api_secret=Secret("file:/s")),
         "copied: api_key"),
        (Profile(name="p", url="ws://x", api_key=Secret("k"), token=Secret("t")),
         "copied: api_key, token"),
        (Profile(name="p", url="ws://x", token_headers=(("a", Secret("env:A")), ("b", SECRET))),
         "copied: token_headers"),
    ],
)  # fmt: skip
def test_secrets_that_become_literals_are_said_to(profile: Profile, words: str) -> None:
    assert secrets_in_words(profile).startswith(f"{words}; ")


def test_where_all_secrets_are_references_nothing_is_said() -> None:
    held = (("a", Secret("env:A")),)
    profile = Profile(name="p", url="ws://x", api_key=Secret("env:K"), token_headers=held)
    assert secrets_in_words(profile) == ""


@given(st.text(min_size=1), st.sets(st.text(min_size=1)))
def test_a_free_name_is_free(name: str, taken: set[str]) -> None:
    assert free_name(name, taken) not in taken


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["projects", "config", "agents", "name", "url", "apiKey", "provider", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
)


@given(JSON)
def test_whatever_a_source_holds_its_names_could_be_files(content: object) -> None:
    for found in (of_lk_config(content, "x"), of_agents(content, "x")):
        for candidate in found.candidates:
            assert is_profile_name(candidate.name)
            assert candidate.name != "env"
