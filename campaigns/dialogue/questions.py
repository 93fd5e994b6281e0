"""How a conversation speaks and listens: phrases as verbs, questions that understand keys and words. Pure."""

from dataclasses import replace

from campaigns.dialogue import answer_matching
from campaigns.dialogue.dialogue_state import Effect, Heard, Outcome, Place, Reached, Stage
from campaigns.dialogue.script import Choice, Question, Scale, Script, Text
from hotline.values.language import Language
from ivr.dialogue.engine import TURN
from telephony.verbs import Gather, Hangup, Say, Verb

LISTEN_SECONDS = 7


def with_(said: Say, verbs: tuple[Verb, ...]) -> tuple[Verb, ...]:
    """The verbs with something said before."""
    first = verbs[0]
    return (replace(first, prompts=(said, *first.prompts)), *verbs[1:]) if isinstance(first, Gather) else (said, *verbs)


def say(script: Script, place: Place, name: str) -> Say:
    """A phrase of the script."""
    return speak(place, script.phrases[name])


def speak(place: Place, text: Text) -> Say:
    """A text in the language of this conversation, slowly where that was wished."""
    return Say(text[place.language], place.language, place.is_slow)


def listen(script: Script, place: Place, names: tuple[str, ...], seconds: int = LISTEN_SECONDS) -> Gather:
    """Phrases, then the time for one key."""
    said = tuple(say(script, place, name) for name in names)
    return replace(gather(script, place, said), timeout_seconds=seconds)


def gather(
    script: Script,
    place: Place,
    said: tuple[Say, ...],
    digits: int = 1,
    finish: str = "",
    hints: tuple[str, ...] = (),
) -> Gather:
    """A question by key and in words; `hints` is what may be said, by default every reply. A machine only by key."""
    known = hints or tuple(phrase for words in script.replies.values() for phrase in words[place.language])
    language = None if place.stage in {Stage.OPENING, Stage.MACHINE} else place.language
    # Who was not understood by what may be said says it in their own words.
    return Gather(
        TURN, said, digits, LISTEN_SECONDS, finish, known if language and not place.failures else (), language
    )


def hints(script: Script, question: Question, language: Language) -> tuple[str, ...]:
    """Everything that may be said at this question: its answers, the warning signs, a nurse, once more, slower."""
    options = question.options if isinstance(question, Choice) else ()
    answers = [phrase for option in options for phrase in (*option.words[language], option.label[language])]
    counted = list(figures(question)) if isinstance(question, Scale) else []
    signs = [phrase for sign in script.signs for phrase in sign.words[language]]
    asked = [phrase for name in ("person", "repeat", "slower") for phrase in script.replies[name][language]]
    return tuple(dict.fromkeys((*answers, *counted, *signs, *asked)))


def figures(question: Scale) -> tuple[str, ...]:
    """Every figure that the scale has."""
    return tuple(str(figure) for figure in range(question.least, question.most + 1))


def told(script: Script, place: Place, heard: Heard, name: str) -> bool:
    """Whether this reply was given in words."""
    phrases = script.replies[name][place.language]
    return bool(heard.words) and bool(answer_matching.tells(heard.words, phrases, place.language))


def end(script: Script, place: Place, phrase: str, *effects: Effect) -> Outcome:
    """A last phrase, and the line ends."""
    said = say(script, place, phrase)
    reached = (Reached(),) if effects else ()
    return Outcome(replace(place, stage=Stage.END), (said, Hangup()), (*reached, *effects))
