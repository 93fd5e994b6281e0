"""A morning at a small hospital, as rows and sealed sound: what the staff pages show in tests."""

import hashlib
import io
import wave
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
from argon2 import PasswordHasher

from hotline.clock import new_id
from hotline.context import AppContext
from hotline.models import (
    Agent,
    AgentSkill,
    AutoScore,
    Call,
    CallHistoryEvent,
    Offer,
    Queue,
    QueueEntry,
    Recording,
    Row,
    Skill,
    Transcript,
    User,
    Utterance,
)
from hotline.values import call_events
from hotline.values.access import Role
from hotline.values.call_events import HistoryEvent
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.reason import Reason
from hotline.values.reason_codes import AgentStateReason, OfferEndReason, OfferReason
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.agent import AgentState, AgentStatus
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.offer import OfferState
from hotline.values.states.queue_entry import QueueEntryState
from hotline.values.states.recording import RecordingState
from recordings.storage.service import sealing_context

PASSWORD = "a long password"
SECONDS = 12
# Why somebody was rung, as the router stores it.
FIRST = (
    Reason(OfferReason.RUNG_FIRST),
    Reason(OfferReason.SKILLS, {"levels": {"booking": 3}}),
    Reason(OfferReason.ANSWERS_WITHIN, {"seconds": 9}),
    Reason(OfferReason.IDLE_SINCE, {"at": "2026-03-02T01:07:12Z"}),
)
JOINED = (
    Reason(OfferReason.WIDENED, {"ring": 2}),
    Reason(OfferReason.SKILLS, {"levels": {"booking": 4}}),
    Reason(OfferReason.ANSWERS_WITHIN, {"seconds": 4}),
    Reason(OfferReason.IDLE_SINCE, {"at": "2026-03-02T01:08:31Z"}),
)
DIALOGUE = {
    Language.MANDARIN: [
        ("agent", 0.5, 3.0, "您好，这里是示范医院热线，请问有什么可以帮您？"),
        ("caller", 3.2, 6.0, "我想预约明天上午的心内科专家号。"),
        ("agent", 6.2, 8.8, "好的，明天上午九点还有一个号，可以吗？"),
        ("caller", 9.0, 11.5, "可以，谢谢您。"),
    ],
    Language.ENGLISH: [
        ("agent", 0.5, 3.0, "Good morning, Model Hospital hotline, how may I help you?"),
        ("caller", 3.2, 6.0, "I would like to see a cardiologist tomorrow morning."),
        ("agent", 6.2, 8.8, "There is a place at nine o'clock. Would that suit you?"),
        ("caller", 9.0, 11.5, "Yes, that is fine. Thank you."),
    ],
}
PEOPLE = [
    ("N01", "王芳", AgentStatus.AVAILABLE, AgentState.TALKING, None),
    ("N02", "李敏", AgentStatus.AVAILABLE, AgentState.OFFERED, None),
    ("N03", "陈静", AgentStatus.AVAILABLE, AgentState.IDLE, None),
    ("N04", "Anna Reed", AgentStatus.AVAILABLE, AgentState.WRAP_UP, None),
    ("N05", "赵磊", AgentStatus.AVAILABLE, AgentState.NOT_READY, AgentStateReason.RING_NO_ANSWER),
    ("N06", "孙悦", AgentStatus.AWAY, AgentState.IDLE, None),
]


@dataclass
class Morning:
    """What was made: agents and calls by a short name, and the recording of the answered call."""

    now: datetime
    agents: dict[str, Agent] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)
    recording: Recording | None = None

    @property
    def sound(self) -> Recording:
        """The recording of the answered call."""
        assert self.recording is not None
        return self.recording


@cache
def tones(seconds: float = SECONDS) -> bytes:
    """A WAV of two channels at 8 kHz: a low tone where the caller speaks, a high one where the agent does."""
    rate = 8000
    time = np.arange(int(seconds * rate)) / rate
    sound = np.zeros((len(time), 2))
    for speaker, start, end, _text in DIALOGUE[Language.ENGLISH]:
        channel, pitch = (0, 300) if speaker == "caller" else (1, 500)
        swell = np.abs(np.sin(2 * np.pi * 1.7 * time)) * (0.55 + 0.4 * np.sin(2 * np.pi * 0.43 * time + channel))
        sound[:, channel] += np.where((time >= start) & (time < end), np.sin(2 * np.pi * pitch * time) * swell, 0)
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(2)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes((sound * 0.5 * 32767).astype("<i2").tobytes())
    return file.getvalue()


def people(context: AppContext, morning: Morning) -> None:
    """Two queues, six agents, and a user of each role; the user `agent` is the first agent."""
    with context.database.write() as session:
        for name, zh, en in [("booking", "预约挂号", "Booking"), ("nurse", "急诊护士", "Emergency nurse")]:
            session.add(Skill(name=name, label_zh=zh, label_en=en))
            session.flush()
            session.add(Queue(name=name, label_zh=zh, label_en=en))
        for number, name, status, state, reason in PEOPLE:
            agent = Agent(
                staff_number=number,
                name=name,
                address=f"client:{number}",
                status=status,
                state=state,
                state_reason=reason,
                state_since=morning.now - timedelta(seconds=37),
            )
            session.add(agent)
            morning.agents[number] = agent
        session.flush()
        session.add(AgentSkill(agent_id=morning.agents["N01"].id, skill="booking", level=3))
        for role in Role:
            own = morning.agents["N01"].id if role is Role.AGENT else None
            name = {"agent": "王芳", "supervisor": "周敏", "administrator": "林立", "auditor": "沈岚"}[role]
            session.add(User(login=role.value, password=hashed(), name=name, role=role, agent_id=own))


@cache
def hashed() -> str:
    """The digest of the password, of the kind the pages make but quickly checked: it is meant to be slow."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


def morning(context: AppContext, now: datetime, language: Language = Language.MANDARIN) -> Morning:
    """The whole morning: an answered call with sound, one abandoned, one waiting, one talking, one in the menu."""
    made = Morning(now)
    people(context, made)
    made.calls["answered"] = answered(context, made, now - timedelta(minutes=9), language)
    with context.database.write() as session:
        ago = now - timedelta(minutes=5)
        gone = a_call("gone", ago, CallOutcome.ABANDONED, intent=Intent.COMPLAINT, queue="booking")
        gone.asked_at, gone.ended_at = ago + timedelta(seconds=8), ago + timedelta(seconds=24)
        waits = a_call("waits", now - timedelta(seconds=25), None, intent=Intent.BOOKING, queue="booking")
        waits.status, waits.asked_at = CallStatus.WAITING, now - timedelta(seconds=11)
        urgent = a_call("urgent", now - timedelta(seconds=9), None, intent=Intent.EMERGENCY, queue="nurse")
        urgent.status, urgent.asked_at = CallStatus.WAITING, now - timedelta(seconds=3)
        talks = a_call("talks", now - timedelta(seconds=80), None, intent=Intent.ENQUIRY, queue="booking")
        talks.status, talks.asked_at = CallStatus.TALKING, now - timedelta(seconds=70)
        talks.answered_at, talks.agent_id = now - timedelta(seconds=66), made.agents["N01"].id
        menu = a_call("menu", now - timedelta(seconds=6), None, language=Language.ENGLISH)
        for name, call in {"gone": gone, "waits": waits, "urgent": urgent, "talks": talks, "menu": menu}.items():
            session.add(call)
            made.calls[name] = call
        session.flush()
        for call, priority in [(waits, 0), (urgent, 5)]:
            waiting = a_waiting(call, QueueEntryState.WAITING, priority)
            session.add(waiting)
            if call is urgent:
                session.flush()
                rang = (now - timedelta(seconds=2), None)
                session.add(an_offer(waiting, made.agents["N02"], OfferState.RINGING, rang, why=FIRST))
    return made


def answered(context: AppContext, made: Morning, start: datetime, language: Language = Language.MANDARIN) -> Call:
    """An ended call with its whole story: the first agent missed it, the second answered at the second ring."""

    def at(seconds: float) -> datetime:
        return start + timedelta(seconds=seconds)

    call = a_call(f"done{start.timestamp()}", start, CallOutcome.ANSWERED, intent=Intent.BOOKING, queue="booking")
    call.language, call.consent_at = language, at(6)
    call.asked_at, call.answered_at, call.ended_at = at(14), at(22.5), at(36)
    first, second = made.agents["N03"], made.agents["N01"]
    call.agent_id = second.id
    with context.database.write() as session:
        session.add(call)
        session.flush()
        waiting = a_waiting(call, QueueEntryState.CONNECTED)
        session.add(waiting)
        session.flush()
        missed = an_offer(waiting, first, OfferState.CANCELLED, (at(14.3), at(22)), why=FIRST)
        won = an_offer(waiting, second, OfferState.ANSWERED, (at(19), at(36)), at(22), JOINED)
        session.add_all([missed, won])
        session.flush()
        made.recording = _sound(context, call, at(23))
        session.add(made.recording)
        session.flush()
        session.add(a_transcript(made.recording, language, at(50)))
        session.add(a_mark(call, made.recording, at(51)))
        session.add_all(events(call, missed, won, at))
    return call


def a_mark(call: Call, recording: Recording, at: datetime) -> AutoScore:
    """The machine's mark for a greeting that was heard."""
    place = {"recording_id": recording.id, "start": 0.5, "end": 1.5, "speaker": "agent", "utterances": []}
    return AutoScore(
        call_id=call.id,
        scorecard="service",
        item="greeting",
        answer=ItemAnswer.YES,
        probability=0.98,
        evidence=[place],
        made_at=at,
    )


def events(call: Call, missed: Offer, won: Offer, at: Callable[[float], datetime]) -> list[Row]:
    """The story of the answered call."""
    first, second = ({"offer_id": offer.id, "agent_id": offer.agent_id} for offer in (missed, won))
    sound = {"recording_id": "r"}
    happened: list[tuple[float, HistoryEvent]] = [
        (0, call_events.CallStarted()),
        (3, call_events.LanguageChosen(language=call.language)),
        (6, call_events.ConsentHeard()),
        (6.1, call_events.MenuShown(node="main")),
        (13.8, call_events.KeyPressed(node="main", outcome="booking")),
        (14, call_events.PersonRequested(queue="booking", skill="booking")),
        (14.2, call_events.OfferStarted(**first, ring=1)),
        (14.3, call_events.OfferRinging(**first, ring=1)),
        (18.9, call_events.OfferStarted(**second, ring=2)),
        (19, call_events.OfferRinging(**second, ring=2)),
        (22, call_events.OfferAnswered(**second, ring=2)),
        (22, call_events.OfferCancelled(**first, reason=OfferEndReason.ANSWERED_BY_ANOTHER)),
        (22.5, call_events.CallerConnected(agent_id=won.agent_id)),
        (23, call_events.RecordingStarted(**sound)),
        (36, call_events.CallEnded(outcome=CallOutcome.ANSWERED)),
        (40, call_events.RecordingStored(**sound)),
        (50, call_events.RecordingTranscribed(**sound, lines=4)),
        (51, call_events.CallChecked(scorecard="service", faults=[], unsure=[])),
    ]
    return [
        CallHistoryEvent(call_id=call.id, kind=event.kind, at=at(seconds), data=event.data)
        for seconds, event in happened
    ]


def a_call(name: str, start: datetime, outcome: CallOutcome | None, **other: Any) -> Call:
    """A call that began at `start`; ended when it has an outcome."""
    values: dict[str, Any] = {
        "provider_sid": f"CA{name}",
        "caller_number": f"+86138{zlib.crc32(name.encode()) % 10**8:08d}",
        "language": Language.MANDARIN,
        "status": CallStatus.ENDED if outcome else CallStatus.IN_MENU,
        "outcome": outcome,
        "started_at": start,
        "last_report_at": start,
        "ended_at": start + timedelta(seconds=20) if outcome else None,
    }
    return Call(**(values | other))


def a_waiting(call: Call, state: QueueEntryState, priority: int = 0) -> QueueEntry:
    """The row of a caller in line, or of one who was."""
    return QueueEntry(
        call_id=call.id, queue=call.queue, required_skills={}, priority=priority, state=state, asked_at=call.asked_at
    )


def an_offer(
    waiting: QueueEntry,
    agent: Agent,
    state: OfferState,
    rang: tuple[datetime, datetime | None],
    answered_at: datetime | None = None,
    why: Sequence[Reason] = (),
) -> Offer:
    """An offer that rang from and until these moments, for these reasons."""
    return Offer(
        queue_entry_id=waiting.id,
        call_id=waiting.call_id,
        agent_id=agent.id,
        state=state,
        ring=1,
        rings=3,
        reasons=list(why),
        started_at=rang[0],
        ringing_at=rang[0],
        answered_at=answered_at,
        ended_at=rang[1],
    )


def a_transcript(recording: Recording, language: Language, made_at: datetime) -> Transcript:
    """The dialogue of the answered call."""
    lines = [
        Utterance(speaker=speaker, start=start, end=end, text=text, confidence=0.9 if start else None)
        for speaker, start, end, text in DIALOGUE[language]
    ]
    return Transcript(
        recording_id=recording.id,
        call_id=recording.call_id,
        engine="whisper-base",
        language=language,
        made_at=made_at,
        utterances=lines,
    )


def _sound(context: AppContext, call: Call, start: datetime) -> Recording:
    plain = tones()
    recording_id = new_id()
    name = f"recordings/{recording_id}"
    return Recording(
        id=recording_id,
        provider_sid=f"RE{call.provider_sid}",
        call_id=call.id,
        state=RecordingState.TRANSCRIBED,
        seconds=SECONDS,
        channels=2,
        size=len(plain),
        digest=hashlib.sha256(plain).hexdigest(),
        blob=name,
        key_id=context.objects.put(name, plain, sealing_context(recording_id)),
        started_at=start,
        stored_at=start + timedelta(seconds=17),
    )
