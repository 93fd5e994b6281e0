"""How a call is drawn, and how values look."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from console.calls import sound_http, timeline
from hotline.models import Call, Offer, Recording
from hotline.values.states.offer import OfferState
from tests.support.morning import SECONDS, tones

START = datetime(2026, 3, 2, 4, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else START + timedelta(seconds=seconds)


def a_call(asked: float | None, answered: float | None, ended: float | None) -> Call:
    return Call(started_at=START, asked_at=at(asked), answered_at=at(answered), ended_at=at(ended))


def an_offer(who: str, state: OfferState, rang: float, answered: float | None, ended: float | None) -> Offer:
    return Offer(
        agent_id=who,
        state=state,
        started_at=at(rang),
        ringing_at=at(rang),
        answered_at=at(answered),
        ended_at=at(ended),
    )


def test_a_call_is_drawn_as_menu_waiting_and_talking_that_fill_it_without_gaps() -> None:
    drawing = timeline.draw(a_call(10, 20, 40), [], [], now=START, ring_seconds=5)
    assert [(bar.kind, bar.left, bar.width) for bar in drawing.lanes[0].bars] == [
        ("menu", 0, 0.25),
        ("waiting", 0.25, 0.25),
        ("talking", 0.5, 0.5),
    ]


def test_each_agent_has_one_lane_with_ringing_and_talking() -> None:
    offers = [
        an_offer("a", OfferState.MISSED, 10, None, 25),
        an_offer("b", OfferState.ANSWERED, 15, 20, 40),
        an_offer("a", OfferState.CANCELLED, 30, None, 31),
    ]
    lanes = timeline.draw(a_call(10, 20, 40), offers, [], now=START, ring_seconds=5).lanes
    assert [(lane.who, [bar.kind for bar in lane.bars]) for lane in lanes[1:]] == [
        ("a", ["offer-missed", "offer-cancelled"]),
        ("b", ["offer-answered", "talking"]),
    ]


def test_rings_are_marked_until_the_answer() -> None:
    rings = timeline.draw(a_call(10, 22, 40), [], [], now=START, ring_seconds=5).rings
    assert [(ring.label, ring.left) for ring in rings] == [("1", 15 / 40), ("2", 20 / 40)]


def test_a_call_that_goes_on_is_drawn_until_now() -> None:
    now = START + timedelta(seconds=30)
    bars = timeline.draw(a_call(10, None, None), [], [], now=now, ring_seconds=5).lanes[0].bars
    assert [(bar.kind, bar.end) for bar in bars][-1] == ("waiting", now)


@given(
    st.lists(st.one_of(st.none(), st.floats(-5, 4000)), min_size=3, max_size=3),
    st.lists(st.tuples(st.floats(-5, 4000), st.one_of(st.none(), st.floats(-5, 4000))), max_size=4),
)
def test_whatever_the_times_are_every_bar_lies_in_the_drawing(
    times: list[float | None], offers: list[tuple[float, float | None]]
) -> None:
    asked, answered, ended = times
    rows = [an_offer("a", OfferState.ANSWERED, rang, over, over) for rang, over in offers]
    recording = Recording(started_at=START, seconds=5.0)
    drawing = timeline.draw(
        a_call(asked, answered, ended), rows, [recording], now=START + timedelta(hours=1), ring_seconds=5
    )
    for bar in (bar for lane in drawing.lanes for bar in lane.bars):
        assert 0 <= bar.left <= 1
        assert bar.width > 0
        assert bar.left + bar.width <= 1 + 1e-9
    assert len(drawing.ticks) <= 10


def test_an_outline_has_two_channels_of_the_same_length_and_silence_is_flat() -> None:
    shape = sound_http.peaks(io.BytesIO(tones()), steps=100)
    assert shape["seconds"] == SECONDS
    channels = shape["channels"]
    assert isinstance(channels, list)
    assert [len(channel) for channel in channels] == [100, 100]
    assert max(max(channel) for channel in channels) == 1.0
    assert sound_http.peaks(io.BytesIO(tones(0)), steps=100) == {"seconds": 0.0, "channels": [[], []]}
