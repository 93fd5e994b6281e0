"""A flow as a picture: an SVG of our own, in both languages, and a Mermaid diagram for pages that render those."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from hotline.values.language import Language
from ivr.flow.check import targets
from ivr.flow.layout import GAP_X, HEAD, MARGIN, WIDTH, Card, Drawing, Row, lay_out
from ivr.flow.nodes import Ask, End, Flow, LanguageMenu, Menu, Message, Node, Notice, Opening, Text

ZH, EN = Language.MANDARIN, Language.ENGLISH
FONT = "'Noto Sans CJK SC','PingFang SC','Microsoft YaHei','WenQuanYi Micro Hei',system-ui,sans-serif"
INK, SOFT, LINE, PAPER = "#1d2b36", "#5d6f7c", "#9fb1bd", "#f6f8f9"
# The colour of each kind, and of its background.
COLOURS: dict[type, tuple[str, str]] = {
    LanguageMenu: ("#0b7285", "#e3f4f7"),
    Menu: ("#0b7285", "#e3f4f7"),
    Notice: ("#5f5aa2", "#eeedf8"),
    Opening: ("#8a6d1f", "#fbf3dc"),
    Ask: ("#2b7a46", "#e4f4e9"),
    End: ("#66737c", "#eceff1"),
    Message: ("#9c4a1a", "#fbeadf"),
}
URGENT = ("#b3261e", "#fdeae8")
KINDS = {Notice: "告知 notice", Opening: "时间 hours", Ask: "人工 person", End: "结束 end", Message: "留言 message"}


def svg(flow: Flow) -> str:
    """Return the drawing as an SVG document."""
    drawing = lay_out(flow)
    width, height = max(drawing.width, 760), drawing.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="{FONT}" role="img" aria-label={quoteattr(f"flow {flow.name}")}>',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{LINE}"/></marker></defs>',
        *_title(flow),
        *_arrows(drawing),
        *(part for card in drawing.cards.values() for part in _card(flow, card)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _title(flow: Flow) -> Iterator[str]:
    yield _text(MARGIN, 38, f"{flow.hospital[ZH]} · {flow.hospital[EN]}", 19, INK, bold=True)
    x = float(MARGIN)
    keys = flow.keys
    legend = (
        (keys.emergency, "紧急 emergency", URGENT[0]),
        (keys.person, "人工 a person", COLOURS[Ask][0]),
        (keys.repeat, "重听 repeat", SOFT),
        (keys.back, "返回 back", SOFT),
    )
    for key, label, colour in legend:
        yield from _key(x, 62, key, colour)
        yield _text(x + 28, 66, label, 12.5, SOFT)
        x += 44 + _width(label, 12.5)
    yield _text(x + 4, 66, "随时有效 at any node", 12.5, LINE)


def _arrows(drawing: Drawing) -> Iterator[str]:
    for card in drawing.cards.values():
        starts = [(row.to, card.row_y(number)) for number, row in enumerate(card.rows)]
        if isinstance(card.node, Notice):
            starts = [(card.node.next, card.middle)]
        for name, y in starts:
            if name in drawing.cards:
                yield _arrow(card.x + WIDTH, y, drawing.cards[name])


def _arrow(x: float, y: float, end: Card) -> str:
    bend = max(GAP_X * 0.55, (end.x - x) * 0.45)
    path = (
        f"M{x:.0f} {y:.0f}C{x + bend:.0f} {y:.0f} {end.x - bend:.0f} {end.middle:.0f} {end.x - 3:.0f} {end.middle:.0f}"
    )
    return f'<path d="{path}" fill="none" stroke="{LINE}" stroke-width="1.6" marker-end="url(#tip)"/>'


def _card(flow: Flow, card: Card) -> Iterator[str]:
    node = card.node
    ink, fill = URGENT if node.name == flow.emergency else COLOURS[type(node)]
    yield (
        f'<rect x="{card.x:.0f}" y="{card.y:.0f}" width="{WIDTH}" height="{card.height:.0f}" rx="10" fill="#fff" '
        f'stroke="{ink}" stroke-width="1.4"/>'
    )
    right, bottom = card.x + WIDTH - 0.7, card.y + HEAD
    corner = (
        "" if card.rows else f"V{bottom - 10.7:.1f}a9.3 9.3 0 0 1 -9.3 9.3H{card.x + 10:.1f}a9.3 9.3 0 0 1 -9.3 -9.3"
    )
    yield (
        f'<path d="M{card.x + 0.7:.1f} {card.y + 10:.1f}a9.3 9.3 0 0 1 9.3 -9.3H{right - 9.3:.1f}a9.3 9.3 0 0 1 9.3 9.3'
        f'{corner or f"V{bottom:.1f}H{card.x + 0.7:.1f}"}z" fill="{fill}"/>'
    )
    yield _text(card.x + 14, card.y + 23, f"{node.label[ZH]}  {node.label[EN]}", 14.5, ink, bold=True)
    yield _text(card.x + 14, card.y + 42, _detail(flow, node), 11.5, SOFT)
    yield from _reserved(flow, card, ink)
    for number, row in enumerate(card.rows):
        yield from _row(card, number, row, ink)


def _reserved(flow: Flow, card: Card, ink: str) -> Iterator[str]:
    """Yield the key that reaches this node from everywhere."""
    for name, key in ((flow.emergency, flow.keys.emergency), (flow.person, flow.keys.person)):
        if card.node.name == name:
            yield from _key(card.x + WIDTH - 32, card.y + 17, key, ink)


def _row(card: Card, number: int, row: Row, ink: str) -> Iterator[str]:
    y = card.row_y(number) + 2
    yield from _key(card.x + 14, y, row.key, ink)
    label = row.label if isinstance(row.label, str) else f"{row.label[ZH]}  {row.label[EN]}"
    yield _text(card.x + 44, y + 4.5, label, 13, INK)


def _key(x: float, y: float, key: str, colour: str) -> Iterator[str]:
    yield f'<rect x="{x:.0f}" y="{y - 10:.0f}" width="20" height="20" rx="5" fill="{colour}"/>'
    yield _text(x + 10, y + 4.5, key, 13, "#fff", bold=True, anchor="middle")


def _detail(flow: Flow, node: Node) -> str:
    """Return the small line of a card: what matters about this kind."""
    match node:
        case Ask():
            parts = [
                f"队列 queue {node.queue}",
                f"技能 skill {node.skill}" if node.skill and node.skill != node.queue else None,
            ]
            parts.append(f"优先 priority {node.priority}" if node.priority else None)
            return " · ".join(part for part in parts if part)
        case Menu() | LanguageMenu():
            return f"菜单 menu · {flow.timeout_seconds} s × {flow.tries}"
        case Opening():
            return "时间 hours · " + ("全天 always open" if flow.hours.is_always else "按日程 by schedule")
        case Notice(is_consent=True):
            return "告知 notice · 录音前必听 before recording"
        case _:
            return KINDS[type(node)]


def _text(x: float, y: float, text: str, size: float, colour: str, anchor: str = "", *, bold: bool = False) -> str:
    extra = (' font-weight="600"' if bold else "") + (f' text-anchor="{anchor}"' if anchor else "")
    room = WIDTH - 28
    if not anchor and size < 16 and _width(text, size) > room and x > MARGIN:
        extra += f' textLength="{room}" lengthAdjust="spacingAndGlyphs"'
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}"'
    return f'<text {place}{extra} xml:space="preserve">{escape(text)}</text>'


def _width(text: str, size: float) -> float:
    return sum(size if ord(letter) > 0x2E80 else size * 0.56 for letter in text)


def mermaid(flow: Flow) -> str:
    """Return the flow as a Mermaid flowchart."""
    lines = ["flowchart LR"]
    for node in flow.nodes.values():
        left, right = {Ask: ("([", "])"), Opening: ("{", "}"), End: ("((", "))")}.get(type(node), ("[", "]"))
        lines.append(f'  n_{node.name}{left}"{_both(node.label)}"{right}')
    for node in flow.nodes.values():
        rows = {f"choices.{c.key}.to": f"{c.key} {_both(c.label)}" for c in getattr(node, "choices", ())}
        for path, target in targets(node):
            label = rows.get(path, path if isinstance(node, Opening) else "")
            arrow = f'-->|"{label}"|' if label else "-->"
            lines.append(f"  n_{node.name} {arrow} n_{target}")
    for name, key, target in (
        ("emergency", flow.keys.emergency, flow.emergency),
        ("person", flow.keys.person, flow.person),
    ):
        lines.append(f'  key_{name}(("{key}")) -.-> n_{target}')
    return "\n".join(lines) + "\n"


def _both(label: Text) -> str:
    return f"{label[ZH]} {label[EN]}".replace('"', "'")
