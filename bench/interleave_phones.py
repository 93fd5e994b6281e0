"""What people do with their telephones in the interleavings; "" when it cannot happen now, else what happened."""

from bench.interleave_exchange import Exchange, Line, Place


def pick(exchange: Exchange, *, is_agent: bool, places: tuple[Place, ...]) -> Line | None:
    """Any line of an agent or a caller in one of these places."""
    lines = [line for line in exchange.lines.values() if line.is_agent is is_agent and line.place in places]
    return exchange.random.choice(lines) if lines else None


def named(line: Line) -> str:
    """A line as the trace writes it."""
    return f"{line.owner[-6:]} {line.place}"


def begin_ringing(exchange: Exchange) -> str:
    """A dialled phone begins to ring."""
    line = pick(exchange, is_agent=True, places=(Place.RINGING,))
    if line is None or line.word != "initiated":
        return ""
    exchange.report(line, "ringing")
    return named(line)


def pick_up(exchange: Exchange) -> str:
    """An agent picks up, sometimes before the exchange has said that it rings."""
    line = pick(exchange, is_agent=True, places=(Place.RINGING,))
    if line is None:
        return ""
    exchange.report(line, "in-progress")
    exchange.fetch(line, line.answer_url)
    return named(line)


def not_answered(exchange: Exchange) -> str:
    """An agent rejects, a phone is busy, cannot be reached, or rings out."""
    line = pick(exchange, is_agent=True, places=(Place.RINGING,))
    if line is None:
        return ""
    word = exchange.random.choice(["busy", "no-answer", "failed", "canceled"])
    exchange.end(line, word)
    return f"{named(line)} {word}"


def caller_hangs_up(exchange: Exchange) -> str:
    """A caller hangs up, wherever they are."""
    line = pick(exchange, is_agent=False, places=(Place.DOCUMENT, Place.QUEUE, Place.ROOM))
    if line is None:
        return ""
    exchange.end(line, "completed")
    return named(line)


def agent_drops(exchange: Exchange) -> str:
    """An agent's line ends, or the agent hangs up."""
    line = pick(exchange, is_agent=True, places=(Place.DOCUMENT, Place.ROOM))
    if line is None:
        return ""
    exchange.end(line, "completed")
    return named(line)
