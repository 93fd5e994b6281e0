"""The worker process: RQ hands it jobs in the order of their urgency, without a fork, so that models stay loaded."""

import logging
from collections.abc import Iterable, Mapping

from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from hotline.outbox.jobs import rq_queue
from hotline.outbox.notifier import Notifier
from workers.registry import JOB_KINDS, QUEUES, JobKind

# A new process after this many jobs: what a library leaks does not add up.
MAX_JOBS = 2_000


def names_in_order(
    queues: Iterable[str] = QUEUES, kinds: Mapping[str, JobKind] = JOB_KINDS
) -> tuple[tuple[str, ...], ...]:
    """Return the names of the RQ queues to listen to, in tiers of falling urgency; within a tier all are equal."""
    chosen = set(queues)
    tiers = []
    for queue in (name for name in QUEUES if name in chosen):
        names = sorted(name for name, kind in kinds.items() if kind.queue == queue)
        tiers += [tuple(rq_queue(name, is_urgent=True) for name in names), tuple(rq_queue(name) for name in names)]
    return tuple(tier for tier in tiers if tier)


class Worker(SimpleWorker):
    """An RQ worker that serves the queues of one tier in turn, and a tier only while those above it are empty."""

    tiers: tuple[tuple[str, ...], ...] = ()

    def reorder_queues(self, reference_queue: Queue) -> None:
        """Put the queue that was just served behind the others of its tier."""
        rank = {name: number for number, tier in enumerate(self.tiers) for name in tier}
        served = reference_queue.name
        self._ordered_queues.sort(key=lambda queue: (rank[queue.name], queue.name == served))


def work(notifier: Notifier, queues: Iterable[str] = QUEUES) -> None:
    """Work until told to stop (TERM ends after the job at hand) or `MAX_JOBS` are done; the supervisor starts anew."""
    logging.getLogger("rq").setLevel(logging.WARNING)
    tiers = names_in_order(queues)
    redis = notifier.client(None)  # RQ sets the limit that its own waiting for jobs needs
    worker = Worker(
        [Queue(name, connection=redis, serializer=JSONSerializer) for tier in tiers for name in tier],
        connection=redis,
        serializer=JSONSerializer,
        worker_ttl=30,
        maintenance_interval=15,
        job_monitoring_interval=5,
        log_job_description=False,
    )
    worker.tiers = tiers
    worker.work(max_jobs=MAX_JOBS, logging_level="WARNING")
