"""Where the nodes of a flow stand in its drawing: columns by distance from the start, rows by order. Pure."""

from dataclasses import dataclass

from ivr.flow.check import targets
from ivr.flow.nodes import Ask, End, Flow, LanguageMenu, Menu, Node, Opening, Text

WIDTH, GAP_X, GAP_Y, MARGIN = 236, 84, 22, 28
HEAD, ROW = 54, 34
TOP = 96  # room for the title


@dataclass(frozen=True)
class Row:
    """A line of a card from which an arrow may start: a key (or a condition), its label, where it leads."""

    key: str
    label: Text | str
    to: str


@dataclass(frozen=True)
class Card:
    """A node with its place: the corner at the left top, and its height."""

    node: Node
    rows: tuple[Row, ...]
    x: float
    y: float

    @property
    def height(self) -> float:
        """From its top to its bottom."""
        return HEAD + ROW * len(self.rows) + (8 if self.rows else 0)

    @property
    def middle(self) -> float:
        """The height at which arrows arrive: the middle of its head."""
        return self.y + HEAD / 2

    def row_y(self, number: int) -> float:
        """Return the middle of a row."""
        return self.y + HEAD + ROW * number + ROW / 2


@dataclass(frozen=True)
class Drawing:
    """All cards by node name, and the size of the whole."""

    cards: dict[str, Card]
    width: float
    height: float


def lay_out(flow: Flow) -> Drawing:
    """Place every node; the ones that only reserved keys reach stand last."""
    columns = _columns(flow)
    heights = [sum(_height(flow.nodes[n]) + GAP_Y for n in names) - GAP_Y for names in columns]
    tallest = max(heights, default=0)
    cards: dict[str, Card] = {}
    for number, (names, height) in enumerate(zip(columns, heights, strict=True)):
        y = TOP + (tallest - height) / 2
        for name in names:
            node = flow.nodes[name]
            cards[name] = Card(node, rows_of(node), MARGIN + number * (WIDTH + GAP_X), y)
            y += cards[name].height + GAP_Y
    width = 2 * MARGIN + len(columns) * (WIDTH + GAP_X) - GAP_X
    return Drawing(cards, width, TOP + tallest + MARGIN)


def rows_of(node: Node) -> tuple[Row, ...]:
    """Return the lines of a node's card that lead somewhere."""
    match node:
        case Menu(choices=choices) | LanguageMenu(choices=choices) | End(choices=choices):
            return tuple(Row(choice.key, choice.label, choice.to) for choice in choices)
        case Opening(open=is_open, closed=closed):
            return (Row("✓", "开放 open", is_open), Row("✕", "关闭 closed", closed))
        case _:
            return ()


def _height(node: Node) -> float:
    return Card(node, rows_of(node), 0, 0).height


def _columns(flow: Flow) -> list[list[str]]:
    """Node names by column: one more than the farthest node that leads there; people are in the last one."""
    depth = {flow.start: 0}
    for _ in flow.nodes:
        for name, node in flow.nodes.items():
            for _path, target in targets(node):
                if name in depth and target in flow.nodes and depth[name] + 1 < len(flow.nodes):
                    depth[target] = max(depth.get(target, 0), depth[name] + 1)
    last = max(depth.values())
    for name, node in flow.nodes.items():
        if name not in depth or (isinstance(node, Ask) and depth[name] < last):
            depth[name] = last
    ordered = sorted(flow.nodes, key=lambda name: _order(flow, name))
    found = [[name for name in ordered if depth[name] == column] for column in range(last + 1)]
    return [names for names in found if names]


def _order(flow: Flow, name: str) -> tuple[int, int]:
    """Within a column: as the file has them, then the closed end, then what the reserved keys reach."""
    special = {flow.closed: 1, flow.person: 2, flow.emergency: 3}.get(name, 0)
    return special, list(flow.nodes).index(name)
