"""A campaign of real processes: what a machine hears of it; killed, it dials nobody twice and loses no attempt."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from campaigns.importing import file_service
from campaigns.planning import enrolment_service, plan, service
from cli.demo import act, follow_up
from hotline import clock
from hotline.models import Attempt, Recipient
from hotline.values.language import Language
from hotline.values.states.attempt import AttemptOutcome, AttemptState
from hotline.values.states.recipient import RecipientState
from routing.agents import hospital_file, hospital_service
from routing.queues import queues_file
from telephony.provider import Provider, connect
from tests.calls.stage import IGNORES, Stage, agent, stage
from tests.unit.campaigns.dialogue.test_dialogue import MEDICAL

ENDS = {RecipientState.DONE, RecipientState.REFUSED, RecipientState.STOPPED, RecipientState.WITH_PERSON}
ATTEMPTS = 16
# The processes of the Procfile that carry a campaign.
KILLED = ("dialler", "exchange", "router", "worker", "voice", "clock")
NURSES = (6, 7, 8)  # their telephones
KILLS = len(KILLED) + 2
ASKED = {"wait_for_prompt": {"pattern": "本人|May I", "timeout": 10, "required": False}}
MACHINE, PERSON = "+8613900000021", "+8613900000022"


def phone(number: int) -> dict[str, Any]:
    """A patient's telephone: busy, hung up at once, somebody else, or later; each ends within seconds."""
    ways: list[dict[str, Any]] = [
        {"on_ring": {"busy": True}},
        {"on_ring": {"answer_after_seconds": 0.3}, "steps": [{"wait": 1.5}, "hang_up"]},
        {"on_ring": {"answer_after_seconds": 0.3}, "steps": [ASKED, {"press": "4"}, _until_over()]},
        {"on_ring": {"reject": True}},
    ]
    return {"address": f"+86139{number:08}", "incoming": [ways[(number + turn) % 4] for turn in range(4)]}


def _until_over(seconds: int = 15) -> dict[str, Any]:
    return {"wait_for_hang_up": {"timeout": seconds, "required": False}}


def over(house: Stage) -> list[Attempt]:
    """The attempts that have ended."""
    return house.rows(Attempt, Attempt.state == AttemptState.ENDED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the house writes."""
    return tmp_path_factory.mktemp("campaign")


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[Stage]:
    """A house that calls the patients of the demo: at any hour, several a second."""
    law = (
        (follow_up.HERE / "dialling_limits.yaml")
        .read_text("utf-8")
        .replace("calls_a_second: {value: 1,", "calls_a_second: {value: 4,")
    )
    (folder / "dialling_limits.yaml").write_text(law, "utf-8")
    own = follow_up.ACT.environment | {"DIALLING_LIMITS_FILE": str(folder / "dialling_limits.yaml")}
    with stage(folder, is_deaf=True, **own) as opened:
        nurses = hospital_file.read(follow_up.ACT.hospital, queues_file.of(opened.context.settings))
        with opened.context.database.write() as session:
            hospital_service.store(session, nurses, clock.now())
        act.on_duty(opened.context.database, opened.context.notifier, follow_up.NURSES)
        yield opened


@dataclass
class Storm:
    """Kills at random moments, each once the campaign has moved since the last: every process once before any twice."""

    house: Stage
    draw: Random = field(default_factory=lambda: Random(6))  # noqa: S311 (the moments of a test)
    killed: list[str] = field(default_factory=list)
    seen: object = None
    due: float | None = None

    def blows(self) -> None:
        """Kill the next process when its moment has come."""
        here = sorted((attempt.id, attempt.state) for attempt in self.house.rows(Attempt))
        if self.due is None and here != self.seen:
            self.due = time.monotonic() + self.draw.uniform(0.0, 1.2)
        if self.due is None or time.monotonic() < self.due or len(self.killed) >= KILLS:
            return
        rounds = len(self.killed) // len(KILLED)
        name = self.draw.choice([name for name in KILLED if self.killed.count(name) == rounds])
        self.house.kill(name)
        self.killed.append(name)
        self.seen, self.due = here, None


def goes_on(house: Stage, since: datetime) -> bool:
    """Whoever is planned is due at once, while there are attempts to make; whether any is left to end."""
    attempts = house.rows(Attempt, Attempt.reserved_at >= since)
    if len(attempts) < ATTEMPTS:
        later = update(Recipient).where(Recipient.state == RecipientState.PLANNED, Recipient.due_at.is_not(None))
        with house.context.database.write() as session:
            session.execute(later.values(due_at=clock.now()))
        return True
    return any(attempt.state is not AttemptState.ENDED for attempt in attempts)


def dialled(provider: Provider, numbers: set[str], since: datetime) -> list[str]:
    """Every call to these patients that the exchange knows of."""
    return [view.sid for number in numbers for view in provider.outbound(number, since)]


@contextmanager
def telephones(house: Stage, folder: Path, *phones: dict[str, Any]) -> Iterator[None]:
    """These telephones and the nurses', without whom nobody is called, as soon as they can be rung."""

    def plays() -> int:
        log = folder / "phones.log"
        return log.read_text("utf-8").count('"event": "started"') if log.exists() else 0

    before = plays()
    with house.phones(*phones, *(agent(number, IGNORES) for number in NURSES)):
        house.wait(lambda: plays() > before, 20, "the telephones")
        yield


def spoken(folder: Path, number: str) -> list[str]:
    """Every sentence that the exchange spoke to this telephone, in its order."""
    told = [json.loads(line) for line in (folder / "phones.log").read_text("utf-8").splitlines() if line[:1] == "{"]
    said = [one for one in told if one["phone"] == number and one["event"] == "prompt" and one["state"] == "start"]
    return [str(one.get("text", "")) for one in said]


def begin(house: Stage, folder: Path, name: str, rows: dict[str, str]) -> None:
    """A campaign of its own for these patients, by number."""
    now = clock.now()
    yesterday = f"{now.astimezone(ZoneInfo(house.context.settings.timezone)) - timedelta(days=1):%Y-%m-%d}"
    lines = [f"{number[-6:]},{who},{number},1968-07-02,{yesterday},zh-CN,yes" for number, who in rows.items()]
    head = "patient_number,name,phone,birth_date,discharged_on,language,consent"
    file = folder / f"{name}.csv"
    file.write_text("\n".join([head, *lines]), "utf-8")
    file_service.take(house.context, file, file_service.ImportOptions(), now)
    service.make(house.context.database, name, plan.Scope(), now)
    enrolment_service.enrol(house.context, name, now)
    service.start(house.context.database, house.context.notifier, name, now)


def picks_up(number: str, *steps: Any) -> dict[str, Any]:
    """A telephone that is picked up at once."""
    return {"address": number, "incoming": [{"on_ring": {"answer_after_seconds": 0.3}, "steps": list(steps)}]}


def test_a_machine_with_a_long_greeting_hears_no_name_and_a_person_is_asked_for_by_name(
    house: Stage, folder: Path
) -> None:
    told = {"wait_for_prompt": {"pattern": "方便时致电", "timeout": 30}}
    greeting = {"speak": str(follow_up.HERE / "machine-greets.wav")}
    machine = picks_up(MACHINE, greeting, told, {"wait": 1.0}, "hang_up")
    person = picks_up(PERSON, ASKED, {"press": "4"}, _until_over())
    with telephones(house, folder, machine, person):
        begin(house, folder, "machine", {MACHINE: "李建国", PERSON: "刘志强"})
        ended = house.wait(lambda: len(over(house)) == 2 and over(house), 60, "the end of both calls")
    service.finish(house.context.database, house.context.notifier, "machine", clock.now())
    assert {one.outcome for one in ended} == {AttemptOutcome.MACHINE, AttemptOutcome.WRONG_PERSON}
    heard = " ".join(spoken(folder, MACHINE))
    assert heard.startswith("您好，这里是")
    assert heard.count("请您方便时致电") == 1
    assert not [word for word in ("李建国", *MEDICAL[Language.MANDARIN]) if word in heard]
    greeted, asked, *_ = spoken(folder, PERSON)
    assert greeted.startswith("您好，这里是")
    assert asked == "请问是刘志强本人吗？"


def test_processes_killed_at_any_moment_dial_nobody_twice_and_lose_no_attempt(house: Stage, folder: Path) -> None:
    since, storm = clock.now(), Storm(house)
    with telephones(house, folder, *(phone(number) for number in range(1, 13))):
        follow_up.begin(house.context)
        house.wait(lambda: house.rows(Attempt, Attempt.reserved_at >= since), 60, "the first attempt")
        while goes_on(house, since) and clock.now().timestamp() - since.timestamp() < 200:
            storm.blows()
            time.sleep(0.1)
        service.pause(house.context.database, house.context.notifier, follow_up.NAME)
        house.wait(lambda: not house.rows(Attempt, Attempt.state != AttemptState.ENDED), 90, "the end of every attempt")
    service.finish(house.context.database, house.context.notifier, follow_up.NAME, clock.now())
    attempts, people = house.rows(Attempt, Attempt.reserved_at >= since), house.rows(Recipient)
    assert len(attempts) >= ATTEMPTS
    assert set(storm.killed) == set(KILLED)
    assert all(attempt.outcome is not None for attempt in attempts)
    assert {one.state for one in people} <= ENDS
    taken = [attempt.provider_sid for attempt in attempts if attempt.provider_sid]
    provider = connect(house.context.settings)
    assert sorted(dialled(provider, {one.number for one in people}, since)) == sorted(taken)
    provider.close()
