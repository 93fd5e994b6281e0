"""Phones that ring for one caller and are taken for another, who has none. Pure."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import chain

from routing.ladder.candidates import meets
from routing.ladder.floor_state import LiveOffer, Preempt, QueuedCaller, Reassign
from routing.ladder.ring_budget import due_ring, group_of, skill_options

# An urgent caller takes a phone that rings for someone whose priority is this much lower.
URGENT_GAP = 50


def preempted(callers: list[QueuedCaller], live: list[LiveOffer], started: set[str]) -> list[Preempt]:
    """Phones that ring for someone much less urgent, one for each urgent caller who has no phone at all."""
    rung = {offer.caller_id for offer in live} | started
    left = sorted(live, key=lambda offer: (offer.priority, offer.started_at, offer.id))
    given = []
    hopeless: set[tuple[tuple[str, int], ...]] = set()  # wishes that nobody less urgent can meet
    for caller in callers:
        if not left or caller.priority - left[0].priority < URGENT_GAP:
            break  # nor can those after: they are no more urgent
        required_skills = tuple(sorted(caller.required_skills.items()))
        if caller.id in rung or required_skills in hopeless or caller.only_agent_id is not None:
            continue
        weaker = (
            o for o in left if caller.priority - o.priority >= URGENT_GAP and meets(o.skills, caller.required_skills)
        )
        offer = next(weaker, None)
        if offer is None:
            hopeless.add(required_skills)
        else:
            left.remove(offer)
            given.append(Preempt(offer.id))
    return given


def reassigned(
    without: list[QueuedCaller], phones: Mapping[str, list[LiveOffer]], now: datetime, ring: timedelta
) -> list[Reassign]:
    """Return a phone for each who has none from those who have several, the one that began to ring last."""
    # Someone who is set aside may well not be there: neither what is kept nor what is given.
    present = ([offer for offer in rung if not offer.is_not_ready] for rung in phones.values() if len(rung) > 1)
    several = chain.from_iterable(rung for rung in present if len(rung) > 1)
    left = sorted(several, key=lambda offer: (offer.started_at, offer.id), reverse=True)
    kept = Counter(offer.caller_id for offer in left)
    given, hopeless = [], set[tuple[object, ...]]()
    for caller in without if left else ():
        if group_of(caller) in hopeless or caller.only_agent_id is not None:
            continue
        theirs = [required_skills for required_skills, _ in skill_options(caller, due_ring(caller, now, ring), now)]
        fitting = (
            o
            for o in left
            if kept[o.caller_id] > 1 and any(meets(o.skills, required_skills) for required_skills in theirs)
        )
        offer = next((offer for offer in fitting if offer.agent_id not in caller.tried), None)
        if offer is None:
            # Another one of their line may have been rung by fewer.
            hopeless |= set() if caller.tried else {group_of(caller)}
            continue
        left.remove(offer)
        kept[offer.caller_id] -= 1
        given.append(Reassign(offer.id))
    return given
