"""One live recording: its details, and the tap that writes two channels exactly in step."""

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import structlog

from exchange.calls.call_details import StatusCallback
from exchange.calls.recording.growing_wav import GrowingWav
from exchange.media.audio import SILENCE, level_db

log = structlog.get_logger(__name__)
FLUSH_FRAMES = 50
QUIET_DB = -45.0
BEFORE_FRAMES = 10


@dataclass
class RecordingDetails:
    """The details of one recording; JSON beside the sound. Cut short: the exchange was killed over it."""

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
    callback: StatusCallback = field(default_factory=StatusCallback)

    @property
    def is_over(self) -> bool:
        return self.status in ("completed", "absent", "stopped")

    def to_json(self) -> dict[str, Any]:
        return {name: v.isoformat() if isinstance(v, datetime) else v for name, v in asdict(self).items()}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "RecordingDetails":
        values = dict(raw)
        for name in ("created", "updated"):
            values[name] = datetime.fromisoformat(values[name]) if values.get(name) else None
        callback = values["callback"]
        values["callback"] = StatusCallback(callback["url"], callback["method"], tuple(callback["events"]))
        return cls(**values)


class LiveRecording:
    """Sound being recorded. It is a tap: it is given what was said and what was heard in each tick."""

    def __init__(self, facts: RecordingDetails, tape: GrowingWav, on_stop: Callable[["LiveRecording"], None]) -> None:
        self.facts = facts
        self.paused: str = ""
        self.frames = 0
        self._tape: GrowingWav | None = tape
        self._on_stop = on_stop
        self._inbound: list[bytes] = []
        self._outbound: list[bytes] = []
        self._before: deque[tuple[bytes, bytes]] = deque(maxlen=BEFORE_FRAMES)
        self._keep = 0

    def frame(self, inbound: bytes, outbound: bytes) -> None:
        """Take one tick; leave out silence at both ends where that was asked for."""
        if self.paused == "skip" or not self._tape:
            return
        if not self.facts.trims:
            self._put(inbound, outbound)
            return
        is_loud = self._is_loud(inbound, outbound)
        if is_loud or self._keep:
            while self._before:
                self._put(*self._before.popleft())
            self._put(inbound, outbound)
        else:
            self._before.append((inbound, outbound))
        if is_loud:
            self._keep = self.frames

    def _is_loud(self, inbound: bytes, outbound: bytes) -> bool:
        counted = {"inbound": [inbound], "outbound": [outbound]}.get(self.facts.track, [inbound, outbound])
        return any(each is not SILENCE and level_db(each) > QUIET_DB for each in counted)

    def _put(self, inbound: bytes, outbound: bytes) -> None:
        if not self._tape:
            return
        if self._tape.is_broken:
            log.error("recording_failed", recording_id=self.facts.sid)
            self.stop()
            return
        if self.paused:
            inbound = outbound = SILENCE
        self._inbound.append(inbound)
        self._outbound.append(outbound)
        self.frames += 1
        if len(self._inbound) >= FLUSH_FRAMES:
            self._flush(self._tape)

    def _flush(self, tape: GrowingWav) -> None:
        if self._inbound:
            tape.write(self._inbound, self._outbound)
            self._inbound, self._outbound = [], []

    def stop(self) -> None:
        """Finish the file, without its quiet end where that was asked for; idempotent."""
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
