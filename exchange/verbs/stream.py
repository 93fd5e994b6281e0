"""Connect, Start and Stop: Media Streams of a call."""

from exchange.calls.call_flow import Course, Step
from exchange.calls.status import Callback, rfc2822
from exchange.core.errors import WebhookError
from exchange.core.ids import new_sid
from exchange.media.stream import Order, Socket, Stream
from exchange.verbs.reporting import status_callback
from exchange.webhooks.twiml import Element
from exchange.webhooks.webhook import BAD_URL, signature

TRACKS = {"outbound_track": ("outbound",), "both_tracks": ("inbound", "outbound")}
UNKNOWN_NOUN = 12200


async def connect(course: Course, element: Element) -> Step:
    """Talk with the application's WebSocket; when it closes, the document goes on, or its action is asked."""
    noun = _noun(course, element)
    if noun is not None:
        stream = Stream(_order(course, noun, True), course.leg)
        course.leg.hear(stream)
        try:
            await carry(course, stream, status_callback(course, noun))
        finally:
            course.leg.unhear(stream)
        if element.string("action"):
            return course.goto(element, {"StreamSid": stream.order.sid})
    return None


async def start(course: Course, element: Element) -> Step:
    """Send the call's sound to a WebSocket beside whatever else happens, until Stop or the end."""
    noun = _noun(course, element)
    if noun is not None:
        begin(course, _order(course, noun, False), status_callback(course, noun))
    return None


async def stop(course: Course, element: Element) -> Step:
    """End the stream of that name; without a name, all that were started."""
    for noun in element.named("Stream"):
        for stream in list(course.leg.streams.values()):
            if noun.string("name") in ("", stream.order.name):
                stream.stop()
    return None


def begin(course: Course, order: Order, callback: Callback) -> Stream:
    """Start a stream that runs beside the call's document."""
    stream = Stream(order, course.leg)
    course.leg.streams[order.sid] = stream
    task = course.office.webhooks.later(carry(course, stream, callback))
    task.add_done_callback(lambda _done: course.leg.streams.pop(order.sid, None))
    return stream


def _noun(course: Course, element: Element) -> Element | None:
    noun = next(element.named("Stream"), None)
    if noun is None:
        message = f"line {element.line}: {element.name} needs a Stream; nothing else is known here"
        course.fault("noun_unknown", WebhookError(UNKNOWN_NOUN, message, course.here.url))
    return noun


def _order(course: Course, noun: Element, is_both_ways: bool) -> Order:
    return Order(
        sid=new_sid("MZ"),
        url=course.here.join(noun.string("url")).url if noun.string("url") else "",
        tracks=("inbound",) if is_both_ways else TRACKS.get(noun.string("track"), ("inbound",)),
        is_both_ways=is_both_ways,
        parameters={each.string("name"): each.string("value") for each in noun.named("Parameter")},
        name=noun.string("name"),
    )


async def carry(course: Course, stream: Stream, callback: Callback) -> None:
    """Open the socket and run the stream; a fault is reported, and the call goes on."""
    try:
        socket = await _open(course, stream.order)
    except WebhookError as error:
        stream.status = "stopped"
        course.fault("stream_failed", error)
        _report(course, stream, callback, "stream-error", error.message)
        return
    ended = course.leg.ended.wait()
    ended.add_done_callback(lambda _done: stream.stop())
    course.leg.trace("stream", sid=stream.order.sid, url=stream.order.url, state="started")
    _report(course, stream, callback, "stream-started")
    try:
        await stream.run(socket)
    finally:
        ended.cancel()
        course.leg.trace("stream", sid=stream.order.sid, url=stream.order.url, state="stopped")
        _report(course, stream, callback, "stream-stopped")


async def _open(course: Course, order: Order) -> Socket:
    if not order.url.startswith(("ws://", "wss://")):
        raise WebhookError(BAD_URL, f"not a WebSocket address: {order.url!r}", order.url)
    headers = {"X-Twilio-Signature": signature(course.office.config.auth_token, order.url, {})}
    return await course.office.sockets.open(order.url, headers)


def _report(course: Course, stream: Stream, callback: Callback, event: str, error: str = "") -> None:
    if callback.url:
        told = {
            "AccountSid": course.leg.facts.account_sid,
            "CallSid": course.leg.sid,
            "StreamSid": stream.order.sid,
            "StreamName": stream.order.name or stream.order.sid,
            "StreamEvent": event,
            "Timestamp": rfc2822(course.office.ticker.now()),
        }
        course.office.report(stream.order.sid, callback, told | ({"StreamError": error} if error else {}))
