"""Conversations with patients: every branch of every script in both languages, walked to its ends."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.dialogue import answer_matching, dialogue, right_party, scripts_file
from campaigns.dialogue.dialogue_state import (
    Conclude,
    DialogueDecision,
    DialogueState,
    FileAnswer,
    FileWarning,
    NoteVerified,
    PatientTurn,
    RequestPerson,
    RightParty,
    Stage,
)
from campaigns.dialogue.script import PRIVATE, Choice, Open, Scale, Script
from hotline.configuration.errors import FileFault
from hotline.values.language import Language
from hotline.values.states.attempt import AttemptOutcome
from telephony.vendor_words import AnsweredBy
from telephony.verbs import Enqueue, Gather, Hangup, Record, Redirect, Say

SCRIPTS = scripts_file.of(None, "仁和医院", "Renhe Hospital", "+861066880000")
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # a Monday, ten o'clock in China
WHO = RightParty("王小明", date(1950, 3, 8), "4711", ZoneInfo("Asia/Shanghai"))
CHECK = "195008"
CASES = [(name, language) for name in SCRIPTS for language in Language]
# Words that only the hospital and the patient may share.
MEDICAL = {
    Language.MANDARIN: (
        *("出院", "手术", "术后", "伤口", "疼", "痛", "发烧", "发热", "药", "血糖", "糖尿病", "心脏", "病情", "复诊"),
        *("随访", "护士", "医生", "恢复", "住院", "患者", "病人", "跌倒"),
    ),
    Language.ENGLISH: (
        *("discharge", "surgery", "wound", "pain", "fever", "medicine", "sugar", "diabetes", "heart", "nurse"),
        *("doctor", "recovery", "ward", "patient", "fall"),
    ),
}


def said(outcome: DialogueDecision) -> list[str]:
    """Every text of these verbs."""
    verbs = [prompt for verb in outcome.verbs for prompt in (verb.prompts if isinstance(verb, Gather) else (verb,))]
    return [verb.text for verb in verbs if isinstance(verb, Say)]


def inputs(script: Script, state: DialogueState) -> Iterator[PatientTurn]:
    """Everything a line can answer at this state."""
    yield from (PatientTurn(key) for key in ("", *"0123456789*#"))
    yield from (PatientTurn(CHECK), PatientTurn("199999"), PatientTurn("4711"))
    yield from (PatientTurn(words=words[state.language][0]) for words in script.replies.values())
    if state.stage is Stage.OPENING:
        yield from (PatientTurn(by=verdict) for verdict in AnsweredBy)
    if state.stage is Stage.QUESTION:
        yield PatientTurn(is_recorded=True)
        yield from (PatientTurn(words=sign.words[state.language][0]) for sign in script.signs)


@dataclass(frozen=True)
class Step:
    """One step of a walk."""

    before: DialogueState
    turn: PatientTurn
    outcome: DialogueDecision


def walk(script: Script, *starts: DialogueDecision) -> Iterator[Step]:
    """Every step that can be reached from these."""
    line = deque(start.state for start in starts)
    seen = set(line)
    while line:
        state = line.popleft()
        if state.stage is Stage.END:
            continue
        for turn in inputs(script, state):
            outcome = dialogue.step(script, WHO, state, turn, NOW)
            yield Step(state, turn, outcome)
            if outcome.state not in seen:
                seen.add(outcome.state)
                line.append(outcome.state)


@pytest.mark.parametrize(("name", "language"), CASES)
def test_nothing_medical_is_said_before_they_are_verified(name: str, language: Language) -> None:
    script = SCRIPTS[name]
    allowed = {script.phrases[phrase][language] for phrase in PRIVATE}
    allowed |= {script.phrases["for_name"][language].replace("{name}", WHO.name)}
    for text in allowed:
        assert not [word for word in MEDICAL[language] if word in text.lower()], text
    starts = [dialogue.begin(script, WHO, language, by=verdict) for verdict in (None, *AnsweredBy)]
    starts.append(dialogue.begin(script, replace(WHO, is_inbound=True), language, "pain"))
    assert all(set(said(start)) <= allowed for start in starts)
    for step in walk(script, *starts):
        verified = any(isinstance(effect, NoteVerified) for effect in step.outcome.effects)
        if not step.before.has_consented and not verified:
            assert set(said(step.outcome)) <= allowed, (step.before, step.turn)


def paces(outcome: DialogueDecision) -> set[bool]:
    """Whether anything of it is spoken slowly, and anything not."""
    verbs = [prompt for verb in outcome.verbs for prompt in (verb.prompts if isinstance(verb, Gather) else (verb,))]
    return {verb.is_slow for verb in verbs if isinstance(verb, Say)}


@pytest.mark.parametrize("turn", [PatientTurn("#"), PatientTurn(words="说慢点")])
def test_from_the_wish_on_all_is_spoken_slowly(turn: PatientTurn) -> None:
    script = SCRIPTS["general"]
    state = DialogueState(Stage.QUESTION, Language.MANDARIN, "fever", has_consented=True)
    assert paces(dialogue.step(script, WHO, state, PatientTurn("1"), NOW)) == {False}
    slower = dialogue.step(script, WHO, state, turn, NOW)
    assert paces(slower) == {True}
    assert all(paces(step.outcome) <= {True} for step in walk(script, slower))


@pytest.mark.parametrize("verdict", [None, *AnsweredBy])
def test_the_elderly_are_spoken_to_slowly_from_the_first_word(verdict: AnsweredBy | None) -> None:
    start = dialogue.begin(SCRIPTS["elderly"], WHO, Language.MANDARIN, by=verdict)
    assert paces(start) == {True}
    assert all(paces(step.outcome) <= {True} for step in walk(SCRIPTS["elderly"], start))


@pytest.mark.parametrize(("name", "language"), CASES)
def test_no_answer_leaves_a_caller_in_silence_and_every_path_can_end(name: str, language: Language) -> None:
    script = SCRIPTS[name]
    ends = set()
    for step in walk(script, dialogue.begin(script, WHO, language)):
        verbs = step.outcome.verbs
        assert verbs
        assert isinstance(verbs[-1], Gather | Record | Hangup | Enqueue | Redirect)
        ends |= {effect.outcome for effect in step.outcome.effects if isinstance(effect, Conclude)}
    wanted = {"done", "refused", "wrong_person", "call_later", "partial"}
    assert {end.value for end in ends} == wanted


@pytest.mark.parametrize(("name", "language"), CASES)
def test_every_warning_sign_by_key_or_word_goes_to_a_nurse_at_once(name: str, language: Language) -> None:
    script = SCRIPTS[name]
    listed = {sign.name for sign in script.signs}
    for state in range(len(script.questions)):
        question = script.questions[state]
        if isinstance(question, Open):
            continue
        at = DialogueState(Stage.QUESTION, language, question.name, has_consented=True)
        told = [PatientTurn(words=phrase) for sign in script.signs for phrase in sign.words[language]]
        if isinstance(question, Choice):
            told += [PatientTurn(option.key) for option in question.options if option.sign in listed]
        if isinstance(question, Scale) and question.sign_from is not None and question.sign in listed:
            told += [PatientTurn(str(figure)) for figure in range(question.sign_from, question.most + 1)]
        for turn in told:
            outcome = dialogue.step(script, WHO, at, turn, NOW)
            assert outcome.state.stage is Stage.HANDED, turn
            assert isinstance(outcome.verbs[-1], Enqueue)
            assert any(isinstance(effect, FileWarning) for effect in outcome.effects), turn
            assert any(isinstance(effect, RequestPerson) and effect.sign for effect in outcome.effects), turn
            assert any(isinstance(effect, FileAnswer) and effect.is_warning for effect in outcome.effects), turn


@pytest.mark.parametrize(("name", "language"), CASES)
def test_a_whole_conversation_by_key_gives_every_answer_once(name: str, language: Language) -> None:
    script = SCRIPTS[name]
    outcome = dialogue.begin(script, WHO, language)
    for turn in (PatientTurn(by=AnsweredBy.HUMAN), PatientTurn("1"), PatientTurn(CHECK)):
        outcome = dialogue.step(script, WHO, outcome.state, turn, NOW)
    given: dict[str, str] = {}
    while outcome.state.stage is Stage.QUESTION:
        question = script.questions[script.question(outcome.state.question)]
        turn = PatientTurn(is_recorded=True)
        if isinstance(question, Choice):
            turn = PatientTurn(next(option.key for option in question.options if not option.sign))
        if isinstance(question, Scale):
            turn = PatientTurn(str(question.most if question.sign_from is None else question.least))
        outcome = dialogue.step(script, WHO, outcome.state, turn, NOW)
        given |= {effect.question: effect.value for effect in outcome.effects if isinstance(effect, FileAnswer)}
    assert list(given) == [question.name for question in script.questions]
    assert Conclude(AttemptOutcome.DONE) in outcome.effects
    assert script.advice[language] in said(outcome)


def test_who_does_not_answer_two_questions_is_connected_with_a_nurse() -> None:
    script = SCRIPTS["general"]
    state = DialogueState(Stage.QUESTION, Language.MANDARIN, "recovery", has_consented=True)
    outcomes = []
    for _ in range(dialogue.TRIES * dialogue.SKIPS):
        outcomes.append(dialogue.step(script, WHO, state, PatientTurn(), NOW))
        state = outcomes[-1].state
    assert state.stage is Stage.HANDED
    assert [e.value for o in outcomes for e in o.effects if isinstance(e, FileAnswer)] == ["unanswered"]


def test_a_conversation_goes_on_where_it_stopped_and_only_after_the_check() -> None:
    script = SCRIPTS["general"]
    start = dialogue.begin(script, WHO, Language.ENGLISH, "fever", AnsweredBy.HUMAN)
    asked = dialogue.step(script, WHO, start.state, PatientTurn("1"), NOW)
    assert asked.state.stage is Stage.VERIFY
    on = dialogue.step(script, WHO, asked.state, PatientTurn(CHECK), NOW)
    assert on.state.question == "fever"
    assert script.phrases["resume"][Language.ENGLISH] in said(on)


def test_three_wrong_checks_end_the_call_with_a_number_to_call() -> None:
    script = SCRIPTS["cardiac"]
    state = DialogueState(Stage.VERIFY, Language.MANDARIN)
    for _ in range(right_party.VERIFY_TRIES):
        outcome = dialogue.step(script, WHO, state, PatientTurn("123456"), NOW)
        state = outcome.state
    assert state.stage is Stage.END
    assert Conclude(AttemptOutcome.WRONG_PERSON, right_party.NOT_VERIFIED) in outcome.effects


@pytest.mark.parametrize(
    ("keys", "is_they"), [("195008", True), ("4711", True), ("1950", False), ("", False), ("080350", False)]
)
def test_year_and_day_of_birth_or_the_last_four_digits_tell_who_it_is(keys: str, is_they: bool) -> None:
    assert right_party.is_they(WHO, keys) is is_they


def test_nobody_is_verified_of_whom_nothing_is_known() -> None:
    unknown = RightParty("", None, "", ZoneInfo("Asia/Shanghai"))
    assert not any(right_party.is_they(unknown, keys) for keys in ("", "0000", "195008"))


@pytest.mark.parametrize(
    ("words", "sign"),
    [
        ("我今天胸口疼得厉害", "chest_pain"),
        ("我没有胸痛", None),
        ("没有胸痛但是喘不过气", "breath"),
        ("一点都不疼", None),
        ("伤口有点流血，伤口流血", "wound"),
    ],
)
def test_a_denied_sign_is_none_and_a_told_one_is(words: str, sign: str | None) -> None:
    signs = [*SCRIPTS["cardiac"].signs, *SCRIPTS["surgery"].signs]
    found = answer_matching.sign(words, signs, Language.MANDARIN)
    assert (found.name if found else None) == sign


@pytest.mark.parametrize(
    ("words", "sign"),
    [
        ("I have chest pain since yesterday", "chest_pain"),
        ("no I have no chest pain", None),
        ("I don't have chest pain but I am short of breath", "breath"),
        ("I fainted this morning", "faint"),
    ],
)
def test_the_same_in_english(words: str, sign: str | None) -> None:
    found = answer_matching.sign(words, SCRIPTS["cardiac"].signs, Language.ENGLISH)
    assert (found.name if found else None) == sign


def test_no_fever_is_not_a_fever() -> None:
    fever = next(q for q in SCRIPTS["general"].questions if q.name == "fever")
    assert isinstance(fever, Choice)
    found = answer_matching.option("没有发烧", fever.options, Language.MANDARIN)
    assert found is not None
    assert found.value == "none"


@pytest.mark.parametrize(("key", "local"), [("1", "11:00"), ("2", "18:30"), ("3", "09:30"), ("", "09:30")])
def test_a_later_call_comes_when_they_said(key: str, local: str) -> None:
    at = right_party.postponed_until(key, WHO.zone, NOW).astimezone(WHO.zone)
    assert f"{at:%H:%M}" == local
    assert (at.date() > NOW.astimezone(WHO.zone).date()) is (local == "09:30")


@given(st.lists(st.sampled_from(["", "0", "1", "2", "3", "4", "5", "9", "*", "#", CHECK, "x", "99"]), max_size=40))
def test_whatever_is_pressed_the_line_is_always_told_something(pressed: list[str]) -> None:
    script = SCRIPTS["surgery"]
    outcome = dialogue.begin(script, WHO, Language.MANDARIN)
    for keys in pressed:
        outcome = dialogue.step(script, WHO, outcome.state, PatientTurn(keys), NOW)
        assert outcome.verbs


def test_faults_of_a_script_name_file_line_and_field(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("scripts")
    (folder / "bank.yaml").write_text((scripts_file.STANDARD / "bank.yaml").read_text("utf-8"), "utf-8")
    (folder / "own.yaml").write_text(
        "label: {zh-CN: 随访}\nquestions: [pain, teeth]\nsigns: [worse]\nadvise: {}\n", "utf-8"
    )
    with pytest.raises(FileFault) as fault:
        scripts_file.load(folder, {Language.MANDARIN: "医院", Language.ENGLISH: "Hospital"}, "")
    message = str(fault.value)
    assert "own.yaml:2: questions[1]: no question 'teeth'" in message
    assert "own.yaml:4: advise: unknown field" in message
    assert "label.en-US: missing; write a text here" in message
