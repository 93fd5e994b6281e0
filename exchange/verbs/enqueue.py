"""Enqueue: wait in a queue, hear what the wait address plays, until somebody comes or the caller goes."""

import asyncio
from collections.abc import Mapping
from functools import partial

from exchange.calls import waiting
from exchange.calls.call_flow import Course, End, Goto, Step, cancelled
from exchange.calls.queue import Member, Queue
from exchange.core.core import Office
from exchange.core.errors import CallError
from exchange.media.clock import either
from exchange.media.music import hold_music
from exchange.verbs.reporting import if_killed
from exchange.webhooks.twiml import Element


async def enqueue(course: Course, element: Element) -> Step:
    """Wait; the action hears why and how long. Without action the document goes on below."""
    office = course.office
    queue = office.queues.open(element.text or "default")
    queue.max_size = element.number("maxQueueSize", queue.max_size, 1, 5000)
    if queue.is_full:
        return _after(course, element, {"QueueResult": "queue-full"})
    member = office.queues.join(queue, course.leg)
    told = {"QueueSid": queue.sid, "QueueTime": "0"}
    debt = f"{course.leg.sid} {queue.sid}"
    office.aftermath.owe(debt, if_killed(course, element, told | {"QueueResult": "system-error"}))
    try:
        result = await _wait(course, element, queue, member)
    except asyncio.CancelledError:
        told["QueueTime"] = _leave(office, queue, member)
        course.notify(element, told | {"QueueResult": _why_left(course, member)})
        raise
    finally:
        office.aftermath.settle(debt)
    told["QueueTime"] = _leave(office, queue, member)
    if result == "hangup":
        course.notify(element, told | {"QueueResult": result})
        return End.HANG_UP
    return _after(course, element, told | {"QueueResult": result})


async def _wait(course: Course, element: Element, queue: Queue, member: Member) -> str:
    """Why the waiting ended."""
    extra = partial(place, course.office, queue, member)
    goto = course.goto(element, {}, "waitUrl", "waitUrlMethod") if element.string("waitUrl") else None
    branch = course.branch(extra, waiting.IN_QUEUE)
    sound = bytes(16000) if "waitUrl" in element.attributes else hold_music()
    playing = asyncio.ensure_future(_document(branch, goto) if goto else waiting.music(branch, sound))
    taken = member.taken.wait()
    try:
        await either(playing, taken)
    finally:
        taken.cancel()
        if not playing.done():
            await cancelled(playing)
    if member.taken.is_set:
        member.ready.set()
        await member.released.wait()
        return "bridged"
    return {End.LEAVE: "leave", End.HANG_UP: "hangup"}.get(playing.result(), "error")


async def _document(branch: Course, goto: Goto) -> End:
    """The wait address's; a fault in it ends the waiting."""
    try:
        return await waiting.again_and_again(branch, goto)
    except CallError as error:
        branch.fault("wait_document_failed", error)
        return End.RAN_OUT


def place(office: Office, queue: Queue, member: Member) -> Mapping[str, str]:
    """What the wait address is told with every request."""
    return {
        "QueueSid": queue.sid,
        "QueuePosition": str(queue.position(member.leg.sid)),
        "QueueTime": str(int(office.queues.waited(member))),
        "AvgQueueTime": str(office.queues.average_wait(queue)),
        "CurrentQueueSize": str(len(queue.members)),
        "MaxQueueSize": str(queue.max_size),
    }


def _why_left(course: Course, member: Member) -> str:
    """The word for a leg that was called away, by REST or by hanging up."""
    if course.leg.was_redirected:
        return "redirected-from-bridged" if member.taken.is_set else "redirected"
    return "bridged" if member.taken.is_set else "hangup"


def _leave(office: Office, queue: Queue, member: Member) -> str:
    waited = int(office.queues.waited(member))
    office.queues.leave(queue, member)
    member.leg.facts.queue_seconds = waited
    return str(waited)


def _after(course: Course, element: Element, told: Mapping[str, str]) -> Step:
    return course.goto(element, told) if element.string("action") else None
