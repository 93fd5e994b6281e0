"""A campaign in a test: recipients who are due, nurses, and an exchange that may fail, double and lose."""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import select
from werkzeug.test import TestResponse

from campaigns.dialling import dial_service
from campaigns.dialling import service as dialling_service
from campaigns.dialling.pacing_service import Pacer
from campaigns.dialling.reconcile_service import Reconciler
from campaigns.dialogue import after_call_service, progress_service
from campaigns.importing import service as importing_service
from campaigns.importing.record import DischargeFacts, VisitEvent, VisitRecord
from campaigns.planning import enrolment_service, plan, service
from hotline import clock
from hotline.context import AppContext
from hotline.errors import Discard
from hotline.models import Agent, AgentSkill, Attempt, Recipient
from hotline.values.states.agent import AgentStatus
from hotline.values.states.attempt import AttemptOutcome, AttemptState
from hotline.values.states.leg import LegStatus
from routing.calls.leg_service import LegReport
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider
from telephony.provider.calls import PatientWebhooks
from telephony.vendor_words import AnsweredBy
from telephony.views import LegView, ListedCall
from tests.integration.caller import Caller, Document
from tests.support.factories import load_hospital

# A Monday, ten in the morning in Shanghai.
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
# By what its patients say who they are.
CHECK = "198017"


class Killed(BaseException):
    """The process dies here."""


@dataclass(eq=False)
class Line:
    """A patient's line at the exchange."""

    sid: str
    attempt_id: str
    number: str
    started_at: datetime
    status: LegStatus = LegStatus.INITIATED
    sequence: int = 0


@dataclass
class Outside(Provider):
    """The exchange: takes calls, or is down before or after it took one. `dies` is asked at every request."""

    lines: dict[str, Line] = field(default_factory=dict)
    now: datetime = NOW
    down_before: float = 0.0
    down_after: float = 0.0
    refuses: float = 0.0
    draw: Random = field(default_factory=lambda: Random(1))  # noqa: S311 (a simulation)
    dies: Callable[[], None] = lambda: None
    texts: list[tuple[str, str]] = field(default_factory=list)
    pacer: Pacer | None = None
    reconciler: Reconciler | None = None

    def dial_patient(self, number: str, caller_id: str, webhooks: PatientWebhooks, timeout_seconds: int) -> str:
        del caller_id, timeout_seconds
        self.dies()
        if self.draw.random() < self.down_before:
            raise ProviderDown("dial: ConnectTimeout")
        if self.draw.random() < self.refuses:
            raise ProviderRefused("dial: HTTP 400", 400, 21211)
        line = Line(f"CA{clock.new_id()}", webhooks.answer.split("/")[-2], number, self.now)
        self.lines[line.sid] = line
        self.dies()
        if self.draw.random() < self.down_after:
            raise ProviderDown("dial: ReadTimeout")
        return line.sid

    def outbound(self, number: str, since: datetime) -> list[ListedCall]:
        found = [line for line in self.lines.values() if line.number == number and line.started_at >= since]
        return [ListedCall(line.sid, "", line.status, line.started_at, None) for line in reversed(found)]

    def leg(self, sid: str) -> LegView | None:
        line = self.lines.get(sid)
        return None if line is None else LegView(sid, line.status, None)

    def hang_up(self, sid: str) -> None:
        self.lines[sid].status = LegStatus.CANCELED

    def text(self, number: str, sender: str, body: str) -> str:
        del sender
        self.texts.append((number, body))
        return "SM1"

    def was_texted(self, number: str, sender: str, body: str, since: datetime) -> bool:
        del sender, since
        return (number, body) in self.texts

    def dialled(self) -> Counter[str]:
        """How often each attempt was dialled."""
        return Counter(line.attempt_id for line in self.lines.values())


@dataclass
class Patient(Caller):
    """A patient's line for one attempt."""

    attempt_id: str = ""

    @property
    def base(self) -> str:
        """Where this attempt's webhooks go."""
        return f"/voice/campaigns/attempts/{self.attempt_id}"

    def answer(self) -> Document:
        """Something picks up."""
        return self.ask(f"{self.base}/answer")

    def pick_up(self) -> Document:
        """A person answers the telephone, and the hospital's name is said."""
        self.answer()
        self.told("human")
        return self.go_on()

    def told(self, by: str) -> None:
        """The exchange says whom it takes the line for."""
        assert self.post(f"{self.base}/machine", AnsweredBy=by).status_code == 204

    def go_on(self) -> Document:
        """What was said is over."""
        return self.ask(self.here.text_of("Redirect"))

    def say(self, words: str) -> Document:
        """Say something where one is listened to."""
        return self.ask(self.here.attribute("Gather", "action"), SpeechResult=words)

    def end(self, sequence: int = 9) -> None:
        """Hang up."""
        self.post(f"{self.base}/status", CallStatus="completed", SequenceNumber=str(sequence))

    def hears(self, answer: TestResponse) -> None:
        """Go on with the document that was answered."""
        if answer.data:
            self.here = Document(answer.text)


def outside(seed: int = 1) -> Outside:
    """An exchange that never fails."""
    made = Outside.__new__(Outside)
    made.lines, made.now, made.texts, made.pacer, made.reconciler = {}, NOW, [], None, None
    made.down_before = made.down_after = made.refuses = 0.0
    made.draw, made.dies = Random(seed), lambda: None  # noqa: S311
    return made


def discharge(number: int, **told: object) -> VisitRecord:
    """A patient of the general kind, discharged eight days ago."""
    facts: dict[str, object] = {
        "name": "王芳",
        "birth_date": datetime(1980, 5, 17, tzinfo=UTC).date(),
        "number": f"+86138{number:08}",
        "has_consent": True,
        "ward": "外科三病区" if number % 2 else "心内科",
    }
    facts |= {name: told.pop(name) for name in list(told) if name in DischargeFacts.__dataclass_fields__}
    values: dict[str, object] = {
        "event": VisitEvent.DISCHARGED,
        "patient_number": f"P{number:05}",
        "visit": "1",
        "happened_on": (NOW - timedelta(days=8)).date(),
        "facts": DischargeFacts(**facts),  # type: ignore[arg-type] # as the test wrote them
    }
    return VisitRecord(**(values | told))  # type: ignore[arg-type] # likewise


def campaign(context: AppContext, count: int, now: datetime = NOW) -> list[str]:
    """A running campaign with so many recipients; their ids."""
    load_hospital(context)
    with context.database.write() as session:
        for number in range(8):
            skills = [AgentSkill(skill=name, level=5) for name in ("nurse", "zh-CN", "en-US")]
            nurse = Agent(staff_number=f"7{number:03}", name="护士", address=f"client:7{number:03}", skills=skills)
            nurse.status, nurse.state_since = AgentStatus.AVAILABLE, now
            session.add(nurse)
    importing_service.store(context, [discharge(number) for number in range(count)], "test", now)
    service.make(context.database, "spring", plan.Scope(), now)
    enrolment_service.enrol(context, "spring", now)
    service.start(context.database, context.notifier, "spring", now)
    with context.database.read() as session:
        return list(session.scalars(select(Recipient.id).order_by(Recipient.id)))


def recipient(context: AppContext, recipient_id: str) -> Recipient:
    """The recipient as it is now."""
    with context.database.read() as session:
        return session.get_one(Recipient, recipient_id)


def attempts_of(context: AppContext, recipient_id: str) -> list[Attempt]:
    """The attempts of a recipient in their order."""
    with context.database.read() as session:
        query = select(Attempt).where(Attempt.recipient_id == recipient_id).order_by(Attempt.number)
        return list(session.scalars(query))


def look(context: AppContext, exchange: Outside, now: datetime) -> None:
    """One step of the clock, of the pace and of a worker that dials, always the same ones."""
    exchange.now = now
    exchange.reconciler = exchange.reconciler or Reconciler(context, exchange)
    exchange.pacer = exchange.pacer or Pacer(context)
    exchange.reconciler.sweep(now)
    after_call_service.alarm(context, exchange, now)
    exchange.pacer.work(now)
    work_off(context, exchange, now)


def work_off(context: AppContext, exchange: Outside, now: datetime) -> None:
    """A worker dials whoever is reserved, and is told to do so a second time."""
    with context.database.read() as session:
        reserved = list(session.scalars(select(Attempt.id).where(Attempt.state == AttemptState.RESERVED)))
    for attempt_id in [*reserved, *reserved]:
        with suppress(Discard):
            dial_service.dial(context, exchange, attempt_id, now)


def report(context: AppContext, line: Line, status: LegStatus, now: datetime) -> None:
    """The exchange reports on a line."""
    line.status, line.sequence = status, line.sequence + 1
    dialling_service.report(context, line.attempt_id, LegReport(line.sid, status, line.sequence), now)


def ends(context: AppContext, line: Line, outcome: AttemptOutcome, now: datetime) -> None:
    """The patient behind this line does this, and the line is over."""
    unanswered = {AttemptOutcome.BUSY: LegStatus.BUSY, AttemptOutcome.NO_ANSWER: LegStatus.NO_ANSWER}
    if outcome in unanswered or outcome is AttemptOutcome.FAILED:
        report(context, line, unanswered.get(outcome, LegStatus.FAILED), now)
        return
    report(context, line, LegStatus.RINGING, now)
    progress_service.answered(context.database, line.attempt_id, line.sid, now)
    if outcome is AttemptOutcome.MACHINE:
        progress_service.note_answered_by(context.database, line.attempt_id, AnsweredBy.MACHINE)
    else:
        with context.database.write() as session:
            progress_service.note_verified(session, line.attempt_id, now)
            if outcome is not AttemptOutcome.PARTIAL:
                later = now + timedelta(hours=1) if outcome is AttemptOutcome.CALL_LATER else None
                progress_service.conclude(session, line.attempt_id, outcome, postponed_until=later)
    report(context, line, LegStatus.COMPLETED, now + timedelta(minutes=2))
