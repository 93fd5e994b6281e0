"""Scripts of calls to patients: the bank of phrases, questions and signs, and the scripts that choose from it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

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
)
from hotline.configuration import yaml_file
from hotline.configuration.errors import FileFault
from hotline.configuration.field_types import Context, Exactly, FieldFaults, FileModel, Known, OneOrMore, ReadAs
from hotline.configuration.texts import (
    FilledTexts,
    FilledTextsWithChoices,
    TelephoneKey,
    Texts,
    Words,
    unknown_placeholders,
)
from hotline.values.language import Language
from ivr.flow.spoken_choices import with_choices

STANDARD = Path(__file__).parents[1] / "scripts"
BANK = "bank.yaml"
NO_WORDS: Mapping[Language, tuple[str, ...]] = dict.fromkeys(Language, ())
SignName = Annotated[str, Known("sign")]
Faults = Iterator[tuple[Sequence[str | int], str]]


class KeysFields(FileModel):
    """Keys that mean the same throughout the conversation."""

    person: TelephoneKey = Keys.person
    emergency: TelephoneKey = Keys.emergency
    repeat: TelephoneKey = Keys.repeat
    slower: TelephoneKey = Keys.slower

    def value(self, _context: Context) -> Keys:
        """Return the keys."""
        keys = dict(self)
        if len(set(keys.values())) < len(keys):
            raise ValueError("the four keys must differ")
        return Keys(**keys)


class OptionFields(FileModel):
    """An answer by key or in words; `sign` names the warning sign that it is."""

    value: str = Field(description="a name for the answer, which reports show")
    label: FilledTexts
    words: Words = NO_WORDS
    sign: SignName = ""


class QuestionFields(FileModel):
    """What every question has."""

    label: FilledTexts


class ChoiceFields(QuestionFields):
    """A question with a key for every answer; `free` where most answer it in a sentence of their own."""

    kind: Literal["choice"]
    say: FilledTextsWithChoices
    choices: dict[TelephoneKey, OptionFields] = Field(description="the answers by key, at least two", min_length=1)
    free: bool = False

    def question(self, name: str) -> Question:
        """Return the question of this name."""
        options = tuple(
            Option(key, option.value, option.label, option.words, option.sign) for key, option in self.choices.items()
        )
        say = with_choices(self.say, ((option.key, option.label) for option in options))
        return Choice(name, self.label, say, options, self.free)


class SignsFrom(FileModel):
    """The figure from which on an answer is a warning sign."""

    value: int | None = None
    sign: SignName = ""


class ScaleFields(QuestionFields):
    """A question for a figure; `signs_from` on it is a warning sign, up to `low_to` somebody is to look into it."""

    kind: Literal["scale"]
    say: FilledTexts
    least: Annotated[int, Field(ge=0, le=99)] = 1
    most: Annotated[int, Field(ge=1, le=99)] = 5
    signs_from: SignsFrom | None = None
    low_to: int | None = None

    @model_validator(mode="after")
    def _check(self) -> "ScaleFields":
        FieldFaults.raise_any(self._faults())
        return self

    def _faults(self) -> Faults:
        if self.least >= self.most:
            yield ("most",), f"must be more than least ({self.least})"
            return
        from_ = None if self.signs_from is None else self.signs_from.value
        for path, figure in ((("low_to",), self.low_to), (("signs_from", "value"), from_)):
            if figure is not None and not self.least <= figure <= self.most:
                yield path, f"must be a whole number from {self.least} to {self.most}, not '{figure}'"

    def question(self, name: str) -> Question:
        """Return the question of this name."""
        signs = self.signs_from
        return Scale(
            name=name,
            label=self.label,
            say=self.say,
            least=self.least,
            most=self.most,
            sign_from=None if signs is None else self.most if signs.value is None else signs.value,
            sign="" if signs is None else signs.sign,
            low_to=self.low_to,
        )


class OpenFields(QuestionFields):
    """A question answered in the patient's own words, recorded."""

    kind: Literal["open"]
    say: FilledTexts
    max_seconds: Annotated[int, Field(ge=10, le=300)] = 60

    def question(self, name: str) -> Question:
        """Return the question of this name."""
        return Open(name, self.label, self.say, self.max_seconds)


class SignFields(FileModel):
    """A warning sign, and the words in which patients tell it."""

    label: FilledTexts
    words: Words = NO_WORDS


def _filled(phrases: Mapping[str, Text], info: ValidationInfo) -> Mapping[str, Text]:
    FieldFaults.raise_any(
        ((name, *path), message)
        for name, texts in phrases.items()
        for path, message in unknown_placeholders(texts, ("hospital", "number", *FILLED.get(name, ())))
    )
    context = info.context or {"hospital": {}, "number": ""}
    return {
        name: {
            language: text.replace("{hospital}", context["hospital"][language]).replace("{number}", context["number"])
            for language, text in texts.items()
        }
        for name, texts in phrases.items()
    }


class BankFile(FileModel):
    """What every script draws on: phrases of the conversation, questions, and warning signs."""

    standard: ClassVar = "campaigns/scripts/bank.yaml"

    keys: Annotated[Keys, ReadAs(KeysFields)] = Keys()
    phrases: Annotated[Mapping[str, Texts], Exactly.of(PHRASES), AfterValidator(_filled)]
    replies: Annotated[Mapping[str, Words], Exactly.of(REPLIES, missing=NO_WORDS)] = dict.fromkeys(REPLIES, NO_WORDS)
    questions: dict[str, Annotated[ChoiceFields | ScaleFields | OpenFields, Field(discriminator="kind")]]
    signs: dict[str, SignFields] = Field({})

    @model_validator(mode="after")
    def _check(self) -> "BankFile":
        reserved = {self.keys.person, self.keys.emergency, self.keys.repeat, self.keys.slower}
        FieldFaults.raise_any(
            (("questions", name, "choices", key), f"{key!r} means the same at every question; take another key")
            for name, question in self.questions.items()
            if isinstance(question, ChoiceFields)
            for key in question.choices
            if key in reserved
        )
        return self


class ScriptFile(FileModel):
    """A script that chooses from the bank."""

    standard: ClassVar = "one of campaigns/scripts"

    label: FilledTexts
    questions: Annotated[tuple[Annotated[str, Known("question")], ...], OneOrMore()] = Field(
        description="at least one question of the bank, in the order in which they are asked", min_length=1
    )
    signs: Annotated[tuple[SignName, ...], OneOrMore()] = Field(
        description="at least one warning sign of the bank", min_length=1
    )
    advice: FilledTexts
    slow: bool = Field(False, description="whether everything is said more slowly")

    def script(self, name: str, bank: BankFile) -> Script:
        """Return the script of this name."""
        return Script(
            name=name,
            label=self.label,
            phrases=bank.phrases,
            questions=tuple(bank.questions[question].question(question) for question in self.questions),
            signs=tuple(Sign(sign, bank.signs[sign].label, bank.signs[sign].words) for sign in self.signs),
            advice=self.advice,
            replies=bank.replies,
            keys=bank.keys,
            is_slow=self.slow,
        )


@cache
def of(folder: Path | None, hospital_zh: str, hospital_en: str, number: str) -> Mapping[str, Script]:
    """Return the scripts in the hospital's own folder, the standard ones where it has none. Raises `FileFault`."""
    return load(folder or STANDARD, {Language.MANDARIN: hospital_zh, Language.ENGLISH: hospital_en}, number)


def load(folder: Path, hospital: Text, number: str) -> Mapping[str, Script]:
    """Load every script of a folder by name; `number` is the one to call back. Raises `FileFault` with every fault."""
    context: dict[str, Any] = {
        "hospital": hospital,
        "number": " ".join(number.removeprefix("+86")),
        "questions_in": BANK,
        "signs_in": BANK,
    }
    faults: list[str] = []
    files: dict[str, ScriptFile] = {}
    bank: BankFile | None = None
    try:
        bank = yaml_file.read(BankFile, folder / BANK, lambda data: context | {"signs": yaml_file.names(data, "signs")})
        context |= {"questions": list(bank.questions), "signs": list(bank.signs)}
    except FileFault as fault:
        faults += fault.faults
    for path in sorted(folder.glob("*.yaml")):
        if path.name != BANK:
            try:
                files[path.stem] = yaml_file.read(ScriptFile, path, lambda _data: context)
            except FileFault as fault:
                faults += fault.faults
    if not files and not faults:
        faults.append(f"{folder}: no script; put one beside {BANK}, or leave CAMPAIGN_SCRIPTS out")
    if faults or bank is None:
        raise FileFault(faults)
    return {name: script.script(name, bank) for name, script in files.items()}
