"""What callers hear while the database is away: never silence, never a goodbye while there is somebody to reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.values.states.leg import LegStatus
from ivr.outage import keeping
from ivr.prompts import melody
from telephony.turn import Turn
from telephony.verbs import DialNumber, Gather, Hangup, Leave, Play, Redirect, Say

MUSIC = Play("/voice/prompts/x.wav")
DUTY = "+861066880009"
LINE = "+861066880000"


def wait(seconds: float) -> keeping.Wait:
    return keeping.Wait(1_700_000_000.0, seconds, MUSIC)


def test_first_document_says_why_and_the_next_ones_play_on_with_the_same_beginning() -> None:
    first = keeping.kept(wait(0), "", Turn(), LINE)
    assert [type(verb) for verb in first] == [Say, Say, Play, Redirect]
    assert first[-1] == Redirect("/voice/fallback?since=1700000000")
    assert keeping.kept(wait(11), "", Turn(), LINE) == (MUSIC, Redirect("/voice/fallback?since=1700000000"))


def test_after_a_minute_the_number_on_duty_is_dialled_and_a_key_dials_it_at_once() -> None:
    assert isinstance(keeping.kept(wait(59), DUTY, Turn(), LINE)[0], Gather)
    for verbs in (keeping.kept(wait(60), DUTY, Turn(), LINE), keeping.kept(wait(3), DUTY, Turn(digits="0"), LINE)):
        assert verbs[-1] == DialNumber(DUTY, LINE, "/voice/fallback", keeping.LEAD_RINGS_SECONDS)


def test_who_spoke_with_somebody_on_duty_is_done_and_who_did_not_is_kept_on() -> None:
    assert keeping.kept(wait(0), DUTY, Turn(dial_status=LegStatus.COMPLETED), LINE) == (Hangup(),)
    assert isinstance(keeping.kept(wait(0), DUTY, Turn(dial_status=LegStatus.NO_ANSWER), LINE)[0], Gather)


def test_without_a_number_callers_are_kept_long_and_told_of_the_call_back_at_the_end() -> None:
    verbs = keeping.kept(wait(keeping.LONGEST_SECONDS), "", Turn(), LINE)
    assert [type(verb) for verb in verbs] == [Say, Say, Hangup]
    assert "call you back" in next(verb.text for verb in verbs if isinstance(verb, Say) and verb.text.isascii())


@pytest.mark.parametrize("number", ["", DUTY])
@given(seconds=st.floats(0, keeping.LONGEST_SECONDS - 0.1))
def test_every_document_of_a_wait_sounds_and_leads_on(number: str, seconds: float) -> None:
    verbs = keeping.kept(wait(seconds), number, Turn(), LINE)
    assert isinstance(verbs[0], Say | Play | Gather)
    assert isinstance(verbs[-1], Redirect | DialNumber)
    line = keeping.in_queue(wait(seconds), "/voice/calls/c/wait", number)
    assert line == (Leave(),) or [type(verb) for verb in line] == [Play, Redirect]
    assert isinstance(keeping.once_more(wait(seconds), "/voice/x")[-1], Redirect | Hangup)


def test_pieces_of_the_music_are_the_whole_music() -> None:
    assert b"".join(piece[44:] for piece in melody.pieces()) == melody.hold_music()[44:]
