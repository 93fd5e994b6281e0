"""What makes a voice menu unusable or doubtful beyond its form: clashing keys, spoken length, nodes out of reach."""

import re
from collections.abc import Iterator

from hotline.configuration.yaml_document import Path
from hotline.values.language import Language
from ivr.flow.nodes import Ask, End, Flow, LanguageMenu, Menu, Message, Node, Notice, Opening

MOST_CHOICES = 5
LONGEST_SECONDS = 15.0  # national guidance for public hotlines: short menus
# How the packaged voice speaks, measured: hanzi and digits, and letters of other words, in a second; a breath per stop.
HANZI_PER_SECOND = 3.3
LETTERS_PER_SECOND = 14.5
STOP_SECONDS = 0.4
_HANZI = re.compile(r"[\u3400-\u9fff0-9]")
_LETTER = re.compile(r"[A-Za-z]")
_STOP = re.compile(r"[，。、；！？,.;!?]")

# Where in the file, and what is wrong there.
Located = Iterator[tuple[Path, str]]


def faults(flow: Flow) -> Located:
    """Yield every fault of the flow."""
    yield from _keys(flow)
    for node in flow.nodes.values():
        if isinstance(node, Menu | LanguageMenu | End):
            yield from _choices(flow, node)
        for path, text in _spoken(node):
            if (estimate := seconds(text)) > 2 * LONGEST_SECONDS:
                limit = f"more than {2 * LONGEST_SECONDS:.0f} s is too long, shorten it"
                yield path, f"takes about {estimate:.0f} s to speak; {limit}"
    yield from _unreachable(flow)
    yield from _special_nodes(flow)
    yield from _circles(flow)


def warnings(flow: Flow) -> Located:
    """Yield everything that is doubtful about a flow without faults."""
    for node in flow.nodes.values():
        for path, text in _spoken(node):
            if (estimate := seconds(text)) > LONGEST_SECONDS:
                yield path, f"takes about {estimate:.0f} s to speak; callers expect at most {LONGEST_SECONDS:.0f} s"


def targets(node: Node) -> tuple[tuple[str, str], ...]:
    """Return where a node leads: the fields below it that name another, by path, and the name."""
    match node:
        case Menu(choices=choices) | LanguageMenu(choices=choices) | End(choices=choices):
            return tuple((f"choices.{choice.key}.to", choice.to) for choice in choices)
        case Notice(next=following):
            return (("next", following),)
        case Opening(open=is_open, closed=closed):
            return (("open", is_open), ("closed", closed))
        case _:
            return ()


def seconds(text: str) -> float:
    """Estimate how long a text takes to speak."""
    stops = len(_STOP.findall(text)) * STOP_SECONDS
    return len(_HANZI.findall(text)) / HANZI_PER_SECOND + len(_LETTER.findall(text)) / LETTERS_PER_SECOND + stops


def _keys(flow: Flow) -> Located:
    if len(set(flow.keys.all)) < len(flow.keys.all):
        yield ("keys",), "one key has two meanings; emergency, person, repeat and back need four keys"
    if len({flow.waiting_keys.call_back, flow.waiting_keys.message, flow.keys.emergency}) < 3:
        yield ("waiting_keys",), "one key has two meanings; who waits has emergency, call_back and message"
    for name, what in (("position", "the place in line"), ("wait", "the minutes")):
        if "{n}" not in flow.phrases[name][Language.MANDARIN]:
            yield ("phrases", name), f"{{n}} is missing, {what}"


def _choices(flow: Flow, menu: Menu | LanguageMenu | End) -> Located:
    path = ("nodes", menu.name, "choices")
    if len(menu.choices) > MOST_CHOICES:
        yield path, f"{len(menu.choices)} choices; a caller remembers at most {MOST_CHOICES}"
    for choice in menu.choices:
        if choice.key in flow.keys.all:
            yield (*path, choice.key), f"key {choice.key} is reserved (keys: {' '.join(flow.keys.all)})"


def _spoken(node: Node) -> Located:
    if isinstance(node, LanguageMenu):
        yield ("nodes", node.name, "say"), " ".join(node.say.values())
    elif not isinstance(node, Opening):
        for language, text in node.say.items():
            yield ("nodes", node.name, "say", language), text


def _unreachable(flow: Flow) -> Located:
    seen: set[str] = set()
    todo = [flow.start, flow.emergency, flow.person, flow.closed, *([flow.message] if flow.message else [])]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += [target for _, target in targets(flow.nodes[name])]
    for name in flow.nodes:
        if name not in seen:
            yield ("nodes", name), "no way leads here; remove it or lead a choice to it"


def _special_nodes(flow: Flow) -> Located:
    """The special nodes must be able to do what they are for."""
    kinds: dict[str, tuple[type[Node], str]] = {
        "emergency": (Ask, "person"), "person": (Ask, "person"), "closed": (End, "end"), "message": (Message, "message")
    }  # fmt: skip
    for special, (kind, word) in kinds.items():
        name = getattr(flow, special)
        if name is not None and not isinstance(flow.nodes[name], kind):
            yield (special,), f"must name a node of the kind {word}"
    emergency = flow.nodes[flow.emergency]
    if isinstance(emergency, Ask) and not emergency.is_always:
        yield ("nodes", flow.emergency), "always: true is missing; an emergency is taken at any hour"
    if any(isinstance(node, Ask) for node in flow.nodes.values()) and flow.consent is None:
        yield ("nodes",), "no notice has consent: true; callers must hear that calls are recorded"


def _circles(flow: Flow) -> Located:
    """Nodes that wait for nothing must not lead to each other in a circle."""
    for name, node in flow.nodes.items():
        seen, todo = set(), [target for _, target in targets(node)] if isinstance(node, Opening | Notice) else []
        while todo:
            at = todo.pop()
            following = flow.nodes[at]
            if at in seen or not isinstance(following, Opening | Notice):
                continue
            seen.add(at)
            todo += [target for _, target in targets(following)]
        if name in seen:
            yield ("nodes", name), "leads back to itself without asking the caller anything"
