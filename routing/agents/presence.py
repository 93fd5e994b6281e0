"""Who can be offered calls at all: signed in, with a telephone that can be reached. Pure: facts and `now` in.

What the agent chose (`AgentStatus`) is another case: a status survives a closed page, presence does not.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.values.states.agent import AbsenceReason, SignsIn

# A page says every other second that it is there: silent for three of them, it is gone.
PAGE_SECONDS = 6.0
# Who vanished without signing out may be loading their page again: so long their callers are not led elsewhere.
RETURN_SECONDS = 6.0
# How long a telephone that a dial did not reach is left alone, growing with each dial in a row.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 2.0, 60.0
# The exchange itself did not answer: no fault of the telephone's, the pause does not grow.
EXCHANGE_PAUSE_SECONDS = 4.0
MAY_RETURN = frozenset({AbsenceReason.NOT_SIGNED_IN, AbsenceReason.NOT_CONNECTED, AbsenceReason.PAGE_SILENT})


@dataclass(frozen=True, slots=True)
class AgentPage:
    """A page that an agent had open: when it was last heard of, and whether its telephone was connected then."""

    id: str
    last_heartbeat_at: datetime
    is_connected: bool = False
    # When it last took the agent's telephone; `None`: never.
    phone_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class PresenceFacts:
    """What is known of one agent.

    `is_in_page`: the telephone is one of those that pages are (`client:…`). `is_shut_out`: none of their accounts may
    sign in any more. `registered` is what the exchange says of
    the telephone, `None` where it does not tell; `registered_page` the page that it said it belongs to.
    """

    is_in_page: bool
    signs_in: SignsIn | None = None
    has_account: bool = False
    is_shut_out: bool = False
    registered: bool | None = None
    registered_page: str | None = None
    pages: tuple[AgentPage, ...] = ()
    dial_after: datetime | None = None
    is_exchange_down: bool = False


def absence(facts: PresenceFacts, now: datetime) -> AbsenceReason | None:
    """Return why this agent can be offered no call; `None` when they can."""
    pages = live(facts.pages, now)
    is_shut_out = facts.is_shut_out and facts.signs_in is not SignsIn.TELEPHONE
    if is_shut_out or (needs_page(facts) and not pages):
        return AbsenceReason.NOT_SIGNED_IN
    if facts.registered is False:
        return AbsenceReason.NOT_CONNECTED
    if facts.registered and facts.registered_page and facts.registered_page not in {page.id for page in pages}:
        return AbsenceReason.PAGE_SILENT
    if _counts_by_word(facts) and not any(page.is_connected for page in pages):
        return AbsenceReason.NOT_CONNECTED
    if facts.dial_after is not None and now < facts.dial_after:
        return AbsenceReason.EXCHANGE_DOWN if facts.is_exchange_down else AbsenceReason.NOT_REACHED
    return None


def needs_page(facts: PresenceFacts) -> bool:
    """Return whether a page must be open.

    Where nothing is said about the agent: a telephone in a page needs it where the exchange does not tell of
    registrations (where it does, the registration is the proof); any other needs it of an agent with an account.
    """
    if facts.signs_in is not None:
        return facts.signs_in is SignsIn.PAGE
    return facts.registered is None if facts.is_in_page else facts.has_account


def _counts_by_word(facts: PresenceFacts) -> bool:
    """Return whether only the page itself can say that its telephone is connected."""
    return facts.is_in_page and facts.registered is None and facts.signs_in is not SignsIn.TELEPHONE


def live(pages: Iterable[AgentPage], now: datetime) -> list[AgentPage]:
    """Return the pages that are there now."""
    return [page for page in pages if now - page.last_heartbeat_at < timedelta(seconds=PAGE_SECONDS)]


def phone_page(pages: Iterable[AgentPage], now: datetime) -> str | None:
    """Return the page that has the agent's telephone: of those that are there, the one that took it last."""
    taken = [(page.phone_since, page.id) for page in live(pages, now) if page.phone_since is not None]
    return max(taken)[1] if taken else None


def may_return(why: AbsenceReason | None, since: datetime | None, now: datetime) -> bool:
    """Return whether someone who is absent for this reason since then may be back any moment."""
    return why in MAY_RETURN and since is not None and now - since < timedelta(seconds=RETURN_SECONDS)


def pause(failures: int) -> timedelta:
    """Return how long a telephone is left alone that so many dials in a row did not reach."""
    return timedelta(seconds=min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(failures - 1, 10)))
