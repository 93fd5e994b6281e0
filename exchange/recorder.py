"""Recordings: two channels exactly in step, written as they happen: a killed exchange loses a second at most."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from exchange.audio import FRAME_SECONDS, SILENCE, level_db
from exchange.clock import Ticker
from exchange.ids import new_sid
from exchange.status import Callback, rfc2822
from exchange.tape import Disk, Tape, at_once, finish

log = structlog.get_logger(__name__)
FLUSH_FRAMES = 50
QUIET_DB = -45.0
BEFORE_FRAMES = 10


@dataclass
class RecordingFacts:
    """What is known of one recording; stands as JSON beside the sound. Cut short: the exchange was killed over it."""

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
    was_cut_short: bool = False
    trims: bool = False
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

    def __init__(self, facts: RecordingFacts, tape: Tape, on_stop: Callable[["Recording"], None]) -> None:
        self.facts = facts
        self.paused: str = ""
        self.frames = 0
        self._tape: Tape | None = tape
        self._on_stop = on_stop
        self._said: list[bytes] = []
        self._heard: list[bytes] = []
        self._before: deque[tuple[bytes, bytes]] = deque(maxlen=BEFORE_FRAMES)
        self._keep = 0

    def frame(self, said: bytes, heard: bytes) -> None:
        """One tick; silence at both ends is left out where that was asked for."""
        if self.paused == "skip" or not self._tape:
            return
        if not self.facts.trims:
            self._put(said, heard)
            return
        is_loud = self._is_loud(said, heard)
        if is_loud or self._keep:
            while self._before:
                self._put(*self._before.popleft())
            self._put(said, heard)
        else:
            self._before.append((said, heard))
        if is_loud:
            self._keep = self.frames

    def _is_loud(self, said: bytes, heard: bytes) -> bool:
        counted = {"inbound": [said], "outbound": [heard]}.get(self.facts.track, [said, heard])
        return any(each is not SILENCE and level_db(each) > QUIET_DB for each in counted)

    def _put(self, said: bytes, heard: bytes) -> None:
        if not self._tape:
            return
        if self._tape.is_broken:
            log.error("recording_failed", recording_id=self.facts.sid)
            self.stop()
            return
        if self.paused:
            said = heard = SILENCE
        self._said.append(said)
        self._heard.append(heard)
        self.frames += 1
        if len(self._said) >= FLUSH_FRAMES:
            self._flush(self._tape)

    def _flush(self, tape: Tape) -> None:
        if self._said:
            tape.write(self._said, self._heard)
            self._said, self._heard = [], []

    def stop(self) -> None:
        """Finish the file, without its quiet end where that was asked for; stopped already is no fault."""
        tape, self._tape = self._tape, None
        if not tape:
            return
        self._flush(tape)
        if self.facts.trims:
            self.frames = self._keep
        try:
            self.facts.seconds = tape.close(self._keep if self.facts.trims else None)
        except OSError:
            # As with a full disk: the call goes on, and the callback says how much there is.
            log.exception("recording_failed", recording_id=self.facts.sid)
        self._on_stop(self)


class Recordings:
    """All recordings, on disk and under way."""

    def __init__(self, folder: Path, ticker: Ticker, account_sid: str, base_url: Callable[[], str]) -> None:
        self._folder = folder
        self._disk: Disk | None = None
        self._ticker = ticker
        self._account_sid = account_sid
        self._base_url = base_url
        self.report: Callable[[str, Callback, dict[str, str]], None] | None = None
        self.facts: dict[str, RecordingFacts] = {}
        self.active: dict[str, Recording] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def write_aside(self) -> None:
        """From now on a thread writes, so that a slow disk delays no sound; `close` ends it."""
        self._disk = Disk()

    def close(self) -> None:
        """Everything is on disk."""
        if self._disk:
            self._disk.close()
            self._disk = None

    def start(self, facts: RecordingFacts) -> Recording:
        self.facts[facts.sid] = facts
        # The note first: sound without a note would belong to nobody after a kill.
        self._save(facts)
        tape = Tape(self.path(facts.sid), facts.channels, facts.track, self._disk.later if self._disk else at_once)
        recording = Recording(facts, tape, self._stopped)
        self.active[facts.sid] = recording
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

    def about(self, sid: str) -> dict[str, str]:
        """What the last status callback of a call tells of the recording that was asked for with it."""
        facts = self.facts.get(sid)
        if facts is None:
            return {}
        length = str(round(facts.seconds))
        return {"RecordingSid": sid, "RecordingUrl": self.url(sid), "RecordingDuration": length}

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
        for draft in self._folder.glob("RE*.new"):
            draft.unlink()
        for note in sorted(self._folder.glob("RE*.json")):
            try:
                self._load(RecordingFacts.from_json(json.loads(note.read_text(encoding="utf-8"))))
            except (OSError, ValueError, KeyError, TypeError) as error:
                # One unreadable note costs its recording, and is left for a person to look at.
                log.warning("recording_unreadable", path=note.name, reason=repr(error))

    def _load(self, facts: RecordingFacts) -> None:
        self.facts[facts.sid] = facts
        if not facts.is_over:
            path = self.path(facts.sid)
            facts.seconds = finish(path, facts.channels) if path.exists() else 0.0
            facts.was_cut_short = True
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
