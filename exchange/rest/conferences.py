"""Conferences: read, announce, end. `participants.py` has those inside."""

from exchange.calls.call_details import API_VERSION, rfc2822
from exchange.calls.conference.conference import BY_API, Conference
from exchange.calls.conference.participant import Participant
from exchange.core.errors import ApiError, not_found
from exchange.rest.api import Json, RestRequest, Route
from exchange.rest.dates import is_within
from exchange.verbs.announcement import announce
from exchange.webhooks.webhook import WebhookTarget


async def list_(ask: RestRequest) -> Json:
    """Return all conferences, the newest first, filtered by FriendlyName, Status, DateCreated and DateUpdated."""
    name, status = ask.text("FriendlyName"), ask.text("Status")
    conferences = [
        conference
        for conference in reversed(ask.context.conferences.by_sid.values())
        if name in ("", conference.name) and status in ("", conference.status)
        if is_within(ask, "DateCreated", conference.created)
        if is_within(ask, "DateUpdated", conference.updated or conference.created)
    ]
    return ask.page("conferences", [render(ask, conference) for conference in conferences])


async def read(ask: RestRequest) -> Json:
    return render(ask, find(ask))


async def update(ask: RestRequest) -> Json:
    """End a conference, or let everybody hear an announcement."""
    conference = find(ask)
    if ask.text("Status") not in ("", "completed"):
        raise ApiError(400, 20001, f"Invalid Status {ask.text('Status')!r}")
    if ask.text("AnnounceUrl"):
        announce_to(ask, conference, None)
    if ask.text("Status"):
        conference.end(BY_API)
    return render(ask, conference)


def announce_to(ask: RestRequest, conference: Conference, participant: Participant | None) -> None:
    if not conference.is_running:
        raise ApiError(400, 20001, "The conference is not in progress: nothing can be announced.")
    target = WebhookTarget(ask.text("AnnounceUrl"), ask.method("AnnounceMethod"))
    ask.context.webhooks.later(announce(ask.context, conference, target, participant))


def find(ask: RestRequest) -> Conference:
    """Return a conference by id; for its participants also by name, as Twilio allows."""
    name = ask.names["conference"]
    conference = ask.context.conferences.by_sid.get(name)
    if conference is None and "Participants" in ask.path:
        conference = ask.context.conferences.named(name)
    if conference is None:
        raise not_found(ask.path)
    return conference


def render(ask: RestRequest, conference: Conference) -> Json:
    uri = ask.uri("Conferences", conference.sid)
    return {
        "sid": conference.sid,
        "account_sid": ask.context.config.account_sid,
        "friendly_name": conference.name,
        "status": conference.status,
        "region": "us1",
        "api_version": API_VERSION,
        "date_created": rfc2822(conference.created),
        "date_updated": rfc2822(conference.updated or conference.created),
        "reason_conference_ended": conference.reason or None,
        "call_sid_ending_conference": conference.ended_by or None,
        "uri": f"{uri}.json",
        "subresource_uris": {
            "participants": f"{uri}/Participants.json",
            "recordings": f"{uri}/Recordings.json",
        },
    }


ROUTES = (
    Route("GET", "/Conferences.json", list_),
    Route("GET", "/Conferences/{conference}.json", read),
    Route("POST", "/Conferences/{conference}.json", update),
)
