"""The bell: Redis makes things happen at once. Nothing is true because it rang; sweeps find what it missed."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from queue import SimpleQueue

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.orm import Session

from hotline import log
from hotline.database.database import after_commit

ROUTER = "hotline:router"  # something on the floor changed: decide again
FLOOR = "hotline:floor"  # the staff pages show it
CLOSING_SECONDS = 3.0
CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 2.0
STALE_SECONDS = 5.0
FLOOR_PAUSE_SECONDS = 0.01


@dataclass(frozen=True)
class _Ring:
    """Something to be told, or done, and since when (monotonic)."""

    since: float
    topic: str = ""
    text: str = ""
    work: Callable[[], object] | None = None


class Notifier:
    """Publish and subscribe on a Redis-protocol server."""

    def __init__(self, url: str) -> None:
        """Connect lazily to `url` (`redis://…`, or `unix://path?db=n`)."""
        self._url = url
        self.redis = self.client(ANSWER_SECONDS)
        self._rings: SimpleQueue[_Ring | None] = SimpleQueue()
        self._ringer: threading.Thread | None = None
        self._starting = threading.Lock()

    def client(self, answer_seconds: float | None) -> redis.Redis:
        """Return a client of the same server that waits so long for an answer; `None` leaves that to whoever uses
        it.
        """
        return redis.Redis.from_url(
            self._url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=answer_seconds,
            health_check_interval=30,
            retry=Retry(NoBackoff(), 1),
        )

    def ring(self, topic: str, text: str = "") -> None:
        """Tell everyone who listens to `topic`, soon.

        A thread of its own does it, so that a Redis that hangs never keeps a caller waiting; what is rung meanwhile
        goes out at once. A bell out of order is logged, and the sweeps do its work later.
        """
        self._put(_Ring(time.monotonic(), topic, text))

    def later(self, work: Callable[[], object]) -> None:
        """Have the same thread do something else that asks Redis; its `RedisError` is logged."""
        self._put(_Ring(time.monotonic(), work=work))

    def _put(self, ring: "_Ring") -> None:
        if self._ringer is None:
            self._start()
        self._rings.put(ring)

    def _start(self) -> None:
        with self._starting:
            if self._ringer is None:
                self._ringer = threading.Thread(target=self._ring_all, daemon=True, name="bell")
                self._ringer.start()

    def _ring_all(self) -> None:
        while (first := self._rings.get()) is not None:
            rings = [first]
            if first.topic == FLOOR:
                time.sleep(FLOOR_PAUSE_SECONDS)  # pages follow many changes at once
            while not self._rings.empty():
                more = self._rings.get()
                if more is None:
                    return self._do(rings)
                rings.append(more)
            self._do(rings)
        return None

    def _do(self, rings: list["_Ring"]) -> None:
        """What waited too long behind a Redis that hung is left to the sweeps, which have done it by now."""
        told = {(ring.topic, ring.text): ring for ring in rings if ring.work is None}
        self._try(lambda: self._publish(told), len(told))
        for ring in rings:
            if ring.work is not None and time.monotonic() - ring.since < STALE_SECONDS:
                self._try(ring.work, 1)

    def _try(self, work: Callable[[], object], count: int) -> None:
        try:
            work()
        except redis.RedisError as error:
            log.get().warning("notification_failed", count=count, error=type(error).__name__)
        except Exception:
            log.get().exception("notifier_broken")  # the thread goes on: it is the only one that rings

    def _publish(self, told: Iterable[tuple[str, str]]) -> None:
        with self.redis.pipeline(transaction=False) as pipe:
            for topic, text in told:
                pipe.publish(topic, text)
            pipe.execute()

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
