"""Participants of a conference: read, mute, hold, coach, announce to, remove, add."""

from exchange.calls.call_details import TwilioCallStatus, rfc2822
from exchange.calls.conference.conference import LAST_LEFT, NEVER_CAME, REDIRECTED, Conference
from exchange.calls.conference.participant import Participant
from exchange.calls.leg import CallLeg
from exchange.calls.leg_registry import CallParties
from exchange.core.errors import ApiError, not_found, required
from exchange.core.ids import is_sid
from exchange.rest.api import Json, RestRequest, Route
from exchange.rest.calls import detection_timing, dialled, recording_options
from exchange.rest.conferences import announce_to, find
from exchange.verbs.switch import CallOptions
from exchange.webhooks.twiml import Element


async def participants(ask: RestRequest) -> Json:
    """Return those inside, filtered by Muted, Hold and Coaching."""
    conference = find(ask)
    muted, hold, coaching = ask.flag("Muted"), ask.flag("Hold"), ask.flag("Coaching")
    participants_ = [
        p
        for p in conference.everybody()
        if muted in (None, p.is_muted) and hold in (None, p.is_held) and coaching in (None, bool(p.coaches))
    ]
    return ask.page("participants", [render_participant(ask, conference, each) for each in participants_])


async def participant(ask: RestRequest) -> Json:
    conference = find(ask)
    return render_participant(ask, conference, _participant(ask, conference))


async def add(ask: RestRequest) -> Json:
    """Ring somebody into the conference; a name that is not in use makes one."""
    for name, code in (("To", 21201), ("From", 21213)):
        if not ask.text(name):
            raise required(name, code)
    to = dialled(ask)
    coached = _coached(ask, "")
    conference = _opened(ask)
    callback = ask.callback("StatusCallback", "completed")
    sender = ask.text("CallerId") or ask.text("From")
    ends = CallParties(sender, to, "outbound-api", callback=callback)
    wishes = CallOptions(
        time_limit=ask.number("TimeLimit", 0, 1, 86_400),
        machine=detection_timing(ask),
        machine_callback=ask.callback("AmdStatusCallback", ""),
    )
    into = _into(ask, conference.name, coached)
    leg = ask.switch.originate(ends, into, ask.number("Timeout", 60, 1, 600), wishes)
    conference.expected[leg.sid] = _expected(ask, leg, coached)
    ask.context.webhooks.later(_end_unused(conference, leg))
    if ask.flag("Record"):
        callback = ask.callback("RecordingStatusCallback", "completed")
        ask.context.record_when_answered(leg, recording_options(ask, "OutboundAPI"), callback)
    return render_participant(ask, conference, conference.expected[leg.sid])


def _expected(ask: RestRequest, leg: CallLeg, coached: str) -> Participant:
    """Return a participant who is being dialled, with the options of the request."""
    return Participant(
        leg=leg,
        joined=leg.facts.created,
        label=ask.text("Label"),
        is_muted=bool(ask.flag("Muted")),
        starts=ask.flag("StartConferenceOnEnter") is not False,
        ends=bool(ask.flag("EndConferenceOnExit")),
        coaches=coached,
    )


def _opened(ask: RestRequest) -> Conference:
    name = ask.names["conference"]
    conference = ask.context.conferences.by_sid.get(name)
    if conference is None and is_sid(name, "CF"):
        raise not_found(ask.path)
    if conference is not None and conference.status == "completed":
        raise ApiError(400, 20001, "The conference is over.")
    return conference or ask.context.conferences.open(name, ask.callback("ConferenceStatusCallback", "start end"))


async def _end_unused(conference: Conference, leg: CallLeg) -> None:
    """End a conference that was made for somebody who never came."""
    await leg.ended.wait()
    missed = conference.expected.pop(leg.sid, None)
    if missed:
        conference.event("participant-leave", None, missed.departure(NEVER_CAME))
    if conference.status == "init" and not (conference.participants or conference.expected):
        conference.end(LAST_LEFT)


def _coached(ask: RestRequest, before: str) -> str:
    """Return whom the participant coaches: `CallSidToCoach`; `Coaching=false` ends it."""
    coached = ask.text("CallSidToCoach", before)
    if ask.flag("Coaching") is False:
        return ""
    if ask.flag("Coaching") and not coached:
        raise ApiError(400, 21205, "CallSidToCoach is required when Coaching is true.")
    if coached and coached != before and coached not in ask.context.legs.active:
        raise ApiError(400, 20001, f"CallSidToCoach {coached} is not in the conference.")
    return coached


def _into(ask: RestRequest, room: str, coached: str) -> tuple[Element, ...]:
    """Return the document that leads into the conference, with the request's options as attributes."""
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
        "maxParticipants": "MaxParticipants",
        "record": "ConferenceRecord",
        "trim": "ConferenceTrim",
        "recordingStatusCallback": "ConferenceRecordingStatusCallback",
        "recordingStatusCallbackMethod": "ConferenceRecordingStatusCallbackMethod",
    }
    attributes = {attribute: ask.text(name) for attribute, name in names.items() if name in ask.params}
    if coached:
        attributes["coach"] = coached
    attributes["statusCallbackEvent"] = " ".join(ask.events("ConferenceStatusCallbackEvent", "start end"))
    return (Element("Dial", {}, children=(Element("Conference", attributes, room),)),)


async def change(ask: RestRequest) -> Json:
    """Mute, hold, coach, announce to one participant, or let the conference depend on it."""
    conference = find(ask)
    participant = _participant(ask, conference)
    if participant.leg.sid in conference.expected:
        raise ApiError(400, 20001, "The participant is not connected yet; change it when its status is connected.")
    coached = _coached(ask, participant.coaches)
    muted, hold, ends = ask.flag("Muted"), ask.flag("Hold"), ask.flag("EndConferenceOnExit")
    if ask.text("HoldUrl"):
        participant.hold_url, participant.hold_method = ask.text("HoldUrl"), ask.method("HoldMethod")
    if ask.text("AnnounceUrl"):
        announce_to(ask, conference, participant)
    if ask.flag("BeepOnExit") is not None:
        participant.has_exit_beep = bool(ask.flag("BeepOnExit"))
    if muted is not None:
        conference.mute(participant, is_muted=muted)
    if hold is not None:
        conference.hold(participant, is_held=hold)
    conference.modify(participant, coached, ends=participant.ends if ends is None else ends)
    participant.updated = ask.context.ticker.now()
    return render_participant(ask, conference, participant)


async def remove(ask: RestRequest) -> None:
    conference = find(ask)
    participant = _participant(ask, conference)
    if participant.leg.sid in conference.expected:
        participant.leg.drop()
    else:
        conference.leave(participant, REDIRECTED, is_kicked=True)


def _participant(ask: RestRequest, conference: Conference) -> Participant:
    if conference.status == "completed":
        raise ApiError(404, 20404, f"The requested resource {ask.path} was not found")
    participant = conference.find(ask.names["participant"])
    if participant is None:
        raise not_found(ask.path)
    return participant


def _status(conference: Conference, participant: Participant) -> str:
    if participant.leg.sid not in conference.expected:
        return "connected"
    status = participant.leg.facts.status
    words = {
        TwilioCallStatus.QUEUED: "queued",
        TwilioCallStatus.RINGING: "ringing",
        TwilioCallStatus.INITIATED: "connecting",
    }
    return words.get(status, "connecting" if participant.leg.is_up else "complete")


def render_participant(ask: RestRequest, conference: Conference, participant: Participant) -> Json:
    return {
        "account_sid": participant.leg.facts.account_sid,
        "call_sid": participant.leg.sid,
        "label": participant.label or None,
        "call_sid_to_coach": participant.coaches or None,
        "coaching": bool(participant.coaches),
        "conference_sid": conference.sid,
        "date_created": rfc2822(participant.joined),
        "date_updated": rfc2822(participant.updated or participant.joined),
        "end_conference_on_exit": participant.ends,
        "muted": participant.is_muted,
        "hold": participant.is_held,
        "start_conference_on_enter": participant.starts,
        "status": _status(conference, participant),
        "queue_time": str(participant.leg.facts.queue_seconds * 1000),
        "uri": ask.uri("Conferences", conference.sid, "Participants", f"{participant.leg.sid}.json"),
    }


ROUTES = (
    Route("GET", "/Conferences/{conference}/Participants.json", participants),
    Route("POST", "/Conferences/{conference}/Participants.json", add, 201),
    Route("GET", "/Conferences/{conference}/Participants/{participant}.json", participant),
    Route("POST", "/Conferences/{conference}/Participants/{participant}.json", change),
    Route("DELETE", "/Conferences/{conference}/Participants/{participant}.json", remove),
)
