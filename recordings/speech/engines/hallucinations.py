"""Text that a decoder made up: known by its probabilities, by repetition, and by what it is known to invent."""

import re
from collections import Counter
from collections.abc import Sequence

# Below these the text is taken for invented. Voice activity has been found before, so both must look bad, or one
# very bad: a short "yes" on a poor line often has a high no-speech probability.
NO_SPEECH, DOUBTFUL, HOPELESS = 0.6, -1.0, -1.6
# What Whisper learnt from subtitles, and says when it hears noise.
_FORMULAS = re.compile(
    r"字幕.{0,8}(提供|制作|製作|志愿者|by|组)|请不吝点赞|订阅.{0,4}转发|打赏支持|明镜.{0,4}栏目|amara\.org"
    r"|^(thanks|thank you)( so much| very much)? for watching[.!]?$|^please subscribe",
    re.IGNORECASE,
)


def is_hallucinated(text: str, score: float, no_speech: float) -> bool:
    """Judge by mean log-probability `score`, the probability `no_speech` that nobody speaks, and the text itself."""
    doubtful = score < HOPELESS or (no_speech > NO_SPEECH and score < DOUBTFUL)
    return doubtful or is_formula(text) or is_loop(text)


def is_formula(text: str) -> bool:
    """Return whether it is one of the phrases that are said over noise."""
    return _FORMULAS.search(text) is not None


def without_echo(ids: Sequence[int]) -> list[int]:
    """Return the tokens without an echo at their end: four or more that follow themselves twice or more count once."""
    for period in range(4, len(ids) // 3 + 1):
        # The last copy may have been cut off anywhere.
        kept = [_once(list(ids[: len(ids) - rest]), period) for rest in range(period)]
        shortest = min(kept, key=len)
        if len(shortest) <= len(ids) - 2 * period:
            return shortest
    return list(ids)


def _once(ids: list[int], period: int) -> list[int]:
    """Remove the copies at the end, when there are at least two of them."""
    if ids[-period:] == ids[-2 * period : -period] == ids[-3 * period : -2 * period]:
        while ids[-period:] == ids[-2 * period : -period]:
            ids = ids[:-period]
    return ids


def is_loop(text: str) -> bool:
    """Return whether a few signs are said over and over, as a decoder does that has lost its way."""
    if len(text) < 24:
        return False
    grams = Counter(text[index : index + 4] for index in range(len(text) - 3))
    return grams.most_common(1)[0][1] * 4 > len(text) * 0.5
