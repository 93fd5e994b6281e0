"""A gate before a server: open, or silent (connections are accepted, and nothing comes), or cutting what is open."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit


class Gate:
    """Passes bytes on to `target` while it is open."""

    def __init__(self, target: tuple[str, int]) -> None:
        """Listen on a port of its own."""
        self._target = target
        self._open = threading.Event()
        self._open.set()
        self._door = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._is_closed = False
        self.port: int = self._door.getsockname()[1]
        self._start(self._accept)

    def _start(self, work: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def silence(self) -> None:
        """From now on nothing passes, on new and on old connections."""
        self._open.clear()

    def open(self) -> None:
        """Everything passes again, also what waited."""
        self._open.set()

    def cut(self) -> None:
        """Break every connection."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End."""
        self._is_closed = True
        self._open.set()
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.cut()
        for thread in self._threads:
            thread.join(10)
        for each in self._sockets:
            each.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inner, _ = self._door.accept()
                self._sockets.append(inner)
                self._start(self._serve, inner)

    def _serve(self, inner: socket.socket) -> None:
        self._open.wait()
        with contextlib.suppress(OSError):
            if self._is_closed:
                return
            outer = socket.create_connection(self._target)
            self._sockets.append(outer)
            self._start(self._pass, outer, inner)
            self._pass(inner, outer)

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                sink.sendall(data)
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def before(url: str) -> Iterator[tuple[Gate, str]]:
    """A gate before the server of this URL, and the URL that leads through it."""
    parts = urlsplit(url)
    gate = Gate((parts.hostname or "", parts.port or 0))
    user = f"{parts.username}@" if parts.username else ""
    try:
        yield gate, urlunsplit(parts._replace(netloc=f"{user}127.0.0.1:{gate.port}"))
    finally:
        gate.close()
