"""Text messages: kept in memory, and in a file with their words for as long as they wait for their telephone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from exchange.calls.call_details import StatusCallback
from exchange.media.clock import Signal

log = structlog.get_logger(__name__)
MOST_KEPT = 1000
MOST_WAITING = 20
PENDING_STATUSES = frozenset({"queued", "scheduled", "sent"})
NOTHING = {"body": "", "sender": "", "to": "", "callback": asdict(StatusCallback())}


@dataclass
class TextMessage:
    """A text message; `sent` waits for its telephone."""

    sid: str
    sender: str
    to: str
    body: str
    created: datetime
    direction: str
    status: str
    callback: StatusCallback = field(default_factory=StatusCallback)
    valid_seconds: int = 36_000
    scheduled: datetime | None = None
    settled: Signal = field(default_factory=Signal, compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "settled"}
        moments = {
            "created": self.created.isoformat(),
            "scheduled": self.scheduled.isoformat() if self.scheduled else None,
        }
        return values | moments | {"callback": asdict(self.callback)}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "TextMessage":
        callback = raw["callback"]
        moments = {
            "created": datetime.fromisoformat(raw["created"]),
            "scheduled": datetime.fromisoformat(raw["scheduled"]) if raw["scheduled"] else None,
        }
        status_callback = StatusCallback(callback["url"], callback["method"], tuple(callback["events"]))
        return cls(**{**raw, **moments, "callback": status_callback})


class MessageStore:
    """All messages, the oldest first. Without a path they live as long as the exchange."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.kept: dict[str, TextMessage] = {}
        if path and path.exists():
            self._load(path)

    def keep(self, message: TextMessage) -> None:
        """Store a message that is new or changed."""
        self.kept[message.sid] = message
        while len(self.kept) > MOST_KEPT:
            del self.kept[next(iter(self.kept))]
        if message.status in PENDING_STATUSES:
            self._append(message.to_json())
        else:
            self._rewrite()

    def forget(self, sid: str) -> None:
        self.kept.pop(sid).settled.set()
        self._rewrite()

    def waiting(self, address: str) -> list[TextMessage]:
        """Return what the telephone has not shown yet, the oldest first."""
        return [each for each in self.kept.values() if each.to == address and each.status == "sent"]

    def overdue(self, address: str) -> list[TextMessage]:
        """Return the messages that no longer have room among those that wait."""
        return self.waiting(address)[:-MOST_WAITING]

    def _append(self, row: Mapping[str, Any]) -> None:
        if self._path is None:
            return
        try:
            with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        except OSError:
            # A full disk costs the memory of this message after a restart, not its delivery now.
            log.exception("message_not_kept", message_id=row["sid"])

    def _load(self, path: Path) -> None:
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                raw = json.loads(line)
                if raw.get("is_gone"):
                    self.kept.pop(raw["sid"], None)
                else:
                    self.kept[raw["sid"]] = TextMessage.from_json(raw)
            except (ValueError, KeyError, TypeError, AttributeError):
                # A kill may cut the last line short; the others are whole.
                log.warning("message_line_unreadable", path=path.name)
        self.kept = dict(list(self.kept.items())[-MOST_KEPT:])
        self._rewrite()

    def _rewrite(self) -> None:
        """Rewrite the file: of settled messages no words and no numbers, only what became of them."""
        if self._path is None:
            return
        rows = [each.to_json() | ({} if each.status in PENDING_STATUSES else NOTHING) for each in self.kept.values()]
        draft = self._path.with_suffix(".new")
        try:
            with draft.open("w", encoding="utf-8", errors="backslashreplace") as file:
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            draft.replace(self._path)
        except OSError:
            # A full disk leaves the longer file as it is, until the next message.
            log.exception("messages_not_kept")
