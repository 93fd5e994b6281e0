"""Requests about recordings: start, list, look at, fetch and delete."""

from collections.abc import Iterator
from contextlib import contextmanager

from telephony import vendor_words
from telephony.errors import ProviderRefused
from telephony.provider.session import (
    ProviderSession,
    fetch_or_none,
    http_error,
    sdk_errors,
    transport_errors,
    whole_number,
)
from telephony.views import RecordingView

MEDIA_TIMEOUT = (5.0, 60.0)  # to connect, between two packets
MEDIA_BYTES = 1 << 16  # of a recording at a time
RECORDING_EVENTS = ["in-progress", "completed", "absent"]


class RecordingRequests(ProviderSession):
    """What is asked of the provider about recordings."""

    def record(self, call_sid: str, events_url: str) -> str:
        """Record a call on two channels (what the line says, what it hears); return the recording's sid."""
        with sdk_errors("record"):
            recording = self._client.calls(call_sid).recordings.create(
                recording_channels="dual",
                recording_status_callback=events_url,
                recording_status_callback_event=RECORDING_EVENTS,
            )
            return str(recording.sid)

    def recordings_of(self, call_sid: str) -> list[str]:
        """List the sids of a call's recordings."""
        with sdk_errors("list recordings"):
            return [str(recording.sid) for recording in self._client.calls(call_sid).recordings.list(limit=50)]

    def recording(self, sid: str) -> RecordingView | None:
        """Return a recording as it stands now, `None` when the provider does not know it. Raises `UnknownWord`."""
        recording = fetch_or_none("look at a recording", self._client.recordings(sid).fetch)
        if recording is None:
            return None
        return RecordingView(
            sid=sid,
            state=vendor_words.recording_state(str(recording.status)),
            seconds=whole_number(recording.duration),
            channels=whole_number(recording.channels),
        )

    @contextmanager
    def fetch_recording(self, sid: str, channels: int = 2) -> Iterator[Iterator[bytes]]:
        """Fetch a recording as WAV with 1 or 2 `channels`, piece by piece. Refused (404) when it is gone."""
        url = f"{self._account_url}/Recordings/{sid}.wav"
        query = {"RequestedChannels": str(channels)}
        with (
            transport_errors("fetch recording"),
            self._media.get(url, params=query, auth=self._credentials, timeout=MEDIA_TIMEOUT, stream=True) as answer,
        ):
            if answer.status_code != 200:
                raise http_error("fetch recording", answer.status_code, 0)
            yield answer.iter_content(MEDIA_BYTES)

    def delete_recording(self, sid: str) -> None:
        """Delete a recording at the provider; nothing happens when it is gone already."""
        try:
            with sdk_errors("delete recording"):
                self._client.recordings(sid).delete()
        except ProviderRefused as refusal:
            if refusal.status != 404:
                raise
