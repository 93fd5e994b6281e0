"""One transaction of an import: tellings are merged into visits, visits become discharges, and calls follow."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from campaigns.importing.record import VisitEvent
from campaigns.importing.visits import facts, identities, persons, visit_state
from campaigns.importing.visits.reports import CARE, FACTS, Told
from campaigns.importing.visits.visit_state import Telling
from campaigns.stopping import service
from crm.patients import identity_index
from crm.patients import queries as patient_queries
from hotline import clock
from hotline.context import AppContext
from hotline.models import AuditEntry, Discharge, Patient, Visit
from hotline.models.sealed import in_row
from hotline.values.language import Language
from hotline.values.states.visit import VisitState


@dataclass
class Draft:
    """A visit being written: what is in the database (`row`), and what is told now."""

    patient_number: str
    person_index: str
    row: Visit | None = None
    tellings: dict[str, Telling] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    is_changed: bool = False
    source: str = ""


class Batch:
    """What is stored in one transaction, and what came of it."""

    def __init__(
        self, session: Session, context: AppContext, now: datetime, people: dict[str, str], *, confirms: bool
    ) -> None:
        """`people` holds the index of each patient's number that is told of. Only who `confirms` overwrites."""
        self._confirms = confirms
        self._roots: dict[str, str] = {}
        self._identities: dict[str, identities.Identity] = {}
        self._session, self._ground, self._now, self._people = session, context, now, people
        self.added = self.corrected = self.known = self.noted = self.stopped = self.resumed = self.proposed = 0

    def store(self, told: list[Told]) -> None:
        """Write everything down, and stop or free the calls that depend on it."""
        held = persons.hold(self._session, self._people.values())
        touched = {index for one in told if (index := self._person(held, one)) is not None}
        if not self._confirms:
            self._roots, self._identities = held, identities.confirmed(self._session, held)
        drafts = self._drafts(told)
        for one in told:
            if one.tellings:
                self._merge(drafts[one.key], one)
        moved = self._write(drafts)
        touched |= {draft.person_index for draft in drafts.values() if draft.is_changed}
        changed = service.restand(self._session, self._ground, touched, self._now, moved)
        self.stopped, self.resumed = changed.stopped, changed.resumed
        if count := self.added + self.corrected + self.noted:
            about = {"action": "import_discharges", "subject": "discharges", "subject_id": told[0].source[:32]}
            self._session.add(AuditEntry(at=clock.now(), user_id=None, count=count, **about))

    def _person(self, held: dict[str, str], one: Told) -> str | None:
        """What is told of the person; their index, where it is news."""
        index, is_news = self._people[one.record.patient_number], False
        for name, telling in (("death", one.death), ("refusal", one.refusal)):
            if telling is None:
                continue
            row = persons.row(self._session, index)
            stored = getattr(row, name)
            before = None if stored is None else Telling.read(stored)
            kept = visit_state.latest(before, telling)
            if kept != before:
                setattr(row, name, kept.write())
                self._session.flush()
                is_news = True
        if one.record.event is VisitEvent.MERGED and one.record.merged_from:
            is_news |= persons.merge(self._session, held, index, self._people[one.record.merged_from])
        if not one.tellings:
            self.noted, self.known = self.noted + is_news, self.known + (not is_news)
        return index if is_news else None

    def _drafts(self, told: Iterable[Told]) -> dict[str, Draft]:
        found = {}
        for one in told:
            if one.tellings:
                number = one.record.patient_number
                found[one.key] = Draft(number, self._people[number], source=one.source)
        for row in self._session.scalars(select(Visit).where(Visit.key.in_(found))):
            draft = found[row.key]
            draft.row = row
            draft.tellings = visit_state.read(row.tellings)
            draft.facts = dict(row.facts or {})
        return found

    def _merge(self, draft: Draft, one: Told) -> None:
        for kind, telling in one.tellings.items():
            before = draft.tellings.get(kind)
            kept = visit_state.latest(before, telling)
            if kept == before:
                continue
            draft.tellings[kind], draft.is_changed = kept, True
            is_another = before is None or before.digest != kept.digest
            if kind in {FACTS, CARE} and is_another and one.record.facts is not None:
                told = facts.write(one.record.facts, one.record.patient_number)
                names = facts.CARE if kind == CARE else ("patient_number", *facts.PERSONAL)
                draft.facts |= {name: told[name] for name in names}
                if kind == FACTS and not self._confirms:
                    draft.facts |= self._identity(draft, told, kept)

    def _identity(self, draft: Draft, told: dict[str, Any], telling: Telling) -> identities.Identity:
        """The identity by which the person is checked; what is told otherwise waits for staff."""
        root = self._roots[draft.person_index]
        said = {name: told[name] for name in identities.FIELDS}
        counts, others = identities.keep(self._identities.get(root), said)
        self._identities[root] = counts
        if others:
            made = identities.proposal(draft.person_index, others, telling.source, telling.at, self._now)
            self.proposed += identities.propose(self._session, self._ground.keyring, made)
        return counts

    def _write(self, drafts: dict[str, Draft]) -> dict[str, int]:
        """Visits and discharges as they are now; by how many days known discharges have moved, by their ids."""
        query = select(Discharge.key, Discharge.id, Discharge.discharged_on).where(Discharge.key.in_(drafts))
        there = {key: (discharge_id, day) for key, discharge_id, day in self._session.execute(query)}
        changed = {key: draft for key, draft in drafts.items() if draft.is_changed}
        self.known += len(drafts) - len(changed)
        visits: list[dict[str, Any]] = []
        fresh: dict[str, dict[str, Any]] = {}
        moved: dict[str, int] = {}
        told: dict[str, dict[str, Any]] = {}
        for key, draft in changed.items():
            visit = visit_state.fold(draft.tellings)
            is_discharge = visit.state is VisitState.DISCHARGED and visit.ended_on is not None
            is_ready = key in there or (is_discharge and bool(draft.facts))
            is_news = self._visit(visits, key, draft, visit, None if is_ready else draft.facts or None)
            if key in there:
                values = self._columns(draft)
                if is_discharge and visit.ended_on != there[key][1]:
                    values["discharged_on"] = visit.ended_on
                    moved[there[key][0]] = (visit.ended_on - there[key][1]).days  # type: ignore[operator] # checked above
                if values:
                    told[key] = values
                is_corrected = is_news or bool(values)
                self.corrected, self.known = self.corrected + is_corrected, self.known + (not is_corrected)
            elif is_ready:
                fresh[key] = (
                    {"ward": "", "condition": "general", "codes": []}
                    | self._columns(draft)
                    | {
                        "key": key,
                        "person_index": draft.person_index,
                        "discharged_on": visit.ended_on,
                        "source": draft.source,
                        "id": clock.new_id(),
                        "added_at": self._now,
                    }
                )
            else:
                self.noted += 1
        if visits:
            self._session.execute(insert(Visit.__table__), [in_row(Visit, row) for row in visits])  # type: ignore[arg-type] # a table, for its speed
        self._discharges(fresh, told, there)
        return moved

    def _visit(
        self, fresh: list[dict[str, Any]], key: str, draft: Draft, visit: visit_state.Visit, kept: dict[str, Any] | None
    ) -> bool:
        """Write the visit's row; whether what is true of it is another now."""
        stored = visit_state.write(draft.tellings)
        values = (visit.state, visit.began_on, visit.ended_on)
        row = draft.row
        if row is not None:
            is_news = (row.state, row.began_on, row.ended_on) != values
            row.tellings, row.facts, row.changed_at = stored, kept, self._now
            row.state, row.began_on, row.ended_on = values
            return is_news
        fresh.append(
            {
                "id": clock.new_id(),
                "key": key,
                "person_index": draft.person_index,
                "tellings": stored,
                "facts": kept,
                "state": visit.state,
                "began_on": visit.began_on,
                "ended_on": visit.ended_on,
                "changed_at": self._now,
            }
        )
        return True

    def _columns(self, draft: Draft) -> dict[str, Any]:
        """The columns of a discharge that these facts fill; `identity` is by what the list of patients knows them."""
        found, keyring = dict(draft.facts), self._ground.keyring
        if "number" in found:
            found["language"] = Language(found["language"])
            found["number_index"] = identity_index.number_index(keyring, found["number"])
            found["identity"] = identity_index.identity_index(keyring, (found["number"], found["name"]))
        return found

    def _discharges(
        self, fresh: dict[str, dict[str, Any]], told: dict[str, dict[str, Any]], there: dict[str, tuple[str, date]]
    ) -> None:
        whole = [*fresh.values(), *(values for values in told.values() if "name" in values)]
        patients = _patients(self._session, self._ground, whole, self._now)
        for values in whole:
            values["patient_id"] = patients[values.pop("identity")]
        if fresh:
            rows = [in_row(Discharge, row) for row in fresh.values()]
            self._session.execute(insert(Discharge.__table__), rows)  # type: ignore[arg-type] # likewise
        for key, values in told.items():
            discharge = self._session.get_one(Discharge, there[key][0])
            for name, value in values.items():
                setattr(discharge, name, value)
            service.correct(self._session, there[key][0], values)
        self.added += len(fresh)


def patient_of(
    session: Session, context: AppContext, discharge: Discharge, told: dict[str, str], now: datetime
) -> dict[str, Any]:
    """The columns of a discharge that follow from this name and number: how it is found, and whose it is."""
    keyring, key = context.keyring, identity_index.identity_index(context.keyring, (told["number"], told["name"]))
    index = identity_index.number_index(keyring, told["number"])
    columns = {name: getattr(discharge, name) for name in ("language", "condition", "discharged_on", "do_not_call")}
    patients = _patients(session, context, [columns | told | {"identity": key, "number_index": index}], now)
    return {"number_index": index, "patient_id": patients[key]}


def _patients(session: Session, context: AppContext, told: list[dict[str, Any]], now: datetime) -> dict[str, str]:
    """The patients of these discharges, by `identity`: those who are known, and those who are now."""
    wanted = {values["identity"]: values for values in told}
    known = patient_queries.by_identity(
        session, context.keyring, [(one["number"], one["name"]) for one in wanted.values()]
    )
    for key, row in known.items():
        values = wanted[key]
        row.discharged_on = max(filter(None, (row.discharged_on, values.get("discharged_on"))), default=None)
        row.do_not_call = row.do_not_call or values["do_not_call"]
    fresh = [_patient(pair, now) for pair in wanted.items() if pair[0] not in known]
    if fresh:
        session.execute(insert(Patient.__table__), [in_row(Patient, row) for row in fresh])  # type: ignore[arg-type] # likewise
    return {key: row.id for key, row in known.items()} | {row["identity_index"]: row["id"] for row in fresh}


def _patient(pair: tuple[str, dict[str, Any]], now: datetime) -> dict[str, Any]:
    key, values = pair
    condition = values.get("condition", "general")
    return {
        "id": clock.new_id(),
        "number": values["number"],
        "number_index": values["number_index"],
        "name": values["name"],
        "identity_index": key,
        "birth_date": values["birth_date"] or None,
        "language": values["language"],
        "limited_mobility": False,
        "cardiac": condition in {"cardiac", "heart_failure"},
        "diabetic": condition == "diabetes",
        "flagged": False,
        "discharged_on": values.get("discharged_on"),
        "do_not_call": values["do_not_call"],
        "deceased": False,
        "added_at": now,
        "changed_at": now,
    }
