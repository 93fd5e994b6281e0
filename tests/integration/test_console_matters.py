"""The pages of matters: who sees which, what may be done, that every look is logged, and whose message may be heard."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from console.web.app import create
from crm.cases import queries as crm_queries
from crm.cases import service as crm
from crm.cases.service import By, NewMatter
from hotline import clock
from hotline.context import Ground
from hotline.models import Agent, Look, Matter, Recording
from hotline.values.statuses import MatterKind, MatterState, RecordingKind, Role
from tests.console_client import signed_in
from tests.console_data import Morning, morning


@pytest.fixture
def made(ground: Ground) -> Morning:
    """The morning's rows."""
    return morning(ground, clock.now())


@pytest.fixture
def app(ground: Ground, made: Morning) -> Iterator[Flask]:  # noqa: ARG001 (its rows are needed)
    """The staff pages."""
    pages = create(ground)
    yield pages
    pages.extensions["live"].close()


def opened(ground: Ground, made: Morning, kind: MatterKind, owner: Agent | None = None, call: str = "gone") -> Matter:
    """A matter of one of the morning's calls."""
    new = NewMatter(kind, made.calls[call], owner_agent_id=owner.id if owner else None, text="what it is about")
    with ground.database.write() as session:
        return crm.open_matter(session, ground, new, By(), clock.now())


def stored(ground: Ground, matter: Matter) -> Matter:
    with ground.database.read() as session:
        return session.get_one(Matter, matter.id)


def steps(ground: Ground, matter: Matter) -> list[str]:
    with ground.database.read() as session:
        return [step.kind for step in crm_queries.steps(session, matter.id)]


def looks(ground: Ground, matter: Matter) -> list[str]:
    with ground.database.read() as session:
        return list(
            session.scalars(
                select(Look.action).where(Look.subject_id == matter.id, Look.outcome == "done").order_by(Look.id)
            )
        )


def test_leads_see_all_matters_and_agents_their_own_and_nobody_s(app: Flask, made: Morning, ground: Ground) -> None:
    mine = opened(ground, made, MatterKind.ENQUIRY, made.agents["N01"])
    free = opened(ground, made, MatterKind.MESSAGE)
    other = opened(ground, made, MatterKind.COMPLAINT, made.agents["N02"])
    agent, lead = signed_in(app, Role.AGENT), signed_in(app, Role.SUPERVISOR)
    assert [m.id in agent.open("/matters").text for m in (mine, free, other)] == [True, True, False]
    assert [m.id in lead.open("/matters").text for m in (mine, free, other)] == [True, True, True]
    assert agent.open(f"/matters/{other.id}").status_code == 404
    assert agent.send(f"/matters/{other.id}/comment", text="x").status_code == 404
    assert agent.open(f"/matters/{'0' * 32}").status_code == 404
    assert looks(ground, other) == []


def test_the_list_is_filtered_and_closed_ones_are_left_out(app: Flask, made: Morning, ground: Ground) -> None:
    message, complaint = opened(ground, made, MatterKind.MESSAGE), opened(ground, made, MatterKind.COMPLAINT)
    lead = signed_in(app, Role.SUPERVISOR)
    with ground.database.write() as session:
        session.get_one(Matter, message.id).due_at = clock.now() - timedelta(minutes=1)
    assert complaint.id not in lead.open("/matters?late=yes").text
    assert message.id in lead.open("/matters?kind=message&owner=nobody").text
    assert message.id not in lead.open("/matters?kind=complaint").text
    lead.send(f"/matters/{message.id}/state", state="closed")
    assert message.id not in lead.open("/matters").text
    assert message.id in lead.open("/matters?state=closed").text
    assert lead.open("/matters?kind=nonsense&state=nonsense&page=99").status_code == 200


def test_one_matter_is_shown_in_both_languages_and_the_look_is_logged(
    app: Flask, made: Morning, ground: Ground
) -> None:
    matter = opened(ground, made, MatterKind.COMPLAINT)
    lead = signed_in(app, Role.SUPERVISOR)
    assert f"事项 {matter.number}" in lead.open(f"/matters/{matter.id}").text
    lead.send("/language", language="en-US", next="/")
    page = lead.open(f"/matters/{matter.id}").text
    assert f"Matter {matter.number}" in page
    assert "what it is about" in page
    assert looks(ground, matter) == ["view_matter", "view_matter"]


def test_an_agent_takes_a_matter_works_on_it_and_closes_it(app: Flask, made: Morning, ground: Ground) -> None:
    matter = opened(ground, made, MatterKind.MESSAGE)
    agent, me = signed_in(app, Role.AGENT), made.agents["N01"].id
    assert agent.send(f"/matters/{matter.id}/state", state="closed").status_code == 403  # not theirs yet
    assert agent.send(f"/matters/{matter.id}/owner", agent=made.agents["N02"].id).status_code == 403
    assert agent.send(f"/matters/{matter.id}/owner", agent=me).status_code == 302
    assert agent.send(f"/matters/{matter.id}/comment", text="rang, nobody at home").status_code == 302
    assert agent.send(f"/matters/{matter.id}/state", state="in_hand").status_code == 302
    assert agent.send(f"/matters/{matter.id}/state", state="closed").status_code == 302
    assert agent.send(f"/matters/{matter.id}/owner", agent=made.agents["N02"].id).status_code == 400  # it is closed
    now = stored(ground, matter)
    assert (now.state, now.owner_agent_id) == (MatterState.CLOSED, me)
    assert steps(ground, matter) == ["opened", "handed_over", "commented", "moved", "moved"]
    assert looks(ground, matter) == ["hand_over_matter", "comment_matter", "move_matter", "move_matter"]


def test_who_hands_a_matter_over_sees_it_no_more(app: Flask, made: Morning, ground: Ground) -> None:
    matter = opened(ground, made, MatterKind.ENQUIRY, made.agents["N01"])
    agent = signed_in(app, Role.AGENT)
    assert agent.send(f"/matters/{matter.id}/owner", agent=made.agents["N02"].id).status_code == 302
    assert agent.open(f"/matters/{matter.id}").status_code == 404


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("state", {"state": "sold"}),
        ("state", {"state": "open"}),
        ("owner", {"agent": "nobody"}),
        ("comment", {"text": " "}),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    app: Flask, made: Morning, ground: Ground, path: str, form: dict[str, str]
) -> None:
    matter = opened(ground, made, MatterKind.MESSAGE)
    lead = signed_in(app, Role.SUPERVISOR)
    lead.send(f"/matters/{matter.id}/state", state="in_hand")
    assert lead.send(f"/matters/{matter.id}/{path}", **form).status_code == 400
    assert steps(ground, matter) == ["opened", "moved"]


def test_a_message_may_be_heard_by_those_who_may_see_its_matter_and_no_conversation(
    app: Flask, made: Morning, ground: Ground
) -> None:
    agent = signed_in(app, Role.AGENT)
    with ground.database.write() as session:
        sound = session.get_one(Recording, made.sound.id)
        sound.call_id = made.calls["gone"].id
    matter = opened(ground, made, MatterKind.MESSAGE)
    assert agent.open(f"/recordings/{made.sound.id}/audio").status_code == 404
    with ground.database.write() as session:
        session.get_one(Recording, made.sound.id).kind = RecordingKind.MESSAGE
    assert agent.open(f"/recordings/{made.sound.id}/audio").status_code == 200
    page = agent.open(f"/matters/{matter.id}")
    assert page.status_code == 200
    assert f"/recordings/{made.sound.id}/audio" in page.text
    assert signed_in(app, Role.SUPERVISOR).open(f"/matters/{matter.id}?words=original").status_code == 200


def test_a_call_names_its_matters_and_the_desk_that_of_the_caller(app: Flask, made: Morning, ground: Ground) -> None:
    matter = opened(ground, made, MatterKind.ENQUIRY, made.agents["N01"], call="talks")
    page = signed_in(app, Role.SUPERVISOR).open(f"/calls/{made.calls['talks'].id}").text
    assert f"/matters/{matter.id}" in page
