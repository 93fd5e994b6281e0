"""Words for nothing, yes, no and languages in hospitals' lists. Pure."""

import re
import unicodedata
from functools import lru_cache

from hotline.values import characters
from hotline.values.language import Language

# Columns of words hold few different texts: each is looked at once.
OFTEN = lru_cache(maxsize=1 << 14)
# What people and programs write where nothing is known (compared without capitals and width).
NOTHING = frozenset((
    "null", "none", "nan", "nil", "n/a", "n.a.", "nat", "undefined", "unknown", "<null>", "(null)", "[null]",
    "无", "空", "暂无", "没有", "不详", "不明", "未知", "未填", "未填写", "未提供", "未登记", "未记录", "待补", "待查",
))  # fmt: skip
NO_DAY = re.compile(r"0000\D?00\D?00(?:[t ].*)?\Z")
# ISO 639 in two and three letters, and names; a region behind it (zh-Hans-CN, en_GB) is cut off before.
LANGUAGES = dict.fromkeys(
    ("zh", "zho", "chi", "cmn", "chinese", "mandarin", "中文", "汉语", "普通话", "国语", "华语"), Language.MANDARIN
) | dict.fromkeys(("en", "eng", "english", "英文", "英语"), Language.ENGLISH)
YES = frozenset({"yes", "y", "true", "1", "是", "同意", "有"})
NO = frozenset({"no", "n", "false", "0", "否", "不同意", "无", ""})


def plain(text: str) -> str:
    """Return a word as words are compared: without invisible signs, width, capitals and outer space."""
    return unicodedata.normalize("NFKC", characters.visible(text)).strip().casefold()


def is_nothing(text: str) -> bool:
    """Return whether this says that nothing is known: empty, a dash, 不详, NULL, a day of zeros."""
    word = plain(text)
    if NO_DAY.match(word):
        return True
    return word in NOTHING or characters.one_dash(word).strip("-/\\. \"'") == ""


@OFTEN
def language(text: str) -> Language | None:
    """Return a language of ours; `None` for one that we do not speak, and for nothing."""
    word = plain(text)
    return LANGUAGES.get(word) or LANGUAGES.get(re.split(r"[-_^ (]", word)[0])


@OFTEN
def yes(text: str) -> bool:
    """Yes or no; nothing is no. Raises `ValueError`."""
    word = plain(text)
    if word not in YES | NO:
        raise ValueError("is neither yes nor no")
    return word in YES
