"""The words for the events of a call, and for the reasons that rows hold. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from console.web import formatting
from console.web.language import Words
from hotline.values import call_events
from hotline.values.reason import Reason
from routing.queues.queues import QueueRules

if TYPE_CHECKING:
    from hotline.models import Agent, CallHistoryEvent, Queue

# A value of an event's data may be a word of one of these tables.
TABLES = ("outcome", "intent", "language_name", "reason")


class _Facts(dict[str, str]):
    """The facts of an event; one that is missing reads as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def tell(words: Words, row: CallHistoryEvent, agents: Mapping[str, Agent], queue: Queue | None) -> str:
    """Return one sentence for an event; the bare kind where the catalogue has no words for it."""
    pattern, event = words.known(f"event.{row.kind}"), call_events.read(row.kind, row.data)
    if pattern is None or event is None:
        return row.kind.replace("_", " ")
    facts = _Facts({name: _word(words, value) for name, value in event.data.items()})
    agent = agents.get(str(event.data.get("agent_id")))
    if agent is not None:
        facts["agent"] = agent.name
    if queue is not None and event.data.get("queue") == queue.name:
        facts["queue"] = words.label(queue)
    return pattern.format_map(facts)


def end_reason(words: Words, code: StrEnum | None) -> str:
    """Return why something ended, or why an agent gets no calls; empty where no reason is known."""
    return "" if code is None else words(f"reason.{code}")


def reason(words: Words, of: Reason, rules: QueueRules) -> str:
    """Return why an agent was rung or a caller goes first, with the names of the hospital's queues and skills."""
    parameters = {name: _parameter(words, name, value, rules) for name, value in of.parameters.items()}
    return words(f"why.{of.code}", **parameters)


def _parameter(words: Words, name: str, value: Any, rules: QueueRules) -> str:
    match name:
        case "queue":
            return rules.queue(value).label.get(words.language, value)
        case "at":
            return formatting.clock(datetime.fromisoformat(value), rules.zone)
        case "sign":
            return words.known(f"sign.{value}") or value.replace("_", " ")
        case "skills":
            return ", ".join(_skill(words, skill, rules) for skill in value)
        case "levels":
            return ", ".join(f"{_skill(words, skill, rules)} {level}" for skill, level in value.items())
    return str(value)


def _skill(words: Words, name: str, rules: QueueRules) -> str:
    """Return the name of a skill; languages are skills, too."""
    label = rules.skills.get(name)
    return words.known(f"language_name.{name}") or name if label is None else label[words.language]


def bar(words: Words, kind: str) -> str:
    """Return what a bar of the drawing shows: a stretch of the call, or how an offer ended."""
    table, _, state = kind.partition("-")
    return words(f"offer_state.{state}") if table == "offer" else words(f"call.{kind}")


def _word(words: Words, value: Any) -> str:
    known = (words.known(f"{table}.{value}") for table in TABLES)
    return next((word for word in known if word), str(value))
