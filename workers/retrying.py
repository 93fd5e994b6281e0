"""What becomes of work that failed: which failures are tried again, after which pause, how often. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import redis
import requests
from obstore.exceptions import BaseError as StoreError
from rq.timeouts import BaseTimeoutException

from hotline.database.outage import DatabaseFault
from hotline.errors import Discard, GivesWay, HotlineError, LeaseLost, Retry


class FailureSort(StrEnum):
    """What a failure means for the work."""

    DISCARD = "discard"  # nothing is left to do
    GIVES_WAY = "gives_way"  # once more at once: something urgent goes first
    LOST = "lost"  # the worker's hold on it is over
    OUTAGE = "outage"  # the provider or what it holds is not ready
    FAULT = "fault"  # anything else: a store, a database, a fault of ours
    PERMANENT = "permanent"  # known to fail again until a person removes the cause


@dataclass(frozen=True)
class RetryPolicy:
    """Pauses that double from `first` to `longest`; given up after `tries` failures, or `span` after the first."""

    first: timedelta
    longest: timedelta
    tries: int
    span: timedelta


RETRY_POLICIES = {
    FailureSort.FAULT: RetryPolicy(timedelta(seconds=2), timedelta(minutes=10), tries=25, span=timedelta(hours=12)),
    # Less than a day: until then the provider can tell whether it has sent a text already.
    FailureSort.OUTAGE: RetryPolicy(timedelta(seconds=2), timedelta(minutes=10), tries=150, span=timedelta(hours=20)),
}
# Part of a pause by which chance moves it: what failed together does not come back together.
JITTER = 0.25
# A job whose worker died this often is taken for the cause.
MAX_DEATHS = 5
DIED = "worker_died"


@dataclass(frozen=True)
class Failures:
    """How often work has failed so far, this time included, and since when."""

    tries: int
    outages: int
    since: datetime


def sort(error: Exception) -> FailureSort:
    """Return what an error means for the work in which it was raised."""
    match error:
        case Discard():
            return FailureSort.DISCARD
        case GivesWay():
            return FailureSort.GIVES_WAY
        case LeaseLost():
            return FailureSort.LOST
        case Retry():
            return FailureSort.OUTAGE
        case HotlineError(is_permanent=True):
            return FailureSort.PERMANENT
        case _:
            return FailureSort.FAULT


def code(error: Exception) -> str:
    """Return the error as a code that staff pages have words for."""
    match error:
        case HotlineError():
            return error.code
        case DatabaseFault():
            return "database"
        case redis.RedisError():
            return "redis"
        case requests.RequestException():
            return "provider_down"
        case BaseTimeoutException():
            return "took_too_long"
        case MemoryError():
            return "out_of_memory"
        case StoreError() | OSError():
            return "store"
        case _:
            return "unexpected"


def is_due_again(kind: FailureSort, failures: Failures, now: datetime) -> bool:
    """Return whether failed work is tried again; else it is left to people."""
    ladder = RETRY_POLICIES.get(kind)
    if ladder is None:
        return False
    count = failures.outages if kind is FailureSort.OUTAGE else failures.tries
    return count < ladder.tries and now - failures.since < ladder.span


def pause(kind: FailureSort, failures: Failures, chance: float) -> timedelta:
    """Return how long to wait before the next try; `chance` of 0 to 1 moves it by up to a quarter."""
    ladder = RETRY_POLICIES[kind]
    count = failures.outages if kind is FailureSort.OUTAGE else failures.tries
    plain: timedelta = min(ladder.first * 2 ** min(count - 1, 20), ladder.longest)
    return plain * (1 + JITTER * (2 * chance - 1))
