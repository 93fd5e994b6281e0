"""A script as a picture: who is asked for, the check, question after question, and what leads to a nurse.

An SVG of our own in both languages, and a Mermaid diagram for pages that render those.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from campaigns.dialogue.script import Choice, Open, Question, Scale, Script
from hotline.values.language import Language
from ivr.flow.drawing import FONT, INK, LINE, PAPER, SOFT, URGENT

ZH, EN = Language.MANDARIN, Language.ENGLISH
WIDTH, LEFT, TOP, GAP, ROW, HEAD = 980, 40, 96, 18, 22, 40
CARD, NURSE_X = 620, 720
BLUE, GREEN, GREY = ("#0b7285", "#e3f4f7"), ("#2b7a46", "#e4f4e9"), ("#66737c", "#eceff1")
WHO = (
    ("1", "是本人 it is they", "check"),
    ("2", "去请本人 fetched", "check"),
    ("3", "以后再打 later", "call_later"),
    ("4", "打错了 wrong number", "wrong_person"),
    ("5", "不再接听 no such calls", "refused"),
    ("–", "没有声音 silence: the number to call", "no_answer"),
)
CHECK = (
    ("#", "出生年份和日期 year and day of birth", "ask"),
    ("#", "病历号末四位 last four digits of the number", "ask"),
    ("–", "三次不符 three times wrong", "wrong_person"),
)


@dataclass(frozen=True)
class Card:
    """One stage: its title, its rows (key, label, where it leads; `nurse` for a warning sign), its colours."""

    title: str
    rows: tuple[tuple[str, str, str], ...]
    colours: tuple[str, str]

    @property
    def height(self) -> int:
        """In pixels."""
        return HEAD + ROW * len(self.rows) + 8


def svg(script: Script) -> str:
    """Return the drawing as an SVG document."""
    cards = list(_cards(script))
    height = TOP + sum(card.height + GAP for card in cards) + 40
    name = f"{script.label[ZH]} · {script.label[EN]}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="{FONT}" role="img" aria-label={quoteattr(f"script {script.name}")}>',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        _text(LEFT, 42, name, 20, INK, bold=True),
        _text(LEFT, 68, _legend(script), 13, SOFT),
        *_nurse(script, height),
    ]
    y = TOP
    for number, card in enumerate(cards):
        parts.extend(_card(card, y, is_last=number == len(cards) - 1))
        y += card.height + GAP
    return "\n".join([*parts, "</svg>"]) + "\n"


def mermaid(script: Script) -> str:
    """Return the drawing as a Mermaid flowchart."""
    lines = ["flowchart TD", f'  who["{script.label[ZH]} · {script.label[EN]}<br/>请问是本人吗 who is it"]']
    lines += ['  check["核对身份 the check"]', '  nurse["护士 nurse"]:::urgent', "  who -- 1 --> check"]
    names = [question.name for question in script.questions]
    for before, question in zip(["check", *names], script.questions, strict=False):
        lines += [
            f'  {question.name}["{question.label[ZH]} · {question.label[EN]}"]',
            f"  {before} --> {question.name}",
        ]
        lines += [f'  {question.name} -- "{key} {label}" --> nurse' for key, label, to in _rows(question, script) if to]
    lines += [
        '  advice["健康指导 advice"]',
        f"  {names[-1]} --> advice",
        "  classDef urgent fill:#fdeae8,stroke:#b3261e",
    ]
    return "\n".join(lines) + "\n"


def _cards(script: Script) -> Iterator[Card]:
    yield Card("请问是本人吗？ Who is on the line?", WHO, GREY)
    yield Card("核对身份 Is it they?", CHECK, GREY)
    for question in script.questions:
        yield Card(f"{question.label[ZH]} · {question.label[EN]}", tuple(_rows(question, script)), BLUE)
    advice = [(name, _short(script.advice[language]), "") for name, language in (("中", ZH), ("En", EN))]
    yield Card("健康指导，并发短信 Advice, also as a text", tuple(advice), GREEN)


def _short(text: str) -> str:
    """Return what fits into a row; a Chinese sign is twice as wide."""
    room, kept = 78, ""
    for sign in text:
        room -= 2 if sign > "\u2e80" else 1
        if room < 0:
            return f"{kept}…"
        kept += sign
    return kept


def _rows(question: Question, script: Script) -> Iterator[tuple[str, str, str]]:
    signs = {sign.name for sign in script.signs}
    match question:
        case Choice(options=options):
            for option in options:
                to = "nurse" if option.sign in signs else ""
                yield option.key, f"{option.label[ZH]} · {option.label[EN]}", to
        case Scale(least=least, most=most, sign_from=sign_from, sign=sign):
            warns = sign_from is not None and sign in signs
            yield f"{least}–{(sign_from or most) - 1 if warns else most}", "数字 a figure", ""
            if warns:
                yield f"{sign_from}–{most}", "数字 a figure", "nurse"
        case Open(max_seconds=seconds):
            yield "●", f"录音 recorded, {seconds} s", ""


def _legend(script: Script) -> str:
    keys = script.keys
    return (
        f"{keys.person} 护士 nurse · {keys.repeat} 重听 repeat · {keys.slower} 放慢 slower · 随时有效 at any question"
    )


def _nurse(script: Script, height: int) -> Iterator[str]:
    """The nurse stands beside all questions: every sign in words leads there, too."""
    yield f'<rect x="{NURSE_X}" y="{TOP}" width="220" height="{height - TOP - 40}" rx="10" fill="{URGENT[1]}"/>'
    yield _text(NURSE_X + 16, TOP + 26, "护士 Nurse", 16, URGENT[0], bold=True)
    yield _text(NURSE_X + 16, TOP + 48, "说到以下情况立即接通", 12, SOFT)
    yield _text(NURSE_X + 16, TOP + 64, "at once when these are told:", 12, SOFT)
    for number, sign in enumerate(script.signs):
        yield _text(NURSE_X + 16, TOP + 88 + number * 19, f"{sign.label[ZH]} · {sign.label[EN]}"[:30], 12, INK)


def _card(card: Card, y: int, *, is_last: bool) -> Iterator[str]:
    colour, context = card.colours
    yield f'<rect x="{LEFT}" y="{y}" width="{CARD}" height="{card.height}" rx="10" fill="{context}"/>'
    yield f'<rect x="{LEFT}" y="{y}" width="6" height="{card.height}" rx="3" fill="{colour}"/>'
    yield _text(LEFT + 20, y + 26, card.title, 15, colour, bold=True)
    for number, (key, label, to) in enumerate(card.rows):
        at = y + HEAD + ROW * number + 12
        yield _text(LEFT + 20, at, key, 13, INK, bold=True)
        yield _text(LEFT + 74, at, label, 13, INK)
        if to == "nurse":
            yield f'<path d="M{LEFT + CARD} {at - 4}H{NURSE_X - 4}" stroke="{URGENT[0]}" stroke-width="1.8"/>'
        elif to:
            yield _text(LEFT + CARD - 120, at, f"→ {to.replace('_', ' ')}", 12, SOFT)
    if not is_last:
        x, start = LEFT + 40, y + card.height
        yield f'<path d="M{x} {start}V{start + GAP}" stroke="{LINE}" stroke-width="1.6"/>'


def _text(x: float, y: float, text: str, size: float, colour: str, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{colour}"{weight}>{escape(text)}</text>'
