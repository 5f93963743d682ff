"""Files that were damaged in any way: each loads as what it is, and harms no other."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path

import pytest

from lktui.cli import main
from lktui.core.profile_fields import FIELDS
from lktui.store.paths import Paths
from lktui.store.profiles import ProfileFile, ProfileStore

CANARY = "c4n4ry"
GOOD = f"""\
# who to ask: Ada
url = "wss://voice.example.net"
api_key = "{CANARY}-key"
apiSecret = '{CANARY}-secret'
agent_name = "checkout"
dispatch_mode = "explicit"
auth_mode = "api"
join_timeout = 12.5
dispatch_retries = 3
auto_cleanup = true
tags = ["eu", "prod"]
metadata = \"\"\"
{{"tenant": "eu-1"}}
\"\"\"
token_body = '{{"a": 1}}'

[token_headers]
Authorization = "env:{CANARY}"
"""
PIECES = (
    b'"', b"'", b'"""', b"=", b"[", b"]", b"[[", b"{", b"}", b"\n", b"\r", b"\0", b"\xff", b"#",
    b"\\u", b"\\", b"9" * 5000, b"[" * 2000, b"nan", b"inf", b"1979-05-27", b"true",
    b"\xef\xbb\xbf", b"url = 1\n", b"[url]\n", b"x.y.z = 1\n", b"jwt = 'a'\ntoken = 'b'\n",
    "\u202e東".encode(), b"auth_mode = 'tokn'\n", b"env:\n", b"file:", b"\x1b[31m",
)  # fmt: skip
SAMPLE, ALL = 300, 10_000
_NESTED = 500
"""Brackets in a row from which on the parser gives up without a place."""


def mutated(rng: random.Random) -> bytes:
    """Damage the good file in one to four places."""
    content = bytearray(GOOD.encode())
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(content) + 1)
        match rng.randrange(6):
            case 0:
                del content[at : at + rng.choice((1, 2, 10, 100))]
            case 1:
                content[at:at] = rng.choice(PIECES)
            case 2:
                content[at : at + 1] = rng.randbytes(1)
            case 3:
                del content[at:]
            case 4:
                lines = bytes(content).split(b"\n")
                lines.insert(rng.randrange(len(lines)), rng.choice(lines))
                content = bytearray(b"\n".join(lines))
            case _:
                other = rng.randrange(len(content) + 1)
                content[at:at] = content[other : other + 20]
    return bytes(content)


def check(entry: ProfileFile, content: bytes) -> None:
    """See that an entry is a profile, or says what, where and what to do."""
    assert (entry.profile is None) == bool(entry.faults)
    lines = content.count(b"\n") + 1
    for fault in entry.faults:
        assert fault.cause
        assert fault.resolution
        assert 0 <= fault.line <= lines
        assert CANARY not in fault.words + fault.resolution
        if not fault.field:
            assert fault.line or content.count(b"[") >= _NESTED
        elif not fault.line:
            assert _is_absent(fault.field, content), fault


def _is_absent(field: str, content: bytes) -> bool:
    """Whether no line is the field's: the file lacks it, hides it in quotes, or has it twice."""
    spellings = {one.name: one.spellings for one in FIELDS}.get(field, (field,))
    written = [
        line
        for line in content.decode("utf-8-sig").splitlines()
        if line.partition("=")[0].strip() in spellings
    ]
    return (
        len(written) != 1 or not set(spellings) & tomllib.loads(content.decode("utf-8-sig")).keys()
    )


def run(tmp_path: Path, count: int, seed: int) -> None:
    """Damage so many files, a list of all profiles after each."""
    rng = random.Random(seed)  # noqa: S311 - damage, no secret
    store = ProfileStore(Paths.of(str(tmp_path), str(tmp_path)), {})
    store.folder.mkdir()
    for name in ("before", "zzz"):
        (store.folder / f"{name}.toml").write_text(GOOD)
        (store.folder / f"{name}.toml").chmod(0o600)
    path = store.folder / "damaged.toml"
    broken = 0
    for _ in range(count):
        content = mutated(rng)
        path.write_bytes(content)
        before, damaged, after = store.list()
        assert before.profile is not None
        assert after.profile is not None
        check(damaged, content)
        broken += damaged.profile is None
        assert path.read_bytes() == content
    assert count / 2 < broken < count


def test_damaged_files_have_their_fault_line_and_remedy(tmp_path: Path) -> None:
    run(tmp_path, SAMPLE, seed=1)


@pytest.mark.full
def test_ten_thousand_damaged_files_have_their_fault_line_and_remedy(tmp_path: Path) -> None:
    run(tmp_path, ALL, seed=2)


def test_a_list_with_damaged_files_exits_with_0_and_names_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(3)  # noqa: S311 - as above
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "good.toml").write_text(GOOD)
    for number in range(50):
        (folder / f"damaged-{number}.toml").write_bytes(mutated(rng))
    assert main(["--config-dir", str(tmp_path), "profiles", "list"]) == 0
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 52
    assert "good        checkout  explicit" in out
    assert CANARY not in out + err
    assert "\x1b" not in out + err
