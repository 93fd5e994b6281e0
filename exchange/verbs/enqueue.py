"""Enqueue: wait in a queue, hear what the wait address plays, until somebody comes or the caller goes."""

import asyncio
from collections.abc import Mapping
from functools import partial

from exchange.calls.queue import CallQueue, QueueMember
from exchange.core.errors import CallError
from exchange.flow import wait_document
from exchange.flow.call_flow import CallFlow, FlowEnd, Goto, Step, cancel
from exchange.flow.context import ExchangeContext
from exchange.media.clock import wait_for_any
from exchange.media.music import hold_music
from exchange.verbs.callbacks import reports_if_killed
from exchange.webhooks.twiml import Element


async def enqueue(flow: CallFlow, element: Element) -> Step:
    """Wait; the action hears why and how long. Without action the document goes on below."""
    context = flow.context
    queue = context.queues.open(element.text or "default")
    queue.max_size = element.number("maxQueueSize", queue.max_size, 1, 5000)
    if queue.is_full:
        return _after(flow, element, {"QueueResult": "queue-full"})
    member = context.queues.join(queue, flow.leg)
    parameters = {"QueueSid": queue.sid, "QueueTime": "0"}
    debt = f"{flow.leg.sid} {queue.sid}"
    context.pending_reports.keep(debt, reports_if_killed(flow, element, parameters | {"QueueResult": "system-error"}))
    try:
        result = await _wait(flow, element, queue, member)
    except asyncio.CancelledError:
        parameters["QueueTime"] = _leave(context, queue, member)
        flow.notify(element, parameters | {"QueueResult": _why_left(flow, member)})
        raise
    finally:
        context.pending_reports.settle(debt)
    parameters["QueueTime"] = _leave(context, queue, member)
    if result == "hangup":
        flow.notify(element, parameters | {"QueueResult": result})
        return FlowEnd.HANG_UP
    return _after(flow, element, parameters | {"QueueResult": result})


async def _wait(flow: CallFlow, element: Element, queue: CallQueue, member: QueueMember) -> str:
    """Return why the waiting ended."""
    extra = partial(place, flow.context, queue, member)
    goto = flow.goto(element, {}, "waitUrl", "waitUrlMethod") if element.string("waitUrl") else None
    branch = flow.branch(extra, wait_document.IN_QUEUE)
    sound = bytes(16000) if "waitUrl" in element.attributes else hold_music()
    playing = asyncio.ensure_future(_document(branch, goto) if goto else wait_document.play_music(branch, sound))
    taken = member.taken.wait()
    try:
        await wait_for_any(playing, taken)
    finally:
        taken.cancel()
        if not playing.done():
            await cancel(playing)
    if member.taken.is_set:
        member.ready.set()
        await member.released.wait()
        return "bridged"
    return {FlowEnd.LEAVE: "leave", FlowEnd.HANG_UP: "hangup"}.get(playing.result(), "error")


async def _document(branch: CallFlow, goto: Goto) -> FlowEnd:
    """Play the wait address's document; a fault in it ends the waiting."""
    try:
        return await wait_document.repeat_document(branch, goto)
    except CallError as error:
        branch.fault("wait_document_failed", error)
        return FlowEnd.RAN_OUT


def place(context: ExchangeContext, queue: CallQueue, member: QueueMember) -> Mapping[str, str]:
    """Return what the wait address is told with every request."""
    return {
        "QueueSid": queue.sid,
        "QueuePosition": str(queue.position(member.leg.sid)),
        "QueueTime": str(int(context.queues.waited(member))),
        "AvgQueueTime": str(context.queues.average_wait(queue)),
        "CurrentQueueSize": str(len(queue.members)),
        "MaxQueueSize": str(queue.max_size),
    }


def _why_left(flow: CallFlow, member: QueueMember) -> str:
    """Return the word for a leg that was called away, by REST or by hanging up."""
    if flow.leg.was_redirected:
        return "redirected-from-bridged" if member.taken.is_set else "redirected"
    return "bridged" if member.taken.is_set else "hangup"


def _leave(context: ExchangeContext, queue: CallQueue, member: QueueMember) -> str:
    waited = int(context.queues.waited(member))
    context.queues.leave(queue, member)
    member.leg.facts.queue_seconds = waited
    return str(waited)


def _after(flow: CallFlow, element: Element, parameters: Mapping[str, str]) -> Step:
    return flow.goto(element, parameters) if element.string("action") else None
