"""The first seconds of a call of ours: the hospital's name and nothing else, until it is known who listens. Pure.

The exchange finds out beside the call whether a machine answered, and may err. So the verdict decides no more than what
is said: whom we want to speak with is asked once a person was heard or has pressed a key; a machine, and whoever talks
on like one, hears the hospital's name and a number. Requirement E2.
"""

from dataclasses import replace

from campaigns.dialogue import questions, right_party
from campaigns.dialogue.dialogue_state import Heard, Outcome, Person, Place, Reached, Stage
from campaigns.dialogue.script import Script
from ivr.dialogue.engine import TURN
from telephony.vendor_words import AnsweredBy
from telephony.verbs import Gather, Hangup, Redirect, Verb

# Who talks when the hospital's name has been said has so long to finish; then a key is asked for, this many times. With
# the time that is spoken it is as long as the exchange listens for the end of a machine's greeting (30 s).
FINISH_SECONDS = 3
KEY_SECONDS = 4
ASKED = 5
# After the wording for machines: the time for a key, then for a word; who speaks is asked for a key this many times.
AFTER_SECONDS = 2
WORD_SECONDS = 3
PLEAS = 3
SPOKE = {AnsweredBy.HUMAN, AnsweredBy.UNKNOWN}


def begin(script: Script, person: Person, place: Place, by: AnsweredBy | None = None) -> Outcome:
    """The line was picked up; `by`: what the exchange knows already."""
    if by is AnsweredBy.MACHINE_READY:
        return to_machine(script, place)
    if by in SPOKE:
        return _ask(script, person, place, ("greeting",))
    place = replace(place, stage=Stage.OPENING)
    return Outcome(place, repeat(script, place))


def step(script: Script, person: Person, place: Place, heard: Heard) -> Outcome:
    """A key came, the exchange knows who answered, or the time has passed."""
    if heard.keys:
        return _ask(script, person, place, (), (Reached(),))
    if heard.by in SPOKE:
        return _ask(script, person, place, ())
    if heard.by is AnsweredBy.MACHINE_READY or place.failures > ASKED:
        return to_machine(script, place)
    place = replace(place, failures=place.failures + 1)
    return Outcome(place, repeat(script, place))


def repeat(script: Script, place: Place) -> tuple[Verb, ...]:
    """The verbs of an opening, or of what a machine hears, again."""
    if place.stage is Stage.MACHINE:
        return (_to_machine(script, place),)
    if not place.failures:
        return (questions.say(script, place, "greeting"), Redirect(TURN))
    names, seconds = ((), FINISH_SECONDS) if place.failures == 1 else (("any_key",), KEY_SECONDS)
    return (questions.listen(script, place, names, seconds),)


def to_machine(script: Script, place: Place) -> Outcome:
    """The hospital's name and a number; whoever presses a key is spoken with."""
    place = replace(place, stage=Stage.MACHINE, failures=0)
    return Outcome(place, (_to_machine(script, place),))


def after_machine(script: Script, person: Person, place: Place, heard: Heard) -> Outcome:
    """Who presses a key is a person. Who only speaks may be an announcement, too: they are asked for a key."""
    if heard.keys:
        return _ask(script, person, place, ("greeting",), (Reached(),))
    if place.failures and (not heard.words or place.failures > PLEAS):
        return Outcome(replace(place, stage=Stage.END), (Hangup(),))
    place = replace(place, failures=place.failures + 1)
    return Outcome(place, (_to_machine(script, place),))


def _to_machine(script: Script, place: Place) -> Gather:
    if not place.failures:
        return questions.listen(script, place, ("machine",), AFTER_SECONDS)
    said = () if place.failures == 1 else (questions.say(script, place, "any_key"),)
    return Gather(TURN, said, 1, WORD_SECONDS, language=place.language)


def _ask(
    script: Script, person: Person, place: Place, before: tuple[str, ...], effects: tuple[Reached, ...] = ()
) -> Outcome:
    place = replace(place, stage=Stage.WHO, failures=0)
    return Outcome(place, right_party.ask_who(script, person, place, before), effects)
