"""Reads TwiML into elements: XML, lines and values only. The modules of `verbs/` know what a verb means. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from exchange.core.errors import DocumentError
from exchange.core.foreign_text import whole
from exchange.webhooks.charset import text_of

PARSE_FAILURE, WRONG_ROOT, TOO_LARGE = 12100, 12102, 11750
LARGEST_BYTES = 64 * 1024
MOST_ELEMENTS, DEEPEST, MOST_SHOWN = 2000, 50, 80


@dataclass(frozen=True)
class Element:
    """One XML element. `text` is its own text, `whole` has that of its children too; `content` is both in order."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: tuple["Element", ...] = ()
    line: int = 0
    whole: str = ""
    content: tuple["str | Element", ...] = ()

    def string(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default).strip()

    def flag(self, name: str, *, default: bool) -> bool:
        """Return `true` or `false`; anything else counts as the default, as Twilio does."""
        return {"true": True, "false": False}.get(self.string(name).lower(), default)

    def number(self, name: str, default: int, least: int = 0, most: int = 2**31) -> int:
        """Return a whole number, kept within the limits; what is no number counts as the default."""
        text = self.string(name)
        number = whole(text)
        return default if number is None else min(max(number, least), most)

    def method(self, name: str = "method") -> str:
        return "GET" if self.string(name).upper() == "GET" else "POST"

    def words(self, name: str, default: str = "") -> tuple[str, ...]:
        return tuple(self.string(name, default).replace(",", " ").split())

    def named(self, *names: str) -> Iterator["Element"]:
        """Yield children with one of these names, in order."""
        return (child for child in self.children if child.name in names)


@dataclass
class _Open:
    name: str
    attributes: dict[str, str]
    line: int
    text: list[str] = field(default_factory=list)
    whole: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)
    content: list[str | Element] = field(default_factory=list)

    def close(self) -> Element:
        text, whole = "".join(self.text).strip(), " ".join("".join(self.whole).split())
        return Element(self.name, self.attributes, text, tuple(self.children), self.line, whole, tuple(self.content))


class _Builder:
    """Turns the parser's events into elements; a document type is refused, for it could define entities."""

    def __init__(self) -> None:
        self.open: list[_Open] = [_Open("", {}, 0)]
        self.elements = 0
        # The declaration's own encoding counts no more: the text has been decoded before.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.data
        self.parser.StartDoctypeDeclHandler = self.refuse

    def start(self, name: str, attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        self.elements += 1
        if self.elements > MOST_ELEMENTS or len(self.open) > DEEPEST:
            limits = f"more than {MOST_ELEMENTS} elements, or more than {DEEPEST} within each other"
            raise DocumentError(PARSE_FAILURE, f"line {line}: {limits}; split the document with Redirect")
        self.open.append(_Open(name, attributes, line))

    def end(self, _name: str) -> None:
        closed = self.open.pop().close()
        self.open[-1].children.append(closed)
        self.open[-1].content.append(closed)
        self.open[-1].whole.append(f" {closed.whole} ")

    def data(self, text: str) -> None:
        self.open[-1].text.append(text)
        self.open[-1].content.append(text)
        self.open[-1].whole.append(text)

    def refuse(self, *_: object) -> NoReturn:
        line = self.parser.CurrentLineNumber
        raise DocumentError(PARSE_FAILURE, f"line {line}: a document type is not allowed")


def parse(body: bytes, charset: str = "") -> tuple[Element, ...]:
    """Return the verbs of a document in order. `charset` is what came with it. Raises `DocumentError` that names the
    line.
    """
    if len(body) > LARGEST_BYTES:
        raise DocumentError(TOO_LARGE, "the document is larger than 64 kB; split it with Redirect")
    try:
        text = text_of(body, charset)
        builder = _Builder()
        builder.parser.Parse(text.lstrip("\ufeff \t\r\n").encode(), True)
    except expat.ExpatError as error:
        reason = f"line {error.lineno}: {expat.ErrorString(error.code)}; the document must be well-formed XML"
        raise DocumentError(PARSE_FAILURE, reason) from error
    except (ValueError, LookupError, OverflowError, RecursionError, MemoryError) as error:
        raise DocumentError(PARSE_FAILURE, f"the document cannot be read: {error}") from error
    root = builder.open[0].children[0]
    if root.name != "Response":
        raise DocumentError(WRONG_ROOT, f"line {root.line}: the root must be Response, not {root.name[:MOST_SHOWN]}")
    return root.children
