"""Who is there, kept up to date: the exchange is asked which telephones are registered, silent pages are noticed.

Whoever may not be there any more is put out: their telephone's registration ends, and so does their conversation.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from functools import partial

from accounts.sessions import queries
from hotline import clock, log
from hotline.database.database import Database
from hotline.outbox.notifier import Notifier
from routing.agents import presence_queries, service
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider
from telephony.views import RegisteredPhone

ASK_SECONDS = 1.0
# How often it is looked for somebody who may not be there any more: half of what is promised.
PUT_OUT_SECONDS = 1.0
# A provider that has no such list is asked again this much later: it may be another one by then.
ASK_AGAIN_SECONDS = 60.0


class Attendance:
    """One router's look at who is there. The exchange is asked aside: a slow answer holds nobody up."""

    def __init__(self, database: Database, notifier: Notifier, provider: Provider, pool: Executor) -> None:
        """Ask nothing yet."""
        self._database, self._notifier = database, notifier
        self._provider = provider
        self._pool = pool
        self._asked: Future[list[RegisteredPhone] | None] | None = None
        self._ask_at: datetime | None = None
        self._putting: list[Future[None]] = []
        self._put_out_at = datetime.min.replace(tzinfo=UTC)

    def look(self, now: datetime) -> None:
        """Take what the exchange has answered, ask it again in time, and bring every agent's presence up to date."""
        if self._asked is None and (self._ask_at is None or now >= self._ask_at):
            self._asked = self._pool.submit(self._provider.phones)
            self._ask_at = now + timedelta(seconds=ASK_SECONDS)
        if self._asked is not None and self._asked.done():
            asked, self._asked = self._asked, None
            self._take(asked, now)
        service.update_presence(self._database, self._notifier, now)
        self._put_out(now)

    def _put_out(self, now: datetime) -> None:
        """Ask the exchange for what the rows say until it has done so: a pass that fails leaves it to the next."""
        if now < self._put_out_at or any(not each.done() for each in self._putting):
            return
        self._put_out_at = now + timedelta(seconds=PUT_OUT_SECONDS)
        with self._database.read() as session:
            over, talks = queries.to_revoke(session, now), presence_queries.talks_of_shut_out(session)
        self._putting = [self._pool.submit(_tried, partial(self._revoke, each)) for each in over]
        # The agent's line ends; the caller's does not: they are first in line again, see `conversation_service`.
        self._putting += [self._pool.submit(_tried, partial(self._provider.hang_up, each)) for each in talks]

    def _revoke(self, sign_in_id: str) -> None:
        self._provider.revoke_phones(sign_in_id)
        with self._database.write() as session:
            queries.revoked(session, sign_in_id, clock.now())

    def _take(self, asked: "Future[list[RegisteredPhone] | None]", now: datetime) -> None:
        try:
            phones = asked.result()
        except (ProviderDown, ProviderRefused) as error:
            # What it said last stands: while it is down no telephone is dialled either.
            log.get().warning("registrations_unknown", error=str(error))
            return
        if phones is None:
            self._ask_at = now + timedelta(seconds=ASK_AGAIN_SECONDS)
        service.update_registrations(self._database, self._notifier, phones)
        holders = {holder for phone in phones or () for holder in phone.holders}
        if holders:
            # An exchange that was started anew has forgotten whom it was told to let in no more.
            with self._database.write() as session:
                queries.registered_again(session, holders)


def _tried(asked: Callable[[], object]) -> None:
    """Do it; what fails is found again by the next pass."""
    try:
        asked()
    except (ProviderDown, ProviderRefused) as error:
        log.get().warning("user_not_disconnected", error=str(error))
