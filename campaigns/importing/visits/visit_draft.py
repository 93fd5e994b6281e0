"""A visit while it is written: what the database holds of it, and what has been reported now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from campaigns.importing.visits.visit_state import EventReport

if TYPE_CHECKING:
    from hotline.models import Visit


@dataclass
class VisitDraft:
    """A visit being written; `row` is what is in the database, `facts` are stored facts (`stored_facts`)."""

    patient_number: str
    person_index: str
    row: Visit | None = None
    reports: dict[str, EventReport] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    is_changed: bool = False
    source: str = ""
