"""Callbacks that applications must still get if the exchange is killed now: kept on disk, sent by the next start."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

import structlog

from exchange.calls.call_details import StatusCallback, rfc2822
from exchange.calls.conference.conference import LAST_LEFT, Conference
from exchange.webhooks.webhook import WebhookClient, WebhookTarget

log = structlog.get_logger(__name__)
Members = dict[str, Mapping[str, str]]


@dataclass(frozen=True)
class PendingReport:
    """A request to an application."""

    url: str
    method: str
    params: Mapping[str, str]


class PendingReports:
    """Pending reports by name, such as a conference's id: the latest list of a name counts, an empty one settles it.

    Without a path nothing is kept.
    """

    def __init__(self, path: Path | None = None, account_sid: str = "") -> None:
        self._path = path
        self._account_sid = account_sid
        self._owed = self._load()
        self._members: dict[str, Members] = {}
        self._lines = 0
        self._file: TextIO | None = path.open("a", encoding="utf-8", errors="backslashreplace") if path else None

    def keep(self, name: str, reports: list[PendingReport]) -> None:
        """Keep these reports under `name`, to be sent should the exchange be killed."""
        if reports or name in self._owed:
            self._owed[name] = reports
            self._write(name)
        if not reports:
            self._owed.pop(name, None)
            if self._lines and not self._owed:
                # Nothing is owed: nobody's number need lie there.
                self._empty()

    def settle(self, name: str) -> None:
        """Forget the reports of `name`: they were sent or are no longer needed."""
        self.keep(name, [])

    def send(self, webhooks: WebhookClient, now: datetime) -> None:
        """Send after a start whatever was still pending. The file is emptied first: sent once, never twice."""
        owed, self._owed = self._owed, {}
        self._empty()
        for name, reports in owed.items():
            for report in reports:
                parameters = {**report.params, **({"Timestamp": rfc2822(now)} if "Timestamp" in report.params else {})}
                webhooks.report(name, WebhookTarget(report.url, report.method), parameters)

    def keep_for_conference(self, conference: Conference, event: str, about: Mapping[str, str]) -> None:
        """Keep what a conference's participants must hear of should it be cut off now: everybody leaves and it ends."""
        members = self._members.setdefault(conference.sid, {})
        call = about.get("CallSid", "")
        if event == "participant-leave":
            members.pop(call, None)
        elif call and event.startswith("participant-"):
            members[call] = about
        if event == "conference-end":
            del self._members[conference.sid]
            self.settle(conference.sid)
        else:
            self.keep(conference.sid, _closing_reports(conference, members, self._account_sid))

    def clear(self) -> None:
        """Forget everything when the exchange ends in good order."""
        self._empty()
        self.close()

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _load(self) -> dict[str, list[PendingReport]]:
        owed: dict[str, list[PendingReport]] = {}
        if self._path is None or not self._path.exists():
            return owed
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                raw = json.loads(line)
                owed[raw["name"]] = [PendingReport(**each) for each in raw["reports"]]
            except (ValueError, KeyError, TypeError):
                # A kill may cut the last line short; the line before it tells of the same debt.
                log.warning("pending_report_unreadable", path=str(self._path))
        return {name: reports for name, reports in owed.items() if reports}

    def _write(self, name: str) -> None:
        if not self._file:
            return
        try:
            line = {"name": name, "reports": [asdict(each) for each in self._owed[name]]}
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()
            self._lines += 1
        except OSError:
            # A full disk costs the memory of this debt after a kill, not the call.
            log.exception("pending_reports_failed", owed=name)

    def _empty(self) -> None:
        self._lines = 0
        if self._file:
            self._file.truncate(0)


def _closing_reports(conference: Conference, members: Members, account_sid: str) -> list[PendingReport]:
    """Return the reports of everybody leaving and the end, with the sequence numbers that come next."""
    events = [("participant-leave", about) for about in members.values()]
    events.append(("conference-end", {"ReasonConferenceEnded": LAST_LEFT}))
    numbered = enumerate(events, conference.sequence + 1)
    return [
        _report(conference, account_sid, name, {**about, "SequenceNumber": str(number)})
        for number, (name, about) in numbered
        if conference.callback.wants(name.rpartition("-")[2])
    ]


def _report(conference: Conference, account_sid: str, event: str, about: Mapping[str, str]) -> PendingReport:
    callback: StatusCallback = conference.callback
    parameters = {
        "ConferenceSid": conference.sid,
        "FriendlyName": conference.name,
        "AccountSid": account_sid,
        "Timestamp": "",
        "StatusCallbackEvent": event,
    }
    return PendingReport(callback.url, callback.method, parameters | dict(about))
