"""Masking never lets a number through: a thousand made-up sentences in both languages, as spoken and as written."""

import random
from collections.abc import Callable, Sequence

import pytest

from hotline.values.language import Language
from recordings.redaction import digit_runs, mask
from recordings.redaction.mask import PersonalDataKind, SpokenText

ZH, EN = Language.MANDARIN, Language.ENGLISH
SENTENCES = 1000
WINDOW = 4  # so many digits of the number in a row, anywhere, are a leak

Make = Callable[[random.Random], str]


def identity(chance: random.Random) -> str:
    """A citizen's identity number with its check digit."""
    region = chance.choice(["110101", "310104", "440305", "510107", "230102"])
    birth = f"{chance.randint(1930, 2020)}{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}"
    body = f"{region}{birth}{chance.randint(0, 999):03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def phone(chance: random.Random) -> str:
    """A mobile number."""
    return f"1{chance.choice('3456789')}{chance.randint(0, 10**9 - 1):09d}"


def card(chance: random.Random) -> str:
    """A bank card's number that Luhn's rule accepts."""
    body = "62" + "".join(str(chance.randint(0, 9)) for _ in range(chance.choice([13, 16])))
    return next(body + str(last) for last in range(10) if mask.is_card(body + str(last)))


def pieces(number: str, chance: random.Random) -> list[str]:
    """Cut as people do."""
    cuts, at = [], 0
    while at < len(number):
        size = chance.choice([3, 4, 4, 5, 6])
        cuts.append(number[at : at + size])
        at += size
    return cuts


def zh_spoken(digits: str, chance: random.Random) -> str:
    one = chance.choice("幺一")
    return "".join(
        {"1": one, "0": chance.choice("零〇"), "X": "X"}.get(d) or "零一二三四五六七八九"[int(d)] for d in digits
    )


def en_spoken(digits: str, chance: random.Random) -> str:
    words, at = [], 0
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    while at < len(digits):
        word = "X" if digits[at] == "X" else names[int(digits[at])]
        word = "oh" if word == "zero" and chance.random() < 0.4 else word
        same = 3 if digits[at : at + 3] == digits[at] * 3 else 2 if digits[at : at + 2] == digits[at] * 2 else 1
        same = same if chance.random() < 0.7 else 1
        words.append({1: "", 2: "double ", 3: "triple "}[same] + word)
        at += same
    return chance.choice([" ", ", "]).join(words)


def written(digits: str, _chance: random.Random) -> str:
    return digits


OPENINGS = {
    ZH: [
        "我的号是",
        "我的身份证号是",
        "您记一下，",
        "打我手机",
        "嗯，就是",
        "卡号",
        "我今年六十五岁，电话",
        "血压150/95，号码是",
        "",
        "对对对，",
    ],
    EN: [
        "My number is ",
        "it's ",
        "The card is ",
        "You can reach me at ",
        "I am 65, my phone: ",
        "Well, ",
        "",
        "Write down: ",
    ],
}
ENDINGS = {
    ZH: ["，谢谢。", "，您记下了吗？", "", "，我下午三点有空", "。我挂3号诊室", " 就这个"],
    EN: [".", ", thank you.", "", " did you get that?", ", I have time at three o'clock", ". Room 3 please"],
}
GAPS = {
    ZH: [" ", "-", "，", "，呃，", "，然后是", "、", "，嗯", "——", ""],
    EN: [" ", "-", ", ", ", uh, ", ", then ", " dash ", ". ", ", and ", ""],
}
ANSWERS = {ZH: ["嗯", "好的", "对，您说", "好，请继续"], EN: ["Yes", "Okay", "Go on please", "Mhm, I see"]}


def dialogue(number: str, language: Language, chance: random.Random) -> list[SpokenText]:
    """A caller who tells the number at once, with gaps, or piece by piece while the agent answers."""
    say = chance.choice([written, zh_spoken if language is ZH else en_spoken])
    parts = [say(piece, chance) for piece in pieces(number, chance)]
    opening, ending = chance.choice(OPENINGS[language]), chance.choice(ENDINGS[language])
    if chance.random() < 0.5:
        text = "".join(part + (chance.choice(GAPS[language]) or " ") for part in parts[:-1]) + parts[-1]
        return [SpokenText("caller", 0.0, 9.0, opening + text + ending)]
    lines = []
    for index, part in enumerate(parts):
        start = index * 6.0
        text = (opening if not index else "") + part + (ending if index == len(parts) - 1 else "")
        lines.append(SpokenText("caller", start, start + 3, text))
        echo = part if chance.random() < 0.3 else ""
        lines.append(SpokenText("agent", start + 3, start + 5, echo or chance.choice(ANSWERS[language])))
    return lines


def leaks(texts: Sequence[str], number: str, language: Language) -> bool:
    windows = {number[at : at + WINDOW] for at in range(len(number) - WINDOW + 1)}
    windows -= {"5095", "1509"}  # the blood pressure of an opening
    for text in texts:
        shown = "".join(atom.digits for atom in digit_runs.digit_tokens(text, 0, language))
        if any(window in shown for window in windows):
            return True
    return False


@pytest.mark.parametrize("language", [ZH, EN])
@pytest.mark.parametrize("make", [identity, phone, card])
def test_no_number_of_a_person_is_readable_after_masking(language: Language, make: Make) -> None:
    chance = random.Random(f"{language} {make.__name__}")  # noqa: S311 (made-up data, the same in every run)
    for _ in range(SENTENCES):
        number = make(chance)
        lines = dialogue(number, language, chance)
        texts = mask.mask(lines, language)
        assert not leaks(texts, number, language), (number, [line.text for line in lines], texts)


@pytest.mark.parametrize("language", [ZH, EN])
def test_the_kind_of_a_whole_number_is_told(language: Language) -> None:
    chance = random.Random(5)  # noqa: S311 (as above)
    for make, kind in (
        (identity, PersonalDataKind.IDENTITY),
        (phone, PersonalDataKind.PHONE),
        (card, PersonalDataKind.CARD),
    ):
        for _ in range(100):
            [found] = mask.find_personal_data([SpokenText("caller", 0, 9, make(chance))], language)
            assert found.kind in (kind, PersonalDataKind.IDENTITY if kind is PersonalDataKind.CARD else kind)
