"""The worker process: RQ takes jobs from the lines, in order of urgency, without a fork, so that models stay loaded."""

import logging

from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from hotline.outbox.jobs import URGENT
from hotline.outbox.notifier import Notifier

LINES = ("now", "speech-first", "speech")
# A new process after this many jobs: what a library leaks does not add up.
MAX_JOBS = 2_000


def work(notifier: Notifier, lines: tuple[str, ...] = LINES) -> None:
    """Work until told to stop (TERM ends after the job at hand) or `MAX_JOBS` are done; the supervisor starts anew."""
    logging.getLogger("rq").setLevel(logging.WARNING)
    urgent_first = dict.fromkeys(each for line in lines for each in (URGENT.get(line, line), line))
    redis = notifier.client(None)  # RQ sets the limit that its own waiting for jobs needs
    queues = [Queue(line, connection=redis, serializer=JSONSerializer) for line in urgent_first]
    worker = SimpleWorker(
        queues,
        connection=redis,
        serializer=JSONSerializer,
        worker_ttl=30,
        maintenance_interval=15,
        job_monitoring_interval=5,
        log_job_description=False,
    )
    worker.work(max_jobs=MAX_JOBS, logging_level="WARNING")
