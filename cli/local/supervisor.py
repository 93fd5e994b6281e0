"""Processes kept alive: started in order, their lines passed on under their names, started again when they die."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from honcho.environ import parse_procfile

FIRST_PAUSE, LONGEST_PAUSE, HEALTHY_SECONDS = 0.2, 5.0, 10.0
PATIENCE_SECONDS = 10.0
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, linux/prctl.h


@dataclass
class Process:
    """One line of the Procfile and the process that runs it now."""

    name: str
    command: str
    pause: float = FIRST_PAUSE
    started: float = 0.0
    restarts: int = 0
    running: subprocess.Popen[bytes] | None = None
    reader: threading.Thread | None = field(default=None, repr=False)


def read_procfile(path: Path) -> dict[str, str]:
    """Names and commands of the Procfile, in its order."""
    return dict(parse_procfile(path.read_text(encoding="utf-8")).processes)


class Supervisor:
    """Starts processes in order, watches them, and stops them in the opposite order."""

    def __init__(
        self,
        commands: Mapping[str, str],
        environment: Mapping[str, str],
        say: Callable[[str, str], None],
        sockets: Mapping[str, socket.socket] | None = None,
    ) -> None:
        """Supervise `commands`; each line of their output goes to `say(name, line)`.

        A command with one of the `sockets` inherits it; it stays open while that process starts again.
        """
        self.processes = {name: Process(name, command) for name, command in commands.items()}
        self._environment = dict(environment)
        self._say = say
        self._sockets = dict(sockets or {})
        self._stopping = threading.Event()
        self._libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def start(self) -> None:
        """Start them all and keep watch in the background."""
        for process in self.processes.values():
            self._start(process)
        threading.Thread(target=self._watch, daemon=True, name="supervisor").start()

    def _start(self, process: Process) -> None:
        process.started = time.monotonic()
        process.running = subprocess.Popen(  # noqa: S602 (the Procfile is the operator's own, its commands are shell)
            f"exec {process.command}",
            shell=True,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[self._sockets[process.name].fileno()] if process.name in self._sockets else [],
            preexec_fn=self._die_with_parent,  # one call of libc, loaded before the fork
        )
        process.reader = threading.Thread(target=self._read, args=(process.name, process.running), daemon=True)
        process.reader.start()

    def _read(self, name: str, running: subprocess.Popen[bytes]) -> None:
        with running:  # closes the pipe when the last line is read
            for line in running.stdout or ():
                self._say(name, line.decode("utf-8", "replace").rstrip())

    def _watch(self) -> None:
        while not self._stopping.wait(0.1):
            for process in self.processes.values():
                if process.running is not None and process.running.poll() is not None:
                    self._restart(process)

    def _restart(self, process: Process) -> None:
        code = process.running.returncode if process.running else 0
        if time.monotonic() - process.started > HEALTHY_SECONDS:
            process.pause = FIRST_PAUSE
        self._say(process.name, f"ended with {code}; starting again in {process.pause:.1f} s")
        if self._stopping.wait(process.pause):
            return
        process.pause = min(process.pause * 2, LONGEST_PAUSE)
        process.restarts += 1
        self._start(process)

    def stop(self) -> None:
        """End them all: asked first, forced after ten seconds; nothing of theirs is left behind."""
        self._stopping.set()
        for door in self._sockets.values():
            door.close()
        running = [p.running for p in reversed(self.processes.values()) if p.running is not None]
        for each in running:
            if each.poll() is None:
                each.send_signal(signal.SIGTERM)
        end = time.monotonic() + PATIENCE_SECONDS
        for each in running:
            try:
                each.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(each.pid, signal.SIGKILL)
                each.wait()
        for process in self.processes.values():
            if process.reader is not None:
                process.reader.join(2)

    def _die_with_parent(self) -> None:
        """In the child, before its program: end when the supervisor is killed (Linux; elsewhere nothing happens)."""
        if self._libc is not None:
            self._libc.prctl(DIE_WITH_PARENT, signal.SIGTERM)
