"""The exchange of the interleavings: lines, their places and the webhooks in flight; it decides nothing of ours.

It does what documents say, and may fail, answer too late, send reports twice, out of order, or lose them.
"""

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlsplit

from hotline import clock
from hotline.values.states.recording import RecordingState
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider
from telephony.vendor_words import leg_status
from telephony.views import LegView, RecordingView, RegisteredPhone
from tests.simulation.interleave.lines import Faults as Faults
from tests.simulation.interleave.lines import Line as Line
from tests.simulation.interleave.lines import Mail as Mail
from tests.simulation.interleave.lines import Place as Place

GONE = 21220


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
    # Messages that callers left: their call, by the id of the recording.
    messages: dict[str, str] = field(default_factory=dict)
    failures: int = 0
    # What callers press when they are asked for a rating; empty: anything from 0 to 6.
    rating: str = ""
    registered: list[RegisteredPhone] | None = None
    # For whom no telephone may be registered any more, in the order in which it was said.
    revoked: list[str] = field(default_factory=list)
    tell: Callable[[str], object] = print

    # What we ask of it.

    def dial(self, address: str, caller_id: str, answer_url: str, status_url: str, timeout_seconds: int) -> str:
        """A new line to an agent's phone, or to a patient's."""
        del caller_id
        self._asked()
        until = clock.now() + timedelta(seconds=timeout_seconds)
        _, _, kind, owner, *_ = urlsplit(answer_url).path.split("/")
        line = Line(clock.new_id(), owner, address, kind == "offers", status_url, answer_url, until)
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

    def phones(self) -> list[RegisteredPhone] | None:
        """Who is registered; `None`: it does not tell, as Twilio."""
        return self.registered

    def revoke_phones(self, holder: str) -> None:
        """Telephones of this holder are put down."""
        self._asked()
        self.revoked.append(holder)
        self.registered = [each for each in self.registered or [] if holder not in each.holders]

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

    def recording(self, sid: str) -> RecordingView | None:
        """A message that was left; conversations have none."""
        self._asked()
        return RecordingView(sid, RecordingState.READY, 3, 1) if sid in self.messages else None

    @contextmanager
    def fetch_recording(self, sid: str, channels: int = 2) -> Iterator[Iterator[bytes]]:
        """The sound of every message is damaged: it becomes a case unheard."""
        self._asked()
        yield self._damaged(sid, channels)

    def _damaged(self, sid: str, channels: int) -> Iterator[bytes]:
        raise ProviderRefused(f"{sid} with {channels} channels is damaged", 422, 0)

    def find_conference(self, name: str) -> str | None:
        """The room, when somebody is in it."""
        self._asked()
        return name if len(self.rooms.get(name, [])) > 1 else None

    def hold(self, room_sid: str, line_sid: str, music_url: str | None) -> None:
        """A line in a room hears music, or the others."""
        self._asked()
        self._inside(room_sid, line_sid).is_held = music_url is not None
        self._answered()

    def end_with(self, room_sid: str, line_sid: str, is_needed: bool) -> None:
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
            if verb.tag == "Dial" and len(verb):
                return self._join(line, verb)
            if verb.tag == "Enqueue":
                return self._enter_queue(line, verb)
            if verb.tag == "Redirect":
                return self.fetch(line, verb.text or "")
            if verb.tag == "Leave":
                return self.fetch(line, line.action, QueueResult="leave")
            if verb.tag == "Gather" and verb.attrib["action"].endswith("/rating"):
                return self.fetch(line, verb.attrib["action"], Digits=self.rating or str(line.document % 7))
            if verb.tag in ("Gather", "Record", "Dial"):
                return self._ask(line, verb)
        return self.end(line, "completed")

    def _enter_queue(self, line: Line, enqueue: ET.Element) -> None:
        line.place, line.waits, line.action = Place.QUEUE, enqueue.attrib["waitUrl"], enqueue.attrib["action"]
        line.owner, line.dialogue = line.waits.split("/")[-2], ""

    def _ask(self, line: Line, verb: ET.Element) -> None:
        line.place, line.verb, line.action = Place.ASKED, verb.tag, verb.attrib["action"]
        line.events = verb.attrib.get("recordingStatusCallback", "")

    def keep_message(self, line: Line) -> str:
        """The line leaves a message: its id. Not everything that is reported of it is lost."""
        sid = f"RE{clock.new_id()}"
        self.messages[sid] = line.events.split("/")[3]
        form = {"RecordingSid": sid, "RecordingDuration": "3", "RecordingChannels": "1"}
        words = ["in-progress", "completed"]
        if self.random.random() < self.faults.lost:
            words.remove(self.random.choice(words))
        self.mail += [Mail(None, line.events, form | {"RecordingStatus": word}) for word in words]
        return sid

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
            self.mail.append(Mail(None, line.action, form))
        if line.place is Place.ASKED and line.verb == "Record" and self.random.random() < 0.5:
            self.keep_message(line)
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
