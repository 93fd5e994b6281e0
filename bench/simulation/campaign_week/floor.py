"""The floor of a campaign's simulated week: the product's ladder, and who took whom for how long."""

from collections.abc import Callable

from bench.simulation.hospital_day import rules
from bench.simulation.hospital_day.clock import SimulatedFloor, SimulatedOffer
from bench.simulation.hospital_day.day import HospitalDay

DAY_S = 86_400.0
SKILL = "nurse"


class EverySecondLadder(rules.ProductRule):
    """The product's ladder, asked every second while somebody waits."""

    every_s: float | None = 1.0


class CampaignFloor(SimulatedFloor):
    """A floor that adds up how long nurses talk, and reports whom they answered and when (second of the day)."""

    def __init__(self, day: HospitalDay, on_nurse_answer: Callable[[str, float], None], seed: int) -> None:
        """Start one day of the week."""
        super().__init__(day, EverySecondLadder(), seed)
        self.on_nurse_answer = on_nurse_answer
        self.talked_s = 0.0

    def _answers(self, offer: SimulatedOffer) -> None:
        is_live = offer.live
        super()._answers(offer)
        if not is_live or SKILL not in offer.agent.seat.skills:
            return
        self.talked_s += offer.caller.call.handle_s
        self.on_nurse_answer(offer.caller.id, self.now)
