"""Names of people in what was said: after the words that announce one, before a form of address, and again wherever the
same name comes. Pure; Mandarin by a list of surnames and, where that is not enough, by the segmenter's own tags.
"""

import re
from collections.abc import Iterator, Sequence

from hotline.values.language import Language
from recordings.speech.pinyin import syllables

Span = tuple[int, int, int]  # utterance, start, end

DOUBLE = frozenset(re.findall("..", "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐夏侯端木司徒长孙宇文南宫独孤轩辕百里呼延"))
SURNAMES = set(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜"
    "崔谭陆范汪廖石金韦"
    "贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤温康施文牛樊葛邢安齐易乔伍庞颜倪"
    "庄聂章鲁岳翟申欧"
    "耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾"
    "尤阳时穆农司卓古"
    "吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞"
    "敖巩明佘池查麻苑迟"
    "邝官封谈匡鞠惠荆乐冀胥南班储原栗燕楚鄢劳谌奚粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井巴漆别"
)
# Surnames that are mostly something else before 先生 or 女士.
_WORDLIKE = set("和于都从那时全向成常明平安应后经白别要对包有位强满原海花权车连单解")
# What follows a name rather than belongs to it.
_AFTER = set(
    "我你您他她它这那是的了在要想就跟也都吗呢吧啊呀哦嗯来去今岁住说打电手身预挂请，。、？！,.?! 0123456789一二三"
    "四五六七八九十两几男女先医大主护教"
)
_STRONG = re.compile(
    r"(?:(?:我|他|她|您|你|名字?|本人|孩子|儿子|女儿|老公|老婆|爱人|老伴|父亲|母亲|爸爸?|妈妈?|患者|病人|家属)叫("
    r"?:做)?|名字(?:是|为)|"
    r"(?:姓名|名字)(?=[，,：:\s]*[\u4e00-\u9fff]{2,4}(?:[，。,.！!？?\s]|$))|姓名(?:是|为|叫)?|联系人(?:是|叫)?)["
    r"，,：:\s呃嗯是]*"
)
_WEAK = re.compile(
    r"(?:我是|您是|你是|请问是|是不是|患者(?:是)?|病人(?:是)?|家属(?:是)?|本人是?|找一下|转给|这位是)[，,：:\s呃嗯]*"
)
_SURNAME_ONLY = re.compile(r"(?:免贵)?姓[，,：:\s呃嗯是]*")
_TITLES = "先生|女士|小姐|太太|大爷|大妈|阿姨|叔叔|奶奶|爷爷|师傅|同志|大姐|大哥|老人家|婆婆|伯伯|小朋友|同学"
_TITLED = re.compile(rf"([\u4e00-\u9fff]{{1,4}}?)(?={_TITLES})")
_NOT_A_NAME = re.compile(r"[你您他她它我谁什不车救急帮打]")
_HAN = re.compile(r"[\u4e00-\u9fff]+")

_EN_STRONG = re.compile(
    r"\b(?:(?:my|his|her|the|your|full|whose|patient(?:'s)?)\s+name(?:'s|\s+is)|name(?:'s|\s+is)|(?:first|last|"
    r"family|given|sur)\s?name(?:'s|\s+is)?"
    r"|surname(?:\s+is)?|i'm\s+called|i\s+am\s+called|under\s+the\s+name(?:\s+of)?)[\s,:]+(?:(?:uh|um|is)[\s,]+)*",
    re.IGNORECASE,
)
_EN_WEAK = re.compile(
    r"\b(?:this\s+is|i\s+am|i'm|am\s+i\s+speaking\s+(?:to|with)|is\s+this|speaking\s+with|on\s+behalf\s+of|"
    r"calling\s+for"
    r"|patient|for\s+my\s+\w+|my\s+\w+\s+is\s+called|it's|thank\s+you|thanks|hello|hi|sorry)[\s,:]+",
    re.IGNORECASE,
)
_EN_TITLED = re.compile(r"\b(?:mr|mrs|ms|miss|mister|missus|madam|mx)\b\.?\s+", re.IGNORECASE)
_EN_PLACE = re.compile(r"\s+(?:hospital|hotline|clinic|center|centre|department|service|patient)\b", re.IGNORECASE)
_EN_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_EN_SPELT = re.compile(r"\b(?:[A-Za-z][\s,.-]+){3,}[A-Za-z]\b")
_EN_COMMON = frozenset(
    re.findall(
        r"[\w']+",
        "a an the and or but i i'm i'd i'll i've you your yours he she it we they this that my his her is am are "
        "was were be been of to in on at for from with not no yes "
        "calling call called here there speaking afraid sorry sure fine good well just still very so looking "
        "trying having feeling going doing getting coming "
        "please can could would will shall may must have has had do does did what when where how who why today "
        "tomorrow now then okay ok right all "
        "doctor nurse dr hospital hotline clinic service team model patient mister mrs monday tuesday wednesday "
        "thursday friday saturday sunday "
        "january february march april june july august september october november december morning afternoon "
        "evening hello hi thank thanks goodbye bye "
        "chinese english american mr ms miss madam let how's it's that's there's what's about if as by up out me "
        "us them some any one two three for four "
        "because since also since really glad happy pleased quite only",
    )
)


def names(texts: Sequence[str], language: Language, staff: frozenset[str], people: frozenset[str]) -> list[Span]:
    """Return where people are named; `staff` are not masked, `people` are known to be patients."""
    if language is Language.MANDARIN:
        return _zh_names(texts, staff, people)
    return _en_names(texts, staff, people)


def _zh_names(texts: Sequence[str], staff: frozenset[str], people: frozenset[str]) -> list[Span]:
    spans: list[Span] = []
    names = set(people)
    for line, text in enumerate(texts):
        for start, end in _zh_announced(text):
            if text[start:end] in staff:
                continue
            spans.append((line, start, end))
            if end - start >= 2:
                names.add(text[start:end])
    return [*spans, *(span for name in names - staff for span in _again(texts, name))]


def _zh_announced(text: str) -> Iterator[tuple[int, int]]:
    for match in _STRONG.finditer(text):
        end = _name_end(text, match.end(), is_sure=True)
        if end > match.end():
            yield match.end(), end
    for match in _WEAK.finditer(text):
        end = _name_end(text, match.end(), is_sure=False)
        if end > match.end():
            yield match.end(), end
    for match in _SURNAME_ONLY.finditer(text):
        size = _surname(text, match.end())
        if size:
            yield match.end(), match.end() + size
    for match in _TITLED.finditer(text):
        whole = match[1]
        for start in range(len(whole)):
            size = _surname(whole, start)
            if size and whole[start] not in _WORDLIKE and len(whole) - start - size <= 2:
                yield match.start() + start, match.end()
                break


def _surname(text: str, at: int) -> int:
    """Return how many characters of a surname stand there, 0 where none does."""
    if text[at : at + 2] in DOUBLE:
        return 2
    return int(text[at : at + 1] in SURNAMES)


def _name_end(text: str, at: int, *, is_sure: bool) -> int:
    """Return where a name that begins at `at` ends; `at` where none does."""
    size = _surname(text, at)
    if not size:
        return _strange_end(text, at) if is_sure else at
    end = at + size
    while end < len(text) and end < at + size + 2 and _HAN.match(text[end]) and text[end] not in _AFTER:
        end += 1
    if is_sure:
        return end
    # 我是高血压, 我是方便的: only what the segmenter too takes for a person, or what nothing else follows.
    is_closed = end >= len(text) or text[end] in "，。、？！,.?! 的吗吧呢啊先女"
    return end if end - at >= 2 and is_closed and _is_person(text[at:end]) else at


def _strange_end(text: str, at: int) -> int:
    """Return the end of a name without a known surname: what stands there up to the next sign, at
    most six characters.
    """
    match = _HAN.match(text, at)
    if match is None or _NOT_A_NAME.match(match[0]) or _is_word(match[0][:2]):
        return at
    return at + min(6, next((n for n, sign in enumerate(match[0]) if sign in _AFTER), len(match[0])))


def _is_person(text: str) -> bool:
    import rjieba

    return any(tag.startswith("nr") for _, tag in rjieba.tag(text)) or not _is_word(text)


def _is_word(text: str) -> bool:
    import rjieba

    tagged = rjieba.tag(text)
    return len(tagged) == 1 and not tagged[0][1].startswith("nr") and len(text) > 1


def _again(texts: Sequence[str], name: str) -> Iterator[Span]:
    """Yield every other place of a name; one of three syllables and more also where it is spelt otherwise."""
    sought = syllables(name) if len(name) > 2 else []
    for line, text in enumerate(texts):
        yield from ((line, match.start(), match.end()) for match in re.finditer(re.escape(name), text))
        if sought and _HAN.search(text):
            spoken = [syllables(sign)[0] for sign in text]
            for at in range(len(spoken) - len(sought) + 1):
                if spoken[at : at + len(sought)] == sought:
                    yield line, at, at + len(sought)


def _en_names(texts: Sequence[str], staff: frozenset[str], people: frozenset[str]) -> list[Span]:
    colleagues = {word.lower() for name in staff for word in name.split()}
    spans: list[Span] = []
    parts = {word for name in people for word in name.split() if len(word) > 2}
    for line, text in enumerate(texts):
        for start, end in _en_announced(text, colleagues):
            spans.append((line, start, end))
            parts |= {word for word in _EN_WORD.findall(text[start:end]) if len(word) > 2 and word[0].isupper()}
    for part in sorted(parts):
        if part.lower() in colleagues | _EN_COMMON:
            continue
        for line, text in enumerate(texts):
            spans += [(line, match.start(), match.end()) for match in re.finditer(rf"\b{re.escape(part)}\b", text)]
    return spans


def _en_announced(text: str, colleagues: set[str]) -> Iterator[tuple[int, int]]:
    for pattern, is_sure in ((_EN_STRONG, True), (_EN_TITLED, True), (_EN_WEAK, False)):
        for match in pattern.finditer(text):
            end = _en_end(text, match.end(), colleagues, is_sure=is_sure)
            if end > match.end():
                yield match.end(), end
    for match in _EN_SPELT.finditer(text):
        yield match.start(), match.end()


def _en_end(text: str, at: int, colleagues: set[str], *, is_sure: bool) -> int:
    """Return the end of up to three words of a name at `at`; written small only where the announcement is sure."""
    end, count = at, 0
    for match in _EN_WORD.finditer(text, at):
        between = text[end : match.start()]
        word = match[0].lower().removesuffix("'s")
        is_name = match[0][0].isupper() or (is_sure and count < 2)
        if (count and between != " ") or (not count and match.start() != at) or not is_name or word in _EN_COMMON:
            break
        if word in colleagues or count == 3:
            break
        end, count = match.end(), count + 1
    return at if _EN_PLACE.match(text, end) else end
