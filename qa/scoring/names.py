"""People's names and staff numbers in what was said, for the slots of a wording. Pure."""

from collections.abc import Iterator, Sequence
from functools import cache

from hotline.values.language import Language
from qa.scoring.tokens import Token
from recordings.speech.pinyin import syllables

# The hundred commonest surnames; compared by sound, since a recogniser writes any character of the same sound.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛"
    "闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤小"
)
_TITLES = (
    "hushi",
    "yisheng",
    "daifu",
    "zhuren",
    "laoshi",
    "xiaojie",
    "nvshi",
    "xiansheng",
    "kefu",
    "zhuanyuan",
    "zhushou",
)
# After "this is" or "I am" these are no name; nor is what leads to one of the words for a place.
_NO_NAME = frozenset(
    [
        "the",
        "a",
        "an",
        "your",
        "our",
        "my",
        "his",
        "her",
        "this",
        "that",
        "it",
        "its",
        "not",
        "no",
        "so",
        "very",
        "just",
        "also",
        "here",
        "there",
        "still",
        "going",
        "calling",
        "speaking",
        "sorry",
        "afraid",
        "glad",
        "happy",
        "sure",
        "in",
        "on",
        "at",
        "from",
        "with",
        "and",
        "or",
        "but",
        "to",
        "for",
        "about",
        "what",
        "why",
        "how",
        "who",
        "when",
        "where",
        "is",
        "are",
        "was",
        "connecting",
        "transferring",
        "looking",
        "checking",
        "unable",
        "able",
        "busy",
        "fine",
        "good",
        "right",
        "wrong",
        "all",
        "one",
        "only",
        "really",
        "too",
        "because",
        "unacceptable",
        "terrible",
        "ridiculous",
        "urgent",
        "me",
        "you",
        "we",
        "they",
        "he",
        "she",
        "i",
        "him",
        "them",
        "us",
        "now",
        "again",
        "please",
        "hospital",
        "city",
        "doctor",
        "nurse",
        "patient",
        "agent",
        "yes",
        "yeah",
        "no",
        "ok",
        "okay",
        "english",
        "thank",
        "thanks",
        "hello",
        "hi",
        "good",
        "well",
    ]
)
_PLACES = frozenset(
    [
        "hospital",
        "clinic",
        "hotline",
        "center",
        "centre",
        "line",
        "desk",
        "department",
        "team",
        "office",
        "service",
        "ward",
        "reception",
        "line",
        "medical",
        "health",
    ]
)
_AFTER_NAME = frozenset({"from", "at", "with", "in", "of", "and", "speaking", "here", "how", "what"})


def figures(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield runs of at least two spoken figures."""
    begin = None
    for index in range(len(tokens) + 1):
        is_figure = index < len(tokens) and tokens[index].is_figure
        if is_figure and begin is None:
            begin = index
        elif not is_figure and begin is not None:
            if index - begin >= 2 or len(tokens[begin].text) >= 2:
                yield begin, index
            begin = None


def people(tokens: Sequence[Token], language: Language) -> Iterator[tuple[int, int, float]]:
    """Yield where a person's name may stand: first token, one past the last, and what is lost on it, in units."""
    yield from (_mandarin(tokens) if language is Language.MANDARIN else _english(tokens))


def _mandarin(tokens: Sequence[Token]) -> Iterator[tuple[int, int, float]]:
    surnames = _surname_sounds()
    for index, token in enumerate(tokens):
        if token.unit not in surnames:
            continue
        end = index + 1
        while end < len(tokens) and end - index < 4 and not tokens[end - 1].stops:
            end += 1
        clause = end - index
        sound = "".join(one.unit for one in tokens[index + 1 : end])
        titled = any(title in sound for title in _TITLES)
        # A name of two or three syllables up to the clause's end, or one with a title, is a good one.
        if titled or (clause in (2, 3) and tokens[end - 1].stops) or (clause == 1 and tokens[index].stops):
            yield index, end, 0.0
        else:
            yield index, min(len(tokens), index + 2), 0.8


@cache
def _surname_sounds() -> frozenset[str]:
    return frozenset(syllables(_SURNAMES))


def _english(tokens: Sequence[Token]) -> Iterator[tuple[int, int, float]]:
    for index, token in enumerate(tokens):
        word = token.unit
        if word in _NO_NAME or word in _PLACES or len(word) < 2 or token.is_figure:
            continue
        clause = []
        for other in tokens[index : index + 4]:
            if other.unit in _AFTER_NAME:
                break
            clause.append(other)
            if other.stops:
                break
        if any(one.unit in _PLACES for one in clause):
            continue
        yield index, index + 1, 0.0
        if len(clause) > 1 and clause[1].unit not in _NO_NAME:
            yield index, index + 2, 0.0
