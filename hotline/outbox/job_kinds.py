"""The decorator that makes a function a job, and the registry of the kinds that this process has imported.

A kind is declared once, beside the function that does its work:

    @job("transcribe", queue="speech")
    def transcribe(context: AppContext, recording_id: str, now: datetime) -> None: ...

A worker imports every module that holds one (`workers/registry.py`). Whoever only asks for work knows its name, and
imports nothing of it.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., None])
# Queues, the most urgent first: `dial` calls people, `now` is short, `speech` computes for seconds and minutes.
QUEUES = ("dial", "now", "speech")


@dataclass(frozen=True)
class JobKind:
    """A kind of work: the function that does it, and the queue that says which workers take it, and when."""

    name: str
    queue: str
    function: Callable[..., None]
    takes_provider: bool = True

    def do(self, context: Any, provider: Any, subject_id: str, now: datetime) -> None:
        """Do the work on one subject."""
        if self.takes_provider:
            self.function(context, provider, subject_id, now)
        else:
            self.function(context, subject_id, now)


JOB_KINDS: dict[str, JobKind] = {}


def job(name: str, *, queue: str) -> Callable[[Function], Function]:
    """Register the decorated function as the work of the kind `name`.

    It takes the context, the `provider` if it has such a parameter, the id of the subject, and the present moment. It
    may run twice, at the same time, or too late: it looks again whether anything is to be done. Raises `ValueError`
    when the kind exists, or when there is no such queue.
    """
    if queue not in QUEUES:
        raise ValueError(f"job {name}: no queue {queue!r}; there are {', '.join(QUEUES)}")

    def register(function: Function) -> Function:
        if name in JOB_KINDS:
            raise ValueError(f"job {name} is {JOB_KINDS[name].function.__qualname__} already")
        JOB_KINDS[name] = JobKind(name, queue, function, "provider" in inspect.signature(function).parameters)
        return function

    return register
