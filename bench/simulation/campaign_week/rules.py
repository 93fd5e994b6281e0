"""The rules of pacing that are compared, and the week in figures."""

from dataclasses import dataclass
from datetime import timedelta

from bench.simulation.campaign_week.floor import SKILL
from bench.simulation.campaign_week.week import DAYS, TICK_S, Week
from bench.simulation.hospital_day import rules
from campaigns.dialling import pacing
from campaigns.dialling.pacing import PacingBounds


@dataclass
class ProductPace:
    """The product's pace."""

    name: str = "ours"

    def dial(self, week: Week) -> int:
        """Dial as `campaigns.dialling.pacing` decides."""
        caps = week.caps
        bounds = PacingBounds(caps.lost_target_permille / 1000, caps.lost_limit_permille / 1000, caps.calls_a_second)
        return pacing.decide(week.floor(), week.counts(), bounds).dial


@dataclass
class FixedRate:
    """So many a minute, whatever happens: a campaign without a pace."""

    a_minute: float
    name: str = "fixed rate"

    def dial(self, week: Week) -> int:
        """Dial evenly."""
        before, after = (int((week.house.now + late) * self.a_minute / 60) for late in (0.0, TICK_S))
        return after - before


@dataclass
class PredictiveRule:
    """The plain rule of outbound centres: as many lines as free agents by the share of calls that are answered."""

    name: str = "predictive (free / answer rate)"

    def dial(self, week: Week) -> int:
        """Dial free agents over the answer rate, less what rings already."""
        floor, rates = week.floor(), pacing.learn(week.counts())
        return max(0, round(floor.free / rates.answer) - floor.dialling)


@dataclass
class NoCampaign:
    """No campaign at all."""

    name: str = "none"

    def dial(self, week: Week) -> int:
        """Dial nobody."""
        del week
        return 0


def figures(week: Week) -> dict[str, float]:
    """Return the week in figures; the hotline's own callers apart."""
    f, people = week.figures, len(week.patients)
    inbound = [caller for house in week.houses for caller in house.callers]
    target = 3 * week.day.ring_seconds
    in_time = sum(c.answered_at is not None and c.answered_at - c.call.t <= target for c in inbound)
    ends = [patient.end for patient in week.patients]
    return {
        "recipients": people,
        "dialled": f.dialled,
        "reached": len(f.reached) / people if people else 0.0,
        "over": sum(bool(end) for end in ends) / people if people else 1.0,
        "needed_a_person": f.needed,
        "found_nobody": f.lost,
        "found_nobody_share": f.lost / f.needed if f.needed else 0.0,
        "found_nobody_of_answered": f.lost / f.answered if f.answered else 0.0,
        "nurse_occupancy": _occupancy(week),
        "inbound_within_three_rings": in_time / len(inbound),
        "hours_used": _hours(week),
    }


def _occupancy(week: Week) -> float:
    """Return the share of patient agents' shifts spent in a conversation (with patients or callers)."""
    shifts = sum(end - start for seat in week.day.agents if SKILL in seat.skills for start, end in seat.shifts) * DAYS
    return sum(house.talked_s for house in week.houses) / shifts


def _hours(week: Week) -> float:
    """Return the hours of the shifts."""
    tried = [tried.at for patient in week.patients for tried in patient.tries]
    return (max(tried) - rules.MIDNIGHT) / timedelta(hours=1) if tried else 0.0
