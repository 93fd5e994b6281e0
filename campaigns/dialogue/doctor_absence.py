"""A doctor is away: every affected patient chooses another time by key, and gets a text (requirement B4). Pure.

The script is made of the bank's phrases and of the appointment; people of the booking desk take over on request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from campaigns.dialogue.script import Choice, Option, Script, Text
from hotline.values.language import Language
from ivr.flow.spoken_choices import read_out

QUESTION = "another_time"
CANCEL = "cancel"
QUEUE = "booking"
MOST = 6
HALVES = ("上午", "下午")
ZH, EN = Language.MANDARIN, Language.ENGLISH
WORDS = {ZH: ("取消", "不要了"), EN: ("cancel", "never mind")}
LABEL = {ZH: "另选时间", EN: "Another time"}


@dataclass(frozen=True)
class Notice:
    """An appointment that cannot take place, and the times there are instead (local time, one to six)."""

    doctor: str
    at: datetime
    others: tuple[datetime, ...]

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "Notice":
        """Return the notice that `write` stored."""
        others = tuple(datetime.fromisoformat(other) for other in stored["others"])
        return cls(stored["doctor"], datetime.fromisoformat(stored["at"]), others)

    def write(self) -> dict[str, Any]:
        """Return the notice as the recipient's row keeps it."""
        others = [other.isoformat() for other in self.others]
        return {"doctor": self.doctor, "at": self.at.isoformat(), "others": others}


def script(base: Script, notice: Notice) -> Script:
    """Return the script for this appointment: one question, no warning signs."""
    options = tuple(_options(base, notice))
    fills = {language: {"doctor": notice.doctor, "when": spoken(notice.at, language)} for language in Language}
    ask = {
        k: f"{_filled(base, 'away_begin', fills)[k]}{text.replace('{choices}', _read_out(options, k))}"
        for k, text in base.phrases["away_ask"].items()
    }
    phrases = dict(base.phrases) | {
        "begin": dict.fromkeys(Language, ""),
        "goodbye": base.phrases["away_goodbye"],
        "to_person": base.phrases["to_staff"],
    }
    nothing: Text = dict.fromkeys(Language, "")
    questions = (Choice.model_construct(name=QUESTION, label=LABEL, say=ask, options=options),)
    return replace(
        base, name="doctor_away", phrases=phrases, questions=questions, signs=(), advice=nothing, queue=QUEUE
    )


def text(base: Script, notice: Notice, chosen: str) -> Text:
    """Return what is sent as a text after the call."""
    labels = {option.value: option.label for option in _options(base, notice)}
    label = labels.get(chosen, base.phrases["away_cancel"])
    fills = {k: {"doctor": notice.doctor, "when": spoken(notice.at, k), "choice": label[k]} for k in Language}
    return _filled(base, "away_text", fills)


def told(notice: Notice, chosen: str) -> str:
    """Return what the booking desk reads in the case."""
    return f"{notice.doctor} {notice.at:%Y-%m-%d %H:%M} → {chosen}"


def spoken(at: datetime, language: Language) -> str:
    """Return a time as it is said."""
    if language is Language.ENGLISH:
        return f"{at.day} {at:%B}, {at:%H:%M}"
    hour = at.hour if at.hour <= 12 else at.hour - 12
    return f"{at.month}月{at.day}日{HALVES[at.hour >= 12]}{hour}点{f'{at.minute}分' if at.minute else ''}"


def _options(base: Script, notice: Notice) -> list[Option]:
    nothing: Mapping[Language, tuple[str, ...]] = dict.fromkeys(Language, ())
    times = [
        _option(number, f"{at:%Y-%m-%dT%H:%M}", {k: spoken(at, k) for k in Language}, nothing)
        for number, at in enumerate(notice.others[:MOST], 1)
    ]
    return [*times, _option(len(times) + 1, CANCEL, base.phrases["away_cancel"], WORDS)]


def _option(number: int, value: str, label: Text, words: Mapping[Language, tuple[str, ...]]) -> Option:
    return Option.model_construct(key=str(number), value=value, label=label, words=words)


def _read_out(options: tuple[Option, ...], language: Language) -> str:
    return read_out(((option.key, option.label[language]) for option in options), language)


def _filled(base: Script, name: str, fills: Mapping[Language, Mapping[str, str]]) -> Text:
    found = {}
    for language, phrase in base.phrases[name].items():
        for key, value in fills[language].items():
            phrase = phrase.replace(f"{{{key}}}", value)
        found[language] = phrase
    return found
