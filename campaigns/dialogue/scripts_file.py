"""Scripts of calls to patients: the bank of phrases, questions and signs, and the scripts that choose from it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from campaigns.dialogue.script import (
    FILLED,
    NO_WORDS,
    PHRASES,
    REPLIES,
    Choice,
    Keys,
    Question,
    Script,
    Sign,
    SignName,
    Text,
)
from hotline.configuration import yaml_file
from hotline.configuration.errors import FileFault
from hotline.configuration.field_types import Exactly, FieldFaults, FileModel, Keyed, Known, OneOrMore
from hotline.configuration.texts import (
    FilledTexts,
    Texts,
    Words,
    unknown_placeholders,
)
from hotline.values.language import Language

STANDARD = Path(__file__).parents[1] / "scripts"
BANK = "bank.yaml"


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

    keys: Keys = Keys()
    phrases: Annotated[Mapping[str, Texts], Exactly.of(PHRASES), AfterValidator(_filled)]
    replies: Annotated[Mapping[str, Words], Exactly.of(REPLIES, missing=NO_WORDS)] = dict.fromkeys(REPLIES, NO_WORDS)
    questions: Annotated[dict[str, Annotated[Question, Field(discriminator="kind")]], Keyed()]
    signs: Annotated[dict[str, Sign], Keyed()] = Field({})

    @model_validator(mode="after")
    def _check(self) -> "BankFile":
        fault = "means the same at every question; take another key"
        FieldFaults.raise_any(
            (("questions", name, "choices", option.key), f"{option.key!r} {fault}")
            for name, question in self.questions.items()
            if isinstance(question, Choice)
            for option in question.options
            if option.key in self.keys.all
        )
        return self


class ScriptFile(FileModel):
    """A script that chooses from the bank."""

    standard: ClassVar = "campaigns/scripts/general.yaml"

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
            questions=tuple(bank.questions[question] for question in self.questions),
            signs=tuple(bank.signs[sign] for sign in self.signs),
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
