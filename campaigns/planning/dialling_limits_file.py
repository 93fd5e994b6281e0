"""The file of dialling limits: what calls to patients may do at most, by the body of law that holds."""

from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import Field, RootModel

from campaigns.planning.dialling_limits import DiallingLimits
from campaigns.planning.plans_file import HoursField
from hotline.configuration import yaml_file
from hotline.configuration.errors import FileFault
from hotline.configuration.field_types import FileModel
from hotline.configuration.settings import Settings

STANDARD = Path(__file__).with_name("dialling_limits.yaml")
_Value = TypeVar("_Value")
Permille = Annotated[int, Field(ge=1, le=30)]


class Sourced(FileModel, Generic[_Value]):
    """A value, and where it comes from."""

    value: _Value
    source: str = Field(description="where the figure comes from")


class LimitsFields(FileModel):
    """The limits of one body of law."""

    hours: Sourced[HoursField]
    tries: Sourced[Annotated[int, Field(ge=1, le=10)]]
    tries_a_day: Sourced[Annotated[int, Field(ge=1, le=5)]]
    tries_a_week: Sourced[Annotated[int, Field(ge=1, le=20)]]
    hours_apart: Sourced[Annotated[int, Field(ge=1, le=72)]]
    ring_seconds: Sourced[Annotated[int, Field(ge=15, le=60)]]
    calls_a_second: Sourced[Annotated[int, Field(ge=1, le=100)]]
    lost_target_permille: Sourced[Permille]
    lost_limit_permille: Sourced[Permille]

    def limits(self, law: str) -> DiallingLimits:
        """Return the limits of this law."""
        figures = dict(self)
        values = {name: figure.value for name, figure in figures.items()}
        return DiallingLimits(law=law, sources={name: figure.source for name, figure in figures.items()}, **values)


class DiallingLimitsFile(RootModel[dict[str, LimitsFields]]):
    """The most that calls to patients may do, by the body of law that holds where the patients live."""

    standard: ClassVar = "campaigns/planning/dialling_limits.yaml"


def of(settings: Settings) -> DiallingLimits:
    """Return the limits that hold for this installation, read once. Raises `FileFault`."""
    return _read_once(settings.dialling_limits_file or STANDARD, settings.campaign_law)


@cache
def _read_once(file: Path, law: str) -> DiallingLimits:
    return read_file(file, law)


def read_file(file: Path, law: str) -> DiallingLimits:
    """Read the limits of `law` in this file. Raises `FileFault` that lists everything that is wrong with it."""
    laws = yaml_file.read(DiallingLimitsFile, file).root
    if law not in laws:
        there = ", ".join(laws) or "none"
        raise FileFault([f"{file}:1: file: no limits for {law!r}, which CAMPAIGN_LAW names; there are {there}"])
    return laws[law].limits(law)
