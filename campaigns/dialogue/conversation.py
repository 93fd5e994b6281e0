"""Values of a conversation with a patient: whom it is with and where it begins, and an answer in it. Pure."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hotline.values.language import Language
from hotline.values.states.campaign import CampaignKind


@dataclass(frozen=True)
class AttemptDetails:
    """Whom a conversation is with, and what `save_dialogue_state` stored of an earlier one: empty at the first.

    Verification never carries over: whoever is on the line says who they are each time.
    """

    attempt_id: str
    recipient_id: str
    kind: CampaignKind
    language: Language
    script: str
    step: str
    condition: str
    name: str
    birth_date: date | None
    number: str
    is_inbound: bool
    dialogue_state: dict[str, Any] = field(default_factory=dict)
    notice: dict[str, Any] = field(default_factory=dict)
    call_id: str | None = None


@dataclass(frozen=True)
class GivenAnswer:
    """An answer to one question: the choice as the script names it, its figure where it is one, what was said."""

    question: str
    value: str
    figure: float | None = None
    verbatim: str | None = None
    is_warning: bool = False
    is_opinion: bool = False
