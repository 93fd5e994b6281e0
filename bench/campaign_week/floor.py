"""The floor of a campaign's simulated week: the product's ladder, and who took whom for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.hospital_day import rules
from bench.hospital_day.clock import House, Offer

if TYPE_CHECKING:
    from bench.campaign_week.week import Week

DAY_S = 86_400.0
SKILL = "nurse"


class Ladder(rules.Ours):
    """The product's ladder, asked every second while somebody waits."""

    every_s: float | None = 1.0


class CampaignHouse(House):
    """A floor that notes for its week who took whom, and for how long they talk."""

    def __init__(self, week: Week, seed: int) -> None:
        """Today's floor of this week."""
        super().__init__(week.day, Ladder(), seed)
        self.week = week
        self.talked_s = 0.0

    def _answers(self, offer: Offer) -> None:
        is_live = offer.live
        super()._answers(offer)
        if not is_live or SKILL not in offer.agent.seat.skills:
            return
        self.talked_s += offer.caller.call.handle_s
        if offer.caller.id in self.week.waiting:
            self.week.waiting.discard(offer.caller.id)
        else:
            self.week.answered_lately.append(self.week.number * DAY_S + self.now)
