"""The facts that a call needs, as the database keeps them: with a discharge, or before it with its visit. Pure."""

from typing import Any

from campaigns.importing.record import DischargeFacts

PERSONAL = ("name", "birth_date", "number", "language", "zone", "has_consent", "do_not_call", "preferences")
CARE = ("ward", "condition", "codes")


def write(facts: DischargeFacts, patient_number: str) -> dict[str, Any]:
    """Return the facts as plain values, which JSON takes."""
    preferences: dict[str, Any] = {"refused": sorted(facts.refused_days)} if facts.refused_days else {}
    if facts.preferred is not None:
        preferences |= {"from": facts.preferred[0], "to": facts.preferred[1]}
    return {
        "patient_number": patient_number,
        "name": facts.name,
        "birth_date": facts.birth_date.isoformat() if facts.birth_date else "",
        "number": facts.number,
        "language": facts.language.value,
        "zone": facts.zone,
        "ward": facts.ward,
        "condition": facts.condition,
        "codes": list(facts.codes),
        "has_consent": facts.has_consent,
        "do_not_call": facts.do_not_call,
        "preferences": preferences,
    }
