"""The audit log: rows are chained as the last act of the transaction that adds them, and the whole chain is checked.

Whoever adds an `AuditEntry` to a session need not think of it. The end of the chain is one row, locked only from here
to the commit, when nothing is left to wait for: transactions get one order, and hold each other up for one short write.
The webhooks of callers add nothing, and so never wait for it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from hotline import clock
from hotline.audit import chain
from hotline.database import upsert
from hotline.encryption.keyring import Undecipherable
from hotline.models import AuditEntry, AuditHead
from hotline.models.sealed import InRow
from hotline.values.access import AuditOutcome

HEAD = "audit"
CHUNK = 2_000
_ADDED = "audit"
# The actions that were written down in this context since `forget`: a request asks whether its own is there.
_written: ContextVar[frozenset[str]] = ContextVar("audit_written", default=frozenset())
# Who acts where nobody is signed in: a command, else the hotline itself.
_machine: ContextVar[str] = ContextVar("audit_machine", default="")


class ChainEnd(NamedTuple):
    """The last row of the log: its number and its digest, which depends on every row before it."""

    number: int
    digest: str

    def __str__(self) -> str:
        """Write it as `NUMBER:DIGEST`."""
        return f"{self.number}:{self.digest}"


@dataclass(frozen=True)
class Broken:
    """The first row of the log that is not as it was written, and how that shows."""

    number: int
    why: str


@dataclass(frozen=True)
class Verdict:
    """What a check of the log found: how many rows, the end as `NUMBER:DIGEST`, and what is broken, if anything."""

    rows: int
    head: str
    broken: Broken | None = None


def collect(session: Session, _context: object = None, _instances: object = None) -> None:
    """Before each flush: rows of the log are kept back until the transaction ends."""
    for row in [row for row in session.new if isinstance(row, AuditEntry)]:
        session.expunge(row)
        session.info.setdefault(_ADDED, []).append(row)


def seal(session: Session) -> None:
    """Chain what was added, as the last thing before the commit of `session`."""
    session.flush()
    added: list[AuditEntry] = session.info.pop(_ADDED, [])
    if not added:
        return
    head = _locked(session)
    rows, number, digest = [], head.number, head.digest
    for look in added:
        number += 1
        facts = _facts(look) | {"number": number}
        digest = chain.digest(digest, facts)
        rows.append(facts | {"digest": digest})
    session.execute(insert(AuditEntry), rows)
    values = {"number": number, "digest": digest, "sealed": InRow(HEAD, f"{number}:{digest}{_torn(session, head)}")}
    session.execute(update(AuditHead).where(AuditHead.id == HEAD).values(**values))
    for look in added:
        covered(look.action)


def drop(session: Session) -> None:
    """The transaction was undone, and with it what it had added."""
    session.info.pop(_ADDED, None)


def pending(session: Session) -> list[AuditEntry]:
    """Return what this transaction has added so far."""
    collect(session)
    return list(session.info.get(_ADDED, []))


def covered(action: str) -> None:
    """`action` is in the log: just written, or moments before by the same person."""
    _written.set(_written.get() | {action})


@contextmanager
def acting(who: str) -> Iterator[None]:
    """Rows of nobody who is signed in, and that do not say from where, are written as `who`'s."""
    before = _machine.set(who)
    try:
        yield
    finally:
        _machine.reset(before)


def forget() -> None:
    """A new request begins: nothing of it is in the log yet."""
    _written.set(frozenset())


def written() -> frozenset[str]:
    """Return the actions of this context that are in the log since `forget`."""
    return _written.get()


def head(session: Session) -> AuditHead | None:
    """The end of the chain; `None` before the first row."""
    return session.get(AuditHead, HEAD)


def verify(
    session: Session, known: str = "", progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Verdict:
    """Check every row up to the present end, and that the end is ours.

    `known` is an end (`NUMBER:DIGEST`) that was kept elsewhere: the row must still be there, and the same. `progress`
    is told how many rows of how many are checked. Reads in pieces; a million rows take some ten seconds.
    """
    kept = _parts(known)
    end, sealed = _stored(session)
    last = end.number if end else 0
    number, digest = 0, chain.GENESIS
    table = AuditEntry.__table__
    while number < last:
        query = select(table).where(table.c.number > number, table.c.number <= last).order_by(table.c.number)
        rows = session.execute(query.limit(CHUNK)).mappings().all()
        if not rows:
            return Verdict(number, "", Broken(number + 1, "missing"))
        for row in rows:
            if row["number"] != number + 1:
                return Verdict(number, "", Broken(number + 1, "missing"))
            digest = chain.digest(digest, dict(row))
            if digest != row["digest"]:
                return Verdict(number, "", Broken(number + 1, "altered"))
            number += 1
            if kept is not None and number == kept.number and digest != kept.digest:
                return Verdict(number, "", Broken(number, "another"))
        progress(number, last)
        session.rollback()  # no transaction stays open for the length of the log
    told = str(ChainEnd(number, digest))
    return Verdict(number, told, _end(session, end, told, sealed, kept))


def keep(session: Session, verdict: Verdict) -> None:
    """Write down what a check found, for the page."""
    values = {
        "checked_at": clock.now(),
        "checked_number": verdict.rows,
        "broken_number": verdict.broken.number if verdict.broken else None,
    }
    session.execute(update(AuditHead).where(AuditHead.id == HEAD).values(**values))


def _end(session: Session, end: ChainEnd | None, told: str, sealed: str, kept: ChainEnd | None) -> Broken | None:
    number = end.number if end else 0
    if end is not None and str(end) != told:
        return Broken(number, "end")
    if end is not None and sealed != told:
        torn = sealed.removeprefix(f"{told}:")
        return Broken(int(torn) if torn.isdecimal() else number, "seal")
    if end is None and session.scalar(select(AuditEntry.number).limit(1)) is not None:
        return Broken(1, "end")
    if kept is not None and kept.number > number:
        return Broken(number + 1, "cut_off")
    return None


def _stored(session: Session) -> tuple[ChainEnd | None, str]:
    """The end and what is sealed of it, as they were at one moment."""
    query = select(AuditHead.number, AuditHead.digest, AuditHead.sealed).where(AuditHead.id == HEAD)
    try:
        found = session.execute(query).one_or_none()
    except Undecipherable:
        stored = head(session)
        return (ChainEnd(stored.number, stored.digest) if stored else None), ""
    return (ChainEnd(found.number, found.digest), found.sealed) if found else (None, "")


def _sealed(session: Session) -> str:
    """Return what is sealed of the end; empty where it was not sealed with a key of ours, for this column."""
    try:
        return session.scalar(select(AuditHead.sealed).where(AuditHead.id == HEAD)) or ""
    except Undecipherable:
        return ""


def _torn(session: Session, end: AuditHead) -> str:
    """Return nothing, or where an end was found that is not ours.

    No later seal may make that good, so all of them tell it.
    """
    sealed, ours = _sealed(session), f"{end.number}:{end.digest}"
    return sealed.removeprefix(ours) if sealed.startswith(ours) else f":{end.number}"


def _parts(known: str) -> ChainEnd | None:
    """Read an end that was written. Raises `ValueError` for anything else."""
    if not known:
        return None
    number, _, digest = known.partition(":")
    if not number.isdecimal() or len(digest) != len(chain.GENESIS):
        raise ValueError("an end of the log is NUMBER:DIGEST, as `hotline audit verify` prints it")
    return ChainEnd(int(number), digest)


def _facts(look: AuditEntry) -> dict[str, Any]:
    return {
        "id": look.id or clock.new_id(),
        "at": look.at,
        "user_id": look.user_id,
        "action": look.action,
        "subject": look.subject,
        "subject_id": look.subject_id,
        "address": look.address or ("" if look.user_id else _machine.get()),
        "outcome": look.outcome or AuditOutcome.DONE,
        "count": look.count,
        "filter": look.filter or "",
    }


def _locked(session: Session) -> AuditHead:
    query = select(AuditHead).where(AuditHead.id == HEAD).with_for_update()
    query = query.execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is not None:
        return found
    first = {"id": HEAD, "number": 0, "digest": chain.GENESIS, "sealed": InRow(HEAD, f"0:{chain.GENESIS}")}
    session.execute(upsert.insert(session, AuditHead).values(first).on_conflict_do_nothing())
    return session.scalars(query).one()
