"""The one adapter to the telephone exchange: Twilio's REST API, at Twilio or at any address that speaks it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlparse

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from hotline.configuration.settings import Settings
from hotline.values import phone_numbers
from telephony import words
from telephony.errors import ProviderDown, ProviderRefused
from telephony.views import LegView, LineView, PhoneView, RecordingView

Resource = TypeVar("Resource")

TIMEOUT_SECONDS = 10.0
MEDIA_TIMEOUT = (5.0, 60.0)  # to connect, between two packets
MEDIA_BYTES = 1 << 16  # of a recording at a time
PHONES_TIMEOUT = (1.0, 2.0)
TWILIO = "https://api.twilio.com"
CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
RECORDING_EVENTS = ["in-progress", "completed", "absent"]
# Two seconds (`w` is half a one) until a switchboard listens for the extension.
SWITCHBOARD_PAUSE = "wwww"
NOT_IN_PROGRESS = 21220  # "Invalid call state"


class Provider:
    """Dials, moves, ends and records lines. Every method is one request with a time-out.

    All raise `ProviderDown` (worth another try) or `ProviderRefused` (not worth one).
    """

    def __init__(self, client: Client, base: str) -> None:
        """Use this client; recordings are fetched from the address `base`."""
        self._client = client
        self._base = base.rstrip("/")
        self._media = requests.Session()
        self._media.trust_env = not _is_local(base)

    def dial(self, address: str, caller_id: str, answer_url: str, status_url: str, timeout_seconds: int) -> str:
        """Ring `address` (E.164 or `client:…`); the line's sid. All four status events go to `status_url`."""
        line, extension = phone_numbers.split(address)
        with _faults("dial"):
            call = self._client.calls.create(
                to=line,
                from_=caller_id,
                url=answer_url,
                status_callback=status_url,
                status_callback_event=CALL_EVENTS,
                timeout=timeout_seconds,
                **(_to_extension(extension) if extension else {}),
            )
            return str(call.sid)

    def dial_patient(self, number: str, caller_id: str, base: str, timeout_seconds: int) -> str:
        """Ring a patient; the line's sid. `base` + `/answer`, `/status` and `/machine` are told of it.

        Whether a machine answered is found out beside the call (it may choose the wording): the document is fetched and
        spoken at once, so that a person never hears silence. Who says nothing for three seconds is `unknown`.
        """
        line, extension = phone_numbers.split(number)
        with _faults("dial"):
            call = self._client.calls.create(
                to=line,
                from_=caller_id,
                url=f"{base}/answer",
                status_callback=f"{base}/status",
                status_callback_event=CALL_EVENTS,
                timeout=timeout_seconds,
                **(_to_extension(extension) if extension else _listening(f"{base}/machine")),
            )
            return str(call.sid)

    def text(self, number: str, sender: str, body: str) -> str:
        """Send a text message; its sid."""
        with _faults("text"):
            line, _ = phone_numbers.split(number)
            return str(self._client.messages.create(to=line, from_=sender, body=body).sid)

    def was_texted(self, number: str, sender: str, body: str, since: datetime) -> bool:
        """Whether this text went to that number since then: a request that timed out may have sent it."""
        line, _ = phone_numbers.split(number)
        with _faults("list texts"):
            found = self._client.messages.list(to=line, from_=sender, date_sent_after=since, limit=50)
        return any(message.body == body for message in found)

    def outbound(self, number: str, since: datetime) -> list[LineView]:
        """The calls that we made to `number` after `since`, newest first, at most fifty. Raises `UnknownWord`."""
        return self._lines(number, since, "outbound-api", 50)

    def redirect(self, sid: str, url: str) -> None:
        """Have the line go on with the document at `url`; it leaves its queue or conference."""
        with _faults("redirect"):
            self._client.calls(sid).update(url=url, method="POST")

    def hang_up(self, sid: str) -> None:
        """End the line, whether it is up, ringing or still queued. Refused when it has ended already."""
        try:
            self._end(sid, "completed")
        except ProviderRefused as refusal:
            if refusal.reason != NOT_IN_PROGRESS:
                raise
            self._end(sid, "canceled")  # not answered yet

    def _end(self, sid: str, status: str) -> None:
        with _faults("hang up"):
            self._client.calls(sid).update(status=status)

    def room(self, name: str) -> str | None:
        """The sid of the conference of this name that goes on, or `None`."""
        with _faults("find a conference"):
            found = self._client.conferences.list(friendly_name=name, status="in-progress", limit=1)
        return str(found[0].sid) if found else None

    def hold(self, room_sid: str, line_sid: str, music_url: str | None) -> None:
        """A line in a conference hears the music at `music_url` and nobody hears it; `None`: it is among them again."""
        wish = {"hold": False} if music_url is None else {"hold": True, "hold_url": music_url, "hold_method": "POST"}
        with _faults("hold"):
            self._client.conferences(room_sid).participants(line_sid).update(**wish)

    def depend(self, room_sid: str, line_sid: str, is_needed: bool) -> None:
        """Whether a conference ends when this line leaves it."""
        with _faults("change a conference"):
            self._client.conferences(room_sid).participants(line_sid).update(end_conference_on_exit=is_needed)

    def record(self, call_sid: str, events_url: str) -> str:
        """Record a line on two channels (what it says, what it hears); the recording's sid."""
        with _faults("record"):
            recording = self._client.calls(call_sid).recordings.create(
                recording_channels="dual",
                recording_status_callback=events_url,
                recording_status_callback_event=RECORDING_EVENTS,
            )
            return str(recording.sid)

    def recordings_of(self, call_sid: str) -> list[str]:
        """The sids of a line's recordings."""
        with _faults("list recordings"):
            return [str(recording.sid) for recording in self._client.calls(call_sid).recordings.list(limit=50)]

    @contextmanager
    def fetch_recording(self, sid: str, channels: int = 2) -> Iterator[Iterator[bytes]]:
        """A recording as WAV with its 1 or 2 `channels`, piece by piece as it comes. Refused (404) when it is gone."""
        account = self._client.account_sid
        url = f"{self._base}/2010-04-01/Accounts/{account}/Recordings/{sid}.wav"
        wish: dict[str, Any] = {
            "params": {"RequestedChannels": str(channels)},
            "auth": (self._client.username, self._client.password),
            "timeout": MEDIA_TIMEOUT,
            "stream": True,
        }
        with _media_faults(), self._media.get(url, **wish) as answer:
            if answer.status_code != 200:
                raise _sorted("fetch recording", answer.status_code, 0)
            yield answer.iter_content(MEDIA_BYTES)

    def delete_recording(self, sid: str) -> None:
        """Delete a recording at the provider; nothing happens when it is gone already."""
        try:
            with _faults("delete recording"):
                self._client.recordings(sid).delete()
        except ProviderRefused as refusal:
            if refusal.status != 404:
                raise

    def leg(self, sid: str) -> LegView | None:
        """A line as it stands now, or `None` when the provider does not know it. Raises `UnknownWord`."""
        call = _found("look at a line", self._client.calls(sid).fetch)
        return None if call is None else LegView(sid, words.leg_status(str(call.status)), _whole(call.duration))

    def inbound(self, number: str, since: datetime) -> list[LineView]:
        """The calls that came in for `number` after `since`, newest first, at most a thousand. Raises `UnknownWord`."""
        return self._lines(number, since, "inbound", 1000)

    def _lines(self, number: str, since: datetime, direction: str, limit: int) -> list[LineView]:
        line, _ = phone_numbers.split(number)
        with _faults("list calls"):
            found = self._client.calls.list(to=line, start_time_after=since, limit=limit)
        return [
            LineView(str(c.sid), str(c._from), words.leg_status(str(c.status)), c.start_time or since, c.end_time)
            for c in found
            if c.direction == direction
        ]

    def recording(self, sid: str) -> RecordingView | None:
        """A recording as it stands now, or `None` when the provider does not know it. Raises `UnknownWord`."""
        found = _found("look at a recording", self._client.recordings(sid).fetch)
        if found is None:
            return None
        state = words.recording_state(str(found.status))
        return RecordingView(sid, state, _whole(found.duration), _whole(found.channels))

    def phones(self) -> list[PhoneView] | None:
        """The telephones of the local exchange; `None` where the provider does not tell, as Twilio."""
        if self._base == TWILIO:
            return None
        path = f"/2010-04-01/Accounts/{self._client.account_sid}/Phones.json?PageSize=1000"
        found: list[PhoneView] = []
        while path:
            page = self._page(path)
            if page is None or "phones" not in page:
                return None
            found += [
                PhoneView(row["address"], row["sid"], row["label"] or "", tuple(row.get("holders", ())))
                for row in page["phones"]
            ]
            path = page.get("next_page_uri") or ""
        return found

    def revoke_phones(self, holder: str) -> None:
        """No telephone is registered any more with a token of this holder, and none will be.

        Twilio knows no such thing: its tokens run out, and no call is dialled to them meanwhile. Raises `ProviderDown`.
        """
        if self._base == TWILIO:
            return
        address = f"{self._base}/2010-04-01/Accounts/{self._client.account_sid}/Phones/Revocations.json"
        credentials = (self._client.username, self._client.password)
        try:
            answer = self._media.post(address, {"Holder": holder}, auth=credentials, timeout=PHONES_TIMEOUT)
        except requests.RequestException as error:
            raise ProviderDown(f"revoke telephones: {type(error).__name__}") from error
        if answer.status_code not in (201, 404, 405):  # it has no such resource
            raise _sorted("revoke telephones", answer.status_code, 0)

    def _page(self, path: str) -> dict[str, Any] | None:
        credentials = (self._client.username, self._client.password)
        try:
            answer = self._media.get(self._base + path, auth=credentials, timeout=PHONES_TIMEOUT)
            if answer.status_code == 404:
                return None  # it has no such list
            if answer.status_code != 200:
                raise _sorted("list telephones", answer.status_code, 0)
            page: dict[str, Any] = answer.json()
        except requests.RequestException as error:
            raise ProviderDown(f"list telephones: {type(error).__name__}") from error
        return page

    def close(self) -> None:
        """Give the connections back."""
        self._media.close()
        session = getattr(self._client.http_client, "session", None)
        if session is not None:
            session.close()


def connect(settings: Settings) -> Provider:
    """The provider that the settings name; nothing is sent yet."""
    http = TwilioHttpClient(timeout=TIMEOUT_SECONDS)
    http.session.trust_env = not _is_local(settings.twilio_api_base)
    token = settings.twilio_auth_token.get_secret_value()
    client = Client(settings.twilio_account_sid, token, http_client=http)
    base = settings.twilio_api_base.rstrip("/") or TWILIO
    client.api.base_url = base
    return Provider(client, base)


@contextmanager
def _faults(what: str) -> Iterator[None]:
    """Sort what goes wrong with a request of the SDK into our two errors."""
    try:
        yield
    except TwilioRestException as error:
        raise _sorted(what, int(error.status), int(error.code or 0)) from error
    except (requests.RequestException, TwilioException, OSError) as error:
        raise ProviderDown(f"{what}: {type(error).__name__}") from error


@contextmanager
def _media_faults() -> Iterator[None]:
    try:
        yield
    except requests.RequestException as error:
        raise ProviderDown(f"fetch recording: {type(error).__name__}") from error


def _found(what: str, fetch: Callable[[], Resource]) -> Resource | None:
    """What this request brings, `None` where the provider does not know it."""
    try:
        with _faults(what):
            return fetch()
    except ProviderRefused as refusal:
        if refusal.status != 404:
            raise
        return None


def _sorted(what: str, status: int, reason: int) -> ProviderDown | ProviderRefused:
    """A broken or busy server may do better later; any other answer is a refusal."""
    if status >= 500 or status in (408, 429):
        return ProviderDown(f"{what}: HTTP {status}")
    return ProviderRefused(f"{what}: HTTP {status}, reason {reason}", status, reason)


def _to_extension(digits: str) -> dict[str, str]:
    """A switchboard answers first: its greeting would be taken for a machine's, so nobody listens for one."""
    return {"send_digits": f"{SWITCHBOARD_PAUSE}{digits}"}


def _listening(events_url: str) -> dict[str, str | int]:
    return {
        "machine_detection": "DetectMessageEnd",
        "machine_detection_silence_timeout": 3000,
        "async_amd": "true",
        "async_amd_status_callback": events_url,
    }


def _is_local(base: str) -> bool:
    """An exchange on this machine is never reached through a proxy."""
    return urlparse(base).hostname in ("127.0.0.1", "localhost", "::1")


def _whole(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isdigit() else None
