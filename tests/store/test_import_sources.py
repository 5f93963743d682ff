from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lktui.core.importing import Found
from lktui.core.profile import Secret
from lktui.store.import_sources import ImportSources, read_text

LK = """\
default_project: prod
projects:
    - name: staging
      url: wss://staging-abc.livekit.cloud
      api_key: APIabc
      api_secret: 00012345678901234567890
    - name: prod
      url: wss://prod-abc.livekit.cloud
      api_key: APIdef
      api_secret: s3cret
device_name: box
"""
AGENT = {"provider": "livekit", "config": {"url": "wss://x", "apiKey": "k", "apiSecret": "s"}}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "someone"
    (folder / ".livekit").mkdir(parents=True)
    return folder


@pytest.fixture
def sources(home: Path, tmp_path: Path) -> ImportSources:
    (tmp_path / "work").mkdir()
    return ImportSources(home, tmp_path / "work", {})


def names(found: Found | None) -> list[str]:
    assert found is not None
    return [candidate.name for candidate in found.candidates]


def test_a_machine_without_anything_has_nothing(sources: ImportSources) -> None:
    assert sources.discover().all == ()


def test_the_configuration_of_lk_is_found_and_left_as_it_is(
    sources: ImportSources, home: Path
) -> None:
    path = home / ".livekit/cli-config.yaml"
    path.write_text(LK)
    before = path.stat()
    found = sources.discover().lk
    assert names(found) == ["prod", "staging"]
    assert found is not None
    assert found.source == "~/.livekit/cli-config.yaml"
    assert path.read_text() == LK
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_secret_of_digits_keeps_them_all(sources: ImportSources, home: Path) -> None:
    (home / ".livekit/cli-config.yaml").write_text(LK)
    found = sources.discover().lk
    assert found is not None
    profile = found.candidates[1].parsed.profile
    assert profile is not None
    assert profile.api_secret == Secret("00012345678901234567890")


@pytest.mark.parametrize(
    ("text", "line"),
    [("projects: [\n", 2), ("projects:\n  - name: a\n bad\n", 3), ("projects: *canary\n", 1)],
)
def test_malformed_yaml_is_a_fault_with_its_line_and_no_content(text: str, line: int) -> None:
    (fault,) = read_text(text, "x").faults
    assert fault.words == f"line {line}: it is not valid YAML"


def test_the_dotenv_of_the_folder_is_found(sources: ImportSources, tmp_path: Path) -> None:
    (tmp_path / "work/.env").write_text(
        "LIVEKIT_URL=ws://x\nLIVEKIT_API_KEY=k\nLIVEKIT_API_SECRET=s\n"
    )
    assert names(sources.discover().dotenv) == ["x"]


def test_a_dotenv_without_livekit_is_no_source(sources: ImportSources, tmp_path: Path) -> None:
    (tmp_path / "work/.env").write_text("A=1\n")
    assert sources.discover().all == ()


def test_an_agent_is_read_from_a_file_and_from_a_paste(
    sources: ImportSources, tmp_path: Path
) -> None:
    path = tmp_path / "agent.json"
    path.write_text(json.dumps(AGENT, indent=2), encoding="utf-8-sig")
    assert names(sources.read(path)) == ["x"]
    assert names(read_text(json.dumps(AGENT, indent=2))) == ["x"]


def test_malformed_json_is_a_fault_with_its_line() -> None:
    (fault,) = read_text('{\n "canary": }').faults
    assert fault.words == "line 2: it is not valid JSON"


def test_json_nested_without_end_is_a_fault() -> None:
    assert read_text("[" * 100_000).faults[0].cause == "it is not valid JSON"


def test_a_file_that_cannot_be_read_says_why(sources: ImportSources, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * 300_000)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    causes = {
        name: sources.read(tmp_path / name).faults[0].cause
        for name in ("pipe", "large", "binary", "absent", "a\0b")
    }
    assert causes == {
        "pipe": "it is no plain file",
        "large": "it is larger than 256 KiB",
        "binary": "it is not UTF-8 text",
        "absent": "it cannot be read: No such file or directory",
        "a\0b": "it cannot be read: there is no such path",
    }


@given(st.sampled_from(["", "projects: ", "{", "LIVEKIT_URL="]), st.text())
def test_no_paste_breaks_the_reader_and_no_fault_quotes_it(begins: str, text: str) -> None:
    found = read_text(f"{begins}{text}canary-7")
    assert "canary-7" not in str(found.faults)
    assert all("canary-7" not in str(one.parsed.faults) for one in found.candidates)
