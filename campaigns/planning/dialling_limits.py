"""The dialling limits: what calls to patients may do at most, by the body of law that holds. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.planning.calling_windows import CallingHours


@dataclass(frozen=True)
class DiallingLimits:
    """The figures of one body of law; `sources` says where each comes from."""

    law: str
    hours: CallingHours
    tries: int
    tries_a_day: int
    tries_a_week: int
    hours_apart: int
    ring_seconds: int
    calls_a_second: int
    lost_target_permille: int
    lost_limit_permille: int
    sources: Mapping[str, str]
