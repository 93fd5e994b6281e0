"""Text as people read it: spoken numbers of Mandarin as figures with their dates, times, money, doses. Pure.

Idioms and rough numbers stay words (一下, 十分, 三五天); a blood pressure of 150/95 is two numbers and no fraction.
English is in `recordings/transcripts/readable_en.py`; `readable` chooses.
"""

import re
from collections.abc import Callable

from hotline.values.language import Language
from recordings.transcripts.readable_en import readable_en
from recordings.transcripts.spoken_numbers import ZH_UNITS, zh_numbers, zh_strings

_D = "零〇一二三四五六七八九两幺"
_U = "".join(ZH_UNITS)
_N = rf"(?:\d+(?:\.\d+)?[万亿]?|[{_D}{_U}]+)"
_DAYTIME = "上午|下午|早上|早晨|晚上|中午|凌晨|今天|明天|后天|夜里|傍晚|[号日]"
_MEASURES = (
    "毫克|毫升|微克|克|公斤|千克|斤|片|粒|颗|滴|袋|支|瓶|包|盒|勺|针|贴|毫米|厘米|公分|米|公里|平方米|次|天|周|个"
    "月|个星期|个小时|小时|分钟|秒|岁|周岁|"
    "度|楼|层|床|号楼|号|诊室|级|期|年|月|日|人|个|位|张|份|项|元|块钱|块|毛钱|角|单位|毫米汞柱|步|倍"
)
# Words in which a number is none, and what comes of them stays as it is.
_IDIOMS = re.compile(
    r"(?<![零〇一二三四五六七八九两])十分(?!钟|之)|两(?=[个位人张])|(?<=[这那前过])两(?=[天年周])|千万(?=别|不|要|记)|万一|一万个|百分之百|老百"
    r"姓|百姓|十字|千方百计|十全十美|七上八下|一五一十|九牛一毛|乱七八糟|三心二意|"
    r"十一(?=放假|长假|黄金周|假期|期间)|五一(?=放假|长假|假期|期间)|星期[一二三四五六]|周[一二三四五六]|礼拜[一"
    r"二三四五六]|三甲|二甲|[一二三四五六七八九]百分之|"
    r"十几|几十|几百|几千|上百|上千|数十|数百|[一二三四五六七八][二三四五六七八九](?:十|百)(?=[多来几]|[^\u4e00-"
    r"\u9fff]|$)|第[一二三四五六七八九十]+"
)
_ROUGH = re.compile(rf"(?<![{_D}{_U}\d])[一二三四五六七八两][二三四五六七八九](?=(?:{_MEASURES}|百|千|十))")
_PRESSURE = re.compile(rf"((?:血压|压)[是为到]?|量的是)({_N})(?:\s*[/／，,、比]\s*|\s+|到)({_N})(?!\d)")
_TENSION = re.compile(rf"(高压|低压|收缩压|舒张压|心率|脉搏|血糖|体温)([是为有大概]{{0,2}})({_N})(?:点([{_D}\d]+))?")
_FRACTION = re.compile(rf"({_N})分之({_N})")
_PERCENT = re.compile(rf"百分之({_N})(?:点([{_D}\d]+))?")
_YEAR = re.compile(rf"([{_D}\d]{{4}}|[{_D}\d]{{2}})年(?:({_N})月(?:({_N})([日号]))?)?")
_DAY = re.compile(rf"({_N})月({_N})([日号])")
_TIME = re.compile(rf"((?:{_DAYTIME})[，,]?)?({_N})点(?:(钟|整)|(半)|([一三])刻|(过)?({_N})(分)?)?")
_MONEY = re.compile(rf"({_N})(?:块钱|块|元)(?:({_N})(?:[毛角]|(?![\u4e00-\u9fff])))?")
_DECIMAL = re.compile(rf"({_N})点([{_D}\d]+)(?!分)")
_MEASURED = re.compile(rf"(?<![{_D}{_U}\d第])({_N})(?=(?:{_MEASURES}))")
_RANGE = re.compile(rf"(?<![{_D}{_U}\d])({_N})([到至])({_N})(?=(?:{_MEASURES}))")
_PLAIN = re.compile(rf"(?<![{_D}{_U}\d第])(?=[{_D}{_U}]*[{_U}])(?=[{_D}{_U}]*[{_D}]|十)[{_D}{_U}]{{2,}}")
_HELD = re.compile(r"\ue000(\d+)\ue001")


def readable(text: str, language: Language) -> str:
    """Return `text` with its numbers as figures, in the way of its language; what is readable already stays."""
    return readable_zh(text) if language is Language.MANDARIN else readable_en(text)


def readable_zh(text: str) -> str:
    """Rewrite Mandarin: 血压一百五十，九十五 is 血压150/95, 三十二块五 is 32.5元, 上午九点半 is 上午9:30."""
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match[0])
        return f"\ue000{len(held) - 1}\ue001"

    text = _ROUGH.sub(hold, _IDIOMS.sub(hold, text))
    for pattern, write in _RULES:
        text = pattern.sub(write, text)
    return _HELD.sub(lambda found: held[int(found[1])], zh_strings(text))


def _n(word: str) -> str:
    return word if re.fullmatch(r"[\d.]+", word) else zh_numbers(word) if "." not in word else word


def _digits(word: str | None) -> str:
    return "" if not word else "".join(zh_numbers(sign) for sign in word)


def _pressure(match: re.Match[str]) -> str:
    return f"{match[1]}{_n(match[2])}/{_n(match[3])}"


def _tension(match: re.Match[str]) -> str:
    rest = f".{_digits(match[4])}" if match[4] else ""
    return f"{match[1]}{match[2]}{_n(match[3])}{rest}"


def _percent(match: re.Match[str]) -> str:
    return f"{_n(match[1])}{'.' + _digits(match[2]) if match[2] else ''}%"


def _year(match: re.Match[str]) -> str:
    if len(match[1]) == 2 and not match[2] and not match[1].isdigit():
        return match[0]  # 十五年 is how long, and rough numbers stay
    year = _digits(match[1]) if not re.search(f"[{_U}]", match[1]) else _n(match[1])
    month = f"{_n(match[2])}月" if match[2] else ""
    return f"{year}年{month}{_n(match[3]) + match[4] if match[3] else ''}"


def _time(match: re.Match[str]) -> str:
    before, hour = match[1] or "", _n(match[2])
    is_time = before or match[3] or match[4] or match[5] or match[8]
    if not is_time or "." in hour or int(hour) > 24:
        return match[0]
    if match[4]:
        return f"{before}{hour}:30"
    if match[5]:
        return f"{before}{hour}:{ {'一': 15, '三': 45}[match[5]] }"
    if match[7]:
        minute = _n(match[7])
        return f"{before}{hour}:{int(minute):02d}" if minute.isdigit() and int(minute) < 60 else match[0]
    return f"{before}{hour}点{match[3] or ''}"


def _money(match: re.Match[str]) -> str:
    rest = _n(match[2]) if match[2] else ""
    return f"{_n(match[1])}{'.' + rest if rest and len(rest) == 1 else ''}元{rest if len(rest) > 1 else ''}"


def _measured(match: re.Match[str]) -> str:
    return match[0] if match[1] == "一" or set(match[1]) <= set(_U) - {"十"} else _n(match[1])


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_PRESSURE, _pressure),
    (_PERCENT, _percent),
    (_FRACTION, lambda found: f"{_n(found[2])}/{_n(found[1])}"),
    (_TENSION, _tension),
    (_YEAR, _year),
    (_DAY, lambda found: f"{_n(found[1])}月{_n(found[2])}{found[3]}"),
    (_MONEY, _money),
    (_TIME, _time),
    (_DECIMAL, lambda found: f"{_n(found[1])}.{_digits(found[2])}"),
    (_RANGE, lambda found: f"{_n(found[1])}{found[2]}{_n(found[3])}"),
    (_MEASURED, _measured),
    (_PLAIN, lambda found: _n(found[0])),
)
