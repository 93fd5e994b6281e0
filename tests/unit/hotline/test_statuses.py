"""Statuses with their tables, phone numbers: state × event, the illegal ones included."""

from enum import StrEnum

import pytest

from hotline.values.phone_numbers import PhoneNumber
from hotline.values.states.moves import MOVES, may_move
from hotline.values.states.offer import OfferState


@pytest.mark.parametrize("words", MOVES, ids=lambda words: words.__name__)
def test_every_status_has_a_row_and_every_row_leads_to_known_words(words: type[StrEnum]) -> None:
    assert set(MOVES[words]) == set(words)
    for start in words:
        for end in words:
            assert may_move(start, end) == (start == end or end in MOVES[words][start])


def test_an_offer_that_ended_never_lives_again() -> None:
    alive = {OfferState.STARTED, OfferState.RINGING, OfferState.ANSWERED}
    over = set(OfferState) - alive
    assert not any(may_move(start, end) for start in over for end in alive)
    # Only this is learned later: that a phone rang out where nobody could hear it.
    moves = {(start, end) for start in over for end in over if start != end and may_move(start, end)}
    assert moves == {(OfferState.MISSED, OfferState.UNREACHABLE)}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800000001", "+8613800000001"),
        ("+86 138 0000 0001", "+8613800000001"),
        ("010-66880000", "+861066880000"),
        ("+14155550100", "+14155550100"),
        ("anonymous", None),
        ("", None),
        ("1", None),
    ],
)
def test_numbers_are_read_as_dialled_in_china(text: str, number: str | None) -> None:
    parsed = PhoneNumber.parse(text)
    assert (parsed.e164 if parsed else None) == number


def test_masked_number_shows_only_its_ends() -> None:
    assert PhoneNumber("+8613800000001").masked == "+86138****0001"
