"""How the hospital wants quality watched: quotas, rules, bar and weights, read from YAML and checked."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hotline.configuration.yaml_fields import own_or_standard, plain
from hotline.errors import ConfigError
from qa.sampling.sample import Quota, TargetRule

RULES = ("fatal", "complaint", "low_rating", "long_silence", "new_agent", "campaign")
PARTS = ("knowledge", "communication", "attitude", "results", "patients")


@dataclass(frozen=True)
class Policy:
    """Everything of `qa/sampling/policy.yaml`, checked; the file explains each field."""

    scorecards: dict[str, str]
    quota: Quota
    rules: tuple[TargetRule, ...]
    new_agent_days: int
    draw_hour: int
    confidence: float
    assessment: dict[str, float]


@cache
def of(file: Path | None) -> Policy:
    """The policy in the hospital's own file, the standard one where it has none. Raises `ConfigError`."""
    return _read(*own_or_standard(file, ("qa.sampling", "policy.yaml"), "QUALITY_FILE"))


def read(text: str, name: str) -> Policy:
    """The policy in the YAML `text` of the file `name`. Raises `ConfigError` that names file, field and remedy."""
    return _read(*plain(text, name))


def _read(raw: Any, name: str) -> Policy:
    if not isinstance(raw, dict):
        raise ConfigError(f"{name}: fields are missing, see qa/sampling/policy.yaml")
    part = _Part(raw, name)
    random = _Part(part.mapping("random"), f"{name}: random")
    least, most = int(random.number("least", 0, 1000)), int(random.number("most", 0, 1000))
    if least > most:
        raise ConfigError(f"{name}: random: least is more than most")
    return Policy(
        scorecards={key: str(card) for key, card in part.mapping("scorecards").items()},
        quota=Quota(random.number("share", 0, 1), least, most),
        rules=_rules(part),
        new_agent_days=int(part.number("new_agent_days", 0, 3650)),
        draw_hour=int(part.number("draw_hour", 0, 23)),
        confidence=part.number("confidence", 0.5, 0.999),
        assessment=_weights(part),
    )


@dataclass(frozen=True)
class _Part:
    raw: dict[str, Any]
    at: str

    def mapping(self, field: str) -> dict[str, Any]:
        value = self.raw.get(field)
        if not isinstance(value, dict):
            raise ConfigError(f"{self.at}: {field} is missing or holds no fields")
        return value

    def number(self, field: str, low: float, high: float) -> float:
        value = self.raw.get(field)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ConfigError(f"{self.at}: {field} must be a number from {low} to {high}")
        return float(value)


def _rules(part: _Part) -> tuple[TargetRule, ...]:
    listed = part.raw.get("targeted")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ConfigError(f"{part.at}: targeted must be a list of rules")
    found = []
    for number, one in enumerate(listed, 1):
        at = f"{part.at}: targeted, rule {number}"
        if one.get("rule") not in RULES:
            raise ConfigError(f"{at}: rule must be one of {', '.join(RULES)}")
        most = None if one.get("most") is None else int(_Part(one, at).number("most", 0, 1000))
        found.append(TargetRule(one["rule"], most))
    return tuple(found)


def _weights(part: _Part) -> dict[str, float]:
    raw = _Part(part.mapping("assessment"), f"{part.at}: assessment")
    weights = {name: raw.number(name, 0, 1000) for name in PARTS}
    if not sum(weights.values()):
        raise ConfigError(f"{part.at}: assessment: every weight is nothing")
    return weights
