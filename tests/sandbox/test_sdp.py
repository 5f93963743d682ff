from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.sandbox.sdp import Local, Offer, SdpError

LOCAL = Local(
    user="user",
    password="password",
    fingerprint_algorithm="sha-256",
    fingerprint="AA:BB",
    udp_port=4711,
)
HEAD = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 CC:DD\r\n"
AUDIO = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\na=recvonly\r\n"
GONE = "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n"
DATA = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\na=sctp-port:5000\r\n"


def sections(answer: str) -> list[str]:
    return answer.split("m=")[1:]


def test_the_fingerprint_may_stand_above_all_sections() -> None:
    assert Offer(HEAD + DATA).remote.fingerprint == "CC:DD"


def test_a_section_s_own_fingerprint_counts_first() -> None:
    own = Offer(HEAD + DATA + "a=fingerprint:sha-384 EE:FF\r\n").remote
    assert (own.fingerprint_algorithm, own.fingerprint) == ("sha-384", "EE:FF")


def test_media_are_accepted_though_nothing_will_flow() -> None:
    audio, data = sections(Offer(HEAD + AUDIO + DATA).answer(LOCAL))
    assert audio.startswith("audio 9 ")
    assert "a=inactive" in audio
    assert "a=rtpmap:111 opus/48000/2" in audio
    assert "a=inactive" not in data


def test_what_the_client_has_given_up_is_in_no_bundle() -> None:
    answer = Offer(HEAD + AUDIO + GONE + DATA).answer(LOCAL)
    assert "a=group:BUNDLE 0 2\r\n" in answer
    assert sections(answer)[1].startswith("video 0 ")


def test_every_section_in_use_names_where_the_server_is() -> None:
    answer = Offer(HEAD + AUDIO + DATA).answer(LOCAL)
    for section in sections(answer):
        assert "127.0.0.1 4711 typ host" in section
        assert "a=ice-ufrag:user" in section
    assert "a=ice-lite\r\n" in answer


@pytest.mark.parametrize(
    "text",
    ["", "v=0", HEAD, HEAD + AUDIO, DATA, HEAD + DATA + "a=max-message-size:x\r\n", HEAD * 3],
)
def test_an_offer_without_a_usable_data_section_is_refused(text: str) -> None:
    with pytest.raises(SdpError):
        Offer(text)


def test_an_offer_of_a_thousand_sections_is_refused() -> None:
    with pytest.raises(SdpError):
        Offer(HEAD + AUDIO * 1000 + DATA)


@given(st.lists(st.sampled_from([HEAD, AUDIO, GONE, DATA, "m=", "a=mid:", "\n", "m=x 0 y\n"])))
def test_no_offer_does_more_than_be_refused(parts: list[str]) -> None:
    try:
        Offer("".join(parts)).answer(LOCAL)
    except SdpError:
        return
