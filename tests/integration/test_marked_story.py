"""A small story with marked patients: lists, a call, a campaign's call. Without the keys no mark is found anywhere."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
import sqlalchemy as sa
import structlog
import time_machine

from campaigns.importing.watched_folder_service import WatchedFolder
from campaigns.planning import enrolment_service, plan, service
from crm.patients import service as patients_service
from hotline import clock, log
from hotline.context import AppContext, open_context
from hotline.database.database import Database
from hotline.models import Agent, AgentSkill, Answer, Attempt, Call, Job, Offer, QueueEntry
from hotline.values.reason import Reason
from hotline.values.reason_codes import PriorityReason
from hotline.values.states.agent import AgentStatus
from hotline.values.states.call import CallStatus
from hotline.values.states.leg import LegStatus
from routing.router.service import Router
from tests.conftest import make_settings
from tests.integration.caller import Caller
from tests.integration.campaign_house import NOW, Outside, Patient, look, report
from tests.support.factories import load_hospital
from tests.support.servers import wait_for
from tests.support.webhooks import unhurried_app
from workers import run, sweep

NUMBER, NAME, BORN = "13877776661", "Zinnober Quendel", "1931-07-19"
LISTED = f"number,name,birth_date,flags\n{NUMBER},{NAME},{BORN},cardiac\n"
# By what they say who they are: the year and the day.
CHECK = "193119"
WARD, CODE = "Quendelstation", "I50.913"
DISCHARGED = (
    "patient_number,name,birth_date,phone,ward,diagnosis,discharged_on,consent,language\n"
    f"Q7700198,{NAME},{BORN},{NUMBER},{WARD},{CODE},2026-02-28,yes,en\n"
    "Q7700199,Quark Quendel,1931-07-20,13877776662x,Quarkstation,I50.914,2026-02-28,yes,en\n"
)
SAID = "it is the lavender knee"
# Whatever must not be found: in what was told of them, and in what the hotline makes of it.
MARKS = (
    *(
        NUMBER,
        "3877776",
        "Zinnober",
        "Quendel",
        "zinnober",
        BORN,
        "Q7700198",
        "7700198",
        WARD,
        CODE,
        "I50.9",
        "lavender",
    ),
    *("Quark", "I50.914", "heart_failure", "cardiac patient", "aged 80", "chest_pain", "chest pain", "1931-07"),
)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    """It is Monday morning, within everybody's hours."""
    with time_machine.travel(NOW):
        yield


class Exchange(Outside):
    """The exchange of the campaign's test house, which dials agents as well and knows nothing of their telephones."""

    def dial(self, address: str, caller_id: str, answer_url: str, status_url: str, timeout_seconds: int) -> str:
        del address, caller_id, answer_url, status_url, timeout_seconds
        return f"CA{clock.new_id()}"

    def phones(self) -> None:
        """It does not tell."""


@pytest.fixture
def house(tmp_path: Path, database_url: str, redis_server: str) -> Iterator[AppContext]:
    """A hospital that watches a folder of its own, and its log in the form of production."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "home").mkdir()
    before = structlog.get_config()
    more = {"campaign_inbox": tmp_path / "inbox", "import_skips_rejected": True}
    with open_context(make_settings(tmp_path, database_url, redis_server, **more)) as context:
        context.notifier.redis.flushdb()
        log.configure("story")
        load_hospital(context)
        yield context
        context.notifier.redis.flushdb()
    structlog.configure(**before)
    structlog.contextvars.unbind_contextvars("process")


def lists(context: AppContext, folder: Path) -> None:
    """The hospital's list of patients is loaded, and a file of discharges lies in the watched folder."""
    (folder / "patients.csv").write_text(LISTED, "utf-8")
    assert patients_service.import_file(context, folder / "patients.csv", NOW).added == 1
    (folder / "inbox" / f"{NAME}.csv").write_text(DISCHARGED, "utf-8")
    watched = WatchedFolder(context)
    watched.sweep(NOW)
    assert watched.sweep(NOW + timedelta(minutes=1)) == 1
    assert (folder / "inbox" / "done" / f"{NAME}.csv").exists()


def call(context: AppContext, exchange: Exchange) -> Caller:
    """The patient calls, asks for a person, and an agent's telephone rings; in line still."""
    caller = Caller(unhurried_app(context, exchange), context.settings, f"+86{NUMBER}")
    caller.call()
    for key in ("2", "", "2"):
        caller.press(key)
    with context.database.write() as session:
        for agent in session.scalars(sa.select(Agent)):
            agent.status = AgentStatus.AVAILABLE
    Router(context, exchange).work(clock.now())
    with context.database.read() as session:
        for column in (QueueEntry.reasons, Offer.reasons):
            reasons = [reason for listed in session.scalars(sa.select(column)) for reason in listed]
            assert Reason(PriorityReason.AGED, {"age": 80}) in reasons
            assert Reason(PriorityReason.CARDIAC) in reasons
    return caller


def conversation(context: AppContext, exchange: Exchange) -> Patient:
    """The campaign calls the patient, who answers in words and tells of a warning sign."""
    with context.database.write() as session:
        skills = [AgentSkill(skill=name, level=5) for name in ("nurse", "zh-CN", "en-US")]
        nurse = Agent(staff_number="7001", name="护士", address="client:7001", skills=skills)
        nurse.status, nurse.state_since = AgentStatus.AVAILABLE, NOW
        session.add(nurse)
    service.make(context.database, "spring", plan.Scope(), NOW)
    assert enrolment_service.enrol(context, "spring", NOW).added > 0
    service.start(context.database, context.notifier, "spring", NOW)
    look(context, exchange, NOW)
    (line,) = exchange.lines.values()
    report(context, line, LegStatus.RINGING, NOW)
    app = unhurried_app(context, exchange)
    patient = Patient(app, context.settings, line.number, line.sid, attempt_id=line.attempt_id)
    patient.pick_up()
    assert NAME in patient.here.said
    patient.press("1")
    patient.press(CHECK)
    patient.press("1")
    patient.say(SAID)
    patient.say("I have chest pain")
    with context.database.read() as session:
        assert session.scalars(sa.select(Attempt.warning)).one() == "chest_pain"
        assert session.scalars(sa.select(Answer)).first() is not None
    return patient


def work_off(context: AppContext, exchange: Exchange) -> None:
    """Whatever waits for a worker is done, and fails where nothing of a voice is here."""
    worker = run.WorkerContext(context, exchange)
    with context.database.read() as session:
        ids = list(session.scalars(sa.text("SELECT id FROM jobs WHERE kind <> 'render_prompt'")))
    for job_id in ids:
        run.run(worker, job_id)


def stored(database: Database) -> str:
    """All that somebody finds who has the database and no key."""
    if database.is_sqlite:
        file = Path(str(database.engine.url.database))
        return "".join(each.read_bytes().decode("latin-1") for each in file.parent.glob(f"{file.name}*"))
    with database.read() as session:
        tables = session.scalars(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        rows = [session.scalars(sa.text(f'SELECT t::text FROM "{name}" AS t')).all() for name in tables]  # noqa: S608 (names of our own tables)
    return "\n".join(line for lines in rows for line in lines)


def kept(server: redis.Redis) -> str:
    """Every key of Redis with what it holds."""
    return " ".join(f"{key!r} {_value(server, key)!r}" for key in server.scan_iter())


def _value(server: redis.Redis, key: bytes) -> object:
    kind = server.type(key)
    if kind == b"string":
        return server.get(key)
    if kind == b"hash":
        return server.hgetall(key)
    if kind == b"set":
        return server.smembers(key)
    if kind == b"list":
        return server.lrange(key, 0, -1)
    if kind == b"zset":
        return server.zrange(key, 0, -1, withscores=True)
    return server.xrange(key)


def files(folder: Path) -> str:
    """All files below, but for the hospital's own, which it gave us and deletes itself."""
    own = {"patients.csv", f"{NAME}.csv"}
    found = [path for path in folder.rglob("*") if path.is_file() and path.name not in own]
    return "".join(path.read_bytes().decode("latin-1") for path in found)


def test_a_whole_story_leaves_no_mark_for_whoever_has_no_key(
    house: AppContext, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    channels = house.notifier.redis.pubsub(ignore_subscribe_messages=True)
    channels.psubscribe("*")
    exchange = Exchange()
    lists(house, tmp_path)
    caller = call(house, exchange)
    patient = conversation(house, exchange)
    places = {"redis": kept(house.notifier.redis), "files": files(tmp_path)}
    places["database"] = stored(house.database)
    caller.hang_up()
    patient.end()
    work_off(house, exchange)
    with house.database.write() as session:
        session.execute(sa.update(Job).values(due_at=clock.now() - timedelta(minutes=1)))
    sweep.forgotten_jobs(house.database, house.notifier)
    with house.database.read() as session:
        calls = session.execute(sa.select(Call.status, Call.last_answer)).all()
    logged = capsys.readouterr()
    places |= {
        "log": logged.out + logged.err,
        "redis later": kept(house.notifier.redis),
        "files later": files(tmp_path),
    }
    places |= {"database later": stored(house.database)}
    # A notification says on its channel that something changed, and nothing else.
    notified: list[Any] = [wait_for(channels.get_message, what="a notification")]
    notified += iter(lambda: channels.get_message(timeout=0.1), None)
    assert {message["data"] for message in notified} == {b""}
    found = {(place, mark) for place, text in places.items() for mark in MARKS if _is_in(mark, text)}
    assert not found
    assert calls == [(CallStatus.ENDED, None)] * 2


def _is_in(mark: str, text: str) -> bool:
    """As it is, or as JSON and logs write what is not ASCII."""
    return any(form in text for form in (mark, mark.encode().decode("latin-1"), ascii(mark)[1:-1]))


def test_the_looking_would_find_a_mark(house: AppContext, tmp_path: Path) -> None:
    with house.database.write() as session:
        session.execute(sa.text("UPDATE skills SET label_en = 'Zinnober'"))
    house.notifier.redis.set("name", "Zinnober")
    (tmp_path / "home" / "left.txt").write_text("Zinnober", "utf-8")
    assert "Zinnober" in stored(house.database)
    assert "Zinnober" in kept(house.notifier.redis)
    assert "Zinnober" in files(tmp_path / "home")
