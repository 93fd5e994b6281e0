"""Whether a patient has died, however a hospital's system tells of it: a sign, a date, a disposition, a word. Pure.

In doubt it is a death: a call too few is mended by a person, a call to the family of the dead is not.
"""

import re
import unicodedata
from collections.abc import Iterable

from campaigns.importing.fields import dates
from crm.feeds import cell_values

SIGNS = frozenset({"y", "yes", "true", "t", "1", "是", "死亡", "已死亡", "dead", "deceased"})
NO_SIGNS = frozenset({"", "n", "no", "false", "f", "0", "否", "无", "u", "unk", "unknown"})
# Dispositions that say so: HL7 table 0112 and NUBC (20, 40-42), FHIR's own list (exp), SNOMED CT, and 5 of the national
# list of ways to leave a hospital (离院方式, one digit; NUBC's 05, another hospital, has two).
DISPOSITIONS = frozenset(
    {"20", "40", "41", "42", "5", "e", "ex", "exp", "dth", "dec", "419099009", "371828006", "75004002", "16983000"}
)
# I46.1 and R96 to R98 are deaths by themselves, as is O96; R99 too.
CODES = re.compile(r"(I46\.?1|R9[5-9]|O9[5-7]|G93\.?82)")
CHINESE, ENGLISH = "死亡|猝死|去世|病故|亡故|身故|逝世", "expired|deceased|died|dead|death"
WORDS = re.compile(rf"{CHINESE}|\b(?:{ENGLISH})\b", re.I)
YEAR = re.compile(r"(?:19|20)\d\d")
# Another's death, or none: a child that was not born, a death that did not happen.
NOT_THIS = re.compile(
    r"(?:非|未|无|否认|避免|濒临|family history of |risk of |fear of |fetal |foetal |near[- ]|not |no )\s*"
    rf"(?:{CHINESE}|{ENGLISH})|胎儿?死亡|死亡风险|胎死|死胎|围产儿死亡|brother|sister|丧偶",
    re.I,
)


def by_sign(text: str) -> bool:
    """Return whether this indicator (PID-30, `deceasedBoolean`) says so: a sign, a word, or a date in its place."""
    plain = _plain(text)
    return plain in SIGNS or by_words(text) or (YEAR.match(plain) is not None and by_date(text))


def by_date(text: str) -> bool:
    """Return whether something stands where the date of death belongs; also a part of a date, or what is none."""
    plain = _plain(text)
    return plain not in NO_SIGNS and not cell_values.is_nothing(text) and not dates.is_filled_in(plain)


def by_disposition(texts: Iterable[str]) -> bool:
    """Return whether a code or a text of how the patient left says so."""
    return any(_plain(text) in DISPOSITIONS or by_words(text) for text in texts)


def by_diagnosis(codes: Iterable[str], text: str) -> bool:
    """Return whether a diagnosis is a death itself."""
    return any(CODES.match(code) for code in codes) or by_words(text)


def by_words(text: str) -> bool:
    """Return whether these words tell of the patient's death."""
    plain = unicodedata.normalize("NFKC", text)
    return WORDS.search(NOT_THIS.sub(" ", plain)) is not None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()
