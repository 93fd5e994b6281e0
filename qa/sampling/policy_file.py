"""How the hospital wants quality watched: quotas, rules, bar and weights."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field, field_validator

from hotline.configuration import yaml_file
from hotline.configuration.field_types import Context, Exactly, FileModel, ReadAs
from qa.sampling.sample import Quota, TargetRule

RuleName = Literal["fatal", "complaint", "low_rating", "long_silence", "new_agent", "campaign"]
RULES: tuple[str, ...] = get_args(RuleName)
PARTS = ("knowledge", "communication", "attitude", "results", "patients")
STANDARD = Path(__file__).with_name("policy.yaml")
Calls = Annotated[int, Field(ge=0, le=1000)]


class QuotaFields(FileModel):
    """Daily spot checks: a share of each agent's calls of the day, at least and at most so many."""

    share: Annotated[float, Field(ge=0, le=1)]
    least: Calls
    most: Calls

    def value(self, _context: Context) -> Quota:
        """Return the quota."""
        if self.least > self.most:
            raise ValueError(f"least ({self.least}) is more than most ({self.most})")
        return Quota(self.share, self.least, self.most)


class RuleFields(FileModel):
    """A targeted check; `most` per agent and day, empty means every one."""

    rule: RuleName
    most: Calls | None = None

    def value(self, _context: Context) -> TargetRule:
        """Return the rule."""
        return TargetRule(self.rule, self.most)


class Policy(FileModel):
    """How people watch quality in this hospital."""

    standard: ClassVar = "qa/sampling/policy.yaml"

    scorecards: dict[str, str] = Field(description="which scorecard a call is heard against, like {inbound: service}")
    quota: Annotated[Quota, ReadAs(QuotaFields)] = Field(alias="random")
    rules: tuple[Annotated[TargetRule, ReadAs(RuleFields)], ...] = Field(
        alias="targeted", description="a list of rules, like - {rule: complaint}"
    )
    new_agent_days: Annotated[int, Field(ge=0, le=3650)]
    draw_hour: Annotated[int, Field(ge=0, le=23)]
    confidence: Annotated[float, Field(ge=0.5, le=0.999)]
    assessment: Annotated[Mapping[str, Annotated[float, Field(ge=0, le=1000)]], Exactly.of(PARTS)]

    @field_validator("assessment")
    @classmethod
    def _check(cls, weights: Mapping[str, float]) -> Mapping[str, float]:
        if not sum(weights.values()):
            raise ValueError("every weight is nothing; give at least one part a weight")
        return weights


@cache
def load(file: Path | None) -> Policy:
    """Return the policy in the hospital's own file, the standard one where it has none. Raises `ConfigError`."""
    return yaml_file.read(Policy, file or STANDARD)


def read(text: str, name: str) -> Policy:
    """Read the policy; `name` is its file in messages. Raises `FileFault`."""
    return yaml_file.parse(Policy, text, name)
