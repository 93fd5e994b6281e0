"""Full-text search in sealed text: utterances are found by keyed digests of their terms, then opened and read.

A digest tells nothing without the keyring but which utterances share a term; how often each comes is visible.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.orm import Session

from hotline.encryption.keyring import Keyring
from hotline.models import Call, SearchTerm, Transcript, Utterance
from hotline.values.language import Language
from recordings.search import terms

DIGEST_SIGNS = 24
# So many candidates are opened at most; newer calls first.
MOST_CANDIDATES = 400
QUERY_SIGNS = 60


@dataclass(frozen=True)
class SearchQuery:
    """The words, and in which calls; `None` means all."""

    query: str
    since: datetime | None = None
    until: datetime | None = None
    queue: str | None = None
    agent_id: str | None = None


@dataclass(frozen=True)
class SearchHit:
    """An utterance that matches, and its call; exact where it is written so, else it sounds so."""

    call: Call
    utterance: Utterance
    recording_id: str
    is_exact: bool


def index_transcript(session: Session, keyring: Keyring, transcript: Transcript) -> None:
    """Index every utterance of a transcript, anew where it was before; within the caller's transaction."""
    for utterance in transcript.utterances:
        index(session, keyring, utterance, transcript.call_id, transcript.language)


def index(session: Session, keyring: Keyring, utterance: Utterance, call_id: str, language: Language) -> None:
    """Index an utterance by the machine's words and by those of its corrections; within the caller's transaction."""
    texts = [utterance.text, *(correction.text for correction in utterance.corrections)]
    digests = {digest(keyring, term) for text in texts for term in terms.terms(text, language)}
    session.execute(delete(SearchTerm).where(SearchTerm.utterance_id == utterance.id))
    session.add_all(SearchTerm(digest=one, utterance_id=utterance.id, call_id=call_id) for one in sorted(digests))


def forget(session: Session, utterance_ids: Sequence[str]) -> None:
    """Remove these utterances from the index; within the caller's transaction."""
    session.execute(delete(SearchTerm).where(SearchTerm.utterance_id.in_(utterance_ids)))


def find(session: Session, keyring: Keyring, wanted: SearchQuery, most: int = 50) -> list[SearchHit]:
    """Return where it was said, newest calls first, what is written so before what sounds so."""
    query = wanted.query.strip()[:QUERY_SIGNS]
    hits = [hit for language in terms.languages_of(query) for hit in _hits(session, keyring, wanted, query, language)]
    return sorted(hits, key=lambda hit: (not hit.is_exact, -hit.call.started_at.timestamp(), hit.utterance.start))[
        :most
    ]


def _hits(session: Session, keyring: Keyring, wanted: SearchQuery, query: str, language: Language) -> list[SearchHit]:
    needed = terms.needed(query, language)
    if not needed:
        return []
    digests = [digest(keyring, term) for term in needed]
    hits = []
    for utterance, call, transcript in session.execute(_candidates(wanted, digests, language)):
        texts = [utterance.text, *(one.text for one in utterance.corrections)]
        if not any(terms.holds(text, query, language) for text in texts):
            continue
        is_exact = any(terms.is_exact(text, query, language) for text in texts)
        hits.append(SearchHit(call, utterance, transcript.recording_id, is_exact))
    return hits


def digest(keyring: Keyring, term: str) -> str:
    """Return what stands for a term in the table."""
    return keyring.index(f"term:{term}")[:DIGEST_SIGNS]


def _candidates(query: SearchQuery, digests: list[str], language: Language) -> Select[Utterance, Call, Transcript]:
    having_all = (
        select(SearchTerm.utterance_id)
        .where(SearchTerm.digest.in_(digests))
        .group_by(SearchTerm.utterance_id)
        .having(func.count() == len(digests))
    )
    claims: list[ColumnElement[bool]] = [Utterance.id.in_(having_all), Transcript.language == language]
    if query.since is not None:
        claims.append(Call.started_at >= query.since)
    if query.until is not None:
        claims.append(Call.started_at < query.until)
    if query.queue is not None:
        claims.append(Call.queue == query.queue)
    if query.agent_id is not None:
        claims.append(Call.agent_id == query.agent_id)
    return (
        select(Utterance, Call, Transcript)
        .join(Transcript, Transcript.id == Utterance.transcript_id)
        .join(Call, Call.id == Transcript.call_id)
        .where(*claims)
        .order_by(Call.started_at.desc(), Utterance.start)
        .limit(MOST_CANDIDATES)
    )
