"""The bell: Redis makes things happen at once. Nothing is true because it rang; sweeps find what it missed."""

from collections.abc import Iterator

import redis
from sqlalchemy.orm import Session

from hotline import log
from hotline.database import after_commit

ROUTER = "hotline:router"  # something on the floor changed: decide again
FLOOR = "hotline:floor"  # the staff pages show it


class Bell:
    """Publish and subscribe on a Redis-protocol server."""

    def __init__(self, url: str) -> None:
        """Connect lazily to `url` (`redis://…`, or `unix://path?db=n`)."""
        self.redis = redis.Redis.from_url(url, socket_connect_timeout=2, health_check_interval=30)

    def ring(self, topic: str, text: str = "") -> None:
        """Tell everyone who listens to `topic`; a bell out of order is logged, and the sweep does its work later."""
        try:
            self.redis.publish(topic, text)
        except redis.RedisError as error:
            log.get().warning("bell_failed", topic=topic, error=type(error).__name__)

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
                yield None
