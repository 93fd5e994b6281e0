"""One leg in a conference: who hears it, what it alone is told, and what it asked for."""

from dataclasses import dataclass, field
from datetime import datetime

from exchange.calls.leg import CallLeg
from exchange.media.audio_source import AudioSource
from exchange.media.clock import RecurringSignal
from exchange.media.voice_activity import SpeechDetector


@dataclass
class Participant:
    """One leg in a conference."""

    leg: CallLeg
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
    coaches: str = ""
    has_exit_beep: bool = False
    effects: list[AudioSource] = field(default_factory=list)
    speech: SpeechDetector | None = None
    changed: RecurringSignal = field(default_factory=RecurringSignal)

    def wake(self) -> None:
        """Wake whoever plays to this participant: something is different now."""
        self.changed.ring()

    @property
    def is_heard(self) -> bool:
        return not (self.is_muted or self.is_held or self.is_gone)

    def is_heard_by(self, listener: "Participant") -> bool:
        """Return whether `listener` hears it: a coach is heard by the coached one alone."""
        return self.is_heard and self is not listener and self.coaches in ("", listener.leg.sid)

    def own_effect(self) -> bytes | None:
        """Return the next frame of what this participant alone is told."""
        while self.effects:
            frame = self.effects[0].next_frame()
            if frame is not None:
                return frame
            self.effects.pop(0)
        return None

    def departure(self, why: str) -> dict[str, str]:
        """Return the parameters of its leave event; an empty `why` is a reason that Twilio has no word for."""
        parameters = {"ParticipantCallStatus": str(self.leg.facts.status)}
        return self.about() | parameters | ({"ReasonParticipantLeft": why} if why else {})

    def about(self) -> dict[str, str]:
        """Return the parameters of conference events about it."""
        flags = {
            "Muted": self.is_muted,
            "Hold": self.is_held,
            "Coaching": bool(self.coaches),
            "EndConferenceOnExit": self.ends,
            "StartConferenceOnEnter": self.starts,
        }
        words = {name: "true" if flag else "false" for name, flag in flags.items()}
        more = {"ParticipantLabel": self.label, "CallSidToCoach": self.coaches}
        return {"CallSid": self.leg.sid} | words | {name: value for name, value in more.items() if value}
