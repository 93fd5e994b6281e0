"""Recordings: of a call (start, pause, stop), of the account (read, delete), and the sound itself."""

import asyncio
from pathlib import Path

from aiohttp import web

from exchange.calls.call_details import API_VERSION, rfc2822
from exchange.calls.recording.recording import LiveRecording, RecordingDetails
from exchange.core.errors import ApiError, not_found
from exchange.media import decode, sound_file
from exchange.media.wav_file import wav_header
from exchange.rest.api import Json, RestRequest, Route
from exchange.rest.calls import recording_options
from exchange.rest.dates import is_within

CURRENT = "Twilio.CURRENT"


async def start(ask: RestRequest) -> Json:
    """Record a call that is up; `RecordingChannels=dual` puts what the leg heard on channel 2."""
    leg = ask.context.legs.active.get(ask.names["call"])
    if leg is None:
        if ask.context.legs.facts(ask.names["call"]) is None:
            raise not_found(ask.path)
        raise ApiError(400, 21220, "Requested resource is not eligible for recording: the call is over.")
    how = recording_options(ask, "StartCallRecordingAPI", "do-not-trim")
    recording = ask.context.record(leg, how, ask.callback("RecordingStatusCallback", "completed"))
    return render(ask, recording.facts)


async def control(ask: RestRequest) -> Json:
    """Pause (with silence, or skipping), go on, or stop."""
    recording = _active(ask)
    status = ask.text("Status")
    if status == "stopped":
        ask.context.stop_recording(recording)
    elif status == "paused":
        recording.paused = "skip" if ask.text("PauseBehavior") == "skip" else "silence"
        recording.facts.status = "paused"
    elif status == "in-progress":
        recording.paused = ""
        recording.facts.status = "in-progress"
    else:
        raise ApiError(400, 20001, f"Invalid Status {status!r}")
    return render(ask, recording.facts)


async def of_call(ask: RestRequest) -> Json:
    if ask.context.legs.facts(ask.names["call"]) is None:
        raise not_found(ask.path)
    return _page(ask, [facts for facts in _newest(ask) if facts.call_sid == ask.names["call"]])


async def of_conference(ask: RestRequest) -> Json:
    name = ask.names["conference"]
    if name not in ask.context.conferences.by_sid:
        raise not_found(ask.path)
    return _page(ask, [facts for facts in _newest(ask) if facts.conference_sid == name])


async def list_(ask: RestRequest) -> Json:
    """Return all recordings, the newest first, filtered by CallSid, ConferenceSid and DateCreated."""
    call, conference = ask.text("CallSid"), ask.text("ConferenceSid")
    rows = [f for f in _newest(ask) if call in ("", f.call_sid) and conference in ("", f.conference_sid)]
    return _page(ask, rows)


async def read(ask: RestRequest) -> Json:
    return render(ask, _facts(ask))


async def delete(ask: RestRequest) -> None:
    facts = _facts(ask)
    recording = ask.context.recordings.active.get(facts.sid)
    if recording:
        ask.context.stop_recording(recording)
    ask.context.recordings.delete(facts.sid)


async def media(ask: RestRequest) -> web.StreamResponse:
    """Return the WAV file; `RequestedChannels=1` mixes two channels down to one."""
    facts, path = _finished(ask)
    if facts.channels == 2 and ask.text("RequestedChannels") == "1":
        async with ask.context.packing:
            mono = await asyncio.to_thread(sound_file.read, path, longest_seconds=sound_file.OWN_SECONDS)
        return web.Response(body=wav_header(1, len(mono)) + mono, content_type="audio/x-wav")
    return web.FileResponse(path, headers={"Content-Type": "audio/x-wav"})


async def mp3(ask: RestRequest) -> web.StreamResponse:
    """Return the same as MP3, made when it is asked for."""
    facts, path = _finished(ask)
    is_dual = facts.channels == 2 and ask.text("RequestedChannels") != "1"
    async with ask.context.packing:
        body = await asyncio.to_thread(_packed, path, is_dual=is_dual)
    return web.Response(body=body, content_type="audio/mpeg")


def _packed(path: Path, *, is_dual: bool) -> bytes:
    longest = sound_file.OWN_SECONDS
    if is_dual:
        return decode.mp3(sound_file.read_channels(path, longest_seconds=longest))
    return decode.mp3([sound_file.read(path, longest_seconds=longest)])


def _finished(ask: RestRequest) -> tuple[RecordingDetails, Path]:
    facts = _facts(ask)
    path = ask.context.recordings.path(facts.sid)
    if not facts.is_over or facts.status == "absent" or not path.exists():
        raise not_found(ask.path)
    return facts, path


def _newest(ask: RestRequest) -> list[RecordingDetails]:
    rows = [facts for facts in ask.context.recordings.facts.values() if is_within(ask, "DateCreated", facts.created)]
    return sorted(rows, key=lambda facts: facts.created, reverse=True)


def _page(ask: RestRequest, rows: list[RecordingDetails]) -> Json:
    return ask.page("recordings", [render(ask, facts) for facts in rows])


def _owns(ask: RestRequest, facts: RecordingDetails) -> bool:
    """Return whether it belongs to the call or the conference in the path, if there is one."""
    return (
        ask.names.get("call", facts.call_sid) == facts.call_sid
        and ask.names.get("conference", facts.conference_sid) == facts.conference_sid
    )


def _facts(ask: RestRequest) -> RecordingDetails:
    facts = ask.context.recordings.facts.get(ask.names["recording"])
    if facts is None or not _owns(ask, facts):
        raise not_found(ask.path)
    return facts


def _active(ask: RestRequest) -> LiveRecording:
    sid = ask.names["recording"]
    for recording in reversed(list(ask.context.recordings.active.values())):
        if _owns(ask, recording.facts) and sid in (CURRENT, recording.facts.sid):
            return recording
    if sid == CURRENT:
        raise not_found(ask.path)
    _facts(ask)
    raise ApiError(400, 21220, "The recording is not in progress.")


def render(ask: RestRequest, facts: RecordingDetails) -> Json:
    """Return a recording as Twilio shows it."""
    uri = ask.uri("Recordings", facts.sid)
    if "call" in ask.names:
        uri = ask.uri("Calls", facts.call_sid, "Recordings", facts.sid)
    elif "conference" in ask.names:
        uri = ask.uri("Conferences", facts.conference_sid, "Recordings", facts.sid)
    own = {"track": facts.track} if "call" in ask.names else {}
    parts = {"add_on_results": "AddOnResults", "transcriptions": "Transcriptions"}
    return own | {
        "account_sid": facts.account_sid,
        "api_version": API_VERSION,
        "call_sid": facts.call_sid or None,
        "conference_sid": facts.conference_sid or None,
        "date_created": rfc2822(facts.created),
        "date_updated": rfc2822(facts.updated or facts.created),
        "start_time": rfc2822(facts.created),
        "duration": str(round(facts.seconds)) if facts.is_over else "-1",
        "sid": facts.sid,
        "price": None,
        "price_unit": "USD",
        "status": facts.status,
        "channels": facts.channels,
        "source": facts.source,
        "error_code": None,
        "encryption_details": None,
        "uri": f"{uri}.json",
        "media_url": ask.context.recordings.url(facts.sid),
        "subresource_uris": {name: f"{uri}/{part}.json" for name, part in parts.items()},
    }


ROUTES = (
    Route("POST", "/Calls/{call}/Recordings.json", start, 201),
    Route("GET", "/Calls/{call}/Recordings.json", of_call),
    Route("GET", "/Calls/{call}/Recordings/{recording}.json", read),
    Route("POST", "/Calls/{call}/Recordings/{recording}.json", control),
    Route("DELETE", "/Calls/{call}/Recordings/{recording}.json", delete),
    Route("GET", "/Conferences/{conference}/Recordings.json", of_conference),
    Route("GET", "/Conferences/{conference}/Recordings/{recording}.json", read),
    Route("POST", "/Conferences/{conference}/Recordings/{recording}.json", control),
    Route("DELETE", "/Conferences/{conference}/Recordings/{recording}.json", delete),
    Route("GET", "/Recordings.json", list_),
    Route("GET", "/Recordings/{recording}.json", read),
    Route("DELETE", "/Recordings/{recording}.json", delete),
    Route("GET", "/Recordings/{recording}.wav", media),
    Route("GET", "/Recordings/{recording}.mp3", mp3),
    Route("GET", "/Calls/{call}/Recordings/{recording}.wav", media),
    Route("GET", "/Calls/{call}/Recordings/{recording}.mp3", mp3),
    Route("GET", r"/Recordings/{recording:RE[0-9a-f]{32}}", media),
)
