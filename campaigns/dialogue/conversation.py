"""Values of a conversation with a patient: whom it is with and where it begins, and an answer in it. Pure."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hotline.values.language import Language
from hotline.values.states.campaign import CampaignKind


@dataclass(frozen=True)
class Start:
    """Whom a conversation is with and where it begins. `place` is what `keep_place` stored: empty at the first time.

    `is_verified` never carries over from an earlier call: whoever is on the line says who they are each time.
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
    place: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    call_id: str | None = None


@dataclass(frozen=True)
class Given:
    """An answer to one question: the choice as the script names it, its figure where it is one, what was said."""

    question: str
    value: str
    figure: float | None = None
    words: str | None = None
    is_warning: bool = False
    is_opinion: bool = False
