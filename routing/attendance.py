"""Who is there, kept up to date: the exchange is asked which telephones are registered, silent pages are noticed."""

from concurrent.futures import Executor, Future
from datetime import datetime, timedelta

from hotline import log
from hotline.ground import Ground
from routing import presence_service
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider
from telephony.views import PhoneView

ASK_SECONDS = 1.0
# A provider that has no such list is asked again this much later: it may be another one by then.
ASK_AGAIN_SECONDS = 60.0


class Attendance:
    """One router's look at who is there. The exchange is asked aside: a slow answer holds nobody up."""

    def __init__(self, ground: Ground, provider: Provider, pool: Executor) -> None:
        """Ask nothing yet."""
        self._ground = ground
        self._provider = provider
        self._pool = pool
        self._asked: Future[list[PhoneView] | None] | None = None
        self._ask_at: datetime | None = None

    def look(self, now: datetime) -> None:
        """Take what the exchange has answered, ask it again in time, and bring every agent's presence up to date."""
        if self._asked is None and (self._ask_at is None or now >= self._ask_at):
            self._asked = self._pool.submit(self._provider.phones)
            self._ask_at = now + timedelta(seconds=ASK_SECONDS)
        if self._asked is not None and self._asked.done():
            asked, self._asked = self._asked, None
            self._take(asked, now)
        presence_service.look(self._ground, now)

    def _take(self, asked: "Future[list[PhoneView] | None]", now: datetime) -> None:
        try:
            phones = asked.result()
        except (ProviderDown, ProviderRefused) as error:
            # What it said last stands: while it is down no telephone is dialled either.
            log.get().warning("telephones_unknown", error=str(error))
            return
        if phones is None:
            self._ask_at = now + timedelta(seconds=ASK_AGAIN_SECONDS)
        presence_service.listed(self._ground, phones)
