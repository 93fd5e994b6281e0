"""Conferences, in which any number of legs hear each other: participants, start and end, and events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from exchange.calls.call_details import StatusCallback, rfc2822
from exchange.calls.conference.participant import Participant
from exchange.calls.leg import AudioTap
from exchange.core.ids import new_sid
from exchange.media.audio import SILENCE, mix
from exchange.media.audio_source import AudioSource
from exchange.media.clock import Ticker
from exchange.media.voice_activity import SpeechDetector

LAST_LEFT = "last-participant-left"
ENDER_LEFT = "participant-with-end-conference-on-exit-left"
KICKED = "last-participant-kicked"
ENDER_KICKED = "participant-with-end-conference-on-exit-kicked"
BY_API = "conference-ended-via-api"
HUNG_UP, REDIRECTED, NEVER_CAME = "participant_hung_up", "participant_updated_via_api", "participant_add_failed"
_SENT_AWAY = {BY_API: "conference_ended_via_api"}
_MODERATOR = "moderator_ended_conference"
MOST_PAST = 1000
_KINDS = {"participant-speech": "speaker", "announcement": "announcement"}


@dataclass
class Conference:
    """A room. Its callback is the one its first participant brought."""

    sid: str
    name: str
    created: datetime
    callback: StatusCallback
    tell: Callable[["Conference", str, Mapping[str, str]], None]
    updated: datetime | None = None
    status: str = "init"
    reason: str = ""
    ended_by: str = ""
    sequence: int = 0
    max_participants: int = 250
    participants: dict[str, Participant] = field(default_factory=dict)
    # Who was dialled for it and is not inside yet.
    expected: dict[str, Participant] = field(default_factory=dict)
    effects: list[AudioSource] = field(default_factory=list)
    effect: bytes = SILENCE
    taps: list[AudioTap] = field(default_factory=list)
    on_over: list[Callable[[], None]] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        return self.status == "in-progress"

    @property
    def is_full(self) -> bool:
        return len(self.participants) >= self.max_participants

    def find(self, name: str) -> Participant | None:
        """Return a participant by call or by label, also one that is still being dialled."""
        everybody = self.everybody()
        participant = next((each for each in everybody if each.leg.sid == name), None)
        return participant or next((each for each in everybody if each.label and each.label == name), None)

    def everybody(self) -> list[Participant]:
        """Return those inside, and those who are being dialled."""
        return [*self.participants.values(), *self.expected.values()]

    def join(self, participant: Participant) -> None:
        """Let a participant in; with two inside, one of whom may start it, the conference begins."""
        self.expected.pop(participant.leg.sid, None)
        self.participants[participant.leg.sid] = participant
        self.event("participant-join", participant)
        if not self.is_running and len(self.participants) > 1 and any(p.starts for p in self.participants.values()):
            self.status = "in-progress"
            self.event("conference-start", participant)
            self._wake()

    def leave(self, participant: Participant, why: str = "", *, is_kicked: bool = False) -> None:
        """Take a participant out; the conference ends with the last, or with one on whom it depends."""
        if self.participants.pop(participant.leg.sid, None) is None:
            return
        participant.is_gone = True
        participant.wake()
        self.event("participant-leave", None, participant.departure(why))
        if participant.ends and self.is_running:
            self.end(ENDER_KICKED if is_kicked else ENDER_LEFT, participant)
        elif not self.participants:
            self.end(KICKED if is_kicked else LAST_LEFT, participant)

    def end(self, reason: str, by: Participant | None = None) -> None:
        """End the conference: everybody is out."""
        if self.status == "completed":
            return
        self.status, self.reason, self.ended_by = "completed", reason, by.leg.sid if by else ""
        rest = list(self.participants.values())
        self.participants.clear()
        for participant in rest:
            participant.is_gone = True
            participant.wake()
            self.event("participant-leave", None, participant.departure(_SENT_AWAY.get(reason, _MODERATOR)))
        for over in list(self.on_over):
            over()
        ending = {"ReasonConferenceEnded": reason, "Reason": reason.replace("-", " ")}
        named = {"CallSidEndingConference": self.ended_by, "ParticipantLabelEndingConference": by.label if by else ""}
        self.event("conference-end", None, ending | {name: value for name, value in named.items() if value})

    def mute(self, participant: Participant, *, is_muted: bool) -> None:
        if participant.is_muted != is_muted:
            participant.is_muted = is_muted
            self.event("participant-mute" if is_muted else "participant-unmute", participant)

    def hold(self, participant: Participant, *, is_held: bool) -> None:
        if participant.is_held != is_held:
            participant.is_held = is_held
            participant.wake()
            self.event("participant-hold" if is_held else "participant-unhold", participant)

    def modify(self, participant: Participant, coaches: str, *, ends: bool) -> None:
        """Set whom a participant coaches, and whether the conference depends on it."""
        if (coaches, ends) != (participant.coaches, participant.ends):
            participant.coaches, participant.ends = coaches, ends
            self.event("participant-modify", participant)

    def announce(self, sound: AudioSource, participant: Participant | None = None) -> None:
        """Play a sound to everybody, or to one alone; who is on hold hears it between the music."""
        if participant is None:
            self.effects.append(sound)
        else:
            participant.effects.append(sound)
            participant.wake()

    def event(self, name: str, participant: Participant | None, more: Mapping[str, str] | None = None) -> None:
        about = {} if participant is None else participant.about()
        self.tell(self, name, about | dict(more or {}))

    def sound_for(self, listener: Participant) -> bytes:
        """Return what everybody else says in this tick."""
        voices = [p.leg.inbound for p in self.participants.values() if p.is_heard_by(listener)]
        if self.effect is not SILENCE:
            voices.append(self.effect)
        own = listener.own_effect() if listener.effects else None
        return mix([*voices, own] if own else voices)

    def tick(self) -> None:
        """Mix, between speaking and hearing, the beeps that all hear alike, and the recording of everybody."""
        frames = [(source, source.next_frame()) for source in self.effects]
        self.effects = [source for source, frame in frames if frame is not None]
        self.effect = mix([frame for _, frame in frames if frame is not None]) if frames else SILENCE
        if self.taps:
            mixed = mix(
                [p.leg.inbound for p in self.participants.values() if p.is_heard and not p.coaches] + [self.effect]
            )
            for tap in self.taps:
                tap.frame(SILENCE, mixed)

    @property
    def is_watched(self) -> bool:
        """Return whether the callback asks for speaker events."""
        return self.is_running and self.callback.wants("speaker")

    def watch(self) -> None:
        """Report who begins and who ends to speak."""
        for participant in list(self.participants.values()):
            speech = participant.speech = participant.speech or SpeechDetector()
            frame = participant.leg.inbound if participant.is_heard else SILENCE
            if speech.has_changed(frame):
                self.event(f"participant-speech-{'start' if speech.is_on else 'stop'}", participant)

    def _wake(self) -> None:
        for participant in self.participants.values():
            participant.wake()


class ConferenceMix:
    """The sound of the conference for one participant."""

    def __init__(self, conference: Conference, participant: Participant) -> None:
        self._conference = conference
        self._participant = participant

    def next_frame(self) -> bytes | None:
        return self._conference.sound_for(self._participant)


class Conferences:
    """All conferences; a name stands for one that is not over."""

    def __init__(
        self, ticker: Ticker, account_sid: str, report: Callable[[str, StatusCallback, dict[str, str]], None]
    ) -> None:
        self._ticker = ticker
        self._account_sid = account_sid
        self._report = report
        self.by_sid: dict[str, Conference] = {}
        self._live: dict[str, Conference] = {}
        self.on_event: Callable[[Conference, str, Mapping[str, str]], None] = lambda *_about: None

    @property
    def live(self) -> list[Conference]:
        """Return those that are not over."""
        return list(self._live.values())

    def named(self, name: str) -> Conference | None:
        return self._live.get(name)

    def open(self, name: str, callback: StatusCallback) -> Conference:
        """Return the conference of that name; the first who asks makes it and says where its events go."""
        conference = self.named(name)
        if not conference:
            conference = Conference(new_sid("CF"), name, self._ticker.now(), callback, self._tell)
            conference.on_over.append(partial(self._over, conference))
            self.by_sid[conference.sid] = self._live[name] = conference
        return conference

    def tick(self) -> None:
        for conference in self.live:
            if conference.effects or conference.taps or conference.effect is not SILENCE:
                conference.tick()
            if conference.is_watched:
                conference.watch()

    def _over(self, conference: Conference) -> None:
        """Free the name of a conference that is over, and forget the oldest of many past ones."""
        self._live.pop(conference.name, None)
        past = [sid for sid, each in self.by_sid.items() if each.status == "completed"]
        for sid in past[:-MOST_PAST]:
            del self.by_sid[sid]

    def _tell(self, conference: Conference, event: str, about: Mapping[str, str]) -> None:
        now = self._ticker.now()
        conference.updated = now
        conference.sequence += 1
        kind = _KINDS.get(event.rpartition("-")[0], event.rpartition("-")[2].removeprefix("un"))
        if conference.callback.wants(kind):
            parameters = {
                "ConferenceSid": conference.sid,
                "FriendlyName": conference.name,
                "AccountSid": self._account_sid,
                "SequenceNumber": str(conference.sequence),
                "Timestamp": rfc2822(now),
                "StatusCallbackEvent": event,
            }
            self._report(conference.sid, conference.callback, parameters | dict(about))
        self.on_event(conference, event, about)
