"""The question after a conversation: the caller rates it from 1 to 5 by key, or skips it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hotline.values import call_events
from ivr.dialogue.flow_state import CallSnapshot, FlowDecision, NoteRatingAsked, StoreRating
from ivr.dialogue.menu_speech import phrase
from ivr.flow.nodes import Flow
from telephony import webhook_urls
from telephony.verbs import Gather, Hangup

SCALE = frozenset("12345")
KEY_SECONDS = 3
# A provider asks again within this time when it lost our answer; the caller has not heard the question yet.
SAME_QUESTION = timedelta(seconds=10)


@dataclass(frozen=True)
class RatingFacts:
    """What is known of a call's rating; `may_ask`: the hospital asks, and the conversation was an ordinary one."""

    asked_at: datetime | None
    rating: int | None
    may_ask: bool = False


def ask(flow: Flow, call: CallSnapshot, facts: RatingFacts, now: datetime) -> FlowDecision | None:
    """Ask a caller whose agent has hung up; `None` where the question is not to be asked.

    Never where something is urgent: who was in an emergency, or told a warning sign, has other worries.
    """
    question = Gather(webhook_urls.rating(call.call_id), (phrase(flow, "rate", call.state.language),), 1, KEY_SECONDS)
    decision = FlowDecision(call.state, (question,), is_interlude=True)
    if facts.asked_at is not None:
        is_same = facts.rating is None and now - facts.asked_at <= SAME_QUESTION
        return decision if is_same else None
    if not facts.may_ask or call.state.node == flow.emergency:
        return None
    return decision.after(NoteRatingAsked(), call_events.RatingAsked())


def answered(flow: Flow, call: CallSnapshot, facts: RatingFacts, key: str) -> FlowDecision:
    """Take a key, or none: the first from 1 to 5 counts, also when it comes late; then goodbye."""
    verbs = (phrase(flow, "thanks", call.state.language), Hangup())
    goodbye = FlowDecision(call.state, verbs, is_interlude=True)
    if key not in SCALE or facts.asked_at is None or facts.rating is not None:
        return goodbye
    return goodbye.after(StoreRating(int(key)), call_events.CallRated(rating=int(key)))
