"""Media Streams of a live call: start and stop."""

from exchange.calls.call_details import rfc2822
from exchange.calls.media_stream import MediaStream, StreamRequest
from exchange.core.errors import ApiError, not_found, required
from exchange.core.ids import new_sid
from exchange.flow.call_flow import CallFlow
from exchange.rest.api import Json, RestRequest, Route
from exchange.verbs import VERBS
from exchange.verbs.connect import TRACKS, begin

MOST_PARAMETERS = 99


async def create(ask: RestRequest) -> Json:
    """Start a stream beside whatever the call does."""
    leg = ask.context.legs.active.get(ask.names["call"])
    if leg is None or not leg.is_up:
        raise not_found(ask.path)
    if not ask.text("Url"):
        raise required("Url", 21205)
    names = [f"Parameter{at}" for at in range(1, MOST_PARAMETERS + 1) if f"Parameter{at}.Name" in ask.params]
    order = StreamRequest(
        sid=new_sid("MZ"),
        url=ask.text("Url"),
        tracks=TRACKS.get(ask.text("Track"), ("inbound",)),
        parameters={ask.text(f"{name}.Name"): ask.text(f"{name}.Value") for name in names},
        name=ask.text("Name"),
    )
    flow = CallFlow(ask.context, leg, VERBS)
    return render(ask, begin(flow, order, ask.callback("StatusCallback", "")))


async def update(ask: RestRequest) -> Json:
    """Stop a stream, by id or by name."""
    leg = ask.context.legs.active.get(ask.names["call"])
    name = ask.names["stream"]
    streams = list(leg.streams.values()) if leg else []
    stream = next((each for each in streams if name in (each.order.sid, each.order.name)), None)
    if stream is None:
        raise not_found(ask.path)
    if ask.text("Status") != "stopped":
        raise ApiError(400, 20001, f"Invalid Status {ask.text('Status')!r}")
    stream.stop()
    stream.status = "stopped"
    return render(ask, stream)


def render(ask: RestRequest, stream: MediaStream) -> Json:
    return {
        "sid": stream.order.sid,
        "account_sid": ask.context.config.account_sid,
        "call_sid": ask.names["call"],
        "name": stream.order.name or None,
        "status": stream.status,
        "date_updated": rfc2822(ask.context.ticker.now()),
        "uri": ask.uri("Calls", ask.names["call"], "Streams", f"{stream.order.sid}.json"),
    }


ROUTES = (
    Route("POST", "/Calls/{call}/Streams.json", create, 201),
    Route("POST", "/Calls/{call}/Streams/{stream}.json", update),
)
