"""The first seconds of a call of ours: the hospital's name and nothing else, until it is known who listens. Pure.

The exchange finds out beside the call whether a machine answered, and may err. So the verdict decides no more than what
is said: whom we want to speak with is asked once a person was heard or has pressed a key; a machine, and whoever talks
on like one, hears the hospital's name and a number. Requirement E2.
"""

from dataclasses import replace

from campaigns.dialogue import questions, right_party
from campaigns.dialogue.dialogue_state import (
    DialogueDecision,
    DialogueState,
    NoteReached,
    PatientTurn,
    RightParty,
    Stage,
)
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


def begin(script: Script, party: RightParty, state: DialogueState, by: AnsweredBy | None = None) -> DialogueDecision:
    """Decide when the line was picked up; `by`: what the provider knows already."""
    if by is AnsweredBy.MACHINE_READY:
        return to_machine(script, state)
    if by in SPOKE:
        return _ask(script, party, state, ("greeting",))
    state = replace(state, stage=Stage.OPENING)
    return DialogueDecision(state, repeat(script, state))


def step(script: Script, party: RightParty, state: DialogueState, turn: PatientTurn) -> DialogueDecision:
    """Decide when a key came, the provider knows who answered, or the time has passed."""
    if turn.keys:
        return _ask(script, party, state, (), (NoteReached(),))
    if turn.by in SPOKE:
        return _ask(script, party, state, ())
    if turn.by is AnsweredBy.MACHINE_READY or state.failures > ASKED:
        return to_machine(script, state)
    state = replace(state, failures=state.failures + 1)
    return DialogueDecision(state, repeat(script, state))


def repeat(script: Script, state: DialogueState) -> tuple[Verb, ...]:
    """Return the verbs of an opening, or of what a machine hears, again."""
    if state.stage is Stage.MACHINE:
        return (_to_machine(script, state),)
    if not state.failures:
        return (questions.say(script, state, "greeting"), Redirect(TURN))
    names, seconds = ((), FINISH_SECONDS) if state.failures == 1 else (("any_key",), KEY_SECONDS)
    return (questions.listen(script, state, names, seconds),)


def to_machine(script: Script, state: DialogueState) -> DialogueDecision:
    """Say the hospital's name and a number; whoever presses a key is spoken with."""
    state = replace(state, stage=Stage.MACHINE, failures=0)
    return DialogueDecision(state, (_to_machine(script, state),))


def after_machine(script: Script, party: RightParty, state: DialogueState, turn: PatientTurn) -> DialogueDecision:
    """Take who presses a key for a person. Who only speaks may be an announcement: they are asked for a key."""
    if turn.keys:
        return _ask(script, party, state, ("greeting",), (NoteReached(),))
    if state.failures and (not turn.words or state.failures > PLEAS):
        return DialogueDecision(replace(state, stage=Stage.END), (Hangup(),))
    state = replace(state, failures=state.failures + 1)
    return DialogueDecision(state, (_to_machine(script, state),))


def _to_machine(script: Script, state: DialogueState) -> Gather:
    if not state.failures:
        return questions.listen(script, state, ("machine",), AFTER_SECONDS)
    said = () if state.failures == 1 else (questions.say(script, state, "any_key"),)
    return Gather(TURN, said, 1, WORD_SECONDS, language=state.language)


def _ask(
    script: Script,
    party: RightParty,
    state: DialogueState,
    before: tuple[str, ...],
    effects: tuple[NoteReached, ...] = (),
) -> DialogueDecision:
    state = replace(state, stage=Stage.WHO, failures=0)
    return DialogueDecision(state, right_party.ask_who(script, party, state, before), effects)
