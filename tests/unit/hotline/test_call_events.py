"""Events of a call are values: what is written is what is read, field by field, and nothing else is read."""

from dataclasses import fields
from typing import get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hotline.values import call_events
from hotline.values.call_events import HistoryEvent, OfferMissed
from hotline.values.reason_codes import OfferEndReason


def built(made: type[HistoryEvent]) -> st.SearchStrategy[HistoryEvent]:
    """Events of this kind, with any values of the types of their fields."""
    types = get_type_hints(made)
    values = {field.name: st.from_type(types[field.name]) for field in fields(made)}
    return st.builds(made, **values)


@pytest.mark.parametrize("kind", sorted(call_events.KINDS))
@given(data=st.data())
def test_what_is_written_is_read_again(kind: str, data: st.DataObject) -> None:
    event = data.draw(built(call_events.KINDS[kind]))
    assert call_events.read(event.kind, event.data) == event


@pytest.mark.parametrize("kind", sorted(call_events.KINDS))
def test_no_field_holds_text_that_somebody_said(kind: str) -> None:
    types = get_type_hints(call_events.KINDS[kind])
    for field in fields(call_events.KINDS[kind]):
        assert not {dict, object} & {types[field.name], *get_args(types[field.name])}


def test_a_field_that_is_none_is_not_written() -> None:
    assert call_events.CallStarted().data == {}


def test_an_event_of_a_kind_that_is_not_known_is_none() -> None:
    assert call_events.read("comet_passed", {"tail": 3}) is None


def test_data_that_is_not_of_its_kind_is_refused() -> None:
    with pytest.raises(ValidationError):
        call_events.read(OfferMissed.kind, {"offer_id": "o"})
    with pytest.raises(ValidationError):
        call_events.read(OfferMissed.kind, {"offer_id": "o", "agent_id": "a", "reason": "the moon"})


def test_a_reason_is_a_code_when_it_is_read() -> None:
    event = OfferMissed(offer_id="o", agent_id="a", reason=OfferEndReason.RING_NO_ANSWER)
    assert event.data == {"offer_id": "o", "agent_id": "a", "reason": "ring_no_answer"}
    read = call_events.read(event.kind, event.data)
    assert isinstance(read, OfferMissed)
    assert read.reason is OfferEndReason.RING_NO_ANSWER
