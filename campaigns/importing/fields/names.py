"""A person's name from the parts in which messages bring it: one writing of it, not two one after the other. Pure."""

import re
from collections.abc import Sequence

HAN = re.compile(r"[\u3007\u3400-\u9fff\uf900-\ufaff\ue000-\uf8ff\U00020000-\U0003ffff]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f .'’-]+\Z")
# Family names of two characters: what follows them in Latin letters may be a given name.
COMPOUND = re.compile(
    r"(?:欧阳|上官|司马|诸葛|皇甫|令狐|司徒|夏侯|慕容|尉迟|长孙|端木|东方|公孙|轩辕|宇文|南宫|呼延|独孤|西门|申屠|太史|澹台|濮阳|淳于"
    r"|钟离|闻人|赫连|司空|拓跋)\Z"
)


def is_ideographic(text: str) -> bool:
    """Return whether it holds Chinese characters."""
    return HAN.search(text) is not None


def compose(family: str, given: Sequence[str]) -> str:
    """Return the name as it is written: family name first in Chinese, last elsewhere; no pinyin behind it."""
    family, parts = family.strip(), [one.strip() for one in given if one.strip()]
    if not is_ideographic(family + "".join(parts)):
        return " ".join([*parts, family]).strip()
    if len(HAN.findall(family)) > 1 and not COMPOUND.match(family):
        parts = [one for one in parts if not LATIN.match(one)]
    if any(is_ideographic(one) for one in parts):
        parts = [one for one in parts if is_ideographic(one)]
        family = family if is_ideographic(family) or not LATIN.match(family) else ""
    return family + "".join(one if is_ideographic(one) else f" {one}" for one in parts)
