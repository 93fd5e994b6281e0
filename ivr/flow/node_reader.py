"""Reads one node, text or key of a voice menu from its field in the file."""

import re
from collections.abc import Callable, Sequence

from hotline.configuration.yaml_fields import Field
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome
from ivr.flow.nodes import Ask, Choice, End, LanguageMenu, Menu, Message, Node, Notice, Opening, Text

LANGUAGES = {language.value: language for language in Language}
READ_OUT = {Language.MANDARIN: "{label}按{key}", Language.ENGLISH: "{label}, press {key}"}
BETWEEN = {Language.MANDARIN: "，", Language.ENGLISH: ". "}
LONGEST_MESSAGE = 120
KEYPAD = frozenset("0123456789*#")
PLACEHOLDER = re.compile(r"\{(\w*)\}")


def key(field: Field, default: str = "") -> str:
    """A key of the telephone."""
    found = field.text(default or None)
    if found not in KEYPAD:
        field.fault(f"{found!r} is no key of a telephone; one of 0 to 9, * and #, in quotes")
    return found


def texts(field: Field, hospital: Text, known: Sequence[str] = ()) -> Text:
    """A text in every language, with the hospital's name filled in; of other placeholders only `known` may stay."""
    field.only(*LANGUAGES)
    found = {}
    for word, language in LANGUAGES.items():
        part = field.get(word)
        if part.is_missing:
            part.fault(f"no text in {word}; every text is needed in {' and '.join(LANGUAGES)}")
            continue
        text = part.text().replace("{hospital}", hospital[language])
        for name in PLACEHOLDER.findall(text):
            if name not in known:
                part.fault(f"{{{name}}} is unknown here; known are {{hospital}}{''.join(f', {{{k}}}' for k in known)}")
        found[language] = text
    return {language: found.get(language, "") for language in Language}


def node(name: str, field: Field, hospital: Text) -> Node:
    """A node of the flow, by its kind."""
    return field.get("kind").one_of(KINDS, _end)(name, field, hospital)


def _label(field: Field, hospital: Text) -> Text:
    return texts(field.get("label"), hospital)


def _choices(field: Field, hospital: Text) -> tuple[Choice, ...]:
    found = []
    for pressed, entry in field.get("choices").items():
        entry.only("label", "to", "language")
        if pressed not in KEYPAD:
            entry.fault(f"{pressed!r} is no key of a telephone; one of 0 to 9, * and #, in quotes")
        language = (
            None if entry.get("language").is_missing else entry.get("language").one_of(LANGUAGES, Language.MANDARIN)
        )
        found.append(Choice(pressed, _label(entry, hospital), entry.get("to").text(), language))
    if not found:
        field.get("choices").fault("no choices; a menu needs at least one")
    return tuple(found)


def _menu(name: str, field: Field, hospital: Text) -> Node:
    field.only("kind", "label", "say", "choices")
    choices = _choices(field, hospital)
    say = texts(field.get("say"), hospital, ("choices",))
    return Menu(name, _label(field, hospital), {k: read_out(v, choices, k) for k, v in say.items()}, choices)


def read_out(text: str, choices: Sequence[Choice], language: Language) -> str:
    """The text with `{choices}` spoken out: what leads where, by which key."""
    said = [READ_OUT[language].format(label=c.label[language], key=c.key) for c in choices]
    return text.replace("{choices}", BETWEEN[language].join(said))


def _language(name: str, field: Field, hospital: Text) -> Node:
    field.only("kind", "label", "say", "choices", "otherwise")
    choices = _choices(field, hospital)
    say = texts(field.get("say"), hospital)
    for choice in choices:
        if choice.language is None:
            field.get("choices").get(choice.key).fault("no language; a language menu sets one with every key")
    wanted = field.get("otherwise").text()
    otherwise = next((c for c in choices if c.key == wanted), None)
    if otherwise is None:
        field.get("otherwise").fault(f"{wanted!r} is none of the choices; name the key that holds when none is pressed")
        otherwise = Choice(wanted, say, "", None)
    return LanguageMenu(name, _label(field, hospital), say, choices, otherwise)


def _notice(name: str, field: Field, hospital: Text) -> Node:
    field.only("kind", "label", "say", "next", "consent")
    say = texts(field.get("say"), hospital)
    return Notice(name, _label(field, hospital), say, field.get("next").text(), field.get("consent").yes())


def _opening(name: str, field: Field, hospital: Text) -> Node:
    field.only("kind", "label", "open", "closed")
    return Opening(name, _label(field, hospital), field.get("open").text(), field.get("closed").text())


def _ask(name: str, field: Field, hospital: Text) -> Node:
    field.only("kind", "label", "say", "intent", "queue", "skill", "priority", "always", "consent")
    skill, priority = field.get("skill"), field.get("priority")
    return Ask(
        name=name,
        label=_label(field, hospital),
        say=texts(field.get("say"), hospital),
        intent=field.get("intent").one_of({i.value: i for i in Intent}, Intent.UNKNOWN),
        queue=field.get("queue").text(),
        skill=None if skill.is_missing else skill.text(),
        priority=None if priority.is_missing else priority.whole(0, 0, 1000),
        is_always=field.get("always").yes(),
        is_consent=field.get("consent").yes(),
    )


def _end(name: str, field: Field, hospital: Text) -> Node:
    field.only("kind", "label", "say", "outcome", "choices")
    outcomes: dict[str, CallOutcome | None] = {o.value: o for o in CallOutcome}
    choices = () if field.get("choices").is_missing else _choices(field, hospital)
    say = {k: read_out(v, choices, k) for k, v in texts(field.get("say"), hospital, ("choices",)).items()}
    return End(name, _label(field, hospital), say, field.get("outcome").one_of(outcomes, None), choices)


def _message(name: str, field: Field, hospital: Text) -> Node:
    field.only("kind", "label", "say", "intent", "max_seconds")
    return Message(
        name=name,
        label=_label(field, hospital),
        say=texts(field.get("say"), hospital),
        intent=field.get("intent").one_of({i.value: i for i in Intent}, Intent.UNKNOWN),
        max_seconds=field.get("max_seconds").whole(LONGEST_MESSAGE, 10, 600),
    )


KINDS: dict[str, Callable[[str, Field, Text], Node]] = {
    "menu": _menu,
    "language": _language,
    "notice": _notice,
    "hours": _opening,
    "person": _ask,
    "end": _end,
    "message": _message,
}
