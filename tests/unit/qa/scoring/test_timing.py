"""What the machine measures: talking over, shares, speed, holds, first words; each item can go either way."""

import pytest

from hotline.values.language import Language
from qa.scorecards import phrase_lists_file
from qa.scorecards.machine_rules import FirstWords, HoldLength, Speed, TalkOver, TalkShare
from qa.scoring import timing
from qa.scoring.dialogue import Dialogue
from qa.scoring.phrase_match import AcousticScorer
from qa.scoring.tokens import SpokenUtterance, dialogue_turns

EN, ZH = Language.ENGLISH, Language.MANDARIN
OVER = TalkOver(seconds=0.8, per_minute=3)
PACE = Speed(least={EN: 80.0, ZH: 110.0}, most={EN: 240.0, ZH: 360.0})
HOLD = HoldLength(seconds=60.0, notices="hold_notice")


def dialogue(*said: tuple[str, float, float, str]) -> Dialogue:
    """Who speaks from when to when."""
    lines = [SpokenUtterance(*one) for one in said]
    end = max(line.end for line in lines)
    ear = AcousticScorer(EN, lambda _said, _texts: None)
    return Dialogue(tuple(dialogue_turns(lines, EN)), {}, end, ear, phrase_lists_file.load(None, EN))


def interrupted(times: int, seconds: float = 1.5, first: str = "caller") -> Dialogue:
    """A minute in which one side begins to speak so often while the other does, for so long."""
    other = "agent" if first == "caller" else "caller"
    said = []
    for number in range(10):
        at = number * 6.0
        said.append((first, at, at + 4.0, "I would like to ask you something"))
        start = at + 4.0 - seconds if number < times else at + 4.5
        said.append((other, start, at + 5.5, "yes of course"))
    return dialogue(*said)


@pytest.mark.parametrize(("times", "likely"), [(0, False), (2, False), (5, True), (10, True)])
def test_an_agent_who_often_begins_while_the_caller_speaks_talks_over_them(times: int, likely: bool) -> None:
    chance, places = timing.talk_over(OVER, interrupted(times))
    assert chance is not None
    assert (chance > 0.7, chance < 0.3) == (likely, not likely)
    assert len(places) == min(times, 5)


def test_a_caller_who_talks_over_the_agent_or_a_short_yes_is_no_fault() -> None:
    for harmless in (interrupted(10, first="agent"), interrupted(10, seconds=0.5)):
        chance, places = timing.talk_over(OVER, harmless)
        assert chance is not None
        assert (chance < 0.3, list(places)) == (True, [])


@pytest.mark.parametrize(("words", "fit"), [(4, False), (20, True), (36, True), (60, False)])
def test_the_pace_is_words_a_minute_of_the_agents_own_speech(words: int, fit: bool) -> None:
    spoken = dialogue(("agent", 0.0, 10.0, "word " * words), ("caller", 20.0, 60.0, "slow"))
    chance, _ = timing.speed(PACE, spoken)
    assert chance is not None
    assert (chance > 0.7, chance < 0.3) == (fit, not fit)


@pytest.mark.parametrize(("agent", "fit"), [(2.0, False), (10.0, True), (60.0, False)])
def test_the_agents_share_of_all_speech_lies_within_bounds(agent: float, fit: bool) -> None:
    spoken = dialogue(("agent", 0.0, agent, "so"), ("caller", 70.0, 80.0, "so"))
    chance, _ = timing.talk_share(TalkShare(least=0.3, most=0.7), spoken)
    assert chance is not None
    assert (chance > 0.7, chance < 0.3) == (fit, not fit)


def test_too_little_speech_is_no_pace_and_no_share() -> None:
    short = dialogue(("agent", 0.0, 2.0, "Hello."), ("caller", 2.5, 4.0, "Hello."))
    assert timing.speed(PACE, short) == (None, [])
    assert timing.talk_share(TalkShare(least=0.3, most=0.7), short) == (None, [])


@pytest.mark.parametrize(("seconds", "kept"), [(30.0, True), (58.0, True), (63.0, False), (200.0, False)])
def test_a_hold_is_as_long_as_the_silence_after_a_notice(seconds: float, kept: bool) -> None:
    held = dialogue(("agent", 0.0, 2.0, "One moment please."), ("agent", 2.0 + seconds, 4.0 + seconds, "Thank you."))
    chance, places = timing.hold(HOLD, held)
    assert chance is not None
    assert (chance > 0.7, chance < 0.3) == (kept, not kept)
    assert list(places) == [(2.0, 2.0 + seconds)]


def test_who_was_not_asked_to_wait_was_not_held() -> None:
    silent = dialogue(("agent", 0.0, 2.0, "It is open on Sunday."), ("agent", 90.0, 92.0, "Anything else?"))
    assert timing.hold(HOLD, silent) == (None, [])


@pytest.mark.parametrize(("start", "prompt"), [(1.0, True), (5.5, True), (6.6, False), (20.0, False)])
def test_the_agent_speaks_within_some_seconds_or_not(start: float, prompt: bool) -> None:
    chance, _ = timing.first_words(FirstWords(seconds=6.0), dialogue(("agent", start, start + 2.0, "Good morning.")))
    assert chance is not None
    assert (chance > 0.7, chance < 0.3) == (prompt, not prompt)


def test_an_agent_who_says_nothing_did_not_speak_in_time() -> None:
    chance, places = timing.first_words(FirstWords(seconds=6.0), dialogue(("caller", 1.0, 2.0, "Hello?")))
    assert (chance is not None and chance < 0.3, list(places)) == (True, [])
