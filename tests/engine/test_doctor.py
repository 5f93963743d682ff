"""The doctor: each check says what it found, and what it made is gone."""

from __future__ import annotations

import jwt
import msgspec
import pytest

from lktui.core.cleanup import OVER, ItemState
from lktui.core.commands import RunDoctor
from lktui.core.doctor import Check, CheckState, CheckupBegan, Finding, checks_for
from lktui.core.events import CleanupChanged, SessionEvent
from lktui.core.fold import Fold
from lktui.core.problems import ProblemCode, problem
from lktui.core.profile import AuthMode, DispatchMode, Profile, Secret
from lktui.engine.doctor.case import HttpAnswer
from lktui.engine.doctor.run import DoctorRun
from lktui.engine.ports import RoomToken
from lktui.engine.removal import EARLY_LOOKS_S
from tests.support.fakes.agents import DECLINING, NEVER_JOINING, RAW, SESSION, STUCK, Script
from tests.support.fakes.network import FakeNetwork
from tests.support.fakes.world import EXPLICIT, SECURE_URL, TOKEN_ONLY, World

Findings = dict[Check, Finding]


async def examined(
    world: World,
    profile: Profile = EXPLICIT,
    *,
    network: FakeNetwork | None = None,
    dispatch: bool = False,
) -> Findings:
    """Run the doctor to its end and give its findings."""
    run = DoctorRun(
        RunDoctor(run="run", profile=profile, dispatch=dispatch),
        gateway=world.gateway,
        janitor=world.janitor,
        network=network or FakeNetwork(),
        emit=world.recorder.emit,
        clock=world.clock,
    )
    await run.work()
    fold = Fold()
    fold.apply(world.events)
    checkup = fold.state.checkups["run"]
    assert checkup.took_ms is not None
    return {found.check: found for found in checkup.findings}


def states(findings: Findings) -> dict[Check, CheckState]:
    return {check: found.state for check, found in findings.items()}


def code_of(found: Finding) -> ProblemCode | None:
    return found.problem.code if found.problem is not None else None


async def test_a_good_profile_passes_and_leaves_nothing(world: World) -> None:
    found = await examined(world)
    asked = {Check.DISPATCH, Check.AGENT, Check.SESSION}
    assert {found[check].state for check in found if check not in asked} == {CheckState.OK}
    assert {found[check].state for check in asked} == {CheckState.SKIPPED}
    assert "1.2.3" in found[Check.WEBSOCKET].detail
    assert "UDP carries it" in found[Check.WEBRTC].detail
    assert not world.server.rooms


async def test_a_run_is_no_conversation_of_the_persons(world: World) -> None:
    await examined(world)
    assert not [event for event in world.events if isinstance(event, SessionEvent)]


async def test_what_it_makes_is_in_the_queue_before_it_exists(world: World) -> None:
    await examined(world)
    changes = [event for event in world.events if isinstance(event, CleanupChanged)]
    items = {item.id: item for event in changes for item in event.items}
    assert [item.session for item in items.values()] == ["doctor-run"]
    assert all(item.state in OVER for item in items.values())


@pytest.mark.parametrize(
    ("method", "code", "check"),
    [
        ("resolve", ProblemCode.DNS_FAILED, Check.NAME),
        ("open", ProblemCode.CONNECTION_REFUSED, Check.CONNECT),
        ("open", ProblemCode.TLS_FAILED, Check.CONNECT),
        ("get", ProblemCode.NOT_LIVEKIT, Check.SERVER),
        ("signal", ProblemCode.AUTH_FAILED, Check.WEBSOCKET),
    ],
)
async def test_a_failure_is_told_once_and_what_needs_it_is_skipped(
    world: World, method: str, code: ProblemCode, check: Check
) -> None:
    network = FakeNetwork()
    network.fails[method] = code
    found = await examined(world, network=network)
    failed = [one for one in found.values() if one.state is CheckState.FAILED]
    assert [(one.check, code_of(one)) for one in failed] == [(check, code)]
    assert found[Check.AGENT].state is CheckState.SKIPPED
    assert not world.server.rooms


async def test_another_server_is_no_livekit_server(world: World) -> None:
    network = FakeNetwork()
    network.pages = {"/": HttpAnswer(200, "<html>Welcome")}
    found = await examined(world, network=network)
    assert code_of(found[Check.SERVER]) is ProblemCode.NOT_LIVEKIT
    assert "Welcome" in found[Check.SERVER].seen[0]


async def test_plain_text_to_a_port_with_tls_is_told(world: World) -> None:
    network = FakeNetwork()
    network.pages = {"/": HttpAnswer(400, "Client sent an HTTP request to an HTTPS server.")}
    found = await examined(world, network=network)
    assert code_of(found[Check.SERVER]) is ProblemCode.TLS_NEEDED


@pytest.mark.parametrize(
    ("ahead_s", "state", "words"),
    [
        (0.3, CheckState.OK, "within a second"),
        (-4.0, CheckState.OK, "4.00 s behind the server"),
        (20.0, CheckState.DOUBT, "20.0 s ahead of the server"),
        (-120.0, CheckState.FAILED, "The clocks differ by 2 min 0 s"),
    ],
)
async def test_the_clock_is_compared_with_the_servers(
    world: World, ahead_s: float, state: CheckState, words: str
) -> None:
    network = FakeNetwork()
    network.pages = {"/": HttpAnswer(200, "OK", ahead_s)}
    found = (await examined(world, network=network))[Check.CLOCK]
    assert found.state is state
    assert words in found.detail


@pytest.mark.parametrize(("days", "state"), [(13, CheckState.DOUBT), (15, CheckState.OK)])
async def test_a_certificate_that_ends_within_two_weeks_is_a_doubt(
    world: World, days: int, state: CheckState
) -> None:
    network = FakeNetwork()
    network.ends_at = world.clock.wall() + days * 86_400
    secure = msgspec.structs.replace(EXPLICIT, url=SECURE_URL)
    found = (await examined(world, secure, network=network))[Check.CONNECT]
    assert found.state is state
    if state is CheckState.DOUBT:
        assert code_of(found) is ProblemCode.CERTIFICATE_ENDS_SOON
        assert "13 d" in found.detail


async def test_a_swapped_secret_is_called_so_when_the_key_is_refused(world: World) -> None:
    world.server.fail("list_rooms", problem(ProblemCode.AUTH_FAILED, what="list_rooms"))
    swapped = msgspec.structs.replace(
        EXPLICIT, api_key=Secret("thesecretitself"), api_secret=Secret("APIabcdef")
    )
    found = await examined(world, swapped)
    assert code_of(found[Check.KEY]) is ProblemCode.KEYS_SWAPPED
    assert "thesecretitself" not in msgspec.json.encode(list(found.values())).decode()
    assert found[Check.ROOM].state is CheckState.SKIPPED


async def test_a_key_that_may_not_list_is_accepted_and_the_list_is_refused(world: World) -> None:
    world.server.fail("list_rooms", problem(ProblemCode.PERMISSION_DENIED, what="list_rooms"))
    found = await examined(world)
    assert found[Check.KEY].state is CheckState.OK
    assert code_of(found[Check.ROOMS]) is ProblemCode.PERMISSION_DENIED


async def test_a_room_that_cannot_be_made_fails_its_own_check(world: World) -> None:
    world.server.fail("create_room", problem(ProblemCode.PERMISSION_DENIED, what="create_room"))
    found = await examined(world)
    assert code_of(found[Check.ROOM]) is ProblemCode.PERMISSION_DENIED
    assert found[Check.WEBSOCKET].state is CheckState.SKIPPED


async def test_media_that_is_blocked_is_told_apart_from_signalling(world: World) -> None:
    world.server.fail("connect", problem(ProblemCode.CONNECT_FAILED, what="connect"))
    found = await examined(world)
    assert found[Check.WEBSOCKET].state is CheckState.OK
    assert code_of(found[Check.WEBRTC]) is ProblemCode.MEDIA_BLOCKED
    assert not world.server.rooms


async def test_a_read_only_profile_makes_nothing(world: World) -> None:
    profile = msgspec.structs.replace(EXPLICIT, read_only=True)
    found = await examined(world, profile, dispatch=True)
    assert found[Check.KEY].state is CheckState.OK
    assert found[Check.ROOM].state is CheckState.SKIPPED
    assert found[Check.DISPATCH].state is CheckState.SKIPPED
    assert not world.server.called("create_room")


@pytest.mark.parametrize(
    ("script", "check", "code"),
    [
        (None, Check.DISPATCH, ProblemCode.NOT_TAKEN),
        (DECLINING, Check.DISPATCH, ProblemCode.REJECTED),
        (NEVER_JOINING, Check.AGENT, ProblemCode.NOT_JOINED),
        (STUCK, Check.SESSION, ProblemCode.NOT_READY),
    ],
)
async def test_a_verdict_fails_the_check_it_belongs_to(
    world: World, script: Script | None, check: Check, code: ProblemCode
) -> None:
    if script is not None:
        world.server.workers[EXPLICIT.agent_name] = script
    found = await examined(world, dispatch=True)
    failed = [one for one in found.values() if one.state is CheckState.FAILED]
    assert [(one.check, code_of(one)) for one in failed] == [(check, code)]
    assert failed[0].seen
    assert not world.server.rooms


async def test_an_agent_that_listens_passes_all(world: World) -> None:
    world.server.workers[EXPLICIT.agent_name] = SESSION
    found = await examined(world, dispatch=True)
    assert set(states(found).values()) == {CheckState.OK}
    assert not world.server.rooms


async def test_an_agent_without_a_session_is_a_doubt(world: World) -> None:
    world.server.workers[EXPLICIT.agent_name] = RAW
    found = await examined(world, dispatch=True)
    assert found[Check.SESSION].state is CheckState.DOUBT
    assert code_of(found[Check.SESSION]) is ProblemCode.PRESENT


async def test_nobody_comes_to_a_doctor_that_asks_for_nobody(world: World) -> None:
    """So an agent that joins every room by itself is neither disturbed nor waited for."""
    world.server.workers[""] = SESSION
    began = world.clock.monotonic()
    found = await examined(world)
    assert "deleted, and still gone" in found[Check.ROOM].detail
    assert world.clock.monotonic() - began < EARLY_LOOKS_S[1] + world.server.connect_s
    changes = [event for event in world.events if isinstance(event, CleanupChanged)]
    assert {item.state for item in changes[-1].items} == {ItemState.DONE}


async def test_an_automatic_agent_that_is_asked_for_comes(world: World) -> None:
    world.server.workers[""] = SESSION
    auto = msgspec.structs.replace(EXPLICIT, agent_name="", dispatch_mode=DispatchMode.AUTO)
    found = await examined(world, auto, dispatch=True)
    assert found[Check.SESSION].state is CheckState.OK


async def test_an_automatic_agent_that_does_not_come_is_told(world: World) -> None:
    auto = msgspec.structs.replace(EXPLICIT, agent_name="", dispatch_mode=DispatchMode.AUTO)
    found = await examined(world, auto, dispatch=True)
    assert found[Check.DISPATCH].state is CheckState.OK
    assert code_of(found[Check.AGENT]) is ProblemCode.AUTO_NO_AGENT


def signed(world: World, **claims: object) -> None:
    """Let token mode have a token with these claims; `exp` is seconds from now."""
    if isinstance(lasts_s := claims.get("exp"), int):
        claims["exp"] = world.clock.wall() + lasts_s
    text = jwt.encode({"sub": "person", **claims}, "x" * 32)
    world.gateway.token = RoomToken(jwt=text, room="r", identity="person")


@pytest.mark.parametrize(
    ("claims", "state", "code"),
    [
        ({"exp": 7200}, CheckState.OK, None),
        ({"exp": 60}, CheckState.DOUBT, ProblemCode.TOKEN_ENDS_SOON),
        ({"video": {"canPublishData": False}}, CheckState.DOUBT, ProblemCode.TOKEN_WEAK),
        ({"video": {"canSubscribe": False}}, CheckState.DOUBT, ProblemCode.TOKEN_WEAK),
        ({"video": {"hidden": True}}, CheckState.DOUBT, ProblemCode.TOKEN_WEAK),
    ],
)
async def test_a_token_is_read_without_a_server(
    world: World, claims: dict[str, object], state: CheckState, code: ProblemCode | None
) -> None:
    signed(world, **claims)
    found = (await examined(world, TOKEN_ONLY))[Check.TOKEN]
    assert (found.state, code_of(found)) == (state, code)
    assert "room r; as person" in found.detail
    assert "eyJ" not in found.detail


async def test_an_endpoint_that_has_one_room_for_all_is_doubted(world: World) -> None:
    signed(world)
    asking = msgspec.structs.replace(TOKEN_ONLY, token=None, token_url="http://h/t", room_name="")
    found = (await examined(world, asking))[Check.ENDPOINT]
    assert (found.state, code_of(found)) == (CheckState.DOUBT, ProblemCode.ENDPOINT_KEEPS_ROOM)
    assert "a token for r" in found.detail


async def test_a_static_token_is_not_joined_with_unasked(world: World) -> None:
    """Whoever uses its identity now would be put out."""
    signed(world)
    found = await examined(world, TOKEN_ONLY)
    assert found[Check.WEBRTC].state is CheckState.SKIPPED
    assert "on request" in found[Check.WEBSOCKET].detail
    assert not world.server.calls


async def test_what_token_mode_cannot_do_is_said(world: World) -> None:
    signed(world)
    found = await examined(world, TOKEN_ONLY)
    assert "no list of rooms" in found[Check.KEY].detail
    assert Check.ROOMS not in found


def test_what_is_looked_at_follows_from_the_profile() -> None:
    endpoint = Profile(name="p", url="ws://h", auth_mode=AuthMode.TOKEN, token_url="http://h/t")
    assert Check.ENDPOINT in checks_for(endpoint)
    assert Check.ENDPOINT not in checks_for(TOKEN_ONLY)
    assert not {Check.ENDPOINT, Check.TOKEN} & set(checks_for(EXPLICIT))


async def test_all_checks_are_announced_before_the_first_is_told(world: World) -> None:
    await examined(world)
    told = [type(event) for event in world.events if hasattr(event, "run")]
    assert told[0] is CheckupBegan
