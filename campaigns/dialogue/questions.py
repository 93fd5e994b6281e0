"""How a conversation speaks and listens: phrases as verbs, questions that understand keys and words. Pure."""

from dataclasses import replace

from campaigns.dialogue import answer_matching
from campaigns.dialogue.dialogue_state import DialogueDecision, DialogueState, Effect, NoteReached, PatientTurn, Stage
from campaigns.dialogue.script import Choice, Question, Scale, Script, Text
from hotline.values.language import Language
from ivr.dialogue.engine import TURN
from telephony.verbs import Gather, Hangup, Say, Verb

LISTEN_SECONDS = 7


def with_(said: Say, verbs: tuple[Verb, ...]) -> tuple[Verb, ...]:
    """Return the verbs with something said before."""
    first = verbs[0]
    return (replace(first, prompts=(said, *first.prompts)), *verbs[1:]) if isinstance(first, Gather) else (said, *verbs)


def say(script: Script, state: DialogueState, name: str) -> Say:
    """Return a phrase of the script."""
    return speak(state, script.phrases[name])


def speak(state: DialogueState, text: Text) -> Say:
    """Return a text in the language of this conversation, slowly where that was wished."""
    return Say(text[state.language], state.language, state.is_slow)


def listen(script: Script, state: DialogueState, names: tuple[str, ...], seconds: int = LISTEN_SECONDS) -> Gather:
    """Return phrases, then the time for one key."""
    said = tuple(say(script, state, name) for name in names)
    return replace(gather(script, state, said), timeout_seconds=seconds)


def gather(
    script: Script,
    state: DialogueState,
    said: tuple[Say, ...],
    digits: int = 1,
    finish: str = "",
    hints: tuple[str, ...] = (),
) -> Gather:
    """Return a question by key and in words; `hints` is what may be said, else every reply. A machine only by key."""
    known = hints or tuple(phrase for words in script.replies.values() for phrase in words[state.language])
    language = None if state.stage in {Stage.OPENING, Stage.MACHINE} else state.language
    # Who was not understood by what may be said says it in their own words.
    return Gather(
        TURN, said, digits, LISTEN_SECONDS, finish, known if language and not state.failures else (), language
    )


def hints(script: Script, question: Question, language: Language) -> tuple[str, ...]:
    """Return all that may be said at this question: its answers, the warning signs, a nurse, once more, slower."""
    options = question.options if isinstance(question, Choice) else ()
    answers = [phrase for option in options for phrase in (*option.words[language], option.label[language])]
    counted = list(figures(question)) if isinstance(question, Scale) else []
    signs = [phrase for sign in script.signs for phrase in sign.words[language]]
    asked = [phrase for name in ("person", "repeat", "slower") for phrase in script.replies[name][language]]
    return tuple(dict.fromkeys((*answers, *counted, *signs, *asked)))


def figures(question: Scale) -> tuple[str, ...]:
    """Return every figure that the scale has."""
    return tuple(str(figure) for figure in range(question.least, question.most + 1))


def told(script: Script, state: DialogueState, turn: PatientTurn, name: str) -> bool:
    """Return whether this reply was given in words."""
    phrases = script.replies[name][state.language]
    return bool(turn.words) and bool(answer_matching.tells(turn.words, phrases, state.language))


def end(script: Script, state: DialogueState, phrase: str, *effects: Effect) -> DialogueDecision:
    """Say a last phrase, and end the call."""
    said = say(script, state, phrase)
    reached = (NoteReached(),) if effects else ()
    return DialogueDecision(replace(state, stage=Stage.END), (said, Hangup()), (*reached, *effects))
