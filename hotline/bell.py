"""The bell: Redis makes things happen at once. Nothing is true because it rang; sweeps find what it missed."""

import threading
import time
from collections.abc import Iterator
from queue import SimpleQueue

import redis
from sqlalchemy.orm import Session

from hotline import log
from hotline.database import after_commit

ROUTER = "hotline:router"  # something on the floor changed: decide again
FLOOR = "hotline:floor"  # the staff pages show it
CLOSING_SECONDS = 3.0


class Bell:
    """Publish and subscribe on a Redis-protocol server."""

    def __init__(self, url: str) -> None:
        """Connect lazily to `url` (`redis://…`, or `unix://path?db=n`)."""
        self.redis = redis.Redis.from_url(url, socket_connect_timeout=2, health_check_interval=30)

        self._rings: SimpleQueue[tuple[str, str] | None] = SimpleQueue()
        self._ringer: threading.Thread | None = None
        self._starting = threading.Lock()

    def ring(self, topic: str, text: str = "") -> None:
        """Tell everyone who listens to `topic`, soon.

        A thread of its own does it, so that a Redis that hangs never keeps a caller waiting; what is rung meanwhile
        goes out at once. A bell out of order is logged, and the sweeps do its work later.
        """
        if self._ringer is None:
            self._start()
        self._rings.put((topic, text))

    def _start(self) -> None:
        with self._starting:
            if self._ringer is None:
                self._ringer = threading.Thread(target=self._ring_all, daemon=True, name="bell")
                self._ringer.start()

    def _ring_all(self) -> None:
        while (first := self._rings.get()) is not None:
            rings = [first]
            while not self._rings.empty():
                more = self._rings.get()
                if more is None:
                    return self._publish(rings)
                rings.append(more)
            self._publish(rings)
        return None

    def _publish(self, rings: list[tuple[str, str]]) -> None:
        try:
            with self.redis.pipeline(transaction=False) as pipe:
                for topic, text in dict.fromkeys(rings):
                    pipe.publish(topic, text)
                pipe.execute()
        except redis.RedisError as error:
            log.get().warning("bell_failed", count=len(rings), error=type(error).__name__)

    def close(self) -> None:
        """Ring what is still to be rung, then give the connections back."""
        if self._ringer is not None:
            self._rings.put(None)
            self._ringer.join(CLOSING_SECONDS)
        self.redis.close()

    def ring_after(self, session: Session, topic: str, text: str = "") -> None:
        """Ring once this transaction is committed."""
        after_commit(session, lambda: self.ring(topic, text))

    def listen(self, topic: str, timeout_seconds: float) -> Iterator[str | None]:
        """Endlessly: the text of each ring, or `None` whenever `timeout_seconds` passed without one.

        A lost connection is one `None` and a new try: the listener's own sweep covers the gap.
        """
        while True:
            try:
                with self.redis.pubsub(ignore_subscribe_messages=True) as channel:
                    channel.subscribe(topic)
                    while True:
                        message = channel.get_message(timeout=timeout_seconds)
                        yield None if message is None else message["data"].decode()
            except redis.RedisError:
                time.sleep(timeout_seconds)
                yield None
