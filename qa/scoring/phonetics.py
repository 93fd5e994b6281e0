"""The likeness of two pieces of speech by sound: Mandarin by initial and final, English by phonetic form. Pure.

Costs are between 0 (the same) and 1 (nothing in common); what speakers of dialects and recognisers mix up costs little.
"""

from functools import cache, lru_cache
from itertools import pairwise

import jellyfish
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

Floats = NDArray[np.float64]
INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcs")
# Pairs that are mixed up, with what taking one for the other costs.
_INITIAL_PAIRS = (
    "zh-z:.15 ch-c:.15 sh-s:.15 n-l:.3 r-l:.4 f-h:.4 zh-j:.5 ch-q:.5 sh-x:.5 z-j:.6 c-q:.6 s-x:.6 b-p:.5 d-t:.5 g-k:.5 "
    "j-q:.5 zh-ch:.5 z-c:.5 g-h:.6 k-h:.5 m-n:.6 sh-ch:.5 s-c:.5 x-q:.5 zh-c:.6 z-ch:.6 sh-c:.6 s-ch:.6"
)
_FINAL_PAIRS = (
    "in-ing:.15 en-eng:.15 an-ang:.2 ian-iang:.35 uan-uang:.3 uen-en:.3 uen-ueng:.3 uo-o:.1 e-o:.4 i-v:.4 ai-ei:.4 "
    "ao-ou:.4 ie-ve:.4 an-en:.5 ang-eng:.5 u-v:.4 ian-an:.4 iang-ang:.4 ian-ing:.5 ian-in:.5 uan-an:.4 uei-ei:.3 "
    "iou-ou:.3 iao-ao:.3 ia-a:.4 ua-a:.4 ua-uai:.5 ai-uai:.4 ai-a:.5 e-en:.5 ong-eng:.4 ong-ueng:.2 ei-i:.5 i-ie:.5 "
    "van-ian:.3 vn-in:.3 van-uan:.3 iong-ong:.3 e-i:.6 u-ou:.5 u-i:.6 uo-ou:.5 er-e:.4 a-e:.6 i-in:.3 a-an:.5"
)
# Little words that come and go in speech: leaving one out, or putting one in, changes nothing.
WEAK = frozenset(
    [
        "de",
        "le",
        "ma",
        "ba",
        "ne",
        "a",
        "ya",
        "o",
        "en",
        "yi",
        "xia",
        "wo",
        "ni",
        "nin",
        "qing",
        "jiu",
        "zai",
        "na",
        "zhe",
        "hai",
        "ge",
    ]
)
MISSING, MISSING_WEAK, EXTRA, EXTRA_WEAK = 1.0, 0.5, 0.7, 0.35
_ROUGH_INITIALS = {"zh": "z", "j": "z", "ch": "c", "q": "c", "sh": "s", "x": "s", "n": "l", "r": "l", "h": "f"}
_STARTS_WITH_GLIDE = {"yu": "v", "yi": "i", "y": "i", "wu": "u", "w": "u"}
_WHOLE_FINALS = {"iu": "iou", "ui": "uei", "un": "uen", "iou": "iou", "io": "o"}


@cache
def split(syllable: str) -> tuple[str, str]:
    """Split a toneless syllable into initial and final; `yuan` is ("", "van"), `wei` is ("", "uei")."""
    for glide, vowel in _STARTS_WITH_GLIDE.items():
        if syllable.startswith(glide):
            final = vowel + syllable[len(glide) :]
            return "", _WHOLE_FINALS.get(final, final)
    initial = next((one for one in INITIALS if syllable.startswith(one)), "")
    final = syllable[len(initial) :]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    return initial, _WHOLE_FINALS.get(final, final)


@cache
def roughly(unit: str) -> str:
    """Return a syllable of Mandarin without what is mixed up most easily."""
    initial, final = split(unit)
    return _ROUGH_INITIALS.get(initial, initial) + final.removesuffix("g").replace("e", "a").replace("o", "a")


@cache
def cost(one: str, other: str) -> float:
    """Return what it costs to take one syllable of Mandarin for another, 0 to 1."""
    if one == other:
        return 0.0
    if not (one.isascii() and one.isalpha() and other.isascii() and other.isalpha()):
        return 1.0
    (initial, final), (other_initial, other_final) = split(one), split(other)
    first = 0.0 if initial == other_initial else _pairs(_INITIAL_PAIRS).get((initial, other_initial), 1.0)
    usual = 1.0 - 0.5 * fuzz.ratio(final, other_final) / 100
    last = 0.0 if final == other_final else _pairs(_FINAL_PAIRS).get((final, other_final), usual)
    return min(1.0, 0.5 * first + 0.5 * last + (0.15 if first == 1.0 and last > 0 else 0.0))


@cache
def _pairs(written: str) -> dict[tuple[str, str], float]:
    table = {}
    for entry in written.split():
        pair, value = entry.split(":")
        one, other = pair.split("-")
        table[one, other] = table[other, one] = float(value)
    return table


@lru_cache(8192)  # many wordings share syllables, and all are sought in the same turn
def _row(syllable: str, spoken: tuple[str, ...]) -> Floats:
    return np.array([cost(syllable, one) for one in spoken])


def align(sought: tuple[str, ...], spoken: tuple[str, ...]) -> tuple[Floats, NDArray[np.int64]]:
    """Return for every place in `spoken` what it costs that the sought syllables end there, and where they then begin.

    Both arrays are one longer than `spoken`: index `j` is the place after `j` syllables.
    """
    width = len(spoken) + 1
    costs, begins = np.zeros(width), np.arange(width)
    extra = np.array([EXTRA_WEAK if one in WEAK else EXTRA for one in spoken])
    for syllable in sought:
        missing = MISSING_WEAK if syllable in WEAK else MISSING
        new, froms = costs + missing, begins.copy()
        if len(spoken):
            taken = costs[:-1] + _row(syllable, spoken)
            better = taken <= new[1:]
            new[1:] = np.where(better, taken, new[1:])
            froms[1:] = np.where(better, begins[:-1], froms[1:])
            for j in range(1, width):  # more was said than is sought
                if new[j - 1] + extra[j - 1] < new[j]:
                    new[j], froms[j] = new[j - 1] + extra[j - 1], froms[j - 1]
        costs, begins = new, froms
    return costs, begins


@cache
def worst(sought: tuple[str, ...], spoken: tuple[str, ...]) -> float:
    """Return what the worst-heard syllable of weight costs where these two are one behind the other, 0 to 1."""
    width = len(spoken) + 1
    best: list[tuple[float, float]] = [(index * EXTRA, 0.0) for index in range(width)]
    for syllable in sought:
        is_weak = syllable in WEAK
        gone = MISSING_WEAK if is_weak else MISSING
        row = [(best[0][0] + gone, max(best[0][1], gone))]
        for index, other in enumerate(spoken):
            price = cost(syllable, other)
            weight = price * (0.5 if is_weak else 1.0)
            options = (
                (best[index][0] + price, max(best[index][1], weight)),
                (best[index + 1][0] + gone, max(best[index + 1][1], gone)),
                (row[-1][0] + (EXTRA_WEAK if other in WEAK else EXTRA), row[-1][1]),
            )
            row.append(min(options))
        best = row
    return best[-1][1]


@cache
def form(words: str) -> str:
    """Return the phonetic form of English words, without the borders between them."""
    return "".join(jellyfish.metaphone(word) for word in words.split())


@cache
def likeness(one: str, other: str) -> float:
    """Return how alike two pieces of English sound and are spelt, 0 to 1; a word without its like in the other weighs
    much.
    """
    if one == other:
        return 1.0
    whole = _alike(one, other)
    rarest = 1.0 - worst_word(tuple(one.split()), tuple(other.split()))
    return 0.6 * whole + 0.4 * max(rarest, whole if len(one.split()) == 1 else 0.0)


def worst_word(sought: tuple[str, ...], spoken: tuple[str, ...]) -> float:
    """Return how unlike anything said the worst-heard word of weight is, 0 to 1."""
    weighty = [word for word in sought if len(word) > 2] or sought
    return 1.0 - min(max(_alike(word, other) for other in _with_pairs(" ".join(spoken))) for word in weighty)


@cache
def _alike(one: str, other: str) -> float:
    by_sound = fuzz.ratio(form(one), form(other)) / 100
    by_letter = fuzz.ratio(one.replace(" ", ""), other.replace(" ", "")) / 100
    return 0.5 * by_sound + 0.5 * by_letter


@cache
def _with_pairs(words: str) -> tuple[str, ...]:
    """Return the words, and each with the next as one: a recogniser writes "good bye" or "goodbye"."""
    single = words.split()
    return (*single, *("".join(pair) for pair in pairwise(single)))
