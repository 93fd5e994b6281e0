"""Aggregates of reviews: scores with intervals for agents, teams, queues and periods, and shares per item. Pure.

Random and targeted reviews are never added together: scores come from random ones, targeted ones are counted beside.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from qa.reviews.answers import earned_shares, total
from qa.scorecards.card import Scorecards
from qa.statistics.confidence_interval import AgentDay, BarStanding, ScoreEstimate, estimate, standing

Cell = tuple[str, date]


@dataclass(frozen=True)
class DrawableCall:
    """One call that could be drawn."""

    agent_id: str
    queue: str
    day: date


@dataclass(frozen=True)
class PublishedReview:
    """One review that counts: published and not dropped, with what became of it."""

    agent_id: str
    queue: str
    day: date
    scorecard: str
    is_random: bool
    score: float | None
    is_fatal: bool
    answers: Mapping[str, str] = field(default_factory=dict)
    is_appealed: bool = False
    is_changed: bool = False


@dataclass(frozen=True)
class GroupScore:
    """One group of a report: its score by chance, where it stands, and its targeted reviews beside."""

    name: str
    estimate: ScoreEstimate
    standing: BarStanding
    fatal: int
    targeted: int
    targeted_mean: float | None
    targeted_fatal: int
    appealed: int
    changed: int


@dataclass(frozen=True)
class ItemShare:
    """One item: which part of its weight was earned, in random and in targeted reviews, and in how many it applied."""

    scorecard: str
    item: str
    random: float | None
    random_count: int
    targeted: float | None
    targeted_count: int


@dataclass(frozen=True)
class IntervalTerms:
    """The bar that is aimed at and how sure an interval is."""

    bar: float
    confidence: float


def group_scores(
    calls: Iterable[DrawableCall],
    reviews: Iterable[PublishedReview],
    by: Callable[[DrawableCall | PublishedReview], str],
    terms: IntervalTerms,
) -> list[GroupScore]:
    """Return a score per group, by name. A cluster is one agent's day, so that agents with few calls do not count for
    more.
    """
    calls_by_group: dict[str, list[DrawableCall]] = defaultdict(list)
    reviews_by_group: dict[str, list[PublishedReview]] = defaultdict(list)
    for one in calls:
        calls_by_group[by(one)].append(one)
    for review in reviews:
        reviews_by_group[by(review)].append(review)
    names = sorted(set(calls_by_group) | set(reviews_by_group))
    return [group_score(name, calls_by_group[name], reviews_by_group[name], terms) for name in names]


def group_score(
    name: str, calls: Sequence[DrawableCall], reviews: Sequence[PublishedReview], terms: IntervalTerms
) -> GroupScore:
    """Return one group's score."""
    days = agent_days(calls, reviews)
    aimed = [one for one in reviews if not one.is_random]
    scores = [one.score for one in aimed if one.score is not None]
    return GroupScore(
        name=name,
        estimate=estimate(days, terms.confidence),
        standing=standing(days, terms.bar, terms.confidence),
        fatal=sum(one.is_random and one.is_fatal for one in reviews),
        targeted=len(aimed),
        targeted_mean=sum(scores) / len(scores) if scores else None,
        targeted_fatal=sum(one.is_fatal for one in aimed),
        appealed=sum(one.is_appealed for one in reviews),
        changed=sum(one.is_changed for one in reviews),
    )


def agent_days(calls: Iterable[DrawableCall], reviews: Iterable[PublishedReview]) -> list[AgentDay]:
    """Return the days of agents: how many calls each had, and the scores of those that chance chose."""
    counts: dict[Cell, int] = defaultdict(int)
    scores: dict[Cell, list[float]] = defaultdict(list)
    for one in calls:
        counts[one.agent_id, one.day] += 1
    for review in reviews:
        if review.is_random and review.score is not None:
            scores[review.agent_id, review.day].append(review.score)
    # A call cannot have been heard that was not there; where the draw's calls are gone, the heard ones are all we know.
    keys = sorted(set(counts) | set(scores))
    return [AgentDay(max(counts[key], len(scores[key])), tuple(scores[key])) for key in keys]


def item_shares(reviews: Iterable[PublishedReview], cards: Scorecards) -> list[ItemShare]:
    """Return every item of every scorecard that was used, in the scorecard's order."""
    shares: dict[tuple[str, str, bool], list[float]] = defaultdict(list)
    for review in reviews:
        if review.scorecard not in cards.cards:
            continue
        for item_id, part in earned_shares(cards[review.scorecard], review.answers).items():
            if part is not None:
                shares[review.scorecard, item_id, review.is_random].append(part)
    used = {card for card, _, _ in shares}
    return [
        ItemShare(
            card.name,
            item.id,
            *_share(shares[card.name, item.id, True]),
            *_share(shares[card.name, item.id, False]),
        )
        for card in cards
        if card.name in used
        for item in card.items
    ]


class SectionScore(NamedTuple):
    """A section's score from 0 to 100, and how many reviews it is from."""

    score: float
    reviews: int


def section_scores(reviews: Iterable[PublishedReview], cards: Scorecards) -> dict[str, SectionScore]:
    """Return per section, 0 to 100, the weight earned over the weight that applied in random
    reviews, and in how many.
    """
    got: dict[str, float] = defaultdict(float)
    of: dict[str, float] = defaultdict(float)
    count: dict[str, int] = defaultdict(int)
    for review in reviews:
        if not review.is_random or review.scorecard not in cards.cards:
            continue
        for name, (part, weight) in total(cards[review.scorecard], review.answers).sections.items():
            if weight:
                got[name], of[name], count[name] = got[name] + part, of[name] + weight, count[name] + 1
    return {name: SectionScore(100 * got[name] / of[name], count[name]) for name in of}


def period(day: date, unit: str) -> str:
    """Return the period a day lies in: `2026-W10` (ISO 8601), `2026-03` or `2026-Q1`."""
    if unit == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{day.year}-Q{(day.month + 2) // 3}" if unit == "quarter" else f"{day:%Y-%m}"


def _share(shares: Sequence[float]) -> tuple[float | None, int]:
    return (sum(shares) / len(shares) if shares else None), len(shares)
