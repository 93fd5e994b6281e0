"""What a call scores, from its words alone. Pure: utterances in, results with their evidence out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hotline.values import Language
from qa.check_phrases import Phrases
from recordings.phrases import has

AGENT = "agent"
# The opening: what the agent says in the first seconds from their first word on.
OPENING_SECONDS = 8.0


@dataclass(frozen=True)
class Said:
    """One utterance; times in seconds from the start of its recording."""

    speaker: str
    start: float
    end: float
    text: str
    id: str = ""


@dataclass(frozen=True)
class CheckResult:
    """Passed or not, and why: times and ids, never text of the call."""

    passed: bool
    evidence: dict[str, Any] = field(default_factory=dict)


def greeting(said: Sequence[Said], language: Language, phrases: Phrases, hospital: Sequence[str] = ()) -> CheckResult:
    """Whether the agent's opening greets and names the hospital or the agent (requirement A2).

    `hospital` holds the hospital's own names, which count as naming beside the phrases.
    """
    opening = _opening(said)
    if not opening:
        return CheckResult(False, {"agent_spoke": False})
    text = " ".join(one.text for one in opening)
    greets = any(has(text, phrase, language) for phrase in phrases.greets)
    names = any(has(text, phrase, language) for phrase in (*hospital, *phrases.names) if phrase)
    evidence = {"agent_spoke": True, "greets": greets, "names": names, **_where(opening)}
    return CheckResult(greets and names, evidence)


def courtesy(said: Sequence[Said], language: Language, phrases: Phrases) -> CheckResult:
    """Whether the agent said nothing that must not be said (requirement F3)."""
    found = [
        {"rule": rule, **_where([one])}
        for one in said
        if one.speaker == AGENT
        for rule, sought in phrases.forbidden
        if any(has(one.text, phrase, language) for phrase in sought)
    ]
    return CheckResult(not found, {"found": found})


def _opening(said: Sequence[Said]) -> list[Said]:
    by_agent = sorted((one for one in said if one.speaker == AGENT), key=lambda one: one.start)
    return [one for one in by_agent if one.start < by_agent[0].start + OPENING_SECONDS]


def _where(said: Sequence[Said]) -> dict[str, Any]:
    return {"start": said[0].start, "end": said[-1].end, "utterances": [one.id for one in said if one.id]}
