"""Connect, Start and Stop: Media Streams of a call."""

from exchange.calls.call_details import StatusCallback, rfc2822
from exchange.calls.media_stream import MediaStream, StreamRequest, WebSocketConnection
from exchange.core.errors import WebhookError
from exchange.core.ids import new_sid
from exchange.flow.call_flow import CallFlow, Step
from exchange.verbs.callbacks import status_callback
from exchange.webhooks.twiml import Element
from exchange.webhooks.webhook import BAD_URL, signature

TRACKS = {"outbound_track": ("outbound",), "both_tracks": ("inbound", "outbound")}
UNKNOWN_NOUN = 12200


async def connect(flow: CallFlow, element: Element) -> Step:
    """Talk with the application's WebSocket; when it closes, the document goes on, or its action is asked."""
    noun = _noun(flow, element)
    if noun is not None:
        stream = MediaStream(_order(flow, noun, is_both_ways=True), flow.leg)
        flow.leg.set_source(stream)
        try:
            await carry(flow, stream, status_callback(flow, noun))
        finally:
            flow.leg.clear_source(stream)
        if element.string("action"):
            return flow.goto(element, {"StreamSid": stream.order.sid})
    return None


async def start(flow: CallFlow, element: Element) -> Step:
    """Send the call's sound to a WebSocket beside whatever else happens, until Stop or the end."""
    noun = _noun(flow, element)
    if noun is not None:
        begin(flow, _order(flow, noun, is_both_ways=False), status_callback(flow, noun))
    return None


async def stop(flow: CallFlow, element: Element) -> Step:
    """End the stream of that name; without a name, all that were started."""
    for noun in element.named("Stream"):
        for stream in list(flow.leg.streams.values()):
            if noun.string("name") in ("", stream.order.name):
                stream.stop()
    return None


def begin(flow: CallFlow, order: StreamRequest, callback: StatusCallback) -> MediaStream:
    """Start a stream that runs beside the call's document."""
    stream = MediaStream(order, flow.leg)
    flow.leg.streams[order.sid] = stream
    task = flow.context.webhooks.later(carry(flow, stream, callback))
    task.add_done_callback(lambda _done: flow.leg.streams.pop(order.sid, None))
    return stream


def _noun(flow: CallFlow, element: Element) -> Element | None:
    noun = next(element.named("Stream"), None)
    if noun is None:
        message = f"line {element.line}: {element.name} needs a Stream; nothing else is known here"
        flow.fault("noun_unknown", WebhookError(UNKNOWN_NOUN, message, flow.here.url))
    return noun


def _order(flow: CallFlow, noun: Element, *, is_both_ways: bool) -> StreamRequest:
    return StreamRequest(
        sid=new_sid("MZ"),
        url=flow.here.join(noun.string("url")).url if noun.string("url") else "",
        tracks=("inbound",) if is_both_ways else TRACKS.get(noun.string("track"), ("inbound",)),
        is_both_ways=is_both_ways,
        parameters={each.string("name"): each.string("value") for each in noun.named("Parameter")},
        name=noun.string("name"),
    )


async def carry(flow: CallFlow, stream: MediaStream, callback: StatusCallback) -> None:
    """Open the socket and run the stream; a fault is reported, and the call goes on."""
    try:
        socket = await _open(flow, stream.order)
    except WebhookError as error:
        stream.status = "stopped"
        flow.fault("stream_failed", error)
        _report(flow, stream, callback, "stream-error", error.message)
        return
    ended = flow.leg.ended.wait()
    ended.add_done_callback(lambda _done: stream.stop())
    flow.leg.trace("stream", sid=stream.order.sid, url=stream.order.url, state="started")
    _report(flow, stream, callback, "stream-started")
    try:
        await stream.run(socket)
    finally:
        ended.cancel()
        flow.leg.trace("stream", sid=stream.order.sid, url=stream.order.url, state="stopped")
        _report(flow, stream, callback, "stream-stopped")


async def _open(flow: CallFlow, order: StreamRequest) -> WebSocketConnection:
    if not order.url.startswith(("ws://", "wss://")):
        raise WebhookError(BAD_URL, f"not a WebSocket address: {order.url!r}", order.url)
    headers = {"X-Twilio-Signature": signature(flow.context.config.auth_token, order.url, {})}
    return await flow.context.sockets.open(order.url, headers)


def _report(flow: CallFlow, stream: MediaStream, callback: StatusCallback, event: str, error: str = "") -> None:
    if callback.url:
        parameters = {
            "AccountSid": flow.leg.facts.account_sid,
            "CallSid": flow.leg.sid,
            "StreamSid": stream.order.sid,
            "StreamName": stream.order.name or stream.order.sid,
            "StreamEvent": event,
            "Timestamp": rfc2822(flow.context.ticker.now()),
        }
        flow.context.report(stream.order.sid, callback, parameters | ({"StreamError": error} if error else {}))
