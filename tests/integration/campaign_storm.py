"""A campaign under fire: pacing, router, worker, clock and voice may die at any transaction and any request.

The exchange dies, too: its lines are gone, and it never says so.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

import time_machine
from flask import Flask
from sqlalchemy import event, select

from campaigns.dialling import queries
from campaigns.dialling.pacing_service import Pacer
from hotline.clock import new_id
from hotline.context import AppContext
from hotline.models import Attempt, Case, Job, Recipient
from hotline.outbox.lease import Leadership
from hotline.values.states.attempt import AttemptState
from hotline.values.states.case import Urgency
from hotline.values.states.job import JobState
from hotline.values.states.leg import LegStatus
from routing.router.service import Router
from telephony.errors import ProviderDown, ProviderRefused
from telephony.provider import Provider
from telephony.views import ListedCall, RegisteredPhone
from tests.integration.campaign_house import CHECK, NOW, Killed, Line, Outside, Patient
from tests.simulation.interleave.seams import InTurn
from tests.support.passing_time import pass_in_database
from tests.support.webhooks import unhurried_app
from workers.clock import leader
from workers.leader import Leader
from workers.run import WorkerContext
from workers.run import run as perform

STEP = timedelta(seconds=15)
BESIDE = ("router", "worker", "clock")
# Threads of the voice process that nobody waits for: a death there is that of the process, at its next request.
BACKGROUND = ("prepare", "outage")
# What a campaign asks of workers.
TO_DO = (Job.state == JobState.DUE, Job.kind.in_(["dial_attempt", "text_recipient", "record_attempt", "text_advice"]))
# What the exchange reports of a line that nobody answers, and what a person or machine does who does.
UNANSWERED = {"no_answer": "no-answer", "busy": "busy", "failed": "failed"}
KEYS = {
    "stranger": ("4",),
    "refuses": ("5",),
    "later": ("3", "1"),
    "half": ("1", CHECK, "1"),
    "sign": ("1", CHECK, "3"),
    "done": ("1", CHECK, "1", "0", "1", "1", "1", "5"),
}
LIVES = (*["no_answer"] * 9, "busy", "failed", "machine", "lost", *KEYS)


@dataclass
class Exchange(Outside):
    """The exchange as the other processes see it, too: agents' phones ring in vain."""

    rung: int = 0

    def dial(self, address: str, caller_id: str, answer_url: str, status_url: str, timeout_seconds: int) -> str:
        del address, caller_id, answer_url, status_url, timeout_seconds
        self._asked("dial")
        self.rung += 1
        return f"CAagent{self.rung}"

    def phones(self) -> list[RegisteredPhone] | None:
        self.dies()
        down = self.draw.random() < self.down_before
        return None if down else [RegisteredPhone(f"client:7{number:03}", f"PH{number}", "") for number in range(10)]

    def redirect(self, sid: str, url: str) -> None:
        del sid, url
        self._asked("redirect")

    def hang_up(self, sid: str) -> None:
        self._asked("hang up")
        if sid in self.lines:
            super().hang_up(sid)

    def inbound(self, number: str, since: datetime) -> list[ListedCall]:
        del number, since
        self._asked("list")
        return []

    def recordings_of(self, call_sid: str) -> list[str]:
        del call_sid
        self._asked("list recordings")
        return []

    def record(self, call_sid: str, events_url: str) -> str:
        del call_sid, events_url
        raise ProviderRefused("record: HTTP 400", 400, 21220)

    def text(self, number: str, sender: str, body: str) -> str:
        self._asked("text")
        sid = super().text(number, sender, body)
        self._asked("text")  # taken, and not said so
        return sid

    def _asked(self, what: str) -> None:
        self.dies()
        if self.draw.random() < self.down_before:
            raise ProviderDown(f"{what}: ConnectTimeout")


def exchange_of(seed: int, share: float) -> Exchange:
    """An exchange that fails in this share of requests."""
    made = Exchange.__new__(Exchange)
    made.lines, made.now, made.texts, made.rung = {}, NOW, [], 0
    made.down_before = made.down_after = made.refuses = share
    made.draw, made.dies = Random(seed), lambda: None  # noqa: S311 (a simulation)
    return made


@dataclass
class Storm:
    """The campaign's processes, its patients, and the moment."""

    context: AppContext
    seed: int
    share: float = 1 / 20
    now: datetime = NOW
    killed: Counter[str] = field(default_factory=Counter)
    lives: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        """Start every process."""
        self.draw = Random(self.seed)  # noqa: S311 (a simulation)
        self.exchange = exchange_of(self.seed, 0.03)
        self.app: Flask = unhurried_app(self.context, self.exchange)
        self.passes = {name: self._start(name) for name in ("pacing", *BESIDE)}
        self.in_line: dict[str, Patient] = {}

    def _start(self, name: str) -> Callable[[datetime], object]:
        provider: Provider = self.exchange
        match name:
            case "pacing":
                return Leader(self._candidate(name), Pacer(self.context).work, tick_seconds=0.5).work
            case "router":
                router = Router(self.context, provider, InTurn())
                return Leader(self._candidate(name), router.work, tick_seconds=0.25).work
            case "clock":
                return leader(self.context, provider, InTurn(), self._candidate(name)).work
            case _:
                return self._do_jobs

    def _candidate(self, name: str) -> Leadership:
        return Leadership(self.context.database, name, new_id(), lambda: self.now.timestamp())

    def _do_jobs(self, _now: datetime) -> None:
        with self.context.database.read() as session:
            due = session.scalars(select(Job.id).where(*TO_DO)).all()
        for job_id in due:
            perform(WorkerContext(self.context, self.exchange), job_id)

    @contextmanager
    def deadly(self) -> Iterator[None]:
        """Within: whoever works may die at every request and between any two transactions."""

        def die(*_arguments: object) -> None:
            if threading.current_thread().name not in BACKGROUND and self.draw.random() < self.share:
                raise Killed

        self.exchange.dies = die
        event.listen(self.context.database.engine, "begin", die, insert=True)
        try:
            yield
        finally:
            event.remove(self.context.database.engine, "begin", die)
            self.exchange.dies = lambda: None

    def run(self, name: str) -> None:
        """One pass of this process; another takes its place when it dies."""
        with self.deadly():
            try:
                self.passes[name](self.now)
            except Killed:
                self.killed[name] += 1
                self.passes[name] = self._start(name)

    def step(self) -> None:
        """Every process and every patient has a turn."""
        self.exchange.now = self.now
        self.run("pacing")
        self.run("worker")
        self.run(self.draw.choice(["router", "clock"]))
        for patient in self.in_line.values():
            self._hang_up(patient)
        self.in_line.clear()
        for line in self._up():
            if self.draw.random() < 0.7:
                self._live(line, self.draw.choice(LIVES))
        if self.draw.random() < 0.05:
            self.killed["exchange"] += 1
            for line in self._up():
                line.status = LegStatus.FAILED  # and nobody is told

    def _up(self) -> list[Line]:
        return [line for line in self.exchange.lines.values() if line.status is LegStatus.INITIATED]

    def _live(self, line: Line, life: str) -> None:
        """What happens on this line, until it ends or stands in a queue."""
        self.lives[life] += 1
        patient = Patient(self.app, self.context.settings, line.number, line.sid, attempt_id=line.attempt_id)
        if life in UNANSWERED:
            line.status = LegStatus.NO_ANSWER
            self._tell(patient, f"{patient.base}/status", CallStatus=UNANSWERED[life], SequenceNumber="3")
            return
        if life == "lost":
            line.status = LegStatus.NO_ANSWER  # no report of it arrives
            return
        line.status = LegStatus.ANSWERED
        self._tell(patient, f"{patient.base}/answer")
        verdict = "machine_end_beep" if life == "machine" else "human"
        self._tell(patient, f"{patient.base}/machine", AnsweredBy=verdict)
        for keys in ("", *KEYS.get(life, ("", ""))):
            if not self._go_on(patient, keys):
                break
        if life == "sign" and patient.here.verbs[-1:] == ["Enqueue"]:
            self.in_line[line.sid] = patient
        else:
            self._hang_up(patient)

    def _go_on(self, patient: Patient, keys: str) -> bool:
        """Press keys where they are listened for; whether the conversation goes on."""
        if "Redirect" not in patient.here.verbs and "Gather" not in patient.here.verbs:
            return False
        is_asked = "Gather" in patient.here.verbs
        path = patient.here.attribute("Gather", "action") if is_asked else patient.here.text_of("Redirect")
        return self._tell(patient, path, Digits=keys)

    def _hang_up(self, patient: Patient) -> None:
        self.exchange.lines[patient.sid].status = LegStatus.COMPLETED
        if self.draw.random() < 0.9:  # else nobody hears of it
            self._tell(patient, f"{patient.base}/status", CallStatus="completed", SequenceNumber="9")

    def _tell(self, patient: Patient, path: str, **form: str) -> bool:
        """A webhook, sometimes twice; asked once more when the voice process died of it. Whether it was heard."""
        is_heard = False
        for _ in range(2):
            try:
                with self.deadly():
                    response = patient.post(path, **form)
            except Killed:
                self.killed["voice"] += 1
                continue
            assert response.status_code in {200, 204}, response.status
            patient.hears(response)
            is_heard = True
            if self.draw.random() < 0.9:
                break
        return is_heard

    def blow(self, most: int = 6000) -> None:
        """Until everybody is at an end, and nothing is left to do."""
        with time_machine.travel(self.now) as traveller:
            for _ in range(most):
                traveller.move_to(self.now)
                pass_in_database(self.context, STEP)
                self.step()
                left, due, live = self._left()
                if not left and not live:
                    break
                self.now = self.now + STEP if live or due is None else max(self.now + timedelta(seconds=1), due)
            while self._has_work():
                self.now += STEP
                traveller.move_to(self.now)
                pass_in_database(self.context, STEP)
                for name in self.passes:
                    self.run(name)

    def _has_work(self) -> bool:
        """Whether a worker or an alarm is still wanted."""
        urgent = select(Case.id).where(Case.call_id == Attempt.call_id, Case.urgency == Urgency.URGENT)
        unheard = select(Attempt.id).where(Attempt.warning_at.is_not(None), ~urgent.exists())
        with self.context.database.read() as session:
            return any(session.scalar(query.limit(1)) for query in (select(Job.id).where(*TO_DO), unheard))

    def _left(self) -> tuple[bool, datetime | None, bool]:
        """Whether somebody is not at an end, when the next is due, and whether an attempt is not over."""
        with self.context.database.read() as session:
            left = session.scalar(select(Recipient.id).where(Recipient.state.in_(queries.OPEN)).limit(1))
            due = session.scalar(
                select(Recipient.due_at).where(Recipient.due_at.is_not(None)).order_by(Recipient.due_at).limit(1)
            )
            live = session.scalar(select(Attempt.id).where(Attempt.state != AttemptState.ENDED).limit(1))
        return left is not None, due, live is not None
