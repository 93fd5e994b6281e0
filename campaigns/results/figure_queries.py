"""What a campaign has come to: funnel, and answers per question. Never commits."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hotline.models import Answer, Attempt, Campaign, Recipient
from hotline.values.states.attempt import AttemptState
from hotline.values.states.recipient import RecipientState

HISTOGRAM = 12


@dataclass(frozen=True)
class Funnel:
    """Recipients on their way: each figure is of those before it. `states` and `without` add up to everyone."""

    planned: int
    reached: int
    verified: int
    completed: int
    warnings: int
    opinions: int
    tries: int
    states: Mapping[RecipientState, int]
    without: Mapping[str, int]
    outcomes: Mapping[str, int] = field(default_factory=dict)
    nurse_seconds: float | None = None

    @property
    def over(self) -> int:
        """Return recipients at an end of the table."""
        open_ = {RecipientState.PLANNED, RecipientState.CALLING, RecipientState.TEXTED, RecipientState.EXCLUDED}
        return sum(count for state, count in self.states.items() if state not in open_)


@dataclass(frozen=True)
class QuestionFigures:
    """Answers to one question: how many of each, and the mean where they are figures."""

    name: str
    count: int
    values: Mapping[str, int]
    mean: float | None
    warnings: int


def funnel(session: Session, campaign_id: str) -> Funnel:
    """Return the campaign's figures at this moment."""
    ours = Recipient.campaign_id == campaign_id
    states = dict(session.execute(select(Recipient.state, func.count()).where(ours).group_by(Recipient.state)).all())
    out = Recipient.state == RecipientState.EXCLUDED
    without = session.execute(select(Recipient.reason, func.count()).where(ours, out).group_by(Recipient.reason))
    reached, verified, tries = session.execute(
        select(func.count(Recipient.reached_at), func.count(Recipient.verified_at), func.sum(Recipient.tries)).where(
            ours
        )
    ).one()
    signs = select(func.count(func.distinct(Attempt.recipient_id)))
    answers = select(func.count()).select_from(Answer).join(Recipient, Recipient.id == Answer.recipient_id)
    outcomes = session.execute(
        select(Attempt.outcome, func.count())
        .where(Attempt.campaign_id == campaign_id, Attempt.state == AttemptState.ENDED)
        .group_by(Attempt.outcome)
    )
    return Funnel(
        planned=sum(states.values()) - states.get(RecipientState.EXCLUDED, 0),
        reached=reached,
        verified=verified,
        completed=states.get(RecipientState.DONE, 0),
        warnings=session.scalar(signs.where(Attempt.campaign_id == campaign_id, Attempt.warning_at.is_not(None))) or 0,
        opinions=session.scalar(answers.where(ours, Answer.is_opinion)) or 0,
        tries=int(tries or 0),
        states=states,
        without=dict(without.all()),
        outcomes={str(outcome): count for outcome, count in outcomes if outcome is not None},
        nurse_seconds=_nurse_seconds(session, campaign_id),
    )


def _nurse_seconds(session: Session, campaign_id: str) -> float | None:
    """Return the mean time from a warning sign to the nurse's voice."""
    query = select(Attempt.warning_at, Attempt.agent_connected_at).where(
        Attempt.campaign_id == campaign_id, Attempt.warning_at.is_not(None), Attempt.agent_connected_at.is_not(None)
    )
    seconds = [(caught - warned).total_seconds() for warned, caught in session.execute(query) if warned and caught]
    return sum(seconds) / len(seconds) if seconds else None


def questions(session: Session, campaign_id: str) -> list[QuestionFigures]:
    """Return answers per question, in the order in which questions were first answered."""
    query = (
        select(Answer.question, Answer.value, Answer.figure, Answer.is_warning)
        .join(Recipient, Recipient.id == Answer.recipient_id)
        .where(Recipient.campaign_id == campaign_id)
        .order_by(Answer.at, Answer.id)
    )
    found: dict[str, list[tuple[str, float | None, bool]]] = defaultdict(list)
    for name, value, figure, is_warning in session.execute(query):
        found[name].append((value, figure, is_warning))
    return [_question(name, answers) for name, answers in found.items()]


def _question(name: str, answers: Iterable[tuple[str, float | None, bool]]) -> QuestionFigures:
    rows = list(answers)
    figures = [figure for _, figure, _ in rows if figure is not None]
    values = Counter(value for value, _, _ in rows)
    kept = dict(sorted(values.items(), key=lambda item: _order(*item))) if len(values) <= HISTOGRAM else {}
    mean = sum(figures) / len(figures) if figures else None
    return QuestionFigures(name, len(rows), kept, mean, sum(is_warning for _, _, is_warning in rows))


def _order(value: str, count: int) -> tuple[int, float, int, str]:
    """Return what figures sort by, in their order, before words by how often they were said."""
    is_figure = value.replace(".", "", 1).isdigit()
    return (0, float(value), 0, "") if is_figure else (1, 0.0, -count, value)


def campaigns(session: Session) -> list[Campaign]:
    """Return all campaigns, the newest first."""
    return list(session.scalars(select(Campaign).order_by(Campaign.made_at.desc())))
