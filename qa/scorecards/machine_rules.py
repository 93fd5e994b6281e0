"""How the machine answers an item: one model for each way of looking."""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from hotline.configuration.field_types import Exactly, FileModel, Known, OneOrMore
from hotline.values.language import Language

Side = Literal["agent", "caller"]
FactName = Literal["records_complete", "deadline_kept", "is_complaint", "scripted"]
FACTS: tuple[str, ...] = get_args(FactName)
PhraseListNames = Annotated[tuple[str, ...], OneOrMore()]
Share = Annotated[float, Field(ge=0, le=1)]
Pace = Annotated[Mapping[Language, Annotated[float, Field(ge=0, le=1000)]], Exactly.of(Language)]


class CallPart(FileModel):
    """In which part of a call something is looked for; times in seconds. Nothing written: everywhere."""

    first_seconds: Annotated[float, Field(ge=0, le=3600)] | None = Field(
        None, description="from the first word of the side that is listened to"
    )
    last_seconds: Annotated[float, Field(ge=0, le=3600)] | None = Field(
        None, description="back from the end of everything that is spoken"
    )
    later: bool = Field(False, description="not in that side's first turn")
    before: str | None = Field(None, description="before the first place at which that side speaks of this list")


class Phrases(FileModel):
    """Something is said: one phrase of each list of `all_of`, or one of any list of `any_of`."""

    kind: Literal["phrases"] = "phrases"
    speaker: Side
    all_of: PhraseListNames = ()
    any_of: PhraseListNames = ()
    where: CallPart = CallPart()
    only_if: Annotated[str, Known("item")] | None = Field(
        None, description="not applicable unless that item is answered with yes"
    )
    softened_by: str | None = Field(
        None,
        description="words by the same side that make of a certain yes an unsure one: said politely, it may mean "
        "something else",
    )

    @model_validator(mode="after")
    def _check(self) -> "Phrases":
        if bool(self.all_of) == bool(self.any_of):
            raise ValueError("write either all_of or any_of: names of phrase lists")
        return self


class Statement(FileModel):
    """Something is told in one's own words, or by saying yes to the other side's question after it.

    `asked` names lists of what counts in such a question only: "any fever?" Where one of `presumes_not` stands before
    it ("no fever, I hope?"), a yes agrees that there is none: only `insists` tells it then.
    """

    kind: Literal["told"] = "told"
    speaker: Side
    any_of: PhraseListNames = ()
    affirms: str
    denies: str
    presumes_not: str
    insists: str
    asked: PhraseListNames = ()


class Silence(FileModel):
    """Nobody speaks for longer than `seconds`, unless the agent said one of `notices` just before it."""

    kind: Literal["silence"] = "silence"
    seconds: Annotated[float, Field(ge=0.5, le=600)] = 8.0
    notices: str
    excuses_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(60.0, description="how long a notice excuses")


class TalkOver(FileModel):
    """The agent begins to speak while the caller does, more than `per_minute` times, each longer than `seconds`."""

    kind: Literal["talk_over"] = "talk_over"
    seconds: Annotated[float, Field(ge=0.1, le=60)] = 0.7
    per_minute: Annotated[float, Field(ge=0, le=60)] = 2.0


class TalkShare(FileModel):
    """The agent's part of all speech lies between `least` and `most`, 0 to 1."""

    kind: Literal["talk_share"] = "talk_share"
    least: Share = 0.0
    most: Share = 1.0


class Speed(FileModel):
    """The agent speaks between `least` and `most` syllables (Mandarin) or words (English) a minute, by language."""

    kind: Literal["speed"] = "speed"
    least: Pace
    most: Pace


class HoldLength(FileModel):
    """Every silence after a notice of `notices` ends within `seconds`; not applicable where nobody was put on hold."""

    kind: Literal["hold"] = "hold"
    seconds: Annotated[float, Field(ge=1, le=3600)] = 60.0
    notices: str


class FirstWords(FileModel):
    """The agent's first word comes within `seconds` of the recording's start."""

    kind: Literal["first_words"] = "first_words"
    seconds: Annotated[float, Field(ge=0, le=600)] = 5.0


class Fact(FileModel):
    """Something that only the hospital's records know."""

    kind: Literal["fact"] = "fact"
    name: FactName


Machine = Phrases | Statement | Silence | TalkOver | TalkShare | Speed | HoldLength | FirstWords | Fact
