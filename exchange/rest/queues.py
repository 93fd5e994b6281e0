"""Queues and their members."""

from exchange.calls.call_details import rfc2822
from exchange.calls.queue import DEFAULT_MAX_SIZE, CallQueue, QueueMember
from exchange.core.errors import ApiError, not_found, required
from exchange.flow.call_flow import Goto
from exchange.rest.api import Json, RestRequest, Route
from exchange.webhooks.webhook import WebhookTarget


async def create(ask: RestRequest) -> Json:
    name = ask.text("FriendlyName")
    if not name:
        raise required("FriendlyName", 22203)
    if ask.context.queues.named(name):
        raise ApiError(400, 22003, "A queue already exists with the same unique friendly name")
    return render(ask, ask.context.queues.open(name, ask.number("MaxSize", DEFAULT_MAX_SIZE, 1, 5000)))


async def list_(ask: RestRequest) -> Json:
    return ask.page("queues", [render(ask, queue) for queue in ask.context.queues.by_sid.values()])


async def read(ask: RestRequest) -> Json:
    return render(ask, _queue(ask))


async def update(ask: RestRequest) -> Json:
    queue = _queue(ask)
    queue.name = ask.text("FriendlyName") or queue.name
    queue.max_size = ask.number("MaxSize", queue.max_size, 1, 5000)
    queue.updated = ask.context.ticker.now()
    return render(ask, queue)


async def delete(ask: RestRequest) -> None:
    queue = _queue(ask)
    if queue.members:
        raise ApiError(400, 22002, "The queue is not empty and cannot be deleted")
    del ask.context.queues.by_sid[queue.sid]


async def members(ask: RestRequest) -> Json:
    queue = _queue(ask)
    return ask.page("queue_members", [render_member(ask, queue, member) for member in queue.members])


async def member(ask: RestRequest) -> Json:
    queue = _queue(ask)
    return render_member(ask, queue, _member(ask, queue))


async def dequeue(ask: RestRequest) -> Json:
    """Redirect a member to another document; `Front` is the next in turn."""
    queue = _queue(ask)
    member = _member(ask, queue)
    if not ask.text("Url"):
        raise required("Url", 21205)
    shown = render_member(ask, queue, member)
    ask.context.queues.leave(queue, member)
    ask.switch.redirect(member.leg, Goto(WebhookTarget(ask.text("Url"), ask.method("Method")), {}))
    return shown


def _queue(ask: RestRequest) -> CallQueue:
    queue = ask.context.queues.by_sid.get(ask.names["queue"])
    if queue is None:
        raise not_found(ask.path)
    return queue


def _member(ask: RestRequest, queue: CallQueue) -> QueueMember:
    member = queue.member(ask.names["member"])
    if member is None:
        raise not_found(ask.path)
    return member


def render(ask: RestRequest, queue: CallQueue) -> Json:
    uri = ask.uri("Queues", queue.sid)
    return {
        "sid": queue.sid,
        "account_sid": ask.context.config.account_sid,
        "friendly_name": queue.name,
        "current_size": len(queue.members),
        "max_size": queue.max_size,
        "average_wait_time": ask.context.queues.average_wait(queue),
        "date_created": rfc2822(queue.created),
        "date_updated": rfc2822(queue.updated),
        "uri": f"{uri}.json",
        "subresource_uris": {"members": f"{uri}/Members.json"},
    }


def render_member(ask: RestRequest, queue: CallQueue, member: QueueMember) -> Json:
    return {
        "queue_sid": queue.sid,
        "call_sid": member.leg.sid,
        "date_enqueued": rfc2822(member.joined),
        "position": queue.position(member.leg.sid),
        "wait_time": int(ask.context.queues.waited(member)),
        "uri": ask.uri("Queues", queue.sid, "Members", f"{member.leg.sid}.json"),
    }


ROUTES = (
    Route("POST", "/Queues.json", create, 201),
    Route("GET", "/Queues.json", list_),
    Route("GET", "/Queues/{queue}.json", read),
    Route("POST", "/Queues/{queue}.json", update),
    Route("DELETE", "/Queues/{queue}.json", delete),
    Route("GET", "/Queues/{queue}/Members.json", members),
    Route("GET", "/Queues/{queue}/Members/{member}.json", member),
    Route("POST", "/Queues/{queue}/Members/{member}.json", dequeue),
)
