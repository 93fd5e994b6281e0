"""What people do with their telephones in the interleavings; "" when it cannot happen now, else what happened."""

from tests.simulation.exchange.exchange import SimulatedExchange
from tests.simulation.exchange.telephone import Line, Place


def pick(exchange: SimulatedExchange, *places: Place, is_agent: bool | None = None) -> Line | None:
    """Any line in one of these places: an agent's, or one of a caller or of somebody who is called outside."""
    lines = [line for line in exchange.lines.values() if is_agent in (None, line.is_agent) and line.place in places]
    return exchange.random.choice(lines) if lines else None


def named(line: Line) -> str:
    """A line as the trace writes it."""
    return f"{line.owner[-6:]} {line.place}"


def begin_ringing(exchange: SimulatedExchange) -> str:
    """A dialled phone begins to ring."""
    line = pick(exchange, Place.RINGING)
    if line is None or line.word != "initiated":
        return ""
    exchange.ring(line)
    return named(line)


def pick_up(exchange: SimulatedExchange) -> str:
    """An agent, a patient or somebody outside picks up, sometimes before the telephone has said that it rings."""
    line = pick(exchange, Place.RINGING)
    if line is None:
        return ""
    exchange.pick_up(line)
    return named(line)


def not_answered(exchange: SimulatedExchange) -> str:
    """Somebody rejects, a phone is busy, cannot be reached, or rings out."""
    line = pick(exchange, Place.RINGING)
    if line is None:
        return ""
    word = exchange.random.choice(["busy", "no-answer", "failed", "canceled"])
    exchange.end(line, word)
    return f"{named(line)} {word}"


def caller_hangs_up(exchange: SimulatedExchange) -> str:
    """A caller hangs up, wherever they are."""
    line = pick(exchange, Place.DOCUMENT, Place.ASKED, Place.QUEUE, Place.ROOM, is_agent=False)
    if line is None:
        return ""
    exchange.end(line, "completed")
    return named(line)


def agent_drops(exchange: SimulatedExchange) -> str:
    """An agent's line ends, or the agent hangs up."""
    line = pick(exchange, Place.DOCUMENT, Place.ROOM, is_agent=True)
    if line is None:
        return ""
    exchange.end(line, "completed")
    return named(line)
