"""Characters as people see them: invisible signs, full width, kinds of dashes and spaces. Pure."""

import re
import unicodedata

# Signs without a shape of their own that are no format characters (Cf) in Unicode's sense: fillers, joiners.
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0")
SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
PLAIN = re.compile(r"[ -~]*\Z")


def visible(text: str, *, keeps_selectors: bool = False) -> str:
    """Return the text without invisible signs; `keeps_selectors`.

    A variation selector chooses the shape of an ideograph.
    """
    if PLAIN.match(text):
        return text
    shown = "".join(sign for sign in text if sign not in FILLERS and unicodedata.category(sign) != "Cf")
    return shown if keeps_selectors else SELECTORS.sub("", shown)


def half_width(text: str) -> str:
    """Letters, digits and punctuation of full width in their usual width; nothing else is changed."""
    return text.translate(FULL_WIDTH)


def one_dash(text: str) -> str:
    """Return every kind of dash, and the minus sign, as a hyphen."""
    return "".join("-" if unicodedata.category(sign) == "Pd" or sign in "\u2212\u02d7\u30fc" else sign for sign in text)


def one_space(text: str) -> str:
    """Runs of spaces of any width as one space, none at the ends."""
    return " ".join(text.split())
