"""Conferences and their participants: read, mute, hold, remove, add, end."""

from exchange.conference import BY_API, KICKED, Conference, Participant
from exchange.errors import ApiError, not_found, required
from exchange.legs import Ends
from exchange.rest.api import Ask, Json, Route
from exchange.status import API_VERSION, rfc2822
from exchange.twiml import Element


async def list_(ask: Ask) -> Json:
    """All conferences, the newest first, filtered by FriendlyName and Status."""
    name, status = ask.text("FriendlyName"), ask.text("Status")
    found = [
        conference
        for conference in reversed(ask.office.conferences.by_sid.values())
        if name in ("", conference.name) and status in ("", conference.status)
    ]
    return ask.page("conferences", [render(ask, conference) for conference in found])


async def read(ask: Ask) -> Json:
    return render(ask, _conference(ask))


async def update(ask: Ask) -> Json:
    conference = _conference(ask)
    if ask.text("Status") == "completed":
        conference.end(BY_API)
    return render(ask, conference)


async def participants(ask: Ask) -> Json:
    """Who is inside, filtered by Muted and Hold."""
    conference = _conference(ask)
    muted, hold = ask.flag("Muted"), ask.flag("Hold")
    found = [p for p in conference.participants.values() if muted in (None, p.is_muted) and hold in (None, p.is_held)]
    return ask.page("participants", [render_participant(ask, conference, each) for each in found])


async def participant(ask: Ask) -> Json:
    conference = _conference(ask)
    return render_participant(ask, conference, _participant(ask, conference))


async def add(ask: Ask) -> Json:
    """Ring somebody into the conference; a name that is not in use makes one."""
    for name, code in (("To", 21201), ("From", 21213)):
        if not ask.text(name):
            raise required(name, code)
    found = ask.office.conferences.by_sid.get(ask.names["conference"])
    room = found.name if found else ask.names["conference"]
    ends = Ends(ask.text("From"), ask.text("To"), "outbound-api", callback=ask.callback("StatusCallback", "completed"))
    leg = ask.switch.originate(ends, _into(ask, room), ask.number("Timeout", 60, 1, 600))
    return {
        "account_sid": leg.facts.account_sid,
        "call_sid": leg.sid,
        "label": ask.text("Label") or None,
        "call_sid_to_coach": None,
        "coaching": False,
        "conference_sid": found.sid if found else None,
        "date_created": rfc2822(leg.facts.created),
        "date_updated": rfc2822(leg.facts.created),
        "end_conference_on_exit": bool(ask.flag("EndConferenceOnExit")),
        "muted": bool(ask.flag("Muted")),
        "hold": False,
        "start_conference_on_enter": ask.flag("StartConferenceOnEnter") is not False,
        "status": "queued",
        "queue_time": None,
        "uri": ask.uri("Conferences", ask.names["conference"], "Participants", f"{leg.sid}.json"),
    }


def _into(ask: Ask, room: str) -> tuple[Element, ...]:
    """The document that leads into the conference, with the request's wishes as attributes."""
    names = {
        "muted": "Muted",
        "beep": "Beep",
        "startConferenceOnEnter": "StartConferenceOnEnter",
        "endConferenceOnExit": "EndConferenceOnExit",
        "participantLabel": "Label",
        "waitUrl": "WaitUrl",
        "waitMethod": "WaitMethod",
        "statusCallback": "ConferenceStatusCallback",
        "statusCallbackMethod": "ConferenceStatusCallbackMethod",
    }
    attributes = {attribute: ask.text(name) for attribute, name in names.items() if name in ask.params}
    attributes["statusCallbackEvent"] = " ".join(ask.events("ConferenceStatusCallbackEvent", "start end"))
    return (Element("Dial", {}, children=(Element("Conference", attributes, room),)),)


async def change(ask: Ask) -> Json:
    """Mute or hold one participant, or let the conference depend on it."""
    conference = _conference(ask)
    found = _participant(ask, conference)
    muted, hold, ends = ask.flag("Muted"), ask.flag("Hold"), ask.flag("EndConferenceOnExit")
    if ask.text("HoldUrl"):
        found.hold_url, found.hold_method = ask.text("HoldUrl"), ask.method("HoldMethod")
    if muted is not None:
        conference.mute(found, muted)
    if hold is not None:
        conference.hold(found, hold)
    if ends is not None:
        found.ends = ends
    found.updated = ask.office.ticker.now()
    return render_participant(ask, conference, found)


async def remove(ask: Ask) -> None:
    conference = _conference(ask)
    conference.leave(_participant(ask, conference), KICKED)


def _conference(ask: Ask) -> Conference:
    """By id; for its participants also by name, as Twilio allows."""
    wanted = ask.names["conference"]
    found = ask.office.conferences.by_sid.get(wanted)
    if found is None and "Participants" in ask.path:
        found = ask.office.conferences.named(wanted)
    if found is None:
        raise not_found(ask.path)
    return found


def _participant(ask: Ask, conference: Conference) -> Participant:
    if conference.status == "completed":
        raise ApiError(404, 20404, f"The requested resource {ask.path} was not found")
    found = conference.find(ask.names["participant"])
    if found is None:
        raise not_found(ask.path)
    return found


def render(ask: Ask, conference: Conference) -> Json:
    uri = ask.uri("Conferences", conference.sid)
    return {
        "sid": conference.sid,
        "account_sid": ask.office.config.account_sid,
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


def render_participant(ask: Ask, conference: Conference, participant: Participant) -> Json:
    return {
        "account_sid": participant.leg.facts.account_sid,
        "call_sid": participant.leg.sid,
        "label": participant.label or None,
        "call_sid_to_coach": None,
        "coaching": False,
        "conference_sid": conference.sid,
        "date_created": rfc2822(participant.joined),
        "date_updated": rfc2822(participant.updated or participant.joined),
        "end_conference_on_exit": participant.ends,
        "muted": participant.is_muted,
        "hold": participant.is_held,
        "start_conference_on_enter": participant.starts,
        "status": "connected",
        "queue_time": str(participant.leg.facts.queue_seconds * 1000),
        "uri": ask.uri("Conferences", conference.sid, "Participants", f"{participant.leg.sid}.json"),
    }


ROUTES = (
    Route("GET", "/Conferences.json", list_),
    Route("GET", "/Conferences/{conference}.json", read),
    Route("POST", "/Conferences/{conference}.json", update),
    Route("GET", "/Conferences/{conference}/Participants.json", participants),
    Route("POST", "/Conferences/{conference}/Participants.json", add, 201),
    Route("GET", "/Conferences/{conference}/Participants/{participant}.json", participant),
    Route("POST", "/Conferences/{conference}/Participants/{participant}.json", change),
    Route("DELETE", "/Conferences/{conference}/Participants/{participant}.json", remove),
)
