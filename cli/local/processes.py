"""The whole house on one machine: what `hotline up` and `hotline demo` start, and how they know that it stands."""

import os
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import redis
import requests

from cli.local import embedded
from cli.local.embedded import Plan
from cli.local.supervisor import Supervisor, read_procfile
from cli.local.upgrade import upgrade
from hotline.configuration import settings
from hotline.context import AppContext, open_unchecked
from hotline.errors import ConfigError, HotlineError
from hotline.outbox.notifier import Notifier

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60.0
WAITING_WEBHOOKS = 256


class LocalHotline:
    """Redis first, then the tables, then every process of the Procfile."""

    def __init__(self, plan: Plan, say: Callable[[str, str], None], procfile: Path | None = None) -> None:
        """Prepare what `plan` says; each line of a process goes to `say(name, line)`."""
        path = procfile or ROOT / "Procfile"
        if not path.exists():
            raise ConfigError(f"{path}: there is no Procfile; run this in a checkout or name one with --procfile")
        self.plan = plan
        # Commands of this environment come first: `hotline` and `gunicorn` are the ones that belong to it.
        self.environment = plan.environment | {"PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"}
        commands = read_procfile(path)
        if not plan.has_exchange:
            commands.pop("exchange", None)
        # Webhooks that come while the voice process starts again wait in this socket's queue and are answered then.
        door = _listening(self.environment)
        self.environment["VOICE_SOCKET"] = f"fd://{door.fileno()}"
        self.redis = Supervisor(plan.extra, self.environment, say)
        self.processes = Supervisor(commands, self.environment, say, {"voice": door})
        self.context: AppContext | None = None

    def open(self, prepare: Callable[[AppContext], None]) -> AppContext:
        """Start Redis, bring the tables up to date, have `prepare` fill them, start the processes, wait for them."""
        given = {key.lower(): text for key, text in self.environment.items() if text}
        values = settings.Settings.model_validate(given)
        self.redis.start()
        context = open_unchecked(values)
        self.context = context
        self._wait("redis", lambda: _pings(context.notifier))
        upgrade(context.database, context.keyring)
        embedded.write(values.hotline_home, self.environment)
        prepare(context)
        self.processes.start()
        for name, url in self.addresses().items():
            self._wait(name, lambda url=url: _answers(url))  # type: ignore[misc] # mypy does not infer the default
        return context

    def addresses(self) -> dict[str, str]:
        """Return where each server says that it is well."""
        host = "http://127.0.0.1"
        ports = {"voice": "VOICE_PORT", "console": "CONSOLE_PORT"}
        if self.plan.has_exchange:
            ports = {"exchange": "EXCHANGE_PORT"} | ports
        return {name: f"{host}:{self.environment[port]}/healthz" for name, port in ports.items()}

    def _wait(self, name: str, is_well: Callable[[], bool]) -> None:
        end = time.monotonic() + READY_SECONDS
        while not is_well():
            if time.monotonic() > end:
                raise HotlineError(f"{name} did not start within {READY_SECONDS:.0f} s; its lines above say why")
            time.sleep(0.05)

    def close(self) -> None:
        """Stop everything; Redis last."""
        self.processes.stop()
        if self.context is not None:
            self.context.close()
        self.redis.stop()


def _listening(environment: Mapping[str, str]) -> socket.socket:
    host, port = environment.get("VOICE_BIND") or "127.0.0.1", int(environment["VOICE_PORT"])
    try:
        return socket.create_server((host, port), backlog=WAITING_WEBHOOKS)
    except OSError as error:
        raise ConfigError(f"VOICE_BIND, VOICE_PORT: {host}:{port}: {error}") from error


def _pings(notifier: Notifier) -> bool:
    try:
        return bool(notifier.redis.ping())
    except redis.RedisError:
        return False


def _answers(url: str) -> bool:
    session = requests.Session()
    session.trust_env = False  # a proxy of this machine must not stand between its own processes
    try:
        return session.get(url, timeout=2).ok
    except requests.RequestException:
        return False
    finally:
        session.close()
