"""Visits become discharges: added, or corrected with whoever is called for them. In the caller's transaction."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from campaigns.importing.visits import patient_queries
from campaigns.importing.visits.patient_queries import IDENTITY
from campaigns.importing.visits.visit_draft import VisitDraft
from campaigns.importing.visits.visit_state import CurrentVisit
from campaigns.stopping import service
from crm.patients import identity_index
from hotline import clock
from hotline.encryption.keyring import Keyring
from hotline.models import Discharge
from hotline.models.sealed import in_row
from hotline.values.language import Language
from hotline.values.states.visit import VisitState


@dataclass
class DischargeRows:
    """The discharges of some visits: those that are there, by the visits' keys, and what is to be written of them."""

    session: Session
    keyring: Keyring
    now: datetime
    existing: dict[str, tuple[str, date]]
    added: dict[str, dict[str, Any]] = field(default_factory=dict)
    corrected: dict[str, dict[str, Any]] = field(default_factory=dict)
    # By how many days discharges that were there have moved, by their ids.
    moved: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session, keyring: Keyring, now: datetime, keys: list[str]) -> "DischargeRows":
        """Read which of these visits have a discharge."""
        query = select(Discharge.key, Discharge.id, Discharge.discharged_on).where(Discharge.key.in_(keys))
        existing = {key: (discharge_id, day) for key, discharge_id, day in session.execute(query)}
        return cls(session, keyring, now, existing)

    def is_ready(self, key: str, draft: VisitDraft, visit: CurrentVisit) -> bool:
        """Return whether there is a discharge, or all that makes one."""
        return key in self.existing or (is_discharge(visit) and bool(draft.facts))

    def correct(self, key: str, draft: VisitDraft, visit: CurrentVisit) -> bool:
        """Note what of a discharge that is there is another now; return whether anything is."""
        discharge_id, before = self.existing[key]
        values = self._columns(draft)
        if is_discharge(visit) and visit.ended_on is not None and visit.ended_on != before:
            values["discharged_on"] = visit.ended_on
            self.moved[discharge_id] = (visit.ended_on - before).days
        if values:
            self.corrected[key] = values
        return bool(values)

    def add(self, key: str, draft: VisitDraft, visit: CurrentVisit) -> None:
        """Note a new discharge."""
        self.added[key] = (
            {"ward": "", "condition": "general", "codes": []}
            | self._columns(draft)
            | {
                "key": key,
                "person_index": draft.person_index,
                "discharged_on": visit.ended_on,
                "source": draft.source,
                "id": clock.new_id(),
                "added_at": self.now,
            }
        )

    def write(self) -> None:
        """Write what was noted, with the patients whose discharges they are."""
        whole = [*self.added.values(), *(values for values in self.corrected.values() if "name" in values)]
        patients = patient_queries.ids_of(self.session, self.keyring, whole, self.now)
        for values in whole:
            values["patient_id"] = patients[values.pop(IDENTITY)]
        if self.added:
            rows = [in_row(Discharge, row) for row in self.added.values()]
            self.session.execute(insert(Discharge.__table__), rows)  # type: ignore[arg-type] # a table, for its speed
        for key, values in self.corrected.items():
            discharge = self.session.get_one(Discharge, self.existing[key][0])
            for name, value in values.items():
                setattr(discharge, name, value)
            service.correct(self.session, discharge.id, values)

    def _columns(self, draft: VisitDraft) -> dict[str, Any]:
        """Return the columns that the facts of a visit fill."""
        columns = dict(draft.facts)
        if "number" in columns:
            columns["language"] = Language(columns["language"])
            columns["number_index"] = identity_index.number_index(self.keyring, columns["number"])
            columns[IDENTITY] = identity_index.identity_index(self.keyring, (columns["number"], columns["name"]))
        return columns


def is_discharge(visit: CurrentVisit) -> bool:
    """Return whether the visit has ended with a discharge."""
    return visit.state is VisitState.DISCHARGED and visit.ended_on is not None
