"""The course of a conversation with a patient: the next verbs for every turn, question after question. Pure.

Verbs carry names (`TURN`, `WAIT`, `LEFT`, `RECORDED`) and texts; `campaigns.dialogue.service` fills them in. Who is on
the line is `campaigns.dialogue.right_party`. Requirements E2, E3, E4.
"""

from dataclasses import replace
from datetime import datetime

from campaigns.dialogue import answer_matching, opening, questions, right_party
from campaigns.dialogue.dialogue_state import (
    Advised,
    Answered,
    AsksPerson,
    Concluded,
    Consented,
    Effect,
    Heard,
    Opined,
    Outcome,
    Person,
    Place,
    Reached,
    Stage,
    Verified,
    Warned,
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
    script: Script, person: Person, language: Language, question: str = "", by: AnsweredBy | None = None
) -> Outcome:
    """What is said when the line is picked up; `question` is where an earlier conversation stopped.

    `by` is whom the exchange takes the answer for already; `None` while it listens.
    """
    place = Place(Stage.OPENING, language, question, is_slow=script.is_slow)
    if person.is_inbound:  # they called us: whom we speak with is told by the check alone
        return right_party.verify(script, replace(place, stage=Stage.VERIFY), ("greeting",), (Reached(),))
    return opening.begin(script, person, place, by)


def step(script: Script, person: Person, place: Place, heard: Heard, now: datetime) -> Outcome:
    """What follows when `heard` arrives at `place`."""
    special = _reserved(script, person, place, heard)
    if special is not None:
        return special
    match place.stage:
        case Stage.OPENING:
            return opening.step(script, person, place, heard)
        case Stage.MACHINE:
            return opening.after_machine(script, person, place, heard)
        case Stage.WHO:
            return right_party.is_it(script, person, place, heard)
        case Stage.FETCHING:
            return right_party.fetched(script, person, place, heard, now)
        case Stage.LATER:
            return right_party.later(script, person, place, heard, now)
        case Stage.VERIFY:
            return _checked(script, person, place, heard)
        case Stage.QUESTION:
            return _answer(script, place, heard)
        case Stage.HANDED | Stage.END:
            return Outcome(place, repeat(script, person, place))


def repeat(script: Script, person: Person, place: Place) -> tuple[Verb, ...]:
    """The verbs of the place again."""
    match place.stage:
        case Stage.OPENING | Stage.MACHINE:
            return opening.repeat(script, place)
        case Stage.WHO:
            return right_party.ask_who(script, person, place)
        case Stage.FETCHING:
            return (questions.listen(script, place, ("fetching",), FETCH_SECONDS),)
        case Stage.LATER:
            return (questions.listen(script, place, ("later",)),)
        case Stage.VERIFY:
            return right_party.verify(script, place).verbs
        case Stage.QUESTION:
            return _ask(script, place)
        case Stage.HANDED:
            return (Enqueue(script.queue, WAIT, LEFT),)
        case Stage.END:
            return (Hangup(),)


def ended_early(place: Place) -> AttemptOutcome | None:
    """How it went when the line ends here; `None`: nobody was spoken with, what the exchange heard decides."""
    if place.stage is Stage.QUESTION:
        return AttemptOutcome.PARTIAL
    return None


def _ask(script: Script, place: Place, *before: str | Say) -> tuple[Verb, ...]:
    question = script.questions[script.question(place.question)]
    said = tuple(questions.say(script, place, one) if isinstance(one, str) else one for one in before)
    said = (*said, questions.speak(place, question.say))
    hints = questions.hints(script, question, place.language)
    match question:
        case Choice(is_free=is_free):
            asked = questions.gather(script, place, said, hints=hints)
            return (replace(asked, hints=()) if is_free else asked,)
        case Scale():
            finish = "#" if question.keys > 1 else ""
            return (questions.gather(script, place, said, question.keys, finish, hints),)
        case Open():
            return (*said, Record(TURN, RECORDED, question.max_seconds))


def _answer(script: Script, place: Place, heard: Heard) -> Outcome:
    question = script.questions[script.question(place.question)]
    sign = answer_matching.sign(heard.words, script.signs, place.language) if heard.words else None
    if sign is not None:
        answered = Answered(question.name, "", words=heard.words, is_warning=True)
        return _warn(script, place, sign, answered)
    if questions.told(script, place, heard, "opinion"):
        noted = questions.say(script, place, "opinion_noted")
        return Outcome(place, questions.with_(noted, _ask(script, place)), (Opined(heard.words),))
    match question:
        case Choice(options=options):
            option = next((one for one in options if one.key == heard.keys), None)
            if option is None and heard.words:
                option = answer_matching.option(heard.words, options, place.language)
            return _unclear(script, place) if option is None else _chosen(script, place, option, heard)
        case Scale():
            return _figure(script, place, question, heard)
        case Open():
            value = "recorded" if heard.is_recorded else "nothing"
            return _next(script, replace(place, skipped=0), (Answered(question.name, value),))


def _chosen(script: Script, place: Place, option: Option, heard: Heard) -> Outcome:
    sign = _sign(script, option.sign)
    answered = Answered(place.question, option.value, words=heard.words, is_warning=sign is not None)
    if sign is not None:
        return _warn(script, place, sign, answered)
    return _next(script, replace(place, skipped=0), (answered,), _noted(script, place, option.label[place.language]))


def _figure(script: Script, place: Place, question: Scale, heard: Heard) -> Outcome:
    keys = (
        heard.keys
        if heard.keys.isdigit()
        else answer_matching.tells(heard.words, questions.figures(question), place.language)
    )
    figure = int(keys) if keys.isdigit() else None
    if figure is None or not question.least <= figure <= question.most:
        return _unclear(script, place)
    sign = _sign(script, question.sign) if question.sign_from is not None and figure >= question.sign_from else None
    is_low = question.low_to is not None and figure <= question.low_to
    answered = Answered(question.name, str(figure), figure, heard.words, sign is not None, is_low)
    if sign is not None:
        return _warn(script, place, sign, answered)
    return _next(script, replace(place, skipped=0), (answered,), _noted(script, place, str(figure)))


def _unclear(script: Script, place: Place) -> Outcome:
    failures = place.failures + 1
    if failures < TRIES:
        place = replace(place, failures=failures)
        return Outcome(place, _ask(script, place, "unclear"))
    skipped = place.skipped + 1
    if skipped >= SKIPS:
        return _hand_over(script, place, "to_person", AsksPerson())
    answered = Answered(place.question, "unanswered")
    return _next(script, replace(place, skipped=skipped), (answered,), questions.say(script, place, "skipped"))


def _next(script: Script, place: Place, effects: tuple[Effect, ...], *said: Say) -> Outcome:
    following = script.question(place.question) + 1
    if following >= len(script.questions):
        advice = questions.speak(place, script.advice)
        place = replace(place, stage=Stage.END, question="")
        last = (questions.say(script, place, "advice"), advice, questions.say(script, place, "goodbye"))
        return Outcome(place, (*said, *last, Hangup()), (*effects, Advised(), Concluded(AttemptOutcome.DONE)))
    place = replace(place, question=script.questions[following].name, failures=0)
    return Outcome(place, _ask(script, place, *said), effects)


def _warn(script: Script, place: Place, sign: Sign, answered: Answered) -> Outcome:
    handed = _hand_over(script, place, "to_nurse", AsksPerson(sign.name))
    return replace(handed, effects=(answered, Warned(sign.name), *handed.effects))


def _hand_over(script: Script, place: Place, phrase: str, asks: AsksPerson) -> Outcome:
    said = questions.say(script, place, phrase)
    place = replace(place, stage=Stage.HANDED)
    return Outcome(place, (said, Enqueue(script.queue, WAIT, LEFT)), (replace(asks, queue=script.queue),))


def _reserved(script: Script, person: Person, place: Place, heard: Heard) -> Outcome | None:
    """Another hearing, slower, or a nurse, by key or in words; `None` where nothing of it was wished."""
    if place.stage in {Stage.OPENING, Stage.MACHINE, Stage.HANDED, Stage.END} or heard.is_recorded:
        return None
    if heard.keys == script.keys.repeat or questions.told(script, place, heard, "repeat"):
        return Outcome(place, repeat(script, person, place))
    if _takes_figures(script, place):
        asks = questions.told(script, place, heard, "person")
        return _hand_over(script, place, "to_person", AsksPerson()) if asks else None
    if heard.keys == script.keys.slower or questions.told(script, place, heard, "slower"):
        place = replace(place, is_slow=True)
        return Outcome(place, questions.with_(questions.say(script, place, "slower"), repeat(script, person, place)))
    if heard.keys in {script.keys.person, script.keys.emergency} or questions.told(script, place, heard, "person"):
        return _hand_over(script, place, "to_person" if place.has_consented else "to_staff", AsksPerson())
    return None


def _takes_figures(script: Script, place: Place) -> bool:
    """Whether 0 and 9 are answers here."""
    if place.stage is not Stage.QUESTION:
        return False
    question = script.questions[script.question(place.question)]
    return isinstance(question, Scale) and (question.keys > 1 or question.least == 0)


def _noted(script: Script, place: Place, answer: str) -> Say:
    said = questions.say(script, place, "noted")
    return replace(said, text=said.text.replace("{answer}", answer))


def _sign(script: Script, name: str) -> Sign | None:
    """The sign, if it is on this condition's list."""
    return next((sign for sign in script.signs if sign.name == name), None) if name else None


def _checked(script: Script, person: Person, place: Place, heard: Heard) -> Outcome:
    """The keys of the check: the questions begin, or go on, once it is they."""
    if not right_party.is_they(person, heard.keys):
        return right_party.failed(script, place, heard)
    first = "resume" if place.question else "begin"
    name = script.questions[script.question(place.question)].name
    place = replace(place, stage=Stage.QUESTION, question=name, failures=0, has_consented=True)
    half_way = Concluded(AttemptOutcome.PARTIAL)
    return Outcome(place, _ask(script, place, "consent", first), (Verified(), Consented(), half_way))
