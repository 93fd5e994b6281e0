"""Wards and months of discharge beside each other. Never commits.

Wards and figures of answers are sealed in the database, so that they are counted here and not by it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Answer, Attempt, Discharge, Recipient
from hotline.values.states.recipient import RecipientState

FEW = 5  # fewer answers than this are no comparison, and might show who gave them
LOADED = 1000


@dataclass(frozen=True)
class Group:
    """A ward or a month beside the others; `means` is `None` where there are too few answers."""

    name: str
    planned: int
    reached: int
    completed: int
    warnings: int
    means: Mapping[str, float | None] = field(default_factory=dict)


@dataclass
class _Count:
    planned: int = 0
    reached: int = 0
    completed: int = 0
    warnings: int = 0
    # Of each question the sum of its figures, and how many there were.
    sums: dict[str, tuple[float, int]] = field(default_factory=dict)

    def group(self, name: str) -> Group:
        means = {question: total / count if count >= FEW else None for question, (total, count) in self.sums.items()}
        return Group(name, self.planned, self.reached, self.completed, self.warnings, means)


@dataclass(frozen=True)
class GroupComparison:
    """The groups of one campaign, or of all, each sorted by name."""

    wards: list[Group]
    months: list[Group]


def compare(session: Session, campaign_id: str | None = None) -> GroupComparison:
    """Compare wards, and months; of one campaign, or of all."""
    ours = () if campaign_id is None else (Recipient.campaign_id == campaign_id,)
    figures = _figures(session, campaign_id)
    warned = set(session.scalars(select(Attempt.recipient_id).where(Attempt.warning_at.is_not(None))))
    wards: dict[str, _Count] = defaultdict(_Count)
    months: dict[str, _Count] = defaultdict(_Count)
    query = (
        select(Recipient.id, Recipient.ward, Recipient.state, Recipient.reached_at, Discharge.discharged_on)
        .join(Discharge, Discharge.id == Recipient.discharge_id)
        .where(*ours, Recipient.state != RecipientState.EXCLUDED)
        .execution_options(yield_per=LOADED)
    )
    for recipient_id, ward, state, reached_at, discharged_on in session.execute(query):
        for count in (wards[ward], months[f"{discharged_on:%Y-%m}"]):
            count.planned += 1
            count.reached += reached_at is not None
            count.completed += state is RecipientState.DONE
            count.warnings += recipient_id in warned
            for question, figure in figures.get(recipient_id, ()):
                total, number = count.sums.get(question, (0.0, 0))
                count.sums[question] = (total + figure, number + 1)
    return GroupComparison(_sorted(wards), _sorted(months))


def _figures(session: Session, campaign_id: str | None) -> dict[str, list[tuple[str, float]]]:
    """Return the figures that each recipient answered, with their questions."""
    query = select(Answer.recipient_id, Answer.question, Answer.figure).where(Answer.figure.is_not(None))
    if campaign_id is not None:
        query = query.join(Recipient, Recipient.id == Answer.recipient_id).where(Recipient.campaign_id == campaign_id)
    figures: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for recipient_id, question, figure in session.execute(query.execution_options(yield_per=LOADED)):
        figures[recipient_id].append((question, figure or 0.0))
    return figures


def _sorted(counts: Mapping[str, _Count]) -> list[Group]:
    return [counts[name].group(name) for name in sorted(counts)]
