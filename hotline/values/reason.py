"""Why something was decided: a code and its parameters, as rows keep them and catalogues word them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from hotline.values.reason_codes import CaseReason, OfferReason, PriorityReason, RecordingReason

# A parameter is a value of JSON: a number, a name, a list of names, levels by skill.
Parameter = str | int | float | list[str] | Mapping[str, int]
NONE: Mapping[str, Parameter] = MappingProxyType({})
# The code that each word in a row stands for; no word belongs to two of them.
CODES: Mapping[str, StrEnum] = {
    code.value: code for codes in (PriorityReason, OfferReason, RecordingReason, CaseReason) for code in codes
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of `hotline.values.reason_codes` with the parameters that its wording needs."""

    code: StrEnum
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: NONE, hash=False)

    def to_json(self) -> dict[str, Any]:
        """Return the reason as a value of JSON."""
        return {"code": self.code.value, **({"parameters": dict(self.parameters)} if self.parameters else {})}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Reason":
        """Return the reason that `to_json` wrote. Raises `KeyError` for a code that is not known."""
        return Reason(CODES[value["code"]], value.get("parameters", NONE))
