"""The conversation with a patient: who it is, then question after question, warning signs to a nurse. Pure.

Verbs carry names (`TURN`, `WAIT`, `LEFT`, `RECORDED`) and texts; `campaigns.dialogue.service` fills them in. Who is on
the line is `campaigns.dialogue.right_party`. Requirements E2, E3, E4.
"""

from dataclasses import replace
from datetime import datetime

from campaigns.dialogue import answer_matching, opening, questions, right_party
from campaigns.dialogue.dialogue_state import (
    Conclude,
    DialogueDecision,
    DialogueState,
    Effect,
    FileAnswer,
    FileOpinion,
    FileWarning,
    NoteReached,
    NoteVerified,
    PatientTurn,
    RequestPerson,
    RightParty,
    SendAdvice,
    Stage,
    StartRecording,
)
from campaigns.dialogue.right_party import FETCH_SECONDS
from campaigns.dialogue.script import Choice, Open, Option, Scale, Script, Sign
from hotline.values.language import Language
from hotline.values.states.attempt import AttemptOutcome
from ivr.dialogue.engine import LEFT, RECORDED, TURN, WAIT
from telephony.vendor_words import AnsweredBy
from telephony.verbs import Enqueue, Hangup, Record, Say, Verb

# Failures at one question (nothing, not understood) until the next is asked; questions in a row until a nurse is.
TRIES = 3
SKIPS = 2


def begin(
    script: Script, party: RightParty, language: Language, question: str = "", by: AnsweredBy | None = None
) -> DialogueDecision:
    """Decide what is said when the line is picked up; `question` is where an earlier conversation stopped.

    `by` is whom the exchange takes the answer for already; `None` while it listens.
    """
    state = DialogueState(Stage.OPENING, language, question, is_slow=script.is_slow)
    if party.is_inbound:  # they called us: whom we speak with is told by the check alone
        return right_party.verify(script, replace(state, stage=Stage.VERIFY), ("greeting",), (NoteReached(),))
    return opening.begin(script, party, state, by)


def step(script: Script, party: RightParty, state: DialogueState, turn: PatientTurn, now: datetime) -> DialogueDecision:
    """Decide what follows when `turn` arrives at `state`."""
    special = _reserved(script, party, state, turn)
    if special is not None:
        return special
    match state.stage:
        case Stage.OPENING:
            return opening.step(script, party, state, turn)
        case Stage.MACHINE:
            return opening.after_machine(script, party, state, turn)
        case Stage.WHO:
            return right_party.is_it(script, party, state, turn)
        case Stage.FETCHING:
            return right_party.fetched(script, party, state, turn, now)
        case Stage.LATER:
            return right_party.later(script, party, state, turn, now)
        case Stage.VERIFY:
            return _checked(script, party, state, turn)
        case Stage.QUESTION:
            return _answer(script, state, turn)
        case Stage.HANDED | Stage.END:
            return DialogueDecision(state, repeat(script, party, state))


def repeat(script: Script, party: RightParty, state: DialogueState) -> tuple[Verb, ...]:
    """Return the verbs of the state again."""
    match state.stage:
        case Stage.OPENING | Stage.MACHINE:
            return opening.repeat(script, state)
        case Stage.WHO:
            return right_party.ask_who(script, party, state)
        case Stage.FETCHING:
            return (questions.listen(script, state, ("fetching",), FETCH_SECONDS),)
        case Stage.LATER:
            return (questions.listen(script, state, ("later",)),)
        case Stage.VERIFY:
            return right_party.verify(script, state).verbs
        case Stage.QUESTION:
            return _ask(script, state)
        case Stage.HANDED:
            return (Enqueue(script.queue, WAIT, LEFT),)
        case Stage.END:
            return (Hangup(),)


def ended_early(state: DialogueState) -> AttemptOutcome | None:
    """Return how it went when the line ends here; `None`: nobody was spoken with, what the provider heard decides."""
    if state.stage is Stage.QUESTION:
        return AttemptOutcome.PARTIAL
    return None


def _ask(script: Script, state: DialogueState, *before: str | Say) -> tuple[Verb, ...]:
    question = script.questions[script.question(state.question)]
    said = tuple(questions.say(script, state, one) if isinstance(one, str) else one for one in before)
    said = (*said, questions.speak(state, question.say))
    hints = questions.hints(script, question, state.language)
    match question:
        case Choice(is_free=is_free):
            asked = questions.gather(script, state, said, hints=hints)
            return (replace(asked, hints=()) if is_free else asked,)
        case Scale():
            finish = "#" if question.keys > 1 else ""
            return (questions.gather(script, state, said, question.keys, finish, hints),)
        case Open():
            return (*said, Record(TURN, RECORDED, question.max_seconds))


def _answer(script: Script, state: DialogueState, turn: PatientTurn) -> DialogueDecision:
    question = script.questions[script.question(state.question)]
    sign = answer_matching.sign(turn.words, script.signs, state.language) if turn.words else None
    if sign is not None:
        answered = FileAnswer(question.name, "", words=turn.words, is_warning=True)
        return _warn(script, state, sign, answered)
    if questions.told(script, state, turn, "opinion"):
        noted = questions.say(script, state, "opinion_noted")
        return DialogueDecision(state, questions.with_(noted, _ask(script, state)), (FileOpinion(turn.words),))
    match question:
        case Choice(options=options):
            option = next((one for one in options if one.key == turn.keys), None)
            if option is None and turn.words:
                option = answer_matching.option(turn.words, options, state.language)
            return _unclear(script, state) if option is None else _chosen(script, state, option, turn)
        case Scale():
            return _figure(script, state, question, turn)
        case Open():
            value = "recorded" if turn.is_recorded else "nothing"
            return _next(script, replace(state, skipped=0), (FileAnswer(question.name, value),))


def _chosen(script: Script, state: DialogueState, option: Option, turn: PatientTurn) -> DialogueDecision:
    sign = _sign(script, option.sign)
    answered = FileAnswer(state.question, option.value, words=turn.words, is_warning=sign is not None)
    if sign is not None:
        return _warn(script, state, sign, answered)
    return _next(script, replace(state, skipped=0), (answered,), _noted(script, state, option.label[state.language]))


def _figure(script: Script, state: DialogueState, question: Scale, turn: PatientTurn) -> DialogueDecision:
    keys = (
        turn.keys
        if turn.keys.isdigit()
        else answer_matching.tells(turn.words, questions.figures(question), state.language)
    )
    figure = int(keys) if keys.isdigit() else None
    if figure is None or not question.least <= figure <= question.most:
        return _unclear(script, state)
    sign = _sign(script, question.sign) if question.sign_from is not None and figure >= question.sign_from else None
    is_low = question.low_to is not None and figure <= question.low_to
    answered = FileAnswer(question.name, str(figure), figure, turn.words, sign is not None, is_low)
    if sign is not None:
        return _warn(script, state, sign, answered)
    return _next(script, replace(state, skipped=0), (answered,), _noted(script, state, str(figure)))


def _unclear(script: Script, state: DialogueState) -> DialogueDecision:
    failures = state.failures + 1
    if failures < TRIES:
        state = replace(state, failures=failures)
        return DialogueDecision(state, _ask(script, state, "unclear"))
    skipped = state.skipped + 1
    if skipped >= SKIPS:
        return _hand_over(script, state, "to_person", RequestPerson())
    answered = FileAnswer(state.question, "unanswered")
    return _next(script, replace(state, skipped=skipped), (answered,), questions.say(script, state, "skipped"))


def _next(script: Script, state: DialogueState, effects: tuple[Effect, ...], *said: Say) -> DialogueDecision:
    following = script.question(state.question) + 1
    if following >= len(script.questions):
        advice = questions.speak(state, script.advice)
        state = replace(state, stage=Stage.END, question="")
        last = (questions.say(script, state, "advice"), advice, questions.say(script, state, "goodbye"))
        return DialogueDecision(
            state, (*said, *last, Hangup()), (*effects, SendAdvice(), Conclude(AttemptOutcome.DONE))
        )
    state = replace(state, question=script.questions[following].name, failures=0)
    return DialogueDecision(state, _ask(script, state, *said), effects)


def _warn(script: Script, state: DialogueState, sign: Sign, answered: FileAnswer) -> DialogueDecision:
    handed = _hand_over(script, state, "to_nurse", RequestPerson(sign.name))
    return replace(handed, effects=(answered, FileWarning(sign.name), *handed.effects))


def _hand_over(script: Script, state: DialogueState, phrase: str, asks: RequestPerson) -> DialogueDecision:
    said = questions.say(script, state, phrase)
    state = replace(state, stage=Stage.HANDED)
    return DialogueDecision(state, (said, Enqueue(script.queue, WAIT, LEFT)), (replace(asks, queue=script.queue),))


def _reserved(script: Script, party: RightParty, state: DialogueState, turn: PatientTurn) -> DialogueDecision | None:
    """Decide on another hearing, slower, or a nurse, by key or in words; `None` where none of it was wished."""
    if state.stage in {Stage.OPENING, Stage.MACHINE, Stage.HANDED, Stage.END} or turn.is_recorded:
        return None
    if turn.keys == script.keys.repeat or questions.told(script, state, turn, "repeat"):
        return DialogueDecision(state, repeat(script, party, state))
    if _takes_figures(script, state):
        asks = questions.told(script, state, turn, "person")
        return _hand_over(script, state, "to_person", RequestPerson()) if asks else None
    if turn.keys == script.keys.slower or questions.told(script, state, turn, "slower"):
        state = replace(state, is_slow=True)
        return DialogueDecision(
            state, questions.with_(questions.say(script, state, "slower"), repeat(script, party, state))
        )
    if turn.keys in {script.keys.person, script.keys.emergency} or questions.told(script, state, turn, "person"):
        return _hand_over(script, state, "to_person" if state.has_consented else "to_staff", RequestPerson())
    return None


def _takes_figures(script: Script, state: DialogueState) -> bool:
    """Return whether 0 and 9 are answers here."""
    if state.stage is not Stage.QUESTION:
        return False
    question = script.questions[script.question(state.question)]
    return isinstance(question, Scale) and (question.keys > 1 or question.least == 0)


def _noted(script: Script, state: DialogueState, answer: str) -> Say:
    said = questions.say(script, state, "noted")
    return replace(said, text=said.text.replace("{answer}", answer))


def _sign(script: Script, name: str) -> Sign | None:
    """Return the sign, if it is on this condition's list."""
    return next((sign for sign in script.signs if sign.name == name), None) if name else None


def _checked(script: Script, party: RightParty, state: DialogueState, turn: PatientTurn) -> DialogueDecision:
    """Take the keys of the check: the questions begin, or go on, once it is the patient."""
    if not right_party.is_they(party, turn.keys):
        return right_party.failed(script, state, turn)
    first = "resume" if state.question else "begin"
    name = script.questions[script.question(state.question)].name
    state = replace(state, stage=Stage.QUESTION, question=name, failures=0, has_consented=True)
    half_way = Conclude(AttemptOutcome.PARTIAL)
    return DialogueDecision(state, _ask(script, state, "consent", first), (NoteVerified(), StartRecording(), half_way))
