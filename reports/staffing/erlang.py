"""How many agents a half hour needs: Erlang-C (callers wait for ever) and Erlang-A (they give up). Pure.

Sources: A. K. Erlang's formulas as in R. B. Cooper, Introduction to Queueing Theory (2nd ed. 1981), chapter 3; for
Erlang-A (M/M/n+M), A. Mandelbaum, S. Zeltyn, The Palm/Erlang-A queue, with applications to call centers (2005).
"""

import math
from dataclasses import dataclass

HALF_HOUR_SECONDS = 1800.0
MOST_AGENTS = 5_000
_TINY = 1e-15


@dataclass(frozen=True)
class Load:
    """A half hour: calls that ask for a person, seconds an agent is taken by each, and the callers' mean patience.

    `patience_seconds` `None`: nobody gives up (Erlang-C). `pickup_seconds`: how long the phone of a free agent rings
    until it is answered; it is taken off the time within which a call is to be answered, and added to the agent's.
    """

    calls: float
    handle_seconds: float
    patience_seconds: float | None = None
    pickup_seconds: float = 0.0

    @property
    def erlangs(self) -> float:
        """The traffic: agents who would be busy on average if nobody had to wait."""
        return self.calls * (self.handle_seconds + self.pickup_seconds) / HALF_HOUR_SECONDS


@dataclass(frozen=True)
class Forecast:
    """What a number of agents gives: shares 0 to 1 of the callers who ask, mean seconds."""

    agents: int
    within: float
    abandoned: float
    wait_seconds: float
    occupancy: float


def erlang_b(erlangs: float, agents: int) -> float:
    """Return the probability that all `agents` are busy where nobody can wait (Cooper 3.3), by the stable recursion."""
    blocked = 1.0
    for number in range(1, agents + 1):
        blocked = erlangs * blocked / (number + erlangs * blocked)
    return blocked


def erlang_c(erlangs: float, agents: int) -> float:
    """Return the probability that a caller has to wait where everybody waits (Cooper 3.4); 1 when the line only
    grows.
    """
    if erlangs >= agents:
        return 1.0
    blocked = erlang_b(erlangs, agents)
    return blocked / (1 - erlangs / agents * (1 - blocked))


def forecast(load: Load, agents: int, answer_seconds: float) -> Forecast:
    """Return what `agents` give for this load; `within` is the share answered in `answer_seconds` or less, of all
    who ask.
    """
    within = answer_seconds - load.pickup_seconds
    if load.calls < _TINY:
        return Forecast(agents, 1.0 if agents and within >= 0 else 0.0, 0.0, 0.0, 0.0)
    if agents <= 0:
        return Forecast(0, 0.0, 1.0, math.inf, 1.0)
    if load.patience_seconds is None:
        return _patient(load, agents, within)
    return _impatient(load, load.patience_seconds, agents, within)


def agents_needed(load: Load, answer_seconds: float, target: float) -> Forecast:
    """Return the least number of agents of whom the share `target` is answered within `answer_seconds`.

    Raises `ValueError` when no number can: the target is 1 or more, or picking up alone takes longer.
    """
    if not 0 < target < 1:
        raise ValueError("target: a share between 0 and 1")
    if load.pickup_seconds > answer_seconds:
        raise ValueError("pickup: longer than the time within which calls are to be answered")
    if load.calls < _TINY:
        return forecast(load, 0, answer_seconds)
    low, high = 0, 1
    while forecast(load, high, answer_seconds).within < target:
        low, high = high, high * 2
        if high > MOST_AGENTS:
            raise ValueError(f"calls: more than {MOST_AGENTS} agents are needed")
    while high - low > 1:  # more agents never answer fewer calls in time
        middle = (low + high) // 2
        if forecast(load, middle, answer_seconds).within < target:
            low = middle
        else:
            high = middle
    return forecast(load, high, answer_seconds)


def _patient(load: Load, agents: int, within: float) -> Forecast:
    """Erlang-C: the wait of those who wait is exponential."""
    erlangs, service = load.erlangs, load.handle_seconds + load.pickup_seconds
    if erlangs >= agents:
        return Forecast(agents, 0.0, 0.0, math.inf, 1.0)
    waits = erlang_c(erlangs, agents)
    drain = (agents - erlangs) / service
    share = 0.0 if within < 0 else 1 - waits * math.exp(-drain * within)
    return Forecast(agents, share, 0.0, waits / drain, erlangs / agents)


def _impatient(load: Load, patience: float, agents: int, within: float) -> Forecast:
    """Erlang-A: each caller gives up after an exponential time.

    The states of the line are counted up from full service until they no longer case.
    """
    arrive, serve, leave = load.calls / HALF_HOUR_SECONDS, 1 / (load.handle_seconds + load.pickup_seconds), 1 / patience
    line = _line(arrive, agents * serve, leave)
    blocked = erlang_b(arrive / serve, agents)
    # Weights relative to the state "all busy, nobody in line", which Erlang-B knows beside the states below it.
    below = (1 - blocked) / blocked if blocked > 0 else math.inf
    total = below + sum(line)
    at_once = below / total if math.isfinite(total) else 1.0
    chances = [weight / total if math.isfinite(total) else 0.0 for weight in line]
    in_line = sum(number * chance for number, chance in enumerate(chances))
    abandoned = leave * in_line / arrive
    share = 0.0 if within < 0 else at_once + _served_in(chances, agents * serve, leave, within)
    busy = arrive * (1 - abandoned) / serve / agents
    return Forecast(agents, min(1.0, share), abandoned, in_line / arrive, busy)


def _line(arrive: float, serve: float, leave: float) -> list[float]:
    """Weights of 0, 1, 2 … callers in line, until what follows is less than `_TINY` of what is there."""
    weights, total = [1.0], 1.0
    while True:
        number = len(weights)
        ratio = arrive / (serve + number * leave)
        weights.append(weights[-1] * ratio)
        total += weights[-1]
        if ratio < 1 and weights[-1] * ratio / (1 - ratio) < _TINY * total:
            return weights


def _served_in(chances: list[float], serve: float, leave: float, within: float) -> float:
    """Return the chance to find all agents busy and yet be served in `within` seconds.

    Seen from a caller with `place` others ahead, these get fewer at the rate `serve + place * leave`, and the caller
    gives up at the rate `leave`.
    """
    pieces = math.ceil((serve + len(chances) * leave) * within / 500) if within > 0 else 0
    places, result = list(chances), 0.0
    for _ in range(pieces):  # exp() of the whole time would vanish
        places, served = _carried(places, serve, leave, within / pieces)
        result += served
    return result


def _carried(places: list[float], serve: float, leave: float, within: float) -> tuple[list[float], float]:
    """Return the chances of the places after `within` seconds, and the chance to have been served.

    By uniformisation: steps of a Poisson process that is fast enough for all places.
    """
    rate = serve + len(places) * leave
    term, step, served = math.exp(-rate * within), 0, 0.0
    after, result, seen = [0.0] * len(places), 0.0, 0.0
    while seen < 1 - 1e-12 and step < 20_000:
        after = [a + term * p for a, p in zip(after, places, strict=True)]
        result += term * served
        seen += term
        places, gained = _moved(places, serve, leave, rate)
        served += gained
        step += 1
        term *= rate * within / step
    return after, result


def _moved(places: list[float], serve: float, leave: float, rate: float) -> tuple[list[float], float]:
    """Return one step: who is first is served, others move up or give up; the new chances and the chance served."""
    last = len(places) - 1
    kept = [
        chance * (1 - (serve + (place + 1) * leave) / rate)
        + (places[place + 1] * (serve + (place + 1) * leave) / rate if place < last else 0.0)
        for place, chance in enumerate(places)
    ]
    return kept, places[0] * serve / rate
