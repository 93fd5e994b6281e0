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
from workers.leader import Leader
from workers.periodic_tasks import PeriodicTask, PeriodicTasks

TICK_SECONDS = 1.0
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def leader(
    context: AppContext, provider: Provider, pool: Executor | None = None, lease: Leadership | None = None
) -> Leader:
    """Return the one leader of this process. The tasks run in threads of their own, or in `pool`."""
    due = PeriodicTasks(context.database, periodic_tasks(context, provider), pool)
    lease = lease or candidate(context.database, "clock")
    return Leader(lease, lambda _now: due.start_due(), tick_seconds=TICK_SECONDS, close=due.stop)


def periodic_tasks(context: AppContext, provider: Provider) -> list[PeriodicTask]:
    """Return everything that the clock does, how often, and how long each may take."""
    attempts, folder = Reconciler(context, provider), WatchedFolder(context)
    database, notifier = context.database, context.notifier
    return [
        PeriodicTask("forgotten_jobs", SECOND, MINUTE, lambda _now, _in_time: sweep.forgotten_jobs(database, notifier)),
        PeriodicTask(
            "silent_lines", 2 * SECOND, MINUTE, lambda now, in_time: sweep.silent_lines(context, provider, now, in_time)
        ),
        PeriodicTask(
            "silent_recordings",
            5 * SECOND,
            MINUTE,
            lambda now, in_time: sweep.silent_recordings(database, notifier, provider, now, in_time),
        ),
        PeriodicTask("silent_attempts", SECOND, MINUTE, attempts.sweep),
        PeriodicTask(
            "warning_signs", SECOND, MINUTE, lambda now, _in_time: after_call_service.alarm(context, provider, now)
        ),
        PeriodicTask("watched_folder", 5 * SECOND, 30 * MINUTE, lambda now, _in_time: folder.sweep(now)),
        PeriodicTask(
            "unheard_calls", 15 * SECOND, MINUTE, lambda now, _in_time: sweep.unheard_calls(context, provider, now)
        ),
        PeriodicTask("undrawn_days", 10 * SECOND, MINUTE, lambda now, _in_time: sweep.undrawn_days(context, now)),
        PeriodicTask("urgent_words", 5 * SECOND, MINUTE, lambda _now, _in_time: sweep.urgent_words(database, notifier)),
        PeriodicTask("over_periods", 30 * SECOND, MINUTE, lambda now, _in_time: sweep.over_periods(context, now)),
        PeriodicTask(
            "unreferenced_objects",
            10 * MINUTE,
            10 * MINUTE,
            lambda _now, _in_time: orphans.sweep(database, context.objects),
        ),
    ]
