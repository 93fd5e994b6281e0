"""The words for the events of a call's story, and for reasons that rows hold. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from console.web import formatting
from console.web.language import Words
from routing.ladder.ladder import BESIDE
from routing.queues.queues import Rules

if TYPE_CHECKING:
    from hotline.models import Agent, Event, Queue

# A value of an event's data may be a word of one of these tables.
TABLES = ("outcome", "intent", "language_name")


# Reasons as the ladder writes them; `rest` is a reason in itself.
WHYS = {
    name: re.compile(pattern)
    for name, pattern in {
        "first": r"rung first: (?P<rest>.+)",
        "first_bare": r"rung first",
        "joined": r"(?:joined|widened) at ring (?P<ring>\d+)",
        "waited": r"the caller had waited (?P<rings>\d+) rings",
        "owner_of": r"owner of case (?P<case>\S+)",
        "owner": r"owner of the open case",
        "asked_for": r"asked for by a colleague",
        "handed_on": r"had handed the caller on",
        "lost": r"talked to the caller when the line was lost",
        "beside": re.escape(BESIDE),
        "helps": r"overflow: (?P<queue>\S+) helps",
        "skills": r"skills (?P<skills>.+)",
        "only": r"although the only one free for (?P<skills>.+)",
        "aside": r"set aside, but nobody else is free",
        "answers": r"answers within (?P<seconds>\d+) s",
        "idle": r"idle since (?P<at>\d{4}-\d\d-\d\dT[\d:]+Z)",
        "aged": r"green channel: aged (?P<age>\d+) or over",
        "limited_mobility": r"green channel: limited mobility",
        "cardiac": r"green channel: cardiac patient",
        "diabetic": r"green channel: diabetic patient",
        "flagged": r"green channel: flagged patient",
        "discharged": r"green channel: discharged in the last (?P<days>\d+) days",
        "sign": r"warning sign: (?P<sign>.+)",
        "in_our_call": r"asked for a person in a call of ours",
    }.items()
}


NAME = re.compile(r"[A-Za-z][\w-]*")


class _Facts(dict[str, str]):
    """The facts of an event; one that is missing reads as a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def tell(words: Words, event: Event, agents: Mapping[str, Agent], queue: Queue | None) -> str:
    """One sentence for an event; the bare kind where the catalogue has no words for it."""
    pattern = words.known(f"event.{event.kind}")
    if pattern is None:
        return event.kind.replace("_", " ")
    facts = _Facts({name: _word(words, value) for name, value in event.data.items()})
    agent = agents.get(str(event.data.get("agent_id")))
    if agent is not None:
        facts["agent"] = agent.name
    if queue is not None and event.data.get("queue") == queue.name:
        facts["queue"] = words.label(queue)
    return pattern.format_map(facts)


def reason(words: Words, text: str) -> str:
    """A reason as people say it; as it was stored where the catalogue has no words for it."""
    return words.known(f"reason.{text.replace(' ', '_')}") or text


def why(words: Words, text: str, rules: Rules) -> str:
    """Why an agent was rung, or a caller goes first: the sentence of a pattern, or as it was stored."""
    for name, pattern in WHYS.items():
        found = pattern.fullmatch(text)
        if found:
            facts = {key: _fact(words, key, value, rules) for key, value in found.groupdict().items()}
            return words(f"why.{name}", **facts)
    return text


def _fact(words: Words, key: str, value: str, rules: Rules) -> str:
    """A part of a reason: a reason in itself, a queue, a moment, skills with their levels, or a number."""
    match key:
        case "rest":
            return why(words, value, rules)
        case "queue":
            return rules.queue(value).label.get(words.language, value)
        case "at":
            return formatting.clock(datetime.fromisoformat(value), rules.zone)
        case "sign":
            return words.known(f"sign.{value}") or value.replace("_", " ")
        case "skills":
            return NAME.sub(lambda found: _skill(words, found[0], rules), value)
    return value


def _skill(words: Words, name: str, rules: Rules) -> str:
    """The name of a skill; languages are skills, too."""
    label = rules.skills.get(name)
    return words.known(f"language_name.{name}") or name if label is None else label[words.language]


def bar(words: Words, kind: str) -> str:
    """What a bar of the drawing shows: a stretch of the call, or how an offer ended."""
    table, _, state = kind.partition("-")
    return words(f"offer_state.{state}") if table == "offer" else words(f"call.{kind}")


def _word(words: Words, value: Any) -> str:
    known = (words.known(f"{table}.{value}") for table in TABLES)
    return next((word for word in known if word), str(value))
