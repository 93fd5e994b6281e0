"""The hospital's agents, for administrators: their names, departments, telephones, skills and languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from accounts.users import queries as users
from console.admin.forms import LEVELS, AgentForm
from console.web import audit_log
from console.web.access import allow, context
from console.web.audit_marks import touches_nothing
from console.web.forms import submitted
from hotline import clock
from hotline.values.access import Role
from hotline.values.language import Language
from routing.agents import queries, roster_service
from routing.agents.roster_service import AgentProfile
from routing.errors import AgentRefused

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from hotline.models import Department, Skill

pages = Blueprint("roster", __name__)


@dataclass(frozen=True)
class Lists:
    """What a form of an agent chooses from."""

    departments: list[Department]
    skills: list[Skill]
    languages: list[Skill]


@pages.get("/agents")
@allow(Role.ADMINISTRATOR)
@touches_nothing("agents")
def show() -> ResponseReturnValue:
    """Return all agents, by staff number."""
    with context().database.read() as session:
        agents = queries.everyone(session)
        levels = {agent.id: roster_service.of(agent).levels for agent in agents}
        logins = users.logins_of_agents(session)
        lists = _lists(session)
    departments = {row.name: row for row in lists.departments}
    return render_template(
        "admin/agent_list.html", agents=agents, levels=levels, logins=logins, lists=lists, departments=departments
    )


@pages.get("/agents/<agent_id>")
@allow(Role.ADMINISTRATOR)
@touches_nothing("agents")
def edit(agent_id: str) -> ResponseReturnValue:
    """Return one agent in a form."""
    return _form(agent_id, None, 200)


@pages.post("/agents/<agent_id>")
@allow(Role.ADMINISTRATOR)
@touches_nothing("agents; the change is logged by itself")
def change(agent_id: str) -> ResponseReturnValue:
    """Change an agent from the form; what is refused comes back with a message."""
    now, form = clock.now(), submitted(AgentForm)
    try:
        with context().database.write() as session:
            for action in roster_service.edit(
                session, context().notifier, agent_id, _wanted(form), now, form.seen.data
            ):
                audit_log.record(session, action, "agent", agent_id)
    except AgentRefused as refused:
        return _form(agent_id, refused, 422, form)
    flash("roster.changed")
    return redirect(url_for("roster.show"))


def _form(
    agent_id: str, refused: AgentRefused | None, code: int, typed: AgentForm | None = None
) -> ResponseReturnValue:
    with context().database.read() as session:
        agent = queries.find(session, agent_id) or abort(404)
        stored, seen, lists = roster_service.of(agent), roster_service.stamp(agent), _lists(session)
    # What was typed comes back, unless somebody else's change has to be seen first.
    typed = None if refused is not None and refused.code == "changed_meanwhile" else typed
    return render_template(
        "admin/agent.html",
        agent=agent,
        lists=lists,
        levels=LEVELS,
        form=_wanted(typed) if typed else stored,
        seen=typed.seen.data if typed else seen,
        refused=refused,
    ), code


def _lists(session: Session) -> Lists:
    skills = queries.skills(session)
    return Lists(
        departments=queries.departments(session),
        skills=[skill for skill in skills if skill.name not in list(Language)],
        languages=[skill for skill in skills if skill.name in list(Language)],
    )


def _wanted(form: AgentForm) -> AgentProfile:
    return AgentProfile(
        name=form.name.data,
        address=form.address.data,
        department=form.department.data,
        levels={name: int(level) for name, level in form.levels.data.items()},
    )
