"""A file of the calls that are up, so that the start after a kill can tell their applications what became of them."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from exchange.calls.call_details import CallDetails

log = structlog.get_logger(__name__)
KEPT_CALLS = 2_000


class Journal:
    """One JSON line for each change of a call; the last line of a call counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._known = self._load()
        self._compact()
        self._file = path.open("a", encoding="utf-8", errors="backslashreplace")
        self._beats = path.with_suffix(".alive")
        self.last_alive = self._last_beat()

    def known(self) -> list[CallDetails]:
        """Return every call in the file, in the order they began."""
        return list(self._known.values())

    def write(self, facts: CallDetails) -> None:
        self._append(facts.to_json())

    def forget(self, sid: str) -> None:
        """Drop a call; its lines go when the file is next rewritten."""
        self._append({"sid": sid, "is_gone": True})

    def _append(self, row: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
            self._file.flush()
        except OSError:
            # A full disk costs the memory of this call after a kill, not the call.
            log.exception("journal_failed", call_id=row["sid"])

    def rewrite(self, facts: list[CallDetails]) -> None:
        """Rewrite the file with these calls only, one line each."""
        self._known = {each.sid: each for each in facts}
        try:
            self._compact()
            self._file.close()
            self._file = self._path.open("a", encoding="utf-8", errors="backslashreplace")
        except OSError:
            # A full disk leaves the long file as it is.
            log.exception("journal_failed")

    def note_alive(self, now: datetime) -> None:
        """Note that the exchange is alive: calls that are up lasted until then, should it be killed."""
        try:
            self._beats.write_text(now.isoformat(), encoding="utf-8")
        except OSError:
            # A full disk costs the true length of lost calls, not the calls.
            log.exception("journal_failed")

    def close(self) -> None:
        self._file.close()

    def _last_beat(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self._beats.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            # None was written, or a kill cut it: then the last known move of each call is its end.
            return None

    def _load(self) -> dict[str, CallDetails]:
        records: dict[str, CallDetails] = {}
        if not self._path.exists():
            return records
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                raw = json.loads(line)
                if raw.get("is_gone"):
                    records.pop(raw["sid"], None)
                    continue
                facts = CallDetails.from_json(raw)
            except (ValueError, KeyError, TypeError, AttributeError):
                # A kill may cut the last line short; the line before it tells of the same call.
                log.warning("journal_line_unreadable", path=str(self._path))
                continue
            records[facts.sid] = facts
        return records

    def _compact(self) -> None:
        """Keep one line a call, and of the finished calls the newest; replace the file atomically."""
        up = [facts for facts in self._known.values() if not facts.is_over]
        over = [facts for facts in self._known.values() if facts.is_over][-KEPT_CALLS:]
        self._known = {facts.sid: facts for facts in [*over, *up]}
        draft = self._path.with_suffix(".new")
        lines = (json.dumps(facts.to_json(), ensure_ascii=False) + "\n" for facts in self._known.values())
        draft.write_text("".join(lines), encoding="utf-8", errors="backslashreplace")
        draft.replace(self._path)
