"""Who can sign in to the house of the demo: made at its start, and tried at its end as a browser would."""

import re
from dataclasses import dataclass
from http import HTTPStatus

import requests
from rich.table import Table

from accounts.users import service
from cli.demo import queries
from cli.terminal import tables
from hotline.database.database import Database
from hotline.values.access import Role

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SECONDS = 30


@dataclass(frozen=True)
class SignIn:
    """One account; `number` is the staff number of the agent whom it signs in for."""

    login: str
    name: str
    role: Role
    number: str | None = None


def make(database: Database, password: str) -> list[SignIn]:
    """Return an administrator, a supervisor, an auditor and every agent, all with this password."""
    with database.read() as session:
        agents = queries.agents(session)
    made = [SignIn("admin", "林立 Lin Li", Role.ADMINISTRATOR), SignIn("supervisor", "周敏 Zhou Min", Role.SUPERVISOR)]
    made += [SignIn("auditor", "沈岚 Shen Lan", Role.AUDITOR)]
    made += [SignIn(agent.staff_number, agent.name, Role.AGENT, agent.staff_number) for agent in agents]
    ids = {agent.staff_number: agent.id for agent in agents}
    for one in made:
        service.create(database, one.login, password, one.name, one.role, ids.get(one.number or ""))
    return made


def works(url: str, login: str, password: str) -> bool:
    """Return whether the staff pages at `url` let this login in."""
    with requests.Session() as browser:
        browser.trust_env = False  # a proxy of this machine must not stand between its own processes
        try:
            form = TOKEN.search(browser.get(f"{url}/sign-in", timeout=SECONDS).text)
            values = {"csrf_token": form[1] if form else "", "login": login, "password": password}
            answer = browser.post(f"{url}/sign-in", values, timeout=SECONDS, allow_redirects=False)
            here = browser.get(f"{url}/account", timeout=SECONDS, allow_redirects=False)
        except requests.RequestException:
            return False
    return (answer.status_code, here.status_code) == (HTTPStatus.FOUND, HTTPStatus.OK)


def table(made: list[SignIn], password: str) -> Table:
    """Return each with its role and password."""
    rows = [(one.login, password, one.role, one.name) for one in made]
    return tables.of("Sign-ins", ("user name", "password", "role", "person"), rows, wraps=("person",))
