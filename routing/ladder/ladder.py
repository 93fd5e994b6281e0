"""The three-ring ladder: given the floor and the moment, whose phone starts and whose stops ringing. Pure.

The budget of a caller is counted in rings from the first phone that rang for them. At ring 1 the best agent rings, and
beside them those whom nobody else is likely to need; with every ring that passes unanswered one more joins, so that one
person who does not pick up cannot cost the caller the target; and more where those who are rung are likely to let it
ring out (`routing.ladder.miss_risk`). Who has no phone takes one of those of who has several.
A queue's own ladder takes the place of that. After the last ring the queue's overflow helps. Whom to ring is
`routing.ladder.agent_choice`'s choice. Requirements A1, A7 to A10.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import ceil

from hotline.values.reason import Reason
from hotline.values.reason_codes import OfferReason
from routing.ladder import miss_risk, preemption
from routing.ladder.agent_choice import ANYONE, SPARE, AgentPool
from routing.ladder.candidates import AgentRequest, Candidate
from routing.ladder.floor_state import (
    Decision,
    FloorState,
    LeaveByOverflow,
    LiveOffer,
    PhoneUnreachable,
    QueuedCaller,
    RingNoAnswer,
    StartOffer,
)
from routing.ladder.ring_budget import due_ring, group_of, in_order, phones_due, ring_of, skill_options

# A phone that was dialled and never began to ring within this time cannot be reached.
DIAL_SECONDS = 8.0
# Nobody gets to a phone within one ring for certain.
LEAST_RINGS = 2
# So many phones ring from the start where their owners are not needed elsewhere; and so many while no more than these
# rang for each caller of late: in total at most about twice as many as where one rings after the other.
AT_ONCE = 2
MOST_AT_ONCE, FEW_PHONES = 3, 1.9
# While fewer than these rang, the phone that joins with the next ring does so half a ring early.
MANY_PHONES = 2.1
BESIDE = Reason(OfferReason.BESIDE_FIRST)
AT_RISK = Reason(OfferReason.AT_RISK)
# After the caller's last ring, who let them ring out is not rung for them again before so many rings have passed.
REST_RINGS = 2


def decide(floor: FloorState, now: datetime, ring_seconds: float) -> tuple[Decision, ...]:
    """Return what is to be done now: first the offers that end, then those that start, in the order of their doing."""
    ring = timedelta(seconds=ring_seconds)
    ended = tuple(_end(offer, now, ring) for offer in floor.offers)
    live = [offer for offer, end in zip(floor.offers, ended, strict=True) if end is None]
    phones: dict[str, list[LiveOffer]] = defaultdict(list)
    for offer in live:
        phones[offer.caller_id].append(offer)
    with_rules = [caller for caller in floor.callers if caller.overflow_rules]
    led = tuple(over for caller in with_rules if (over := _overflow(caller, now, ring, is_rung=caller.id in phones)))
    leaving = {over.caller_id for over in led}
    callers = in_order(caller for caller in floor.callers if caller.id not in leaving)
    pool = AgentPool(floor.agents, floor.asked, ring_seconds)
    first = list(_first_phones(callers, phones, pool, now, ring))
    starts = [*first, *_more_phones(callers, phones, pool, now, ring, each=floor.phones_each)]
    started = {start.caller_id for start in starts}
    yielded = preemption.preempted(callers, live, started)
    without = [caller for caller in callers if caller.id not in phones and caller.id not in started]
    lent = () if yielded or not without else preemption.reassigned(without, phones, now, ring)
    return (*(end for end in ended if end is not None), *led, *yielded, *lent, *starts)


def _overflow(caller: QueuedCaller, now: datetime, ring: timedelta, *, is_rung: bool) -> LeaveByOverflow | None:
    """Return where the caller is led now. While a phone rings for them they stay for as many rings again."""
    if not caller.overflow_rules:
        return None
    stays = caller.rings if is_rung else 0
    number, waited = due_ring(caller, now, ring) - stays, now - caller.asked_at - stays * ring
    way = next((way for way in caller.overflow_rules if way.is_due(number, waited)), None)
    return None if way is None else LeaveByOverflow(caller.id, way.kind, way.to)


def _end(offer: LiveOffer, now: datetime, ring: timedelta) -> RingNoAnswer | PhoneUnreachable | None:
    if offer.ringing_at is None:
        return PhoneUnreachable(offer.id) if now - offer.started_at >= timedelta(seconds=DIAL_SECONDS) else None
    return RingNoAnswer(offer.id) if now - offer.ringing_at >= offer.rings * ring else None


def _first_phones(
    callers: list[QueuedCaller], phones: Mapping[str, list[LiveOffer]], pool: AgentPool, now: datetime, ring: timedelta
) -> Iterable[StartOffer]:
    """Yield a phone for everyone who has none, and for those whose only phone is that of someone set aside."""
    hopeless: set[tuple[object, ...]] = set()
    for caller in callers:
        if not pool:
            return
        rung = phones.get(caller.id)
        if (rung and not all(offer.is_not_ready for offer in rung)) or group_of(caller) in hopeless:
            continue
        started = _start(caller, pool, now, ring, last_resort=not rung)
        yield from started
        if not started and _is_hopeless(caller, pool):
            hopeless.add(group_of(caller))


def _more_phones(
    callers: list[QueuedCaller],
    phones: Mapping[str, list[LiveOffer]],
    pool: AgentPool,
    now: datetime,
    ring: timedelta,
    *,
    each: float,
) -> Iterable[StartOffer]:
    """Yield what each is due by now, and those beside them whom nobody else is likely to need."""
    hopeless: set[tuple[object, ...]] = set()
    for caller in [caller for caller in callers if caller.id in phones] if pool and phones else ():
        if not pool:
            return
        if group_of(caller) in hopeless:
            continue
        rung = phones[caller.id]
        # Beside someone who is known to answer late the next phone joins half a ring early.
        early = ring / 2 if all(_is_late(offer, caller, ring) for offer in rung) else timedelta()
        joining = phones_due(caller, now + early, ring) - len(rung)
        if joining <= 0 and not caller.ladder:
            yield from _beside(caller, rung, pool, now, ring, each=each)
        for _ in range(joining):
            started = _start(caller, pool, now, ring)
            yield from started
            if not started:
                if _is_hopeless(caller, pool):
                    hopeless.add(group_of(caller))
                break


def _beside(
    caller: QueuedCaller, rung: list[LiveOffer], pool: AgentPool, now: datetime, ring: timedelta, *, each: float
) -> list[StartOffer]:
    """Return a phone beside those that ring: of someone whom nobody else is likely to need, or as the risk is grave."""
    chance = miss_risk.of(caller, rung, now, ring) or 0.0
    is_too_high = miss_risk.is_too_high(chance, len(rung), each)
    if not is_too_high and len(rung) >= _at_once(caller, now, ring, each):
        return []
    for spare in (SPARE, ANYONE) if is_too_high and miss_risk.is_grave(chance, len(rung)) else (SPARE,):
        only = caller.only_agent_id
        wanted = AgentRequest(
            caller.required_skills,
            caller.prefers,
            None,
            caller.tried,
            last_resort=False,
            spare=spare,
            only_agent_id=only,
        )
        agent = pool.take(wanted)
        if agent is not None:
            note = BESIDE if spare == SPARE else AT_RISK
            chosen = pool.chosen(agent, caller.required_skills)
            return [
                StartOffer(
                    caller.id, agent.id, ring_of(caller, now, ring), _rings(agent, caller, ring), (note,), chosen
                )
            ]
    return []


def _at_once(caller: QueuedCaller, now: datetime, ring: timedelta, each: float) -> int:
    """Return how many phones ring where their owners are not needed elsewhere, `each` being how many rang of late."""
    most = MOST_AT_ONCE if each < FEW_PHONES else AT_ONCE
    return max(most, phones_due(caller, now + ring / 2, ring)) if each < MANY_PHONES else most


def _is_late(offer: LiveOffer, caller: QueuedCaller, ring: timedelta) -> bool:
    return offer.answers_in is not None and offer.answers_in > caller.rings * ring.total_seconds()


def _is_hopeless(caller: QueuedCaller, pool: AgentPool) -> bool:
    """Return whether nobody is left whom this caller could have at any ring."""
    if caller.only_agent_id is not None:
        return not pool.has(caller.only_agent_id)
    skill_options = [
        caller.required_skills,
        *(required_skills for _, required_skills in caller.overflow_queues),
        *(rung.required_skills for rung in caller.ladder if rung.required_skills),
    ]
    return all(pool.is_out(required_skills) for required_skills in skill_options)


def _start(
    caller: QueuedCaller, pool: AgentPool, now: datetime, ring: timedelta, *, last_resort: bool = True
) -> list[StartOffer]:
    """Ring the best agent there is, if any, and take them out of the pool."""
    ring_now = ring_of(caller, now, ring)
    number = ring_now + ((caller.first_rung_at or now) - caller.asked_at) // ring
    # While the caller's rings last, even one who has just missed them is a chance; later they are left in peace.
    rested_since = now if number <= caller.rings else now - REST_RINGS * ring
    for required_skills, helper in skill_options(caller, number, now):
        prefers = caller.prefers if helper is None else {}
        preferred, only = caller.preferred_agent_id, caller.only_agent_id
        wanted = AgentRequest(
            required_skills, prefers, preferred, caller.tried, last_resort, rested_since, only_agent_id=only
        )
        agent = pool.take(wanted)
        if agent is not None:
            helps = [] if helper is None else [Reason(OfferReason.OVERFLOW, {"queue": helper})]
            notes = (*_why(caller, agent, (number, ring_now)), *helps)
            rings = _rings(agent, caller, ring)
            return [
                StartOffer(caller.id, agent.id, ring_now, rings, notes, pool.chosen(agent, required_skills), helper)
            ]
    return []


def _rings(agent: Candidate, caller: QueuedCaller, ring: timedelta) -> int:
    """For how long their phone is worth ringing: no longer than this agent takes when they answer at all."""
    if agent.answers_in is None:
        return caller.rings
    return min(caller.rings, max(LEAST_RINGS, ceil(agent.answers_in / ring.total_seconds())))


def _why(caller: QueuedCaller, agent: Candidate, rings: tuple[int, int]) -> Iterable[Reason]:
    """Yield why this agent is rung now; `rings`: that which the caller is due, and that since the first phone rang."""
    due_ring, ring = rings
    if ring == 1:
        yield Reason(OfferReason.RUNG_FIRST)
    else:
        yield Reason(OfferReason.WIDENED, {"ring": ring})
    if agent.id == caller.preferred_agent_id:
        yield caller.because
    if due_ring > ring:
        yield Reason(OfferReason.CALLER_WAITED, {"rings": due_ring - ring})
