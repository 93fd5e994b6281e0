"""Notifications by Redis make things happen at once. Nothing is true because of one; sweeps find what was missed."""

import threading
import time
from collections.abc import Callable, Iterator
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
class _Notice:
    """Something to be told, or done, and since when (monotonic)."""

    since: float
    topic: str = ""
    work: Callable[[], object] | None = None


class Notifier:
    """Publish and subscribe on a Redis-protocol server."""

    def __init__(self, url: str) -> None:
        """Connect lazily to `url` (`redis://…`, or `unix://path?db=n`)."""
        self._url = url
        self.redis = self.client(ANSWER_SECONDS)
        self._notices: SimpleQueue[_Notice | None] = SimpleQueue()
        self._sender: threading.Thread | None = None
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

    def notify(self, topic: str) -> None:
        """Tell everyone who listens to `topic`, soon.

        A thread of its own does it, so that a Redis that hangs never keeps a caller waiting; what comes meanwhile
        goes out at once. A fault is logged, and the sweeps do the work later.
        """
        self._put(_Notice(time.monotonic(), topic))

    def later(self, work: Callable[[], object]) -> None:
        """Have the same thread do something else that asks Redis; its `RedisError` is logged."""
        self._put(_Notice(time.monotonic(), work=work))

    def _put(self, notice: "_Notice") -> None:
        if self._sender is None:
            self._start()
        self._notices.put(notice)

    def _start(self) -> None:
        with self._starting:
            if self._sender is None:
                self._sender = threading.Thread(target=self._send_all, daemon=True, name="notifier")
                self._sender.start()

    def _send_all(self) -> None:
        while (first := self._notices.get()) is not None:
            notices = [first]
            if first.topic == FLOOR:
                time.sleep(FLOOR_PAUSE_SECONDS)  # pages follow many changes at once
            while not self._notices.empty():
                more = self._notices.get()
                if more is None:
                    return self._do(notices)
                notices.append(more)
            self._do(notices)
        return None

    def _do(self, notices: list["_Notice"]) -> None:
        """Send and do what is due; what waited too long behind a Redis that hung is left to the sweeps."""
        topics = {notice.topic for notice in notices if notice.work is None}
        self._try(lambda: self._publish(topics), len(topics))
        for notice in notices:
            if notice.work is not None and time.monotonic() - notice.since < STALE_SECONDS:
                self._try(notice.work, 1)

    def _try(self, work: Callable[[], object], count: int) -> None:
        try:
            work()
        except redis.RedisError as error:
            log.get().warning("notification_failed", count=count, error=type(error).__name__)
        except Exception:
            log.get().exception("notifier_broken")  # the thread goes on: it is the only one that sends

    def _publish(self, topics: set[str]) -> None:
        with self.redis.pipeline(transaction=False) as pipe:
            for topic in topics:
                pipe.publish(topic, "")
            pipe.execute()

    def close(self) -> None:
        """Send what is still to be sent, then give the connections back."""
        if self._sender is not None:
            self._notices.put(None)
            self._sender.join(CLOSING_SECONDS)
        self.redis.close()

    def notify_after(self, session: Session, topic: str) -> None:
        """Notify once this transaction is committed."""
        after_commit(session, lambda: self.notify(topic))

    def listen(self, topic: str, timeout_seconds: float) -> Iterator[bool]:
        """Yield, endlessly, `True` at each notification and `False` whenever `timeout_seconds` passed without one.

        A lost connection is one `False` and a new try: the listener's own sweep covers the gap.
        """
        while True:
            try:
                with self.redis.pubsub(ignore_subscribe_messages=True) as channel:
                    channel.subscribe(topic)
                    while True:
                        message = channel.get_message(timeout=timeout_seconds)
                        yield message is not None
            except redis.RedisError:
                time.sleep(timeout_seconds)
                yield False
