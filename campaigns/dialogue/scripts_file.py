"""Reads scripts from YAML: the bank of phrases, questions and signs, and the scripts that choose from it.

Whatever is wrong is said with file, line and field, all of it at once.
"""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TypeVar

from campaigns.dialogue.script import (
    FILLED,
    PHRASES,
    REPLIES,
    Choice,
    Keys,
    Open,
    Option,
    Question,
    Scale,
    Script,
    Sign,
    Text,
    Words,
)
from campaigns.errors import ScriptFault
from hotline.configuration.yaml_fields import Field, Source
from hotline.values.language import Language
from ivr.flow.node_reader import BETWEEN, READ_OUT, key, texts

_Part = TypeVar("_Part")
STANDARD = Path(__file__).parents[1] / "scripts"
BANK = "bank.yaml"


@cache
def of(folder: Path | None, hospital_zh: str, hospital_en: str, number: str) -> Mapping[str, Script]:
    """The scripts in the hospital's own folder, the standard ones where it has none. Raises `ScriptFault`."""
    return load(folder or STANDARD, {Language.MANDARIN: hospital_zh, Language.ENGLISH: hospital_en}, number)


def load(folder: Path, hospital: Text, number: str) -> Mapping[str, Script]:
    """Every script of a folder by name; `number` is the one to call back. Raises `ScriptFault` with every fault."""
    sources: list[Source] = []
    bank = _Bank(_open(folder / BANK, sources), hospital, number)
    files = sorted(path for path in folder.glob("*.yaml") if path.name != BANK)
    found = {path.stem: bank.script(path.stem, _open(path, sources)) for path in files}
    faults = [fault for source in sources for fault in source.in_order()]
    if not files:
        faults.append(f"{folder}: no script; put one beside {BANK}, or leave CAMPAIGN_SCRIPTS out")
    if faults:
        raise ScriptFault("\n".join(faults))
    return found


def _open(path: Path, sources: list[Source]) -> Field:
    source = Source(path.name)
    sources.append(source)
    try:
        return source.open(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        source.faults.append(f"{path.name}:1: file: cannot be read: {error}")
        return Field(source, "", 1, None)


class _Bank:
    """The phrases, questions and signs that scripts choose from."""

    def __init__(self, field: Field, hospital: Text, number: str) -> None:
        field.only("keys", "phrases", "replies", "questions", "signs")
        self._hospital = hospital
        spaced = " ".join(number.removeprefix("+86")) if number else ""
        self.keys = _keys(field.get("keys"))
        self.phrases = {name: self._phrase(field, name, spaced) for name in PHRASES}
        field.get("phrases").only(*PHRASES)
        replies = field.get("replies")
        replies.only(*REPLIES)
        self.replies = {name: _words(replies.get(name)) for name in REPLIES}
        self.signs = {name: self._sign(name, part) for name, part in field.get("signs").items()}
        self.questions = {name: self._question(name, part) for name, part in field.get("questions").items()}

    def _phrase(self, field: Field, name: str, number: str) -> Text:
        found = texts(field.get("phrases").get(name), self._hospital, ("number", *FILLED.get(name, ())))
        return {language: text.replace("{number}", number) for language, text in found.items()}

    def _text(self, field: Field, *known: str) -> Text:
        return texts(field, self._hospital, known)

    def _sign(self, name: str, field: Field) -> Sign:
        field.only("label", "words")
        return Sign(name, self._text(field.get("label")), _words(field.get("words")))

    def _question(self, name: str, field: Field) -> Question:
        kinds: dict[str, Callable[[str, Field], Question]] = {
            "choice": self._choice,
            "scale": self._scale,
            "open": self._open,
        }
        return field.get("kind").one_of(kinds, self._open)(name, field)

    def _choice(self, name: str, field: Field) -> Question:
        field.only("kind", "label", "say", "choices", "free")
        options = tuple(self._option(pressed, part) for pressed, part in field.get("choices").items())
        if not options:
            field.get("choices").fault("no choices; a question needs at least two")
        say = {k: _read_out(v, options, k) for k, v in self._text(field.get("say"), "choices").items()}
        return Choice(name, self._text(field.get("label")), say, options, field.get("free").yes())

    def _option(self, pressed: str, field: Field) -> Option:
        field.only("value", "label", "words", "sign")
        if pressed in (self.keys.person, self.keys.emergency, self.keys.repeat, self.keys.slower):
            field.fault(f"{pressed!r} means the same at every question; take another key")
        sign = self._known_sign(field.get("sign"))
        return Option(
            pressed, field.get("value").text(), self._text(field.get("label")), _words(field.get("words")), sign
        )

    def _known_sign(self, field: Field) -> str:
        sign = field.text("")
        if sign and sign not in self.signs:
            field.fault(f"no sign {sign!r}; declare it under signs, with the words in which patients tell it")
        return sign

    def _scale(self, name: str, field: Field) -> Question:
        field.only("kind", "label", "say", "least", "most", "signs_from", "low_to")
        least, most = field.get("least").whole(1, 0, 99), field.get("most").whole(5, 1, 99)
        if least >= most:
            field.get("most").fault(f"must be more than least ({least})")
        signs, low = field.get("signs_from"), field.get("low_to")
        has_sign = not signs.is_missing
        return Scale(
            name=name,
            label=self._text(field.get("label")),
            say=self._text(field.get("say")),
            least=least,
            most=most,
            sign_from=signs.get("value").whole(most, least, most) if has_sign else None,
            sign=self._known_sign(signs.get("sign")) if has_sign else "",
            low_to=None if low.is_missing else low.whole(least, least, most),
        )

    def _open(self, name: str, field: Field) -> Question:
        field.only("kind", "label", "say", "max_seconds")
        seconds = field.get("max_seconds").whole(60, 10, 300)
        return Open(name, self._text(field.get("label")), self._text(field.get("say")), seconds)

    def script(self, name: str, field: Field) -> Script:
        """A script that chooses from this bank."""
        field.only("label", "questions", "signs", "advice", "slow")
        questions = _chosen(field.get("questions"), self.questions, "question")
        if not 5 <= len(questions) <= 8:
            field.get("questions").warn(f"{len(questions)} questions; five to eight are answered best")
        return Script(
            name=name,
            label=self._text(field.get("label")),
            phrases=self.phrases,
            questions=questions,
            signs=_chosen(field.get("signs"), self.signs, "sign"),
            advice=self._text(field.get("advice")),
            replies=self.replies,
            keys=self.keys,
            is_slow=field.get("slow").yes(),
        )


def _chosen(field: Field, known: Mapping[str, _Part], word: str) -> tuple[_Part, ...]:
    found = []
    for entry in field.list():
        name = entry.text()
        if name in known:
            found.append(known[name])
        else:
            entry.fault(f"no {word} {name!r} in {BANK}; known are {', '.join(known)}")
    if not found:
        field.fault(f"no {word}; name at least one of {', '.join(known)}")
    return tuple(found)


def _keys(field: Field) -> Keys:
    field.only("person", "emergency", "repeat", "slower")
    usual = Keys()
    found = Keys(*(key(field.get(name), getattr(usual, name)) for name in ("person", "emergency", "repeat", "slower")))
    if len({found.person, found.emergency, found.repeat, found.slower}) < 4:
        field.fault("the four keys must differ")
    return found


def _words(field: Field) -> Words:
    field.only(*Language)
    return {language: tuple(entry.text() for entry in field.get(language).list()) for language in Language}


def _read_out(text: str, options: tuple[Option, ...], language: Language) -> str:
    said = [READ_OUT[language].format(label=option.label[language], key=option.key) for option in options]
    return text.replace("{choices}", BETWEEN[language].join(said))
