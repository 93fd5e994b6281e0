"""Callers of the interleavings, led into a line as the menu does it: at the node of the flow where they would be."""

from dataclasses import dataclass

from hotline import clock
from hotline.context import AppContext
from hotline.models import Call
from hotline.values.language import Language
from ivr.dialogue import queries
from ivr.dialogue.flow_state import FlowState
from routing.queues import service

# What callers ask for: the node of the flow, its queue, a skill of its own, a priority of its own.
Wish = tuple[str, str, str | None, int | None]
WISHES: tuple[Wish, ...] = (
    ("booking", "booking", None, None),
    ("booking", "booking", None, None),
    ("complaint", "booking", "complaint", None),
    ("consultation", "nurse", None, None),
    ("emergency", "nurse", None, 100),
)


@dataclass(frozen=True)
class Caller:
    """Who calls: in which language, whether they may be recorded, and from where (`None`: a hidden number)."""

    language: Language = Language.MANDARIN
    may_record: bool = False
    number: str | None = None


def join(context: AppContext, wish: Wish, caller: Caller, sid: str) -> str:
    """The exchange's call `sid` is in line for `wish`; our id of it."""
    node, queue, skill, priority = wish
    now = clock.now()
    state = FlowState(node, caller.language, consent=True)
    call = Call(
        id=clock.new_id(), provider_sid=sid, language=caller.language, turn=2, started_at=now,
        last_report_at=now, consent_at=now if caller.may_record else None, dialogue_state=queries.write_state(state),
        caller_number=caller.number, caller_index=context.keyring.index(caller.number) if caller.number else None,
    )  # fmt: skip
    with context.database.write() as session:
        session.add(call)
        session.flush()
        service.join(
            session, context.notifier, context.settings, call, service.QueueRequest(queue, skill, priority), now
        )
    return call.id
