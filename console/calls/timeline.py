"""The drawing of a call's story: lanes of bars on one scale of time, as fractions of the whole. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hotline.values.states.offer import OfferState

if TYPE_CHECKING:
    from hotline.models import Call, Offer, Recording

# The whole drawing is at least this long, so that a call of one second is not a wall.
LEAST = timedelta(seconds=10)
# No bar is thinner than this part of the drawing, however short it was.
THINNEST = 0.004
# Steps of the scale in seconds: the first that leads to at most eight marks.
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True)
class Bar:
    """A stretch of time in a lane: `left` and `width` are fractions of the drawing."""

    kind: str
    left: float
    width: float
    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """How long it lasted."""
        return (self.end - self.start).total_seconds()


@dataclass
class Lane:
    """A row of the drawing: the caller (`""`), the recording (`recording`), or an agent's id."""

    who: str
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True)
class Mark:
    """A moment: a tick of the scale, or a ring that the caller waited through."""

    left: float
    label: str


@dataclass(frozen=True)
class Drawing:
    """A call as lanes over one scale."""

    lanes: list[Lane]
    ticks: list[Mark]
    rings: list[Mark]


@dataclass(frozen=True)
class _Scale:
    start: datetime
    length: timedelta

    def at(self, moment: datetime) -> float:
        return min(1.0, max(0.0, (moment - self.start) / self.length))

    def bar(self, kind: str, start: datetime | None, end: datetime | None) -> Bar | None:
        if start is None or end is None or end < start:
            return None
        left = min(self.at(start), 1 - THINNEST)
        return Bar(kind, left, max(THINNEST, self.at(end) - left), start, end)


def draw(
    call: Call, offers: Sequence[Offer], recordings: Sequence[Recording], *, now: datetime, ring_seconds: float
) -> Drawing:
    """Lay a call out; what still goes on ends at `now`."""
    end = call.ended_at or now
    scale = _Scale(call.started_at, max(end - call.started_at, LEAST))
    lanes = [_caller(scale, call, end), *_agents(scale, offers, end), *_sound(scale, recordings, end)]
    rings = list(_rings(scale, call, end, ring_seconds))
    return Drawing([lane for lane in lanes if lane.bars], list(_ticks(scale)), rings)


def _caller(scale: _Scale, call: Call, end: datetime) -> Lane:
    asked, answered = call.asked_at, call.answered_at
    bars = [
        scale.bar("menu", call.started_at, asked or answered or end),
        scale.bar("waiting", asked, answered or end),
        scale.bar("talking", answered, end),
    ]
    return Lane("", [bar for bar in bars if bar])


def _agents(scale: _Scale, offers: Sequence[Offer], end: datetime) -> list[Lane]:
    lanes: dict[str, Lane] = {}
    for offer in offers:
        lane = lanes.setdefault(offer.agent_id, Lane(offer.agent_id))
        lane.bars.extend(_offer(scale, offer, end))
    return list(lanes.values())


def _offer(scale: _Scale, offer: Offer, end: datetime) -> Iterator[Bar]:
    rang = scale.bar(
        f"offer-{offer.state}", offer.ringing_at or offer.started_at, offer.answered_at or offer.ended_at or end
    )
    if rang:
        yield rang
    talked = scale.bar("talking", offer.answered_at, offer.ended_at or end)
    if talked and offer.state is OfferState.ANSWERED:
        yield talked


def _sound(scale: _Scale, recordings: Sequence[Recording], end: datetime) -> list[Lane]:
    lane = Lane("recording")
    for recording in recordings:
        stop = end if recording.seconds is None else recording.started_at + timedelta(seconds=recording.seconds)
        bar = scale.bar("recording", recording.started_at, stop)
        lane.bars.extend([bar] if bar else [])
    return [lane]


def _ticks(scale: _Scale) -> Iterator[Mark]:
    seconds = scale.length.total_seconds()
    step = next((step for step in STEPS if seconds / step <= 8), STEPS[-1])
    for count in range(int(seconds // step) + 1):
        at = count * step
        yield Mark(at / seconds, f"{at // 60}:{at % 60:02d}")


def _rings(scale: _Scale, call: Call, end: datetime, ring_seconds: float) -> Iterator[Mark]:
    if call.asked_at is None:
        return
    stop = call.answered_at or end
    for count in range(1, 13):
        moment = call.asked_at + timedelta(seconds=count * ring_seconds)
        if moment > stop:
            return
        yield Mark(scale.at(moment), str(count))
