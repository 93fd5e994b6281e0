"""Text messages: kept in memory and in a file, and which of them still wait for their telephone."""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from exchange.clock import Signal
from exchange.status import Callback

log = structlog.get_logger(__name__)
MOST_KEPT = 1000
MOST_WAITING = 20


@dataclass
class Message:
    """A text message; `sent` waits for its telephone."""

    sid: str
    sender: str
    to: str
    body: str
    created: datetime
    direction: str
    status: str
    callback: Callback = field(default_factory=Callback)
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
    def from_json(cls, raw: Mapping[str, Any]) -> "Message":
        callback = raw["callback"]
        moments = {
            "created": datetime.fromisoformat(raw["created"]),
            "scheduled": datetime.fromisoformat(raw["scheduled"]) if raw["scheduled"] else None,
        }
        told = Callback(callback["url"], callback["method"], tuple(callback["events"]))
        return cls(**{**raw, **moments, "callback": told})


class Texts:
    """All messages, the oldest first. Without a path they live as long as the exchange."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.kept: dict[str, Message] = {}
        if path and path.exists():
            self._load(path)

    def keep(self, message: Message) -> None:
        """New, or changed."""
        self.kept[message.sid] = message
        while len(self.kept) > MOST_KEPT:
            del self.kept[next(iter(self.kept))]
        self._append(message.to_json())

    def forget(self, sid: str) -> None:
        self.kept.pop(sid).settled.set()
        self._append({"sid": sid, "is_gone": True})

    def waiting(self, address: str) -> list[Message]:
        """What its telephone has not shown yet, the oldest first."""
        return [each for each in self.kept.values() if each.to == address and each.status == "sent"]

    def overdue(self, address: str) -> list[Message]:
        """What no longer has room among those that wait."""
        return self.waiting(address)[:-MOST_WAITING]

    def _append(self, row: Mapping[str, Any]) -> None:
        if self._path is None:
            return
        try:
            with self._path.open("a", encoding="utf-8") as file:
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
                    self.kept[raw["sid"]] = Message.from_json(raw)
            except (ValueError, KeyError, TypeError):
                # A kill may cut the last line short; the others are whole.
                log.warning("message_line_unreadable", path=path.name)
        with contextlib.suppress(OSError):
            rows = [json.dumps(each.to_json(), ensure_ascii=False) for each in list(self.kept.values())[-MOST_KEPT:]]
            draft = path.with_suffix(".new")
            draft.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
            draft.replace(path)
