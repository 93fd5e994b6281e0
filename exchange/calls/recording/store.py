"""All recordings, on disk and under way: a killed exchange loses a second of each at most."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from exchange.calls.call_details import StatusCallback, rfc2822
from exchange.calls.recording.growing_wav import DiskWriter, GrowingWav, at_once, finish
from exchange.calls.recording.recording import LiveRecording, RecordingDetails
from exchange.core.ids import new_sid
from exchange.media.audio import FRAME_SECONDS
from exchange.media.clock import Ticker

log = structlog.get_logger(__name__)


class RecordingStore:
    """All recordings, on disk and under way."""

    def __init__(self, folder: Path, ticker: Ticker, account_sid: str, base_url: Callable[[], str]) -> None:
        self._folder = folder
        self._disk: DiskWriter | None = None
        self._ticker = ticker
        self._account_sid = account_sid
        self._base_url = base_url
        self.report: Callable[[str, StatusCallback, dict[str, str]], None] | None = None
        self.facts: dict[str, RecordingDetails] = {}
        self.active: dict[str, LiveRecording] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def write_in_thread(self) -> None:
        """Let a thread write from now on, so that a slow disk delays no sound; `close` ends it."""
        self._disk = DiskWriter()

    def close(self) -> None:
        """Write everything to disk."""
        if self._disk:
            self._disk.close()
            self._disk = None

    def start(self, facts: RecordingDetails) -> LiveRecording:
        self.facts[facts.sid] = facts
        # The note first: sound without a note would belong to nobody after a kill.
        self._save(facts)
        tape = GrowingWav(
            self.path(facts.sid), facts.channels, facts.track, self._disk.later if self._disk else at_once
        )
        recording = LiveRecording(facts, tape, self._stopped)
        self.active[facts.sid] = recording
        self._tell(facts)
        return recording

    def new_facts(self, call_sid: str, channels: int, source: str, callback: StatusCallback) -> RecordingDetails:
        return RecordingDetails(
            new_sid("RE"),
            self._account_sid,
            self._ticker.now(),
            call_sid=call_sid,
            channels=channels,
            source=source,
            callback=callback,
        )

    def about(self, sid: str) -> dict[str, str]:
        """Return what the last status callback of a call tells of the recording that was asked for with it."""
        facts = self.facts.get(sid)
        if facts is None:
            return {}
        length = str(round(facts.seconds))
        return {"RecordingSid": sid, "RecordingUrl": self.url(sid), "RecordingDuration": length}

    def path(self, sid: str) -> Path:
        return self._folder / f"{sid}.wav"

    def url(self, sid: str) -> str:
        return f"{self._base_url()}/2010-04-01/Accounts/{self._account_sid}/Recordings/{sid}"

    def file_of(self, url: str) -> Path | None:
        """Return the file of a recording's own address, with or without an ending; None for any other address."""
        sid = url.partition("?")[0].removeprefix(self.url("")).removesuffix(".wav").removesuffix(".mp3")
        facts = self.facts.get(sid) if url.startswith(self.url("")) else None
        return self.path(sid) if facts and facts.is_over and facts.status != "absent" else None

    def delete(self, sid: str) -> None:
        recording = self.active.get(sid)
        if recording:
            recording.stop()
        del self.facts[sid]
        for path in (self.path(sid), self._note(sid)):
            path.unlink(missing_ok=True)

    def expire(self, before: datetime) -> int:
        """Delete recordings that ended before this moment and that nobody has fetched and deleted;
        return their number.
        """
        old = [each.sid for each in self.facts.values() if each.is_over and (each.updated or each.created) < before]
        for sid in old:
            self.delete(sid)
        return len(old)

    def load(self) -> None:
        """Load after a start what is on disk; finish what was under way with what there is."""
        for draft in self._folder.glob("RE*.new"):
            draft.unlink()
        for note in sorted(self._folder.glob("RE*.json")):
            try:
                self._load(RecordingDetails.from_json(json.loads(note.read_text(encoding="utf-8"))))
            except (OSError, ValueError, KeyError, TypeError) as error:
                # One unreadable note costs its recording, and is left for a person to look at.
                log.warning("recording_unreadable", path=note.name, reason=repr(error))

    def _load(self, facts: RecordingDetails) -> None:
        self.facts[facts.sid] = facts
        if not facts.is_over:
            path = self.path(facts.sid)
            facts.seconds = finish(path, facts.channels) if path.exists() else 0.0
            facts.was_cut_short = True
            self._close(facts)

    def _stopped(self, recording: LiveRecording) -> None:
        self.active.pop(recording.facts.sid, None)
        self._close(recording.facts)

    def _close(self, facts: RecordingDetails) -> None:
        facts.status = "completed" if facts.seconds >= FRAME_SECONDS else "absent"
        facts.updated = self._ticker.now()
        self._save(facts)
        self._tell(facts)

    def _save(self, facts: RecordingDetails) -> None:
        note = self._note(facts.sid)
        draft = note.with_suffix(".new")
        draft.write_text(json.dumps(facts.to_json()), encoding="utf-8")
        draft.replace(note)

    def _note(self, sid: str) -> Path:
        return self._folder / f"{sid}.json"

    def _tell(self, facts: RecordingDetails) -> None:
        if not self.report or not facts.callback.wants(facts.status):
            return
        parameters = {
            "AccountSid": facts.account_sid,
            "RecordingSid": facts.sid,
            "RecordingUrl": self.url(facts.sid),
            "RecordingStatus": facts.status,
            "RecordingChannels": str(facts.channels),
            "RecordingSource": facts.source,
            "RecordingTrack": facts.track,
            "RecordingStartTime": rfc2822(facts.created),
            "ErrorCode": "0",
        }
        owner = {"CallSid": facts.call_sid} if facts.call_sid else {"ConferenceSid": facts.conference_sid}
        length = {"RecordingDuration": str(round(facts.seconds))} if facts.is_over else {}
        self.report(facts.sid, facts.callback, parameters | owner | length)
