"""Parts of a FHIR resource as they are met: what is missing, null or of another kind is not there. Pure."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from campaigns.importing.fields import dates

Json = dict[str, Any]
# Uses of names, telecoms, identifiers and addresses that do not hold any more, or never did.
NOT_USED = frozenset({"old", "maiden", "anonymous"})


def get(value: Any, *names: str) -> Any:
    """Return what stands under these names, one in the other; of a list its first entry, else `None`."""
    for name in names:
        if isinstance(value, list):
            value = next((one for one in value if one is not None), None)
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: Any, *names: str) -> str:
    """Return the text or number under these names; empty where there is none."""
    found = get(value, *names)
    return str(found).strip() if isinstance(found, str | int | float) and not isinstance(found, bool) else ""


def many(value: Any, *names: str) -> list[Json]:
    """Return the objects of a list (or the only one), without empty entries."""
    found = get(value, *names)
    return [one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict) and one]


def concepts(value: Any) -> Iterator[tuple[str, str, str]]:
    """Return system, code and display of each coding of a concept, then its text; a coding alone is one, too."""
    for one in value if isinstance(value, list) else [value]:
        for coding in [*many(one, "coding"), *([one] if text(one, "code") else [])]:
            yield text(coding, "system").lower(), text(coding, "code"), text(coding, "display")
        if written := text(one, "text"):
            yield "", "", written


def codes(value: Any) -> set[str]:
    """Return every code of a concept, in small letters."""
    return {code.lower() for _, code, _ in concepts(value) if code}


def current(values: list[Json], today: date, zone: str) -> list[Json]:
    """Return those that hold today: not old, not ended, not yet to come."""
    return [one for one in values if text(one, "use").lower() not in NOT_USED and not is_over(one, today, zone)]


def is_over(value: Json, today: date, zone: str) -> bool:
    """Return whether its period has ended before today, or begins after it."""
    period = get(value, "period")
    ended = dates.last_day(text(period, "end"), zone)
    begins = dates.first_day(text(period, "start"), zone)
    return (ended is not None and ended < today) or (begins is not None and begins > today)
