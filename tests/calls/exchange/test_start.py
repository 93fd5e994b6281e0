"""An exchange that cannot start says in one line which setting is to be changed, and ends with status 2."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from exchange.core.config import from_values, load
from exchange.core.errors import ConfigError
from exchange.server.server import running
from tests.calls.exchange.conftest import PATIENCE_SECONDS

ROOT = Path(__file__).parents[3]
USABLE = {"account_sid": "AC" + "0" * 32, "auth_token": "t", "port": 0, "data_dir": "data"}


def started(path: Path) -> tuple[int, str]:
    """Status and error stream of an exchange that ends by itself."""
    command = [sys.executable, "-m", "exchange", "serve", "--config", str(path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    return ended.returncode, ended.stderr.decode()


def taken(kind: socket.SocketKind) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind)
    made.bind(("127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        made.listen()
    return made


def is_one_line(status: int, errors: str, names: str) -> bool:
    lines = [line for line in errors.splitlines() if not line.startswith("timestamp")]
    assert status == 2, errors
    assert len(lines) == 1, errors
    assert names in lines[0], errors
    return "Traceback" not in errors


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_port_in_use_is_named_with_its_setting(tmp_path: Path, kind: socket.SocketKind) -> None:
    if kind == socket.SOCK_DGRAM:
        pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")
    with closing(taken(kind)) as other:
        port = other.getsockname()[1]
        more: dict[str, Any] = {"port": port} if kind == socket.SOCK_STREAM else {"sip": {"port": port}}
        path = tmp_path / "exchange.json"
        path.write_text(json.dumps(USABLE | more), "utf-8")
        assert is_one_line(*started(path), names=f"port: 127.0.0.1:{port}")


async def begin(**more: Any) -> None:
    """Start one in this process, which must not come up."""
    async with running(from_values(USABLE | more)):
        raise AssertionError("it has started")


def deep(path: Path) -> None:
    path.write_text("[" * 5000, "utf-8")


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda path: path.mkdir(), "exchange.yaml: cannot be read"),
        (lambda path: path.write_bytes(b"\xff\xfe\x00bad"), "exchange.yaml: cannot be read"),
        (lambda path: path.write_text("a: [1\nb: 2", "utf-8"), "exchange.yaml: cannot be read"),
        (lambda path: path.write_text("a: 2026-13-45", "utf-8"), "exchange.yaml"),
        (lambda path: path.write_text("- a", "utf-8"), "must be a mapping"),
        (deep, "exchange.yaml: cannot be read"),
    ],
)
def test_settings_that_cannot_be_read_are_named(tmp_path: Path, make: Callable[[Path], object], names: str) -> None:
    path = tmp_path / "exchange.yaml"
    make(path)
    with pytest.raises(ConfigError, match=names) as refused:
        load(path)
    assert len(str(refused.value).splitlines()) == 1


def test_settings_that_are_missing_are_named(tmp_path: Path) -> None:
    assert is_one_line(*started(tmp_path / "exchange.yaml"), names="exchange.yaml: cannot be read")


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"port": "8090"}, "port: must be a whole number"),
        ({"port": 70000}, "port: must be from 0 to 65535"),
        ({"port": True}, "port: must be a whole number"),
        ({"host": 7}, "host: must be text"),
        ({"auth_token": 12345}, "auth_token: must be text"),
        ({"ring_seconds": "5"}, "ring_seconds: must be a number"),
        ({"ring_seconds": float("nan")}, "ring_seconds: must be a number"),
        ({"silent_seconds": 0}, "silent_seconds: must be above 0"),
        ({"numbers": [{"number": 861012345, "voice_url": "http://x"}]}, "number: must be text"),
        ({"numbers": "+86"}, "numbers: must be a list"),
        ({"webhook": {"read_seconds": "x"}}, "read_seconds: must be a number"),
        ({"webhook": {"retry_on": 4}}, "retry_on: must be text"),
        ({"webhook": [1]}, "webhook: must be a mapping"),
        ({"voices": ["zh"]}, "voices: must be a mapping"),
        ({"sip": {"port": -1}}, "sip: port: must be from 0 to 65535"),
        ({"sip": {"users": [{"name": "a", "password": 1234}]}}, "password: must be text"),
        ({"sip": {"trunks": [{"name": "b", "host": "x", "port": 0}]}}, "b: port: must be from 1"),
        ({"sip": {"trunks": [{"name": "b", "host": "x", "numbers": [120]}]}}, "numbers: must be a list of texts"),
        ({"sip": "yes"}, "sip: must be a mapping"),
    ],
)
def test_settings_of_the_wrong_kind_are_refused_by_name(more: dict[str, Any], names: str) -> None:
    with pytest.raises(ConfigError, match=names):
        from_values(USABLE | more)


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc").is_dir(), reason="nothing here refuses the administrator")
@pytest.mark.parametrize("where", ["/proc/exchange", "taken/data", "data/calls.jsonl", "data/numbers.json"])
def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path, where: str) -> None:
    data = "data"
    if where.startswith("/"):
        data = where
    elif where.startswith("taken"):
        (tmp_path / "taken").write_text("a file", "utf-8")
        data = where
    elif where.endswith(".json"):
        (tmp_path / "data").mkdir()
        (tmp_path / where).write_text("{", "utf-8")
    else:
        (tmp_path / where).mkdir(parents=True)
    with pytest.raises(ConfigError, match=where):
        asyncio.run(begin(data_dir=str(tmp_path / data)))


def test_a_start_that_fails_leaves_what_is_owed_to_the_next(tmp_path: Path) -> None:
    pytest.importorskip("aiosipua", reason="SIP needs its libraries: pip install 'hospital-hotline[sip]'")
    owed = '{"name": "CF1", "reports": [{"url": "http://127.0.0.1:9/x", "method": "POST", "params": {}}]}\n'

    (tmp_path / "owed.jsonl").write_text(owed, "utf-8")
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with closing(taken(kind)) as other:
            port = other.getsockname()[1]
            more: dict[str, Any] = {"port": port} if kind == socket.SOCK_STREAM else {"sip": {"port": port}}
            with pytest.raises(ConfigError, match=str(port)):
                asyncio.run(begin(data_dir=str(tmp_path), **more))
        assert (tmp_path / "owed.jsonl").read_text("utf-8") == owed
