"""The exchange of the interleavings: lines, their places and the webhooks in flight; it decides nothing of ours.

It does what documents say, and may fail, answer too late, send reports twice, out of order, or lose them.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random

from hotline import clock
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import LegView, Provider
from telephony.words import leg_status

GONE = 21220


class Place(StrEnum):
    """What a line is doing."""

    RINGING = "ringing"
    DOCUMENT = "document"  # a document has been asked for
    QUEUE = "queue"
    ROOM = "room"
    ENDED = "ended"


@dataclass(eq=False)
class Line:
    """One line. `owner`: the id of the call (a caller's) or of the offer (an agent's)."""

    sid: str
    owner: str
    address: str
    is_agent: bool
    report_url: str
    answer_url: str = ""
    until: datetime | None = None
    place: Place = Place.RINGING
    word: str = "queued"
    sequence: int = -1
    # The document in flight: the answers to older requests are void.
    document: int = 0
    room: str = ""
    action: str = ""
    ends: bool = False  # its room ends when it leaves
    is_held: bool = False

    @property
    def is_up(self) -> bool:
        """Whether somebody is on the line."""
        return self.place not in (Place.RINGING, Place.ENDED)


@dataclass(eq=False)
class Mail:
    """A webhook in flight; the answer to `document` is obeyed if the line still waits for it."""

    line: Line | None
    url: str
    form: dict[str, str]
    document: int | None = None


@dataclass
class Faults:
    """How often, 0 to 1, the exchange is down before or after doing what it is asked, and loses or doubles a report."""

    down: float = 0.02
    lost: float = 0.05
    doubled: float = 0.1


@dataclass
class Exchange(Provider):
    """Lines and rooms. `between` is called before and after each request of ours."""

    random: Random
    between: Callable[[], None]
    faults: Faults = field(default_factory=Faults)
    lines: dict[str, Line] = field(default_factory=dict)
    rooms: dict[str, list[Line]] = field(default_factory=dict)
    # The callback of each room's first member: its settings hold.
    callbacks: dict[str, str] = field(default_factory=dict)
    mail: list[Mail] = field(default_factory=list)
    dialled: list[Line] = field(default_factory=list)
    failures: int = 0
    # What callers press when they are asked for a rating; empty: anything from 0 to 6.
    rating: str = ""
    tell: Callable[[str], object] = print

    # What we ask of it.

    def dial(self, address: str, caller_id: str, answer_url: str, status_url: str, timeout_seconds: int) -> str:
        """A new line to an agent's phone."""
        del caller_id
        self._asked()
        until = clock.now() + timedelta(seconds=timeout_seconds)
        owner = answer_url.split("/")[-2]
        line = Line(clock.new_id(), owner, address, True, status_url, answer_url, until)
        self.lines[line.sid] = line
        self.dialled.append(line)
        self.report(line, "initiated")
        self._answered()
        return line.sid

    def redirect(self, sid: str, url: str) -> None:
        """The line leaves where it is and asks for a document."""
        self._asked()
        line = self._known(sid)
        self.tell(f"redirected out of {line.place}: {line.owner}")
        self.leave(line)
        self.fetch(line, url)
        self._answered()

    def hang_up(self, sid: str) -> None:
        """The line ends."""
        self._asked()
        line = self._known(sid)
        self.end(line, "completed" if line.is_up else "canceled")
        self._answered()

    def leg(self, sid: str) -> LegView | None:
        """The line as it stands."""
        line = self.lines.get(sid)
        return None if line is None else LegView(sid, leg_status(line.word), None)

    def recordings_of(self, call_sid: str) -> list[str]:
        """None: conversations are not recorded here."""
        self._asked()
        self._known(call_sid)
        return []

    def record(self, call_sid: str, events_url: str) -> str:
        """A recording that nobody listens to."""
        del events_url
        self._known(call_sid)
        return f"RE{clock.new_id()}"

    def room(self, name: str) -> str | None:
        """The room, when somebody is in it."""
        self._asked()
        return name if len(self.rooms.get(name, [])) > 1 else None

    def hold(self, room_sid: str, line_sid: str, music_url: str | None) -> None:
        """A line in a room hears music, or the others."""
        self._asked()
        self._inside(room_sid, line_sid).is_held = music_url is not None
        self._answered()

    def depend(self, room_sid: str, line_sid: str, is_needed: bool) -> None:
        """Whether the room ends with this line."""
        self._asked()
        self._inside(room_sid, line_sid).ends = is_needed
        self._answered()

    def _inside(self, room: str, sid: str) -> Line:
        line = next((line for line in self.rooms.get(room, []) if line.sid == sid), None)
        if line is None:
            raise ProviderRefused("not in the room", 404, 20404)
        return line

    def _asked(self) -> None:
        self.between()
        if self.random.random() < self.faults.down:
            self.failures += 1
            raise ProviderDown("nothing was done")

    def _answered(self) -> None:
        self.between()
        if self.random.random() < self.faults.down:
            self.failures += 1
            raise ProviderDown("it was done, but the answer is lost")

    def _known(self, sid: str) -> Line:
        line = self.lines.get(sid)
        if line is None or line.place is Place.ENDED:
            raise ProviderRefused("no such line in progress", 404, GONE)
        return line

    # What happens on its lines.

    def report(self, line: Line, word: str) -> None:
        """The status of a line goes to its callback; some are lost."""
        line.word, line.sequence = word, line.sequence + 1
        form = {"CallSid": line.sid, "CallStatus": word, "SequenceNumber": str(line.sequence)}
        if self.random.random() >= self.faults.lost:
            self.mail.append(Mail(None, line.report_url, form))

    def fetch(self, line: Line, url: str, **form: str) -> None:
        """The line asks for its next document."""
        line.place = Place.DOCUMENT
        line.document += 1
        self.mail.append(Mail(line, url, {"CallSid": line.sid, "CallStatus": "in-progress"} | form, line.document))

    def obey(self, line: Line, document: str) -> None:
        """The line does what the document says; at its end it hangs up."""
        for verb in ET.fromstring(document):  # noqa: S314 (the product's own documents)
            if verb.tag == "Dial":
                return self._join(line, verb)
            if verb.tag == "Enqueue":
                line.place = Place.QUEUE
                return None
            if verb.tag == "Redirect":
                return self.fetch(line, verb.text or "")
            if verb.tag == "Leave":
                return self.fetch(line, f"/voice/calls/{line.owner}/left", QueueResult="leave")
            if verb.tag == "Gather" and verb.attrib["action"].endswith("/rating"):
                return self.fetch(line, verb.attrib["action"], Digits=self.rating or str(line.document % 7))
            if verb.tag == "Gather":
                raise AssertionError("a caller in line was led back into the menu")
        return self.end(line, "completed")

    def _join(self, line: Line, dial: ET.Element) -> None:
        conference = dial[0]
        name = conference.text or ""
        room = self.rooms.setdefault(name, [])
        room.append(line)
        line.place, line.room, line.action = Place.ROOM, name, dial.attrib["action"]
        line.ends, line.is_held = conference.attrib["endConferenceOnExit"] == "true", False
        if len(room) == 1:
            self.callbacks[name] = conference.attrib["statusCallback"]
        if len(room) == 2:
            form = {"ConferenceSid": f"CF{clock.new_id()}", "StatusCallbackEvent": "conference-start"}
            self._send_start(name, form)

    def _send_start(self, name: str, form: dict[str, str]) -> None:
        if self.random.random() >= self.faults.lost:
            self.mail.append(Mail(None, self.callbacks[name], form))

    def leave(self, line: Line) -> None:
        """The line leaves its room, which ends for the others too where it depends on this line."""
        room = self.rooms.get(line.room, [])
        if line.place is not Place.ROOM or line not in room:
            return
        room.remove(line)
        if line.ends or not room:
            self.rooms.pop(line.room, None)
            for other in room:
                self.fetch(other, other.action)

    def end(self, line: Line, word: str) -> None:
        """The line ends; a caller's queue says so too."""
        if line.place is Place.QUEUE:
            form = {"CallSid": line.sid, "QueueResult": "hangup"}
            self.mail.append(Mail(None, f"/voice/calls/{line.owner}/left", form))
        if line.place is Place.ROOM:
            self.mail.append(Mail(None, line.action, {"CallSid": line.sid, "CallStatus": "completed"}))
        self.leave(line)
        line.place = Place.ENDED
        self.report(line, word)

    def ring_out(self, now: datetime) -> None:
        """Phones that have rung for as long as they were to."""
        for line in list(self.lines.values()):
            if line.place is Place.RINGING and line.until is not None and line.until <= now:
                self.end(line, "no-answer")
