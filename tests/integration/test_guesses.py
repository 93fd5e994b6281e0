"""Guessing of passwords: counted before it is looked at, across processes, and shutting nobody else out."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
import requests
import time_machine
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select

from accounts.passwords import throttle_queries
from cli.main import group
from console.accounts import devices
from hotline import clock
from hotline.configuration.settings import Settings
from hotline.context import AppContext
from hotline.models import AuditEntry, SignInThrottle, User
from hotline.values.access import Role
from tests.conftest import environment
from tests.support.morning import PASSWORD, Morning
from tests.support.servers import free_port, wait_for
from tests.support.staff import Staff, signed_in

PARALLEL = 60
WRONG, RIGHT, LATER = HTTPStatus.UNAUTHORIZED, HTTPStatus.FOUND, HTTPStatus.TOO_MANY_REQUESTS
WORD = "no such password"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@contextmanager
def served(settings: Settings, folder: Path) -> Iterator[str]:
    """The staff pages in a process of their own, as in production; their address."""
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "--worker-class", "gevent", "--bind", address]
    with (folder / f"{address}.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--graceful-timeout", "1", "console.serve:app()"],
            env=os.environ | environment(settings),
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(lambda: process.poll() is not None or answers(f"http://{address}"), 60, "the staff pages")
        assert process.poll() is None, "the staff pages do not start"
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(60)


def answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def guess(url: str, login: str = "supervisor", password: str = WORD) -> requests.Response:
    """One try by a browser that nobody knows."""
    with requests.Session() as browser:
        token = TOKEN.search(browser.get(f"{url}/sign-in", timeout=120).text)
        assert token
        form = {"csrf_token": token[1], "login": login, "password": password}
        return browser.post(f"{url}/sign-in", data=form, allow_redirects=False, timeout=120)


def codes(urls: list[str], login: str = "supervisor") -> list[int]:
    """What sixty guesses at the same time are answered, spread over these processes."""
    with ThreadPoolExecutor(PARALLEL) as pool:
        tries = pool.map(lambda n: guess(urls[n % len(urls)], login, f"guess {n}"), range(PARALLEL))
        return [answer.status_code for answer in tries]


def test_sixty_guesses_at_once_at_two_processes_are_looked_at_five_times_and_so_after_a_restart(
    context: AppContext, made: Morning, tmp_path: Path
) -> None:
    assert made.agents
    # Redis is away, which changes nothing.
    settings = context.settings.model_copy(update={"redis_url": f"unix://{tmp_path / 'nothing.sock'}?db=0"})
    with ExitStack() as both:
        urls = [both.enter_context(served(settings, tmp_path)) for _ in range(2)]
        found = codes(urls)
        assert found.count(WRONG) == throttle_queries.PER_NAME, found
        assert found.count(LATER) == PARALLEL - throttle_queries.PER_NAME
        assert guess(urls[0], "administrator", PASSWORD).status_code == RIGHT
    with served(settings, tmp_path) as again:
        late = guess(again, "supervisor", PASSWORD)
        assert late.status_code == LATER
        assert 0 < int(late.headers["Retry-After"]) <= throttle_queries.WINDOW.total_seconds()


def test_whoever_is_signed_in_is_served_while_passwords_are_guessed(
    context: AppContext, made: Morning, tmp_path: Path
) -> None:
    assert made.agents
    with served(context.settings, tmp_path) as url, ThreadPoolExecutor(PARALLEL) as pool:
        names = [pool.submit(guess, url, f"name{n}") for n in range(PARALLEL)]
        served_meanwhile = 0
        while not all(each.done() for each in names):
            served_meanwhile += requests.get(f"{url}/healthz", timeout=120).ok
            time.sleep(0.2)
        found = [each.result().status_code for each in names]
    assert served_meanwhile
    assert set(found) <= {WRONG, LATER}
    assert WRONG in found


def test_a_locked_name_opens_by_itself_after_its_time(app: Flask) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        answered = [Staff(app, f"192.0.2.{n}").sign_in("agent", "wrong").status_code for n in range(6)]
        assert answered == [WRONG] * 5 + [LATER]
        moment.shift(throttle_queries.WINDOW - timedelta(seconds=1))
        assert Staff(app).sign_in("agent").status_code == LATER
        moment.shift(timedelta(seconds=2))
        assert Staff(app).sign_in("agent").status_code == RIGHT


def test_a_browser_that_knows_its_user_stays_open_whoever_guesses(app: Flask) -> None:
    own = signed_in(app, Role.AGENT)
    own.send("/sign-out")
    for n in range(6):
        Staff(app, f"192.0.2.{n}").sign_in("agent", "wrong")
    assert Staff(app).sign_in("agent").status_code == LATER
    assert own.sign_in("agent", "mistyped").status_code == WRONG
    assert own.sign_in("agent").status_code == RIGHT


def test_a_known_browser_has_an_allowance_and_no_more(app: Flask) -> None:
    own = signed_in(app, Role.AGENT)
    own.send("/sign-out")
    answered = [own.sign_in("agent", f"guess {n}").status_code for n in range(throttle_queries.PER_DEVICE + 1)]
    assert answered == [WRONG] * throttle_queries.PER_DEVICE + [LATER]
    assert Staff(app).sign_in("agent").status_code == RIGHT, "no other browser is shut by it"


def test_a_browser_is_known_for_its_user_alone_and_until_the_password_is_another(app: Flask) -> None:
    own = signed_in(app, Role.AGENT)
    own.send("/account/password", old=PASSWORD, password="seven quiet rivers", again="seven quiet rivers")
    stolen = Staff(app)
    cookie = signed_in(app, Role.SUPERVISOR).client.get_cookie(devices.COOKIE)
    assert cookie
    stolen.client.set_cookie(devices.COOKIE, cookie.value)
    for n in range(6):
        stolen.sign_in("agent", f"guess {n}")
    assert stolen.sign_in("agent", "seven quiet rivers").status_code == LATER, (
        "another user's browser counts for nothing"
    )
    assert own.send("/sign-out").status_code == RIGHT
    assert own.sign_in("agent", "seven quiet rivers").status_code == RIGHT, "the new password was chosen in this one"


def test_a_password_that_was_changed_forgets_other_browsers(app: Flask) -> None:
    here, elsewhere = signed_in(app, Role.AGENT), signed_in(app, Role.AGENT)
    here.send("/account/password", old=PASSWORD, password="seven quiet rivers", again="seven quiet rivers")
    for n in range(6):
        Staff(app, f"192.0.2.{n}").sign_in("agent", "wrong")
    assert elsewhere.sign_in("agent", "seven quiet rivers").status_code == LATER


def test_one_person_shuts_no_address_that_all_share(app: Flask, context: AppContext) -> None:
    for n in range(2 * throttle_queries.PER_NAME):
        assert Staff(app).sign_in("agent", f"guess {n}").status_code == (
            WRONG if n < throttle_queries.PER_NAME else LATER
        )
    with context.database.read() as session:
        of_address = throttle_queries.of_sign_in(context.keyring, "agent", "192.0.2.1", None)[1]
        assert session.get_one(SignInThrottle, of_address.key).spent == throttle_queries.PER_NAME
    assert Staff(app).sign_in("supervisor").status_code == RIGHT


def tried(context: AppContext, address: str, count: int) -> None:
    """So many names were tried in vain from this address."""
    with context.database.write() as session:
        for n in range(count):
            allowances = throttle_queries.of_sign_in(context.keyring, f"name{n}", address, None)
            throttle_queries.reserve(session, allowances, clock.now())


def test_many_names_from_one_address_are_too_many_and_other_addresses_and_known_browsers_are_open(
    app: Flask, context: AppContext
) -> None:
    known = signed_in(app, Role.SUPERVISOR)
    known.send("/sign-out")
    tried(context, "192.0.2.1", throttle_queries.PER_ADDRESS - 1)
    assert [Staff(app).sign_in("agent", "wrong").status_code for _ in range(2)] == [WRONG, LATER]
    assert Staff(app).sign_in("administrator").status_code == LATER
    assert known.sign_in("supervisor").status_code == RIGHT
    assert Staff(app, "192.0.2.9").sign_in("administrator").status_code == RIGHT


@pytest.mark.parametrize(
    ("addresses", "last"),
    [(["2001:db8::1", "2001:db8::2:3"], LATER), (["2001:db8::1", "2001:db8:0:1::1"], WRONG)],
)
def test_addresses_of_one_network_are_one(app: Flask, context: AppContext, addresses: list[str], last: int) -> None:
    tried(context, addresses[0], throttle_queries.PER_ADDRESS)
    assert Staff(app, addresses[1]).sign_in("agent", "wrong").status_code == last


def test_an_administrator_unlocks_a_name_on_its_page_and_it_is_logged(app: Flask, context: AppContext) -> None:
    admin, user_id = signed_in(app, Role.ADMINISTRATOR), user(context, "agent").id
    assert "立即解锁" not in admin.open(f"/users/{user_id}").text
    for _ in range(6):
        Staff(app).sign_in("agent", "wrong")
    assert "立即解锁" in admin.open(f"/users/{user_id}").text
    assert admin.send(f"/users/{user_id}/unlock").status_code == RIGHT
    assert Staff(app).sign_in("agent").status_code == RIGHT
    assert "unlock_user" in actions(context, user_id)


def test_a_command_unlocks_a_name_and_it_is_logged(
    app: Flask, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(context.settings).items():
        monkeypatch.setenv(name, value)
    for _ in range(6):
        Staff(app).sign_in("agent", "wrong")
    assert "locked" in CliRunner().invoke(group, ["users", "list"]).output
    assert CliRunner().invoke(group, ["users", "unlock", "agent"]).exit_code == 0
    assert Staff(app).sign_in("agent").status_code == RIGHT
    assert "unlock_user" in actions(context, user(context, "agent").id)


def test_names_that_were_typed_are_not_kept_and_old_counts_are_deleted(app: Flask, context: AppContext) -> None:
    with time_machine.travel(clock.now(), tick=False) as moment:
        Staff(app).sign_in("my secret word", "wrong")
        with context.database.read() as session:
            rows = session.scalars(select(SignInThrottle)).all()
        assert len(rows) == 2
        assert not [row for row in rows if "secret" in row.key + row.name_index or "192.0.2.1" in row.key]
        moment.shift(throttle_queries.WINDOW + timedelta(seconds=1))
        signed_in(app, Role.AGENT)
        with context.database.read() as session:
            assert [row.spent for row in session.scalars(select(SignInThrottle))] == []


def user(context: AppContext, login: str) -> User:
    with context.database.read() as session:
        return session.scalars(select(User).where(User.login == login)).one()


def actions(context: AppContext, subject_id: str) -> list[str]:
    with context.database.read() as session:
        return list(session.scalars(select(AuditEntry.action).where(AuditEntry.subject_id == subject_id)))
