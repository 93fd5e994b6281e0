"""Requests about calls: dial, redirect, hang up, and what the provider knows of them."""

from dataclasses import dataclass
from datetime import datetime

from hotline.values import phone_numbers
from telephony import vendor_words, webhook_urls
from telephony.errors import ProviderRefused
from telephony.provider.session import ProviderSession, fetch_or_none, sdk_errors, whole_number
from telephony.views import LegView, ListedCall

CALL_EVENTS = ["initiated", "ringing", "answered", "completed"]
# Two seconds (`w` is half a one) until a switchboard listens for the extension.
SWITCHBOARD_PAUSE = "wwww"
NOT_IN_PROGRESS = 21220  # "Invalid call state"


@dataclass(frozen=True)
class PatientWebhooks:
    """Whole addresses that are told of a call to a patient: picked up, its status, whether a machine answered."""

    answer: str
    status: str
    machine: str


def patient_webhooks(voice_url: str, attempt_id: str) -> PatientWebhooks:
    """Return the addresses for one attempt to reach a patient after discharge."""
    return PatientWebhooks(
        answer=webhook_urls.absolute(voice_url, webhook_urls.attempt_answered(attempt_id)),
        status=webhook_urls.absolute(voice_url, webhook_urls.attempt_status(attempt_id)),
        machine=webhook_urls.absolute(voice_url, webhook_urls.attempt_machine(attempt_id)),
    )


class CallRequests(ProviderSession):
    """What is asked of the provider about calls."""

    def dial(self, address: str, caller_id: str, answer_url: str, status_url: str, timeout_seconds: int) -> str:
        """Ring `address` (E.164 or `client:…`); return the call's sid. All four status events go to `status_url`."""
        line, extension = phone_numbers.split(address)
        with sdk_errors("dial"):
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

    def dial_patient(self, number: str, caller_id: str, webhooks: PatientWebhooks, timeout_seconds: int) -> str:
        """Ring a patient; return the call's sid.

        Whether a machine answered is found out beside the call (it may choose the wording): the document is fetched and
        spoken at once, so that a person never hears silence. Who says nothing for three seconds is `unknown`.
        """
        line, extension = phone_numbers.split(number)
        with sdk_errors("dial"):
            call = self._client.calls.create(
                to=line,
                from_=caller_id,
                url=webhooks.answer,
                status_callback=webhooks.status,
                status_callback_event=CALL_EVENTS,
                timeout=timeout_seconds,
                **(_to_extension(extension) if extension else _detect_machine(webhooks.machine)),
            )
            return str(call.sid)

    def redirect(self, sid: str, url: str) -> None:
        """Have the call go on with the document at `url`; it leaves its queue or conference."""
        with sdk_errors("redirect"):
            self._client.calls(sid).update(url=url, method="POST")

    def hang_up(self, sid: str) -> None:
        """End the call, whether it is up, ringing or still queued. Refused when it has ended already."""
        try:
            self._end(sid, "completed")
        except ProviderRefused as refusal:
            if refusal.reason != NOT_IN_PROGRESS:
                raise
            self._end(sid, "canceled")  # not answered yet

    def _end(self, sid: str, status: str) -> None:
        with sdk_errors("hang up"):
            self._client.calls(sid).update(status=status)

    def leg(self, sid: str) -> LegView | None:
        """Return the call as it stands now, `None` when the provider does not know it. Raises `UnknownWord`."""
        call = fetch_or_none("look at a call", self._client.calls(sid).fetch)
        if call is None:
            return None
        return LegView(sid, vendor_words.leg_status(str(call.status)), whole_number(call.duration))

    def inbound(self, number: str, since: datetime) -> list[ListedCall]:
        """List the calls that came in for `number` after `since`, newest first, at most a thousand.

        Raises `UnknownWord`.
        """
        return self._list_calls(number, since, "inbound", 1000)

    def outbound(self, number: str, since: datetime) -> list[ListedCall]:
        """List the calls that we made to `number` after `since`, newest first, at most fifty. Raises `UnknownWord`."""
        return self._list_calls(number, since, "outbound-api", 50)

    def _list_calls(self, number: str, since: datetime, direction: str, limit: int) -> list[ListedCall]:
        line, _ = phone_numbers.split(number)
        with sdk_errors("list calls"):
            calls = self._client.calls.list(to=line, start_time_after=since, limit=limit)
        return [
            ListedCall(
                sid=str(call.sid),
                caller_text=str(call._from),
                status=vendor_words.leg_status(str(call.status)),
                started_at=call.start_time or since,
                ended_at=call.end_time,
            )
            for call in calls
            if call.direction == direction
        ]


def _to_extension(digits: str) -> dict[str, str]:
    """Dial an extension: its switchboard's greeting would be taken for a machine's, so nobody listens for one."""
    return {"send_digits": f"{SWITCHBOARD_PAUSE}{digits}"}


def _detect_machine(events_url: str) -> dict[str, str | int]:
    return {
        "machine_detection": "DetectMessageEnd",
        "machine_detection_silence_timeout": 3000,
        "async_amd": "true",
        "async_amd_status_callback": events_url,
    }
