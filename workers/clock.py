"""The clock process: one leader that has done, every second, what is due."""

from concurrent.futures import Executor
from datetime import timedelta

from campaigns.dialling.reconcile_service import Reconciler
from campaigns.dialogue import after_call_service
from campaigns.importing.watched_folder_service import WatchedFolder
from hotline.context import AppContext
from hotline.object_store import orphans
from hotline.outbox.lease import Leadership, candidate
from telephony.provider import Provider
from workers import sweep
from workers.chores import Chore, Chores
from workers.leader import Leader

TICK_SECONDS = 1.0
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def leader(
    context: AppContext, provider: Provider, pool: Executor | None = None, lease: Leadership | None = None
) -> Leader:
    """Return the one leader of this process. Chores run in threads of their own, or in `pool`."""
    due = Chores(context.database, chores(context, provider), pool)
    lease = lease or candidate(context.database, "clock")
    return Leader(lease, lambda _now: due.start_due(), tick_seconds=TICK_SECONDS, close=due.stop)


def chores(context: AppContext, provider: Provider) -> list[Chore]:
    """Return everything that the clock does, how often, and how long each may take."""
    attempts, folder = Reconciler(context, provider), WatchedFolder(context)
    database, notifier = context.database, context.notifier
    return [
        Chore("forgotten_jobs", SECOND, MINUTE, lambda _now, _in_time: sweep.forgotten_jobs(database, notifier)),
        Chore(
            "silent_lines", 2 * SECOND, MINUTE, lambda now, in_time: sweep.silent_lines(context, provider, now, in_time)
        ),
        Chore(
            "silent_recordings",
            5 * SECOND,
            MINUTE,
            lambda now, in_time: sweep.silent_recordings(database, notifier, provider, now, in_time),
        ),
        Chore("silent_attempts", SECOND, MINUTE, attempts.sweep),
        Chore("warning_signs", SECOND, MINUTE, lambda now, _in_time: after_call_service.alarm(context, provider, now)),
        Chore("watched_folder", 5 * SECOND, 30 * MINUTE, lambda now, _in_time: folder.sweep(now)),
        Chore("unheard_calls", 15 * SECOND, MINUTE, lambda now, _in_time: sweep.unheard_calls(context, provider, now)),
        Chore("undrawn_days", 10 * SECOND, MINUTE, lambda now, _in_time: sweep.undrawn_days(context, now)),
        Chore("urgent_words", 5 * SECOND, MINUTE, lambda _now, _in_time: sweep.urgent_words(database, notifier)),
        Chore("over_periods", 30 * SECOND, MINUTE, lambda now, _in_time: sweep.over_periods(context, now)),
        Chore(
            "unreferenced_objects",
            10 * MINUTE,
            10 * MINUTE,
            lambda _now, _in_time: orphans.sweep(database, context.objects),
        ),
    ]
