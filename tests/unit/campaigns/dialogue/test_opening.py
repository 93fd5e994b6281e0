"""The first seconds of a call of ours: whatever the exchange makes of who answered, and whenever it says so."""

from collections import deque
from itertools import product

import pytest

from campaigns.dialogue import dialogue, opening
from campaigns.dialogue.dialogue_state import DialogueDecision, DialogueState, NoteReached, PatientTurn, Stage
from hotline.values.language import Language
from telephony.vendor_words import AnsweredBy
from telephony.verbs import Gather, Hangup, Redirect
from tests.unit.campaigns.dialogue.test_dialogue import CASES, MEDICAL, NOW, SCRIPTS, WHO, said

MACHINES = (AnsweredBy.MACHINE, AnsweredBy.MACHINE_READY)
# What a line without a person can bring: nothing, or the words of an announcement.
SOUNDS = (PatientTurn(), PatientTurn(words="请留言，找护士，是的"), PatientTurn(words="yes, please leave a message"))
SCRIPT, ZH = SCRIPTS["general"], Language.MANDARIN


def may_hear(name: str, language: Language) -> set[str]:
    """All that a machine may hear."""
    phrases = SCRIPTS[name].phrases
    return {phrases[phrase][language] for phrase in ("greeting", "any_key", "machine")}


def after(state: DialogueState, turn: PatientTurn) -> DialogueDecision:
    """The next turn of the general script in Mandarin."""
    return dialogue.step(SCRIPT, WHO, state, turn, NOW)


@pytest.mark.parametrize(("name", "language"), CASES)
def test_what_a_machine_may_hear_names_nobody_and_nothing_medical(name: str, language: Language) -> None:
    for text in may_hear(name, language):
        assert WHO.name not in text
        assert not [word for word in MEDICAL[language] if word in text.lower()], text
    wording = SCRIPTS[name].phrases["machine"][language]
    assert ("Renhe Hospital" if language is Language.ENGLISH else "仁和医院") in wording
    assert "1 0 6 6 8 8 0 0 0 0" in wording or "+861066880000" in wording


@pytest.mark.parametrize(("name", "language"), CASES)
def test_a_machine_hears_no_name_whether_it_is_known_early_late_twice_or_never(name: str, language: Language) -> None:
    """Every walk in which the verdict is a machine from some moment on, or never comes; to the end of the line."""
    script, allowed = SCRIPTS[name], may_hear(name, language)
    ends = set()
    for early in (None, *MACHINES):
        begun = dialogue.begin(script, WHO, language, "fever", early)
        assert set(said(begun)) <= allowed
        line, seen = deque([(begun.state, early)]), set()
        while line:
            state, verdict = line.popleft()
            for sound, now in product(SOUNDS, MACHINES if verdict else (None, *MACHINES)):
                outcome = dialogue.step(script, WHO, state, PatientTurn(words=sound.words, by=now), NOW)
                assert set(said(outcome)) <= allowed, (state, sound, now)
                assert (
                    set(said(DialogueDecision(outcome.state, dialogue.repeat(script, WHO, outcome.state)))) <= allowed
                )
                assert not outcome.effects
                ends |= {outcome.state.stage}
                if outcome.state.stage is not Stage.END and (outcome.state, now) not in seen:
                    seen.add((outcome.state, now))
                    line.append((outcome.state, now))
    assert ends == {Stage.OPENING, Stage.MACHINE, Stage.END}


@pytest.mark.parametrize(("name", "language"), CASES)
@pytest.mark.parametrize("verdict", [AnsweredBy.HUMAN, AnsweredBy.UNKNOWN])
def test_a_person_is_asked_for_by_name_as_soon_as_the_greeting_is_over(
    name: str, language: Language, verdict: AnsweredBy
) -> None:
    script = SCRIPTS[name]
    begun = dialogue.begin(script, WHO, language)
    assert said(begun) == [script.phrases["greeting"][language]]
    assert isinstance(begun.verbs[-1], Redirect)  # no time passes
    asked = dialogue.step(script, WHO, begun.state, PatientTurn(by=verdict), NOW)
    assert asked.state.stage is Stage.WHO
    assert script.phrases["greeting"][language] not in said(asked)
    assert WHO.name in said(asked)[0]


def test_who_answers_before_we_speak_hears_the_hospital_and_the_question_in_one() -> None:
    begun = dialogue.begin(SCRIPT, WHO, ZH, by=AnsweredBy.HUMAN)
    assert said(begun)[0] == SCRIPT.phrases["greeting"][ZH]
    assert WHO.name in said(begun)[1]


def test_while_nothing_is_known_nobody_is_left_in_silence_for_more_than_three_seconds() -> None:
    state = after(dialogue.begin(SCRIPT, WHO, ZH).state, PatientTurn()).state
    for turn in range(opening.ASKED + 1):
        (verb,) = dialogue.repeat(SCRIPT, WHO, state)
        assert isinstance(verb, Gather)
        assert verb.timeout_seconds <= 4
        assert verb.prompts or (turn == 0 and verb.timeout_seconds == 3)
        state = after(state, PatientTurn()).state
    assert state.stage is Stage.MACHINE


@pytest.mark.parametrize("key", [*"0123456789*#"])
def test_any_key_is_a_person_however_long_the_line_was_taken_for_a_machine(key: str) -> None:
    waiting = after(dialogue.begin(SCRIPT, WHO, ZH).state, PatientTurn()).state
    machine = dialogue.begin(SCRIPT, WHO, ZH, by=AnsweredBy.MACHINE_READY).state
    for state in (waiting, machine, after(machine, PatientTurn()).state):
        spoken_with = after(state, PatientTurn(key, by=AnsweredBy.MACHINE_READY))
        assert spoken_with.state.stage is Stage.WHO
        assert spoken_with.effects == (NoteReached(),)
        assert WHO.name in "".join(said(spoken_with))


def test_who_is_taken_for_a_machine_is_told_how_to_go_on_and_is_not_hung_up_on_while_they_speak() -> None:
    outcome = dialogue.begin(SCRIPT, WHO, ZH, by=AnsweredBy.MACHINE_READY)
    assert "按任意键" in said(outcome)[0]
    outcome = after(outcome.state, PatientTurn())
    pleas = 0
    while outcome.verbs != (Hangup(),):
        assert isinstance(outcome.verbs[0], Gather)
        assert outcome.verbs[0].language is ZH
        outcome = after(outcome.state, PatientTurn(words="喂，我在听"))
        pleas += said(outcome) == [SCRIPT.phrases["any_key"][ZH]]
    assert pleas == opening.PLEAS


def test_a_machine_that_is_silent_after_its_wording_is_hung_up() -> None:
    outcome = dialogue.begin(SCRIPT, WHO, ZH, by=AnsweredBy.MACHINE_READY)
    outcome = after(after(outcome.state, PatientTurn()).state, PatientTurn())
    assert (outcome.state.stage, outcome.verbs) == (Stage.END, (Hangup(),))
