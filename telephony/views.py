"""What the provider tells of lines and recordings. Values only."""

from dataclasses import dataclass
from datetime import datetime

from hotline.values.states.leg import LegStatus
from hotline.values.states.recording import RecordingState


@dataclass(frozen=True)
class LegView:
    """A line as the provider sees it now; `seconds` once it has ended."""

    sid: str
    status: LegStatus
    seconds: int | None


@dataclass(frozen=True)
class RecordingView:
    """A recording as the provider sees it now."""

    sid: str
    state: RecordingState
    seconds: int | None
    channels: int | None


@dataclass(frozen=True)
class ListedCall:
    """A call to or from one of our numbers as the provider lists it, ended or not."""

    sid: str
    caller_text: str
    status: LegStatus
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class RegisteredPhone:
    """A telephone that the exchange knows: registered by `sid` (`None`: not now), with the label it gave itself.

    `holders` are those for whom the tokens were made with which it, or another one of this address, is registered.
    """

    address: str
    sid: str | None
    label: str = ""
    holders: tuple[str, ...] = ()
