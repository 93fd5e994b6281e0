"""Recordings: two channels exactly in step, written as they happen: a killed exchange loses a second at most."""

import json
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import structlog

from exchange.audio import FRAME_BYTES, FRAME_SECONDS, RATE, mix
from exchange.clock import Ticker
from exchange.ids import new_sid
from exchange.status import Callback, rfc2822

log = structlog.get_logger(__name__)
HEADER_BYTES = 44
FLUSH_FRAMES = 50


@dataclass
class RecordingFacts:
    """What is known of one recording; stands as JSON beside the sound."""

    sid: str
    account_sid: str
    created: datetime
    call_sid: str = ""
    conference_sid: str = ""
    channels: int = 1
    source: str = "StartCallRecordingAPI"
    track: str = "both"
    status: str = "in-progress"
    seconds: float = 0.0
    updated: datetime | None = None
    callback: Callback = field(default_factory=Callback)

    @property
    def is_over(self) -> bool:
        return self.status in ("completed", "absent", "stopped")

    def to_json(self) -> dict[str, Any]:
        return {name: v.isoformat() if isinstance(v, datetime) else v for name, v in asdict(self).items()}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "RecordingFacts":
        values = dict(raw)
        for name in ("created", "updated"):
            values[name] = datetime.fromisoformat(values[name]) if values.get(name) else None
        callback = values["callback"]
        values["callback"] = Callback(callback["url"], callback["method"], tuple(callback["events"]))
        return cls(**values)


class Recording:
    """Sound being recorded. It is a tap: it is given what was said and what was heard in each tick."""

    def __init__(self, facts: RecordingFacts, path: Path, on_stop: Callable[["Recording"], None]) -> None:
        self.facts = facts
        self.path = path
        self.paused: str = ""
        self._on_stop = on_stop
        self._file: BinaryIO | None = path.open("wb")
        self._file.write(header(facts.channels, 0))
        self._said: list[bytes] = []
        self._heard: list[bytes] = []
        self.frames = 0

    def frame(self, said: bytes, heard: bytes) -> None:
        if self.paused == "skip" or not self._file:
            return
        if self.paused:
            said = heard = bytes(FRAME_BYTES)
        self._said.append(said)
        self._heard.append(heard)
        self.frames += 1
        if len(self._said) >= FLUSH_FRAMES:
            self.flush()

    def flush(self) -> None:
        try:
            if self._file and self._said:
                self._file.write(self._block())
                self._file.flush()
        except OSError:
            # A full disk costs the recording, not the call; its callback says so.
            log.exception("recording_failed", recording_id=self.facts.sid)
            self._file = None
            self._on_stop(self)
        self._said.clear()
        self._heard.clear()

    def _block(self) -> bytes:
        if self.facts.channels == 2:
            pair = [np.frombuffer(b"".join(each), dtype="<i2") for each in (self._said, self._heard)]
            return np.stack(pair, axis=1).tobytes()
        if self.facts.track == "inbound":
            return b"".join(self._said)
        if self.facts.track == "outbound":
            return b"".join(self._heard)
        return mix([b"".join(self._said), b"".join(self._heard)])

    def stop(self, keep_frames: int | None = None) -> None:
        """Finish the file, or only its first frames; stopped already is no fault."""
        if not self._file:
            return
        self.flush()
        if not self._file:
            return
        self._file.close()
        self._file = None
        if keep_frames is not None and keep_frames < self.frames:
            self.frames = max(0, keep_frames)
            with self.path.open("r+b") as file:
                file.truncate(HEADER_BYTES + self.frames * FRAME_BYTES * self.facts.channels)
        self.facts.seconds = finish(self.path, self.facts.channels)
        self._on_stop(self)


def header(channels: int, data_bytes: int) -> bytes:
    """The head of a WAV file with 16 bit PCM at the exchange's rate."""
    block = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, RATE, RATE * block, block, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + data_bytes)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + form
        + b"data"
        + (struct.pack("<I", data_bytes))
    )


def finish(path: Path, channels: int) -> float:
    """Write the true length into the head, whatever the file's size is now; gives the seconds."""
    size = max(0, path.stat().st_size - HEADER_BYTES)
    size -= size % (2 * channels)
    with path.open("r+b") as file:
        file.write(header(channels, size))
        file.truncate(HEADER_BYTES + size)
    return size / (2 * channels * RATE)


class Recordings:
    """All recordings, on disk and under way."""

    def __init__(self, folder: Path, ticker: Ticker, account_sid: str, base_url: Callable[[], str]) -> None:
        self._folder = folder
        self._ticker = ticker
        self._account_sid = account_sid
        self._base_url = base_url
        self.report: Callable[[str, Callback, dict[str, str]], None] | None = None
        self.facts: dict[str, RecordingFacts] = {}
        self.active: dict[str, Recording] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def start(self, facts: RecordingFacts) -> Recording:
        self.facts[facts.sid] = facts
        recording = Recording(facts, self.path(facts.sid), self._stopped)
        self.active[facts.sid] = recording
        self._save(facts)
        self._tell(facts)
        return recording

    def new_facts(self, call_sid: str, channels: int, source: str, callback: Callback) -> RecordingFacts:
        return RecordingFacts(
            new_sid("RE"),
            self._account_sid,
            self._ticker.now(),
            call_sid=call_sid,
            channels=channels,
            source=source,
            callback=callback,
        )

    def path(self, sid: str) -> Path:
        return self._folder / f"{sid}.wav"

    def url(self, sid: str) -> str:
        return f"{self._base_url()}/2010-04-01/Accounts/{self._account_sid}/Recordings/{sid}"

    def delete(self, sid: str) -> None:
        recording = self.active.get(sid)
        if recording:
            recording.stop()
        del self.facts[sid]
        for path in (self.path(sid), self._note(sid)):
            path.unlink(missing_ok=True)

    def load(self) -> None:
        """After a start: what is on disk is there again; what was under way is finished with what there is."""
        for note in sorted(self._folder.glob("RE*.json")):
            facts = RecordingFacts.from_json(json.loads(note.read_text(encoding="utf-8")))
            self.facts[facts.sid] = facts
            if not facts.is_over:
                path = self.path(facts.sid)
                facts.seconds = finish(path, facts.channels) if path.exists() else 0.0
                self._close(facts)

    def _stopped(self, recording: Recording) -> None:
        self.active.pop(recording.facts.sid, None)
        self._close(recording.facts)

    def _close(self, facts: RecordingFacts) -> None:
        facts.status = "completed" if facts.seconds >= FRAME_SECONDS else "absent"
        facts.updated = self._ticker.now()
        self._save(facts)
        self._tell(facts)

    def _save(self, facts: RecordingFacts) -> None:
        note = self._note(facts.sid)
        draft = note.with_suffix(".new")
        draft.write_text(json.dumps(facts.to_json()), encoding="utf-8")
        draft.replace(note)

    def _note(self, sid: str) -> Path:
        return self._folder / f"{sid}.json"

    def _tell(self, facts: RecordingFacts) -> None:
        if not self.report or not facts.callback.wants(facts.status):
            return
        told = {
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
        self.report(facts.sid, facts.callback, told | owner | length)
