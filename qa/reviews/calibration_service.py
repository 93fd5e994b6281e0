"""Calibration: the same calls to several supervisors, blind; their answers, and how far they agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import mean
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from accounts.users import queries as user_queries
from hotline.configuration.settings import Settings
from hotline.database.database import Database
from hotline.errors import NotFound
from hotline.models import Calibration, Call, Review, ReviewStep, User
from hotline.outbox import transitions
from hotline.values.access import Role
from hotline.values.scorecard import ItemAnswer
from hotline.values.states.calibration import CalibrationEvent, CalibrationState
from hotline.values.states.review import ReviewEvent, ReviewState
from qa import scorecards
from qa.errors import InvalidAnswer, TextRequired, WrongReviewState
from qa.reviews import answers as reviews_answers
from qa.scorecards import AnswerScale, Scorecard
from qa.scoring import mark_queries
from qa.statistics.agreement import Drift, Level, alpha, cohen, drift, fleiss, pairwise

MACHINE = "machine"
MOST_CALLS, LEAST_PEOPLE = 20, 2


@dataclass(frozen=True)
class ItemAgreement:
    """The agreement of raters on one item; a figure is `None` where there is nothing to compare."""

    item: str
    units: int
    agreed: float | None
    fleiss: float | None
    alpha: float | None
    level: Level
    # Cohen's kappa of every person with the machine.
    with_machine: Mapping[str, float | None]


@dataclass(frozen=True)
class CalibrationResult:
    """The outcome of a calibration: per item, per pair of people over all items, and per person the lean of scores."""

    items: list[ItemAgreement]
    pairs: dict[tuple[str, str], float | None]
    scores: dict[str, dict[str, float]]
    leans: dict[str, float]


def open_round(
    database: Database,
    settings: Settings,
    user_id: str,
    name: str,
    scorecard: str,
    now: datetime,
    *,
    calls: Sequence[str],
    people: Sequence[str],
) -> str:
    """Give the calls to the people (ids of both), each blind; return the round's id.

    Raises `TextRequired` without a name, `InvalidAnswer` without calls of agents or with fewer than two supervisors.
    """
    if not 0 < len(name.strip()) <= 80:
        raise TextRequired("a calibration needs a name of at most 80 characters")
    card = scorecards.load(settings.scorecards_folder)[scorecard]
    zone = ZoneInfo(settings.timezone)
    with database.write() as session:
        chosen = [call for call in (session.get(Call, one) for one in dict.fromkeys(calls)) if call is not None]
        judges = [
            user for user in (user_queries.find(session, one) for one in dict.fromkeys(people)) if _may_judge(user)
        ]
        if not 0 < len(chosen) <= MOST_CALLS or len(judges) < LEAST_PEOPLE or not all(one.agent_id for one in chosen):
            raise InvalidAnswer(f"1 to {MOST_CALLS} calls of agents and at least {LEAST_PEOPLE} supervisors are needed")
        calibration = Calibration(name=name.strip(), scorecard=card.name, made_by=user_id, made_at=now)
        session.add(calibration)
        session.flush()
        for call in chosen:
            for judge in judges:
                if judge is not None and judge.agent_id != call.agent_id:
                    _send(session, calibration, call, judge, call.started_at.astimezone(zone).date())
        return calibration.id


def close_round(database: Database, calibration_id: str, now: datetime) -> None:
    """End a calibration; reviews that nobody finished are dropped."""
    with database.write() as session:
        calibration = session.get(Calibration, calibration_id, with_for_update=True)
        if calibration is None:
            raise NotFound(f"no calibration {calibration_id}")
        if calibration.state is CalibrationState.CLOSED:
            raise WrongReviewState("the calibration is closed")
        for review in reviews_of_round(session, calibration_id):
            if review.state in (ReviewState.DUE, ReviewState.DRAFT):
                transitions.transition(review, ReviewEvent.DROPPED)
                review.ended_at = now
        transitions.transition(calibration, CalibrationEvent.CLOSED)
        calibration.closed_at = now


def reviews_of_round(session: Session, calibration_id: str) -> list[Review]:
    """Return the reviews of a calibration."""
    return list(
        session.scalars(
            select(Review).where(Review.calibration_id == calibration_id).order_by(Review.call_id, Review.id)
        )
    )


def may_see(reviews: Sequence[Review], calibration: Calibration, user_id: str) -> bool:
    """Return whether someone may see what others answered: only once their own part is finished, or all is closed."""
    own = [review for review in reviews if review.reviewer_id == user_id]
    return calibration.state is CalibrationState.CLOSED or all(review.state is ReviewState.FINISHED for review in own)


def is_blind(session: Session, call_id: str, user_id: str) -> bool:
    """Return whether someone still has to judge this call in a calibration, and must not see what others made of it."""
    return session.scalar(blind_calls(user_id).where(Review.call_id == call_id).limit(1)) is not None


def blind_calls(user_id: str) -> Select[str]:
    """Return the query for the calls for which someone is blind."""
    own = (Review.reviewer_id == user_id, Review.calibration_id.is_not(None))
    return select(Review.call_id).where(*own, Review.state.in_((ReviewState.DUE, ReviewState.DRAFT)))


def calibration_result(session: Session, card: Scorecard, reviews: Sequence[Review]) -> CalibrationResult:
    """Return the agreement of people, and of the machine as one more rater, on what is finished."""
    done = [review for review in reviews if review.state is ReviewState.FINISHED]
    machine = mark_queries.marks_of_calls(session, {review.call_id for review in done}, card.name)
    calls = {review.call_id: [one for one in done if one.call_id == review.call_id] for review in done}
    people = {call: {_name(one): one.answers for one in own} for call, own in calls.items()}
    machine_answers = {
        call: {
            item: mark.answer.value
            for item, mark in machine.get(call, {}).items()
            if mark.answer is not ItemAnswer.UNSURE
        }
        for call in calls
    }
    items = [_item(card, item.id, people, machine_answers) for item in card.items]
    every = [
        {rater: answers[item.id] for rater, answers in own.items() if item.id in answers}
        for own in people.values()
        for item in card.items
    ]
    scores = {call: {_name(one): one.score for one in own if one.score is not None} for call, own in calls.items()}
    leans = {one.rater: one.lean for one in drift([("", own) for own in scores.values()])}
    return CalibrationResult(items, pairwise(every), scores, leans)


def drifts(session: Session) -> list[Drift]:
    """Return the lean of every reviewer by month, over all calibrations."""
    rows = session.execute(
        select(Calibration.made_at, Review)
        .join(Review, Review.calibration_id == Calibration.id)
        .where(Review.state == ReviewState.FINISHED, Review.score.is_not(None))
    )
    things: dict[tuple[str, str, str], dict[str, float]] = {}
    for made_at, review in rows:
        key = (made_at.strftime("%Y-%m"), review.calibration_id or "", review.call_id)
        things.setdefault(key, {})[_name(review)] = review.score or 0.0
    return drift([(key[0], values) for key, values in sorted(things.items())])


def _item(
    card: Scorecard,
    item_id: str,
    people: Mapping[str, Mapping[str, Mapping[str, str]]],
    machine_answers: Mapping[str, Mapping[str, str]],
) -> ItemAgreement:
    item = card.item(item_id)
    units = [{rater: given[item_id] for rater, given in own.items() if item_id in given} for own in people.values()]
    level = Level.NOMINAL if item.scale is AnswerScale.YES_NO else Level.ORDINAL
    ranked = [
        {
            rater: part
            for rater, answer in unit.items()
            if (part := reviews_answers.earned_share(item, answer)) is not None
        }
        for unit in units
    ]
    sizes = {len(unit) for unit in units}
    counts = [{answer: list(unit.values()).count(answer) for answer in set(unit.values())} for unit in units]
    raters = sorted({rater for unit in units for rater in unit})
    pairs = [
        (one, two) for unit in units for at, one in enumerate(unit.values()) for two in list(unit.values())[at + 1 :]
    ]
    return ItemAgreement(
        item=item_id,
        units=len(units),
        agreed=mean(one == two for one, two in pairs) if pairs else None,
        fleiss=fleiss(counts) if len(sizes) == 1 and sizes != {1} else None,
        alpha=alpha(units if level is Level.NOMINAL else ranked, level),
        level=level,
        with_machine={rater: cohen(_beside_machine(item_id, rater, people, machine_answers)) for rater in raters},
    )


def _beside_machine(
    item_id: str,
    rater: str,
    people: Mapping[str, Mapping[str, Mapping[str, str]]],
    machine_answers: Mapping[str, Mapping[str, str]],
) -> list[tuple[str, str]]:
    """Return a rater's answer and the machine's on every call that both answered."""
    return [
        (own[rater][item_id], machine_answers[call][item_id])
        for call, own in people.items()
        if item_id in own.get(rater, {}) and item_id in machine_answers[call]
    ]


def _send(session: Session, calibration: Calibration, call: Call, judge: User, day: date) -> None:
    now = calibration.made_at
    review = Review(
        call_id=call.id,
        agent_id=call.agent_id,
        queue=call.queue,
        day=day,
        scorecard=calibration.scorecard,
        reasons=["calibration"],
        calibration_id=calibration.id,
        reviewer_id=judge.id,
        added_at=now,
    )
    session.add(review)
    session.flush()
    session.add(
        ReviewStep(
            review_id=review.id, at=now, kind="drawn", user_id=calibration.made_by, data={"round": calibration.id}
        )
    )


def _may_judge(user: User | None) -> bool:
    return user is not None and user.is_active and user.role in (Role.SUPERVISOR, Role.ADMINISTRATOR)


def _name(review: Review) -> str:
    return review.reviewer_id or ""
