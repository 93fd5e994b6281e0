"""The search in what was said: by words or sound, in Mandarin and English, in the calls that one may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from console.calls.forms import SearchForm
from console.web import audit_marks, language
from console.web.access import STAFF, allow, context
from console.web.audit_marks import touches, touches_nothing
from console.web.forms import submitted
from recordings.search import service
from recordings.search.service import SearchHit, SearchQuery
from recordings.transcripts import masked_queries
from recordings.transcripts import queries as transcripts
from recordings.transcripts.displayed_utterance import DisplayedUtterance
from routing.agents import queries as agent_queries
from routing.queues import queries as queue_queries

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

pages = Blueprint("search", __name__)


@dataclass(frozen=True)
class Found:
    """A hit as it is shown: its line is always masked."""

    hit: SearchHit
    line: DisplayedUtterance


@pages.get("/search")
@allow(*STAFF)
@touches_nothing("the empty form")
def form() -> ResponseReturnValue:
    """Return the empty form."""
    return _page(None)


@pages.post("/search")
@allow(*STAFF)
@touches("search", "search", "search", lists=True, typed=("q",))
def results() -> ResponseReturnValue:
    """Return where it was said. Posted, so that what is sought stands in no address and in no log of a proxy."""
    asked = submitted(SearchForm)
    wanted = _wanted(asked)
    # What was sought is logged by its digest: the audit log holds no patient data.
    audit_marks.about(context().keyring.index(f"search:{wanted.query}")[:32])
    with context().database.read() as session:
        found = _shown(session, service.find(session, context().keyring, wanted))
    audit_marks.showed(len(found))
    return _page(found, asked)


def _page(found: list[Found] | None, asked: SearchForm | None = None) -> str:
    words = language.words(language.chosen(request))
    with context().database.read() as session:
        queues = [(queue.name, words.label(queue)) for queue in queue_queries.queues(session)]
        agents = (
            [(agent.id, agent.name) for agent in agent_queries.everyone(session)] if current_user.sees_all_calls else []
        )
        names = {agent.id: agent.name for agent in agent_queries.everyone(session)}
    chosen = {name: value or "" for name, value in asked.data.items()} if asked else {}
    return render_template("calls/search.html", found=found, queues=queues, agents=agents, names=names, chosen=chosen)


def _wanted(asked: SearchForm) -> SearchQuery:
    return SearchQuery(
        query=asked.q.data,
        since=_midnight(asked.since.data),
        until=_midnight(asked.until.data + timedelta(days=1)) if asked.until.data else None,
        queue=asked.queue.data,
        agent_id=asked.agent.data if current_user.sees_all_calls else current_user.agent_id or "-",
    )


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(context().settings.timezone)) if day else None


def _shown(session: Session, hits: list[SearchHit]) -> list[Found]:
    """Return the lines of the hits, masked in the light of their whole dialogue, each transcript read once."""
    by_transcript: dict[str, dict[str, DisplayedUtterance]] = {}
    for hit in hits:
        key = hit.utterance.transcript_id
        if key not in by_transcript:
            transcript = transcripts.existing(session, key)
            known = masked_queries.known_names(session, hit.call)
            by_transcript[key] = {
                line.id: line for line in masked_queries.displayed_utterances(session, transcript, known)
            }
    return [Found(hit, by_transcript[hit.utterance.transcript_id][hit.utterance.id]) for hit in hits]
