"""A campaign of real processes, killed at any moment: nobody is dialled twice for an attempt, and none is lost."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import update

from campaigns import service
from cli.demo import follow_up
from hotline import clock
from hotline.models import Attempt, Recipient
from hotline.values import AttemptState, RecipientState
from routing import hospital, rules
from telephony.provider import Provider, connect
from tests.calls.stage import Stage, stage

ENDS = {RecipientState.DONE, RecipientState.REFUSED, RecipientState.STOPPED, RecipientState.WITH_PERSON}
ATTEMPTS = 16
# The processes of the Procfile that carry a campaign.
KILLED = ("dialler", "exchange", "router", "worker", "voice", "clock")
KILLS = len(KILLED) + 2
pytestmark = pytest.mark.timeout(240)


def phone(number: int) -> dict[str, Any]:
    """A patient's telephone: busy, hung up at once, somebody else, or later; each ends within seconds."""
    ways: list[dict[str, Any]] = [
        {"on_ring": {"busy": True}},
        {"on_ring": {"answer_after_seconds": 0.3}, "steps": [{"wait": 1.5}, "hang_up"]},
        {"on_ring": {"answer_after_seconds": 0.3}, "steps": [{"wait": 1.5}, {"press": "4"}, _until_over()]},
        {"on_ring": {"reject": True}},
    ]
    return {"address": f"+86139{number:08}", "incoming": [ways[(number + turn) % 4] for turn in range(4)]}


def _until_over() -> dict[str, Any]:
    return {"wait_for_hang_up": {"timeout": 15, "required": False}}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Stage]:
    """A house that calls the patients of the demo: at any hour, several a second."""
    law = (
        (follow_up.HERE / "caps.yaml")
        .read_text("utf-8")
        .replace("calls_a_second: {value: 1,", "calls_a_second: {value: 4,")
    )
    (tmp_path / "caps.yaml").write_text(law, "utf-8")
    own = follow_up.ACT.environment | {"CAMPAIGN_CAPS_FILE": str(tmp_path / "caps.yaml")}
    with stage(tmp_path, **own) as opened:
        nurses = hospital.read(follow_up.ACT.hospital, rules.of(opened.ground.settings))
        with opened.ground.database.write() as session:
            hospital.store(session, nurses, clock.now())
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


def goes_on(house: Stage) -> bool:
    """Whoever is planned is due at once, while there are attempts to make; whether any is left to end."""
    attempts = house.rows(Attempt)
    if len(attempts) < ATTEMPTS:
        later = update(Recipient).where(Recipient.state == RecipientState.PLANNED, Recipient.due_at.is_not(None))
        with house.ground.database.write() as session:
            session.execute(later.values(due_at=clock.now()))
        return True
    return any(attempt.state is not AttemptState.ENDED for attempt in attempts)


def dialled(provider: Provider, numbers: set[str], since: datetime) -> list[str]:
    """Every call to these patients that the exchange knows of."""
    return [view.sid for number in numbers for view in provider.outbound(number, since)]


def test_processes_killed_at_any_moment_dial_nobody_twice_and_lose_no_attempt(house: Stage, tmp_path: Path) -> None:
    since, storm = clock.now(), Storm(house)
    with house.phones(*(phone(number) for number in range(1, 13))):
        house.wait(lambda: '"event": "started"' in (tmp_path / "phones.log").read_text("utf-8"), 20, "the telephones")
        follow_up.begin(house.ground)
        house.wait(lambda: house.rows(Attempt), 60, "the first attempt")
        while goes_on(house) and clock.now().timestamp() - since.timestamp() < 200:
            storm.blows()
            time.sleep(0.1)
        service.pause(house.ground, follow_up.NAME)
        house.wait(lambda: not house.rows(Attempt, Attempt.state != AttemptState.ENDED), 90, "the end of every attempt")
    service.finish(house.ground, follow_up.NAME, clock.now())
    attempts, people = house.rows(Attempt), house.rows(Recipient)
    assert len(attempts) >= ATTEMPTS
    assert set(storm.killed) == set(KILLED)
    assert all(attempt.outcome is not None for attempt in attempts)
    assert {one.state for one in people} <= ENDS
    taken = [attempt.provider_sid for attempt in attempts if attempt.provider_sid]
    provider = connect(house.ground.settings)
    assert sorted(dialled(provider, {one.number for one in people}, since)) == sorted(taken)
    provider.close()
