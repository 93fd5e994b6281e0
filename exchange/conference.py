"""Rooms where any number of legs hear each other: who is in, who may speak, when it starts and ends, and its events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from exchange.audio import SILENCE, mix
from exchange.call import Leg, Tap
from exchange.clock import Bell, Ticker
from exchange.ids import new_sid
from exchange.sound import Source
from exchange.status import Callback, rfc2822

LAST_LEFT = "last-participant-left"
ENDER_LEFT = "participant-with-end-conference-on-exit-left"
KICKED = "last-participant-kicked"
BY_API = "conference-ended-via-api"
MOST_PAST = 1000


@dataclass
class Participant:
    """One leg in a conference."""

    leg: Leg
    joined: datetime
    label: str = ""
    is_muted: bool = False
    is_held: bool = False
    hold_url: str = ""
    hold_method: str = "POST"
    starts: bool = True
    ends: bool = False
    updated: datetime | None = None
    is_gone: bool = False
    changed: Bell = field(default_factory=Bell)

    def wake(self) -> None:
        """Tell the one who plays to this participant that something is different now."""
        self.changed.ring()

    @property
    def is_heard(self) -> bool:
        return not (self.is_muted or self.is_held or self.is_gone)


@dataclass
class Conference:
    """A room. Its callback is the one its first participant brought."""

    sid: str
    name: str
    created: datetime
    callback: Callback
    tell: Callable[["Conference", str, Mapping[str, str]], None]
    updated: datetime | None = None
    status: str = "init"
    reason: str = ""
    ended_by: str = ""
    sequence: int = 0
    max_participants: int = 250
    participants: dict[str, Participant] = field(default_factory=dict)
    effects: list[Source] = field(default_factory=list)
    effect: bytes = SILENCE
    taps: list[Tap] = field(default_factory=list)
    on_over: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        return self.status == "in-progress"

    @property
    def is_full(self) -> bool:
        return len(self.participants) >= self.max_participants

    def find(self, name: str) -> Participant | None:
        """By call or by label."""
        found = self.participants.get(name)
        return found or next((each for each in self.participants.values() if each.label and each.label == name), None)

    def join(self, participant: Participant) -> None:
        """Let it in; with two inside, one of whom may start, the conference begins."""
        self.participants[participant.leg.sid] = participant
        self.event("participant-join", participant)
        if not self.is_running and len(self.participants) > 1 and any(p.starts for p in self.participants.values()):
            self.status = "in-progress"
            self.event("conference-start", participant)
            self._wake()

    def leave(self, participant: Participant, reason: str = LAST_LEFT) -> None:
        """It is out; the conference ends with the last, or with one on whom it depends."""
        if self.participants.pop(participant.leg.sid, None) is None:
            return
        participant.is_gone = True
        participant.wake()
        self.event("participant-leave", participant)
        if participant.ends and self.is_running:
            self.end(ENDER_LEFT, participant.leg.sid)
        elif not self.participants:
            self.end(reason, participant.leg.sid)

    def end(self, reason: str, ended_by: str = "") -> None:
        """Everybody is out."""
        if self.status == "completed":
            return
        self.status, self.reason, self.ended_by = "completed", reason, ended_by
        rest = list(self.participants.values())
        self.participants.clear()
        for participant in rest:
            participant.is_gone = True
            participant.wake()
            self.event("participant-leave", participant)
        for over in list(self.on_over):
            over()
        ending = {"ReasonConferenceEnded": reason} | ({"CallSidEndingConference": ended_by} if ended_by else {})
        self.event("conference-end", None, ending)

    def mute(self, participant: Participant, is_muted: bool) -> None:
        if participant.is_muted != is_muted:
            participant.is_muted = is_muted
            self.event("participant-mute" if is_muted else "participant-unmute", participant)

    def hold(self, participant: Participant, is_held: bool) -> None:
        if participant.is_held != is_held:
            participant.is_held = is_held
            participant.wake()
            self.event("participant-hold" if is_held else "participant-unhold", participant)

    def event(self, name: str, participant: Participant | None, more: Mapping[str, str] | None = None) -> None:
        about = {} if participant is None else _about(participant)
        self.tell(self, name, about | dict(more or {}))

    def sound_for(self, listener: Participant) -> bytes:
        """What everybody else says in this tick."""
        voices = [p.leg.said for p in self.participants.values() if p is not listener and p.is_heard]
        if self.effect is not SILENCE:
            voices.append(self.effect)
        return mix(voices)

    def tick(self) -> None:
        """Between speaking and hearing: the beeps that all hear alike, and the recording of everybody."""
        frames = [(source, source.next_frame()) for source in self.effects]
        self.effects = [source for source, frame in frames if frame is not None]
        self.effect = mix([frame for _, frame in frames if frame is not None]) if frames else SILENCE
        if self.taps:
            heard = mix([p.leg.said for p in self.participants.values() if p.is_heard] + [self.effect])
            for tap in self.taps:
                tap.frame(SILENCE, heard)

    def _wake(self) -> None:
        for participant in self.participants.values():
            participant.wake()


class Seat:
    """What one participant hears of the conference."""

    def __init__(self, conference: Conference, participant: Participant) -> None:
        self._conference = conference
        self._participant = participant

    def next_frame(self) -> bytes | None:
        return self._conference.sound_for(self._participant)


class Conferences:
    """All conferences; a name stands for one that is not over."""

    def __init__(
        self, ticker: Ticker, account_sid: str, report: Callable[[str, Callback, dict[str, str]], None]
    ) -> None:
        self._ticker = ticker
        self._account_sid = account_sid
        self._report = report
        self.by_sid: dict[str, Conference] = {}
        self._live: dict[str, Conference] = {}

    def named(self, name: str) -> Conference | None:
        return self._live.get(name)

    def open(self, name: str, callback: Callback) -> Conference:
        """The conference of that name; the first who asks makes it and says where its events go."""
        conference = self.named(name)
        if not conference:
            conference = Conference(new_sid("CF"), name, self._ticker.now(), callback, self._tell)
            conference.on_over.append(partial(self._over, conference))
            self.by_sid[conference.sid] = self._live[name] = conference
        return conference

    def tick(self) -> None:
        for conference in list(self._live.values()):
            if conference.effects or conference.taps or conference.effect is not SILENCE:
                conference.tick()

    def _over(self, conference: Conference) -> None:
        """The name is free again; the oldest of many past conferences is forgotten."""
        self._live.pop(conference.name, None)
        past = [sid for sid, each in self.by_sid.items() if each.status == "completed"]
        for sid in past[:-MOST_PAST]:
            del self.by_sid[sid]

    def _tell(self, conference: Conference, event: str, about: Mapping[str, str]) -> None:
        now = self._ticker.now()
        conference.updated = now
        conference.sequence += 1
        kind = event.rpartition("-")[2].removeprefix("un")
        if conference.callback.wants(kind):
            told = {
                "ConferenceSid": conference.sid,
                "FriendlyName": conference.name,
                "AccountSid": self._account_sid,
                "SequenceNumber": str(conference.sequence),
                "Timestamp": rfc2822(now),
                "StatusCallbackEvent": event,
            }
            self._report(conference.sid, conference.callback, told | dict(about))


def _about(participant: Participant) -> dict[str, str]:
    def word(flag: bool) -> str:
        return "true" if flag else "false"

    told = {
        "CallSid": participant.leg.sid,
        "Muted": word(participant.is_muted),
        "Hold": word(participant.is_held),
        "Coaching": "false",
        "EndConferenceOnExit": word(participant.ends),
        "StartConferenceOnEnter": word(participant.starts),
    }
    return told | ({"ParticipantLabel": participant.label} if participant.label else {})
