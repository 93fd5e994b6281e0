"""The monthly assessment of an agent: knowledge, communication, attitude, results, patients' ratings (F6). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.statistics.aggregates import SectionScore

# Which sections of scorecards make up which part.
SECTIONS = {
    "knowledge": ("content", "health"),
    "communication": ("opening", "ending"),
    "attitude": ("manner",),
}


@dataclass(frozen=True)
class OfferResults:
    """An agent's offers: how many, how many were answered, how many within three rings."""

    offers: int
    answered: int
    within: int


@dataclass(frozen=True)
class AssessmentPart:
    """One part of an assessment: 0 to 100 from so many figures, `None` where there are none."""

    name: str
    weight: float
    value: float | None
    count: int


@dataclass(frozen=True)
class Assessment:
    """All parts of one agent, and the whole over those parts that have figures."""

    agent_id: str
    parts: tuple[AssessmentPart, ...]

    @property
    def whole(self) -> float | None:
        """Return the weighted mean of the parts that have figures."""
        there = [part for part in self.parts if part.value is not None and part.weight]
        weight = sum(part.weight for part in there)
        return sum((part.value or 0.0) * part.weight for part in there) / weight if there else None

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the parts without figures."""
        return tuple(part.name for part in self.parts if part.value is None)


def assess(
    agent_id: str,
    weights: Mapping[str, float],
    sections: Mapping[str, SectionScore],
    results: OfferResults,
    ratings: Sequence[int],
) -> Assessment:
    """Return one agent's assessment; `ratings` are 1 to 5, 1 counts as 0 and 5 as 100."""
    values = {name: _mean([sections[one] for one in ids if one in sections]) for name, ids in SECTIONS.items()}
    values["results"] = (_results(results), results.offers)
    values["patients"] = (100 * (sum(ratings) / len(ratings) - 1) / 4 if ratings else None, len(ratings))
    return Assessment(agent_id, tuple(AssessmentPart(name, weight, *values[name]) for name, weight in weights.items()))


def _results(results: OfferResults) -> float | None:
    """Return half for answering what rang, half for answering it within three rings."""
    if not results.offers:
        return None
    return 50 * (results.answered + results.within) / results.offers


def _mean(parts: Sequence[SectionScore]) -> tuple[float | None, int]:
    count = sum(part.reviews for part in parts)
    return (sum(part.score * part.reviews for part in parts) / count if count else None), count
