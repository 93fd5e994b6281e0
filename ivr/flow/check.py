"""What makes a voice menu unusable or doubtful beyond its form: where names lead, clashing keys, spoken length."""

import re
from collections.abc import Iterator

from hotline.configuration.yaml_fields import Field
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


def examine(flow: Flow, root: Field) -> None:
    """Write down every fault and warning of the flow at the field where it stands."""
    nodes = root.get("nodes")
    for name, field in _names(flow, root):
        if name and name not in flow.nodes:
            field.fault(f"no node {name!r}; the nodes are {', '.join(flow.nodes)}")
    _keys(flow, root)
    for node in flow.nodes.values():
        if isinstance(node, Menu | LanguageMenu):
            _menu(flow, node, nodes.get(node.name))
        elif isinstance(node, Notice | Ask | Message):
            _length(node, nodes.get(node.name))
        elif isinstance(node, End):
            _menu(flow, node, nodes.get(node.name))
    _reachable(flow, nodes)
    _ends(flow, root)


def targets(node: Node) -> tuple[tuple[str, str], ...]:
    """Where a node leads: the fields below it that name another, by path, and the name."""
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
    """How long a text takes to speak, roughly."""
    stops = len(_STOP.findall(text)) * STOP_SECONDS
    return len(_HANZI.findall(text)) / HANZI_PER_SECOND + len(_LETTER.findall(text)) / LETTERS_PER_SECOND + stops


def _names(flow: Flow, root: Field) -> Iterator[tuple[str, Field]]:
    for special in ("start", "emergency", "person", "closed"):
        yield getattr(flow, special), root.get(special)
    if flow.message is not None:
        yield flow.message, root.get("message")
    for node in flow.nodes.values():
        for path, name in targets(node):
            field = root.get("nodes").get(node.name)
            for part in path.split("."):
                field = field.get(part)
            yield name, field


def _keys(flow: Flow, root: Field) -> None:
    if len(set(flow.keys.all)) < len(flow.keys.all):
        root.get("keys").fault("one key has two meanings; emergency, person, repeat and back need four keys")
    if len({flow.line.call_back, flow.line.message, flow.keys.emergency}) < 3:
        root.get("line").fault("one key has two meanings; in line it is emergency, call_back and message")
    for name, what in (("position", "the place in line"), ("wait", "the minutes")):
        if "{n}" not in flow.phrases[name][Language.MANDARIN]:
            root.get("phrases").get(name).fault(f"{{n}} is missing, {what}")


def _menu(flow: Flow, menu: Menu | LanguageMenu | End, field: Field) -> None:
    choices = field.get("choices")
    if len(menu.choices) > MOST_CHOICES:
        choices.fault(f"{len(menu.choices)} choices; a caller remembers at most {MOST_CHOICES}")
    for choice in menu.choices:
        if choice.key in flow.keys.all:
            choices.get(choice.key).fault(f"key {choice.key} is reserved (keys: {' '.join(flow.keys.all)})")
    if isinstance(menu, LanguageMenu):
        _too_long(" ".join(menu.say.values()), field.get("say"))
    else:
        _length(menu, field)


def _length(node: Menu | Notice | Ask | End | Message, field: Field) -> None:
    for language, text in node.say.items():
        _too_long(text, field.get("say").get(language.value))


def _too_long(text: str, field: Field) -> None:
    estimate = seconds(text)
    if estimate > 2 * LONGEST_SECONDS:
        field.fault(
            f"takes about {estimate:.0f} s to speak; more than {2 * LONGEST_SECONDS:.0f} s is too long, shorten it"
        )
    elif estimate > LONGEST_SECONDS:
        field.warn(f"takes about {estimate:.0f} s to speak; callers expect at most {LONGEST_SECONDS:.0f} s")


def _reachable(flow: Flow, nodes: Field) -> None:
    seen: set[str] = set()
    todo = [flow.start, flow.emergency, flow.person, flow.closed, flow.message or ""]
    while todo:
        name = todo.pop()
        if name not in seen and name in flow.nodes:
            seen.add(name)
            todo += [target for _, target in targets(flow.nodes[name])]
    for name in flow.nodes:
        if name not in seen:
            nodes.get(name).fault("no way leads here; remove it or lead a choice to it")


def _ends(flow: Flow, root: Field) -> None:
    """The special nodes must be able to do what they are for, and deciding must come to an end."""
    for field in ("emergency", "person"):
        if not isinstance(flow.nodes.get(getattr(flow, field), None), Ask | None):
            root.get(field).fault("must name a node of the kind person")
    emergency = flow.nodes.get(flow.emergency)
    if isinstance(emergency, Ask) and not emergency.is_always:
        root.get("nodes").get(flow.emergency).fault("always: true is missing; an emergency is taken at any hour")
    if not isinstance(flow.nodes.get(flow.closed), End | None):
        root.get("closed").fault("must name a node of the kind end")
    if flow.message is not None and not isinstance(flow.nodes.get(flow.message), Message | None):
        root.get("message").fault("must name a node of the kind message")
    if any(isinstance(node, Ask) for node in flow.nodes.values()) and flow.consent is None:
        root.get("nodes").fault("no notice has consent: true; callers must hear that calls are recorded")
    _circles(flow, root)


def _circles(flow: Flow, root: Field) -> None:
    """Nodes that wait for nothing must not lead to each other in a circle."""
    for name, node in flow.nodes.items():
        seen, todo = set(), [target for _, target in targets(node)] if isinstance(node, Opening | Notice) else []
        while todo:
            at = todo.pop()
            following = flow.nodes.get(at)
            if at in seen or not isinstance(following, Opening | Notice):
                continue
            seen.add(at)
            todo += [target for _, target in targets(following)]
        if name in seen:
            root.get("nodes").get(name).fault("leads back to itself without asking the caller anything")
