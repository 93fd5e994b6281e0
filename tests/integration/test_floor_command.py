"""`hotline floor`: the floor of the database in a terminal, moved by notifications."""

import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

from rich.console import Console

from cli.commands import floor
from console.floor import snapshot
from hotline import clock
from hotline.context import AppContext
from hotline.values.states.agent import AgentStatus
from routing.agents import status_service as agent_status
from tests.support.factories import call_in_line, load_hospital, offer_to
from tests.support.servers import wait_for


def drawn(context: AppContext, now: datetime, seconds: float = 0.0) -> str:
    console = Console(width=140)
    with console.capture() as text:
        seen = snapshot.take(context.database, context.settings, now)
        console.print(floor.picture(seen, now + timedelta(seconds=seconds), context.settings.ring_seconds))
    return text.get()


def test_the_floor_shows_callers_agents_and_figures(context: AppContext) -> None:
    now = clock.now()
    staff = load_hospital(context, now)
    _, place = call_in_line(context, now=now)
    call_in_line(context, now=now)
    offer_to(context, place, staff["1001"], now)
    with context.database.write() as session:
        away = session.get_one(type(staff["1002"]), staff["1002"].id)
        agent_status.choose_status(session, context.notifier, away, AgentStatus.AWAY, now)
    text = drawn(context, now, 12.4)
    assert "李静" in text
    assert "offered" in text
    assert "away" in text
    assert "withheld" in text
    assert "2.5" in text  # rings, drawn without another look at the database
    assert "0% of 2" in text


def environment(context: AppContext) -> dict[str, str]:
    settings = context.settings
    return os.environ | {
        "HOTLINE_HOME": str(settings.hotline_home),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "HOTLINE_KEYS": settings.hotline_keys.get_secret_value(),
        "SECRET_KEY": "s",
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": "t",
        "VOICE_URL": settings.voice_url,
        "HOTLINE_NUMBER": settings.hotline_number,
        "COLUMNS": "140",
        "PYTHONUNBUFFERED": "1",
    }


def test_once_prints_and_leaves(context: AppContext) -> None:
    load_hospital(context)
    call_in_line(context, now=clock.now())
    run = [sys.executable, "-m", "cli.main", "floor", "--once"]
    done = subprocess.run(run, env=environment(context), capture_output=True, encoding="utf-8", check=True)
    assert "In line" in done.stdout
    assert "Booking and service desk" in done.stdout


def test_a_caller_appears_and_ctrl_c_ends_the_view(context: AppContext) -> None:
    load_hospital(context)
    screen, terminal = pty.openpty()
    run = [sys.executable, "-m", "cli.main", "floor"]
    with subprocess.Popen(run, env=environment(context) | {"TERM": "xterm"}, stdout=terminal) as view:
        os.close(terminal)
        shown: list[str] = []
        reading = threading.Thread(target=lambda: shown.extend(_texts(screen)))
        reading.start()
        try:
            wait_for(lambda: "Agents" in "".join(shown), 20, "the floor")
            assert "withheld" not in "".join(shown)
            call_in_line(context, now=clock.now())
            wait_for(lambda: "withheld" in "".join(shown), 10, "the caller")
            view.send_signal(signal.SIGINT)
            assert view.wait(20) == 0
        finally:
            view.kill()
        reading.join(10)
    os.close(screen)
    assert "The hotline goes on" in "".join(shown)


def _texts(screen: int) -> Iterator[str]:
    """What a terminal shows, until nobody writes to it any more."""
    while True:
        try:
            yield os.read(screen, 4096).decode("utf-8", "replace")
        except OSError:
            return
