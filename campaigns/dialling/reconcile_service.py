"""What crashes, lost webhooks and the passing of time left to be done about attempts and recipients.

An attempt that may or may not have reached the exchange is looked for there, never dialled again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from campaigns.dialling import queries, service
from campaigns.stopping import permission_service
from hotline import log
from hotline.context import AppContext
from hotline.models import Attempt
from hotline.values.states.leg import ENDED_LEGS, LegStatus
from routing.calls.leg_service import LegReport
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider

# After so long without a word about an attempt the exchange is asked whether it ever took the call.
LOST = timedelta(seconds=20)
# After so long without an end the exchange is asked about a line.
SILENCE = timedelta(seconds=60)
ASK_EVERY = timedelta(seconds=15)
# Calls begun a little before we wrote that we would are not ours.
SKEW = timedelta(seconds=5)


class Reconciler:
    """Brings attempts in line with the exchange and the calendar; remembers what it asked the exchange lately."""

    def __init__(self, context: AppContext, provider: Provider) -> None:
        """Use these resources; nothing starts yet."""
        self._context, self._provider = context, provider
        self._asked: dict[str, datetime] = {}

    def sweep(self, now: datetime, in_time: Callable[[], bool] = lambda: True) -> None:
        """Do whatever is to be done at `now`, as long as `in_time` says that there is time."""
        with self._context.database.read() as session:
            to_hang_up = queries.to_hang_up(session)
            abandoned = queries.abandoned(session, service.DIAL, now - LOST)
            lost = queries.lost(session, now - LOST)
            silent = queries.silent(session, now - SILENCE)
            over = queries.over_by_call(session)
            overdue = queries.overdue(session, now)
        actions: list[Callable[[], object]] = [
            *(partial(self._hang_up, attempt, now) for attempt in to_hang_up),
            *(partial(service.not_placed, self._context, one, service.NEVER_DIALLED, now) for one in abandoned),
            *(partial(self._close, attempt, now) for attempt in over),
            *(partial(permission_service.overdue, self._context, one, now) for one in overdue),
            *(partial(self._look_for, attempt, number, now) for attempt, number in lost),
            *(partial(self._ask, attempt, now) for attempt in silent),
        ]
        for action in actions:
            if not in_time():
                return  # the rows say what is still to be done; the next sweep does it
            action()

    def _hang_up(self, attempt: Attempt, now: datetime) -> None:
        try:
            self._provider.hang_up(attempt.provider_sid or "")
        except ProviderRefused:
            log.get().info("leg_already_ended", sid=attempt.provider_sid)
        except ProviderDown:
            return  # the next sweep asks again
        service.hung_up(self._context.database, attempt.id, now)

    def _look_for(self, attempt: Attempt, number: str, now: datetime) -> None:
        """Look whether the exchange took the call of which it never spoke. If not, it was never dialled."""
        if not self._may_ask(attempt.id, now) or attempt.dialled_at is None:
            return
        since = attempt.dialled_at - SKEW
        try:
            listed = self._provider.outbound(number, since)
        except ProviderDown:
            return
        with self._context.database.read() as session:
            others = queries.provider_sids(session)
        ours = [view for view in listed if view.sid not in others and view.started_at >= since]
        if not ours:
            service.not_placed(self._context, attempt.id, service.NEVER_DIALLED, now)
            return
        service.placed(self._context.database, attempt.id, ours[-1].sid)
        service.report(self._context, attempt.id, LegReport(ours[-1].sid, ours[-1].status), now)
        log.get().warning("attempt_found", attempt_id=attempt.id, status=ours[-1].status)

    def _ask(self, attempt: Attempt, now: datetime) -> None:
        """Ask about a line of which the exchange has said nothing for long, and write down that it has ended."""
        if not self._may_ask(attempt.id, now):
            return
        try:
            view = self._provider.leg(attempt.provider_sid or "")
        except (ProviderDown, ProviderRefused):
            return
        # A line that the exchange does not know any more has ended.
        status = LegStatus.COMPLETED if view is None else view.status
        if status in ENDED_LEGS:
            service.report(self._context, attempt.id, LegReport(attempt.provider_sid or "", status), now)
            log.get().warning("attempt_end_found", attempt_id=attempt.id, status=status)

    def _may_ask(self, attempt_id: str, now: datetime) -> bool:
        last = self._asked.get(attempt_id)
        if last is not None and now - last < ASK_EVERY:
            return False
        self._asked = {key: at for key, at in self._asked.items() if now - at < ASK_EVERY} | {attempt_id: now}
        return True

    def _close(self, attempt: Attempt, now: datetime) -> None:
        service.report(self._context, attempt.id, LegReport(attempt.provider_sid or "", LegStatus.COMPLETED), now)
