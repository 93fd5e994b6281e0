"""Callers while parts of the house fail: 24 overlapping calls with sound, and what became of each of them.

The database (PostgreSQL) is away for 20 s, hung for 20 s, or restarted; Redis is hung for 20 s; the voice process is
killed. Prints JSON: per fault, how many callers spoke with a person, were connected with the number on duty, were told
why and are called back, or were sent away. `python -m bench.outage --fault away`.
"""

import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import psycopg
from sqlalchemy import select

from hotline.models import Call, Callback
from hotline.values.states.call import CallStatus
from tests.calls.stage import ANSWER, NUMBER, QUESTION, Stage, agent, stage
from tests.support.servers import Postgres

AGENTS = 4  # of the sample hospital: the pace of its conversations keeps a line of callers
FAULT_AT_SECONDS = 6.0
# A patient who is patient: they press their keys when they are asked, and stay until somebody speaks to them.
ASKS = [
    {"wait_for_answer": {"timeout": 60}},
    {"wait": 0.5},
    {"press": "2"},
    {"wait_for_prompt": {"pattern": ".", "timeout": 20, "required": False}},
    {"wait_for_prompt": {"pattern": ".", "timeout": 20, "required": False}},
    {"wait": 1.0},
    {"press": "1"},
    {"wait_for_speech_end": {"quiet": 1.0, "timeout": 240}},
    {"speak": QUESTION},
    {"wait": 0.5},
    "hang_up",
]
TALKS = {
    "on_ring": {"answer_after_seconds": 0.5},
    "steps": [{"wait": 0.8}, {"speak": ANSWER}, {"wait_for_hang_up": {"timeout": 30}}],
}
Fault = Callable[[Stage, Postgres, float], None]


def away(_house: Stage, server: Postgres, seconds: float) -> None:
    """Crash the database, and start it again after a while."""
    server.stop(signal.SIGQUIT)
    time.sleep(seconds)
    server.start()


def hung(_house: Stage, server: Postgres, seconds: float) -> None:
    """Let the database accept connections and stay silent."""
    server.freeze()
    time.sleep(seconds)
    server.thaw()


def restarted(_house: Stage, server: Postgres, _seconds: float) -> None:
    """Restart the database as an administrator does."""
    server.stop()
    server.start()


def redis_hung(house: Stage, _server: Postgres, seconds: float) -> None:
    """Let Redis accept connections and stay silent."""
    running = house.house.redis.processes["redis"].running
    assert running is not None
    running.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    running.send_signal(signal.SIGCONT)


def voice(house: Stage, _server: Postgres, _seconds: float) -> None:
    """Kill the process of the webhooks."""
    house.kill("voice")


FAULTS: dict[str, Fault] = {
    "away": away,
    "hung": hung,
    "restarted": restarted,
    "redis_hung": redis_hung,
    "voice": voice,
}


def play(fault: str, callers: int, seconds: float) -> dict[str, Any]:
    """Run one house with one fault; return what became of every caller."""
    with tempfile.TemporaryDirectory(prefix="outage-") as name:
        folder = Path(name)
        (folder / "pg").mkdir()
        folder.chmod(0o755)
        server = Postgres(folder / "pg")
        server.start()
        try:
            with psycopg.connect(f"{server.url}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE hotline")
            with stage(folder, is_deaf=True, DATABASE_URL=f"{server.url}/hotline") as house:
                return _play(house, server, (fault, callers, seconds))
        finally:
            server.stop(signal.SIGQUIT)


def _play(house: Stage, server: Postgres, wanted: tuple[str, int, float]) -> dict[str, Any]:
    fault, count, seconds = wanted
    numbers = [f"+86139000008{n:02}" for n in range(count)]
    step = 12.0 / count  # they come within twelve seconds
    callers = [
        {"address": number, "at": 0.5 + step * n, "dial": NUMBER, "steps": ASKS} for n, number in enumerate(numbers)
    ]
    with house.phones(*(agent(n, TALKS) for n in range(1, AGENTS + 1)), *callers) as phones:
        time.sleep(FAULT_AT_SECONDS)
        begun = time.monotonic()
        FAULTS[fault](house, server, seconds)
        took = time.monotonic() - begun
        house.wait(lambda: phones.poll() is not None, 300, "the end of all calls")
        house.wait(lambda: not house.rows(Call, Call.status != CallStatus.ENDED), 60, "the end of all rows")
        house.wait(lambda: len(house.rows(Call)) >= count, 90, "a row for every call")
    became = Counter(_became(house, number) for number in numbers)
    return {"fault": fault, "seconds": round(took, 1), "callers": count, **became}


def _became(house: Stage, number: str) -> str:
    index = house.context.keyring.index(number)
    with house.context.database.read() as session:
        calls = list(session.scalars(select(Call).where(Call.caller_index == index)))
        promised = session.scalar(select(Callback.id).where(Callback.call_id.in_([call.id for call in calls])))
    if any(call.answered_at for call in calls):
        return "spoke_with_a_person"
    if any(call.outcome == "forwarded" for call in calls):
        return "connected_with_duty"
    return "called_back" if promised else "sent_away"


@click.command(help=__doc__)
@click.option("--fault", type=click.Choice([*FAULTS, "all"]), default="all")
@click.option("--callers", default=24, show_default=True)
@click.option("--seconds", default=20.0, show_default=True)
def main(fault: str, callers: int, seconds: float) -> None:
    """Play the faults one after the other."""
    for name in FAULTS if fault == "all" else [fault]:
        print(f"{name} …", file=sys.stderr)
        print(json.dumps(play(name, callers, seconds)), flush=True)


if __name__ == "__main__":
    main()
