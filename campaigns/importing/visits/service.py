"""One transaction of an import: event reports are merged into visits, visits become discharges, and calls follow."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from campaigns.importing.import_result import ImportResult
from campaigns.importing.record import VisitEvent
from campaigns.importing.visits import identity_queries, person_queries, stored_facts, visit_state
from campaigns.importing.visits.discharge_service import DischargeRows
from campaigns.importing.visits.event_reports import CARE, FACTS, ReceivedRecord
from campaigns.importing.visits.visit_draft import VisitDraft
from campaigns.importing.visits.visit_state import CurrentVisit, EventReport
from campaigns.stopping import service
from hotline import clock
from hotline.context import AppContext
from hotline.models import AuditEntry, Visit
from hotline.models.sealed import in_row


class VisitBatch:
    """What is stored in one transaction, and what came of it."""

    def __init__(
        self, session: Session, context: AppContext, now: datetime, people: dict[str, str], *, confirms: bool
    ) -> None:
        """Store for `people`: the index of each patient's number. Only a source that `confirms` overwrites."""
        self._confirms = confirms
        self._roots: dict[str, str] = {}
        self._identities: dict[str, identity_queries.Identity] = {}
        self._session, self._context, self._now, self._people = session, context, now, people
        self.result = ImportResult()

    def store(self, records: list[ReceivedRecord]) -> None:
        """Write everything down, and stop or free the calls that depend on it."""
        held = person_queries.hold(self._session, self._people.values())
        touched = {index for record in records if (index := self._person(held, record)) is not None}
        if not self._confirms:
            self._roots, self._identities = held, identity_queries.confirmed(self._session, held)
        drafts = self._drafts(records)
        for record in records:
            if record.reports:
                self._merge(drafts[record.key], record)
        moved = self._write(drafts)
        touched |= {draft.person_index for draft in drafts.values() if draft.is_changed}
        changes = service.reassess(
            self._session, self._context.notifier, self._context.settings, touched, self._now, moved
        )
        self.result.stopped, self.result.resumed = changes.stopped, changes.resumed
        if count := self.result.added + self.result.corrected + self.result.noted:
            about = {"action": "import_discharges", "subject": "discharges", "subject_id": records[0].source[:32]}
            self._session.add(AuditEntry(at=clock.now(), user_id=None, count=count, **about))

    def _person(self, held: dict[str, str], received: ReceivedRecord) -> str | None:
        """Write down what is reported of the person; return their index, where it is news."""
        record = received.record
        index, is_news = self._people[record.patient_number], False
        for name, report in (("death", received.death), ("refusal", received.refusal)):
            if report is None:
                continue
            person = person_queries.row(self._session, index)
            stored = getattr(person, name)
            before = None if stored is None else EventReport.read(stored)
            kept = visit_state.latest(before, report)
            if kept != before:
                setattr(person, name, kept.write())
                self._session.flush()
                is_news = True
        if record.event is VisitEvent.MERGED and record.merged_from:
            is_news |= person_queries.merge(self._session, held, index, self._people[record.merged_from])
        if not received.reports:
            self.result.noted += is_news
            self.result.known += not is_news
        return index if is_news else None

    def _drafts(self, records: Iterable[ReceivedRecord]) -> dict[str, VisitDraft]:
        drafts = {}
        for received in records:
            if received.reports:
                number = received.record.patient_number
                drafts[received.key] = VisitDraft(number, self._people[number], source=received.source)
        for row in self._session.scalars(select(Visit).where(Visit.key.in_(drafts))):
            draft = drafts[row.key]
            draft.row = row
            draft.reports = visit_state.read(row.event_reports)
            draft.facts = dict(row.facts or {})
        return drafts

    def _merge(self, draft: VisitDraft, received: ReceivedRecord) -> None:
        for kind, report in received.reports.items():
            before = draft.reports.get(kind)
            kept = visit_state.latest(before, report)
            if kept == before:
                continue
            draft.reports[kind], draft.is_changed = kept, True
            is_another = before is None or before.digest != kept.digest
            if kind in {FACTS, CARE} and is_another and received.record.facts is not None:
                facts = stored_facts.write(received.record.facts, received.record.patient_number)
                names = stored_facts.CARE if kind == CARE else ("patient_number", *stored_facts.PERSONAL)
                draft.facts |= {name: facts[name] for name in names}
                if kind == FACTS and not self._confirms:
                    draft.facts |= self._identity(draft, facts, kept)

    def _identity(self, draft: VisitDraft, facts: dict[str, Any], report: EventReport) -> identity_queries.Identity:
        """Return the identity by which the person is checked; what is reported otherwise waits for staff."""
        root = self._roots[draft.person_index]
        reported = {name: facts[name] for name in identity_queries.FIELDS}
        kept, others = identity_queries.keep(self._identities.get(root), reported)
        self._identities[root] = kept
        if others:
            proposal = identity_queries.proposal(draft.person_index, others, report.source, report.at, self._now)
            self.result.proposed += identity_queries.propose(self._session, self._context.keyring, proposal)
        return kept

    def _write(self, drafts: dict[str, VisitDraft]) -> dict[str, int]:
        """Write visits and discharges as they are now; return by how many days known discharges have moved."""
        discharges = DischargeRows.of(self._session, self._context.keyring, self._now, list(drafts))
        changed = {key: draft for key, draft in drafts.items() if draft.is_changed}
        self.result.known += len(drafts) - len(changed)
        added: list[dict[str, Any]] = []
        for key, draft in changed.items():
            visit = visit_state.fold(draft.reports)
            is_ready = discharges.is_ready(key, draft, visit)
            is_news = self._visit(added, key, draft, visit, None if is_ready else draft.facts or None)
            if key in discharges.existing:
                is_corrected = discharges.correct(key, draft, visit) or is_news
                self.result.corrected += is_corrected
                self.result.known += not is_corrected
            elif is_ready:
                discharges.add(key, draft, visit)
                self.result.added += 1
            else:
                self.result.noted += 1
        if added:
            self._session.execute(insert(Visit.__table__), [in_row(Visit, row) for row in added])  # type: ignore[arg-type] # a table, for its speed
        discharges.write()
        return discharges.moved

    def _visit(
        self,
        added: list[dict[str, Any]],
        key: str,
        draft: VisitDraft,
        visit: CurrentVisit,
        facts: dict[str, Any] | None,
    ) -> bool:
        """Write the visit's row; return whether what is true of it is another now."""
        stored = visit_state.write(draft.reports)
        state = {"state": visit.state, "began_on": visit.began_on, "ended_on": visit.ended_on}
        values = {"event_reports": stored, "facts": facts, "changed_at": self._now, **state}
        row = draft.row
        if row is None:
            added.append({"id": clock.new_id(), "key": key, "person_index": draft.person_index, **values})
            return True
        is_news = any(getattr(row, name) != value for name, value in state.items())
        for name, value in values.items():
            setattr(row, name, value)
        return is_news
