"""English text as people read it: spoken numbers as figures with their dates, times, money, doses. Pure."""

import re

from recordings.transcripts.spoken_numbers import EN_VALUES

_TENS = "|".join(word for word, value in EN_VALUES.items() if value >= 20)
_TEENS = "|".join(sorted((word for word, value in EN_VALUES.items() if 10 <= value < 20), key=len, reverse=True))
_ONES = "|".join(word for word, value in EN_VALUES.items() if 0 < value < 10)
_UNDER_100 = rf"(?:(?:{_TENS})(?:[- ](?:{_ONES}))?|{_TEENS}|{_ONES}|zero)"
_WHOLE = (
    rf"(?:{_UNDER_100}(?: (?:hundred|thousand|million)\b)?(?:,? (?:and )?{_UNDER_100}(?: (?:hundred|thousand))?\b)*"
    r"|\d+(?:,\d{3})*(?:\.\d+)?)"
)
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINAL = {word: value for value, word in enumerate(_ORDINALS.split(" "), 1)} | {"thirtieth": 30}
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_MEASURES = {
    "milligram": "mg", "milligrams": "mg", "milliliters": "ml", "millilitres": "ml", "milliliter": "ml",
    "micrograms": "µg", "kilograms": "kg", "kilos": "kg", "kilo": "kg", "centimeters": "cm", "centimetres": "cm",
    "grams": "g",
}  # fmt: skip
_COUNTED = (
    "times|time|tablets?|pills?|capsules?|drops?|doses?|puffs?|units?|days?|weeks?|months?|hours?|minutes?|years?"
    "|degrees?|"
    "yuan|dollars?|beats?|steps?|o'clock|people|meters|metres"
)
_I = re.IGNORECASE
_PRESSURE = re.compile(rf"\b({_WHOLE}) over ({_WHOLE})(?![\w-])", _I)
_YEAR = re.compile(
    r"\b(nineteen|twenty)[- ]"
    rf"((?:{_TENS})(?:[- ](?:{_ONES}))?|{_TEENS}|oh (?:{_ONES}))\b(?! (?:hundred|over|percent|{_COUNTED}))",
    _I,
)
_DATE = re.compile(rf"\b({_MONTHS}) (?:the )?((?:twenty|thirty)[- ](?:\w+)|\w+)\b", _I)
_TIME = re.compile(
    r"\b((?:at|by|around|about|before|after|until|till|from|to|past) )?"
    rf"({_TEENS}|{_ONES}) ((?:{_TENS})(?:[- ](?:"
    rf"{_ONES}))?|{_TEENS}|oh (?:{_ONES}))"
    r"(?=( (?:a\.?m|p\.?m|in the (?:morning|afternoon|evening)|tomorrow|today))?)",
    _I,
)
_POINT = re.compile(rf"\b({_WHOLE}) point ((?:(?:{_ONES}|zero|oh|\d)\b ?)+)", _I)
_MEASURED = re.compile(rf"\b({_WHOLE})[- ]({'|'.join(_MEASURES)}|percent|{_COUNTED})\b", _I)
_LARGE = re.compile(rf"\b({_WHOLE})(?![\w-])", _I)
_STRING = re.compile(rf"\b(?:(?:(?:double|triple) )?(?:{_ONES}|zero|oh|\d)\b[ ,-]*){{3,}}", _I)
_STRING_WORD = re.compile(r"[a-z]+|\d", _I)


def readable_en(text: str) -> str:
    """Rewrite English: twenty twenty six is 2026, one fifty over ninety five is 150/95, five hundred milligrams is 500
    mg.
    """
    text = _STRING.sub(_string, text)
    text = _PRESSURE.sub(lambda found: f"{_value(found[1])}/{_value(found[2])}", text)
    text = _POINT.sub(_point, text)
    text = _DATE.sub(_date, text)
    text = _YEAR.sub(_year, text)
    text = _TIME.sub(_time, text)
    text = _MEASURED.sub(_measured, text)
    return _LARGE.sub(_large, text)


def _value(words: str) -> str:
    if words[:1].isdigit():
        return words
    total = part = 0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word == "hundred":
            part = (part or 1) * 100
        elif word in ("thousand", "million"):
            total, part = total + (part or 1) * {"thousand": 1_000, "million": 1_000_000}[word], 0
        elif word in EN_VALUES:
            # One fifty is 150, as a pressure and a price are said.
            part = part * 100 + EN_VALUES[word] if 0 < part < 20 and EN_VALUES[word] >= 10 else part + EN_VALUES[word]
    return str(total + part)


def _string(match: re.Match[str]) -> str:
    digits, times = "", 1
    for word in _STRING_WORD.findall(match[0].lower()):
        if word in ("double", "triple"):
            times = 2 if word == "double" else 3
            continue
        digits += ("0" if word == "oh" else str(EN_VALUES.get(word, word))) * times
        times = 1
    tail = match[0][len(match[0].rstrip(" ,-")) :]
    return match[0] if match[0].strip(" ,-").isdigit() else digits + tail


def _point(match: re.Match[str]) -> str:
    figures = "".join("0" if word == "oh" else str(EN_VALUES.get(word, word)) for word in match[2].lower().split())
    return f"{_value(match[1])}.{figures}{' ' if match[2].endswith(' ') else ''}"


def _date(match: re.Match[str]) -> str:
    words = re.split(r"[- ]", match[2].lower())
    last = _ORDINAL.get(words[-1])
    if last is None:
        return match[0]
    return f"{match[1]} {(EN_VALUES[words[0]] if len(words) == 2 else 0) + last}"


def _year(match: re.Match[str]) -> str:
    return f"{EN_VALUES[match[1].lower()]}{int(_value(match[2])):02d}"


def _time(match: re.Match[str]) -> str:
    hour, minute = EN_VALUES[match[2].lower()], int(_value(match[3]))
    if hour > 12 or minute > 59 or not (match[1] or match[4]):
        return match[0]
    return f"{match[1] or ''}{hour}:{minute:02d}"


def _measured(match: re.Match[str]) -> str:
    number, unit = _value(match[1]), match[2]
    if unit.lower() == "percent":
        return f"{number}%"
    if unit.lower() in ("time", "day", "hour", "minute") and number == "1":
        return match[0]
    return f"{number} {_MEASURES.get(unit.lower(), unit)}"


def _large(match: re.Match[str]) -> str:
    value = _value(match[1])
    return match[0] if match[1][:1].isdigit() or int(value) < 10 else value
