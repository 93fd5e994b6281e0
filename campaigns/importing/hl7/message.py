"""One message of HL7 version 2 taken apart: its encoding, separators, escapes, segments, repetitions. Pure.

It takes what senders in the field write: any line end, line ends within a field, a short MSH, other separators, `""`
for nothing, an encoding that MSH-18 does not tell or tells wrongly.
"""

import re
from dataclasses import dataclass, field

ENDS = re.compile(r"[\r\n\x0b\x1c]+")
SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}\Z")
EMPTY = '""'
# MSH-18 (table 0211, and what systems write instead) -> Python's name.
CHARSETS = {
    **dict.fromkeys(("GB 18030-2000", "GB18030", "GB18030-2000", "GB 18030", "GBK", "GB2312", "GB 2312"), "gb18030"),
    **dict.fromkeys(("UNICODE UTF-8", "UTF-8", "UTF8", "UNICODE"), "utf-8"),
    **dict.fromkeys(("BIG-5", "BIG5", "CNS 11643-1992"), "big5hkscs"),
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
}
UTF_16 = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"M\0S\0H\0", "utf-16-le"), (b"\0M\0S\0H", "utf-16-be"))
UTF_8_MARK = b"\xef\xbb\xbf"


class UnreadableMessage(Exception):
    """It is no message of HL7 version 2; the text says why, without anything of its content."""


@dataclass(frozen=True)
class Segment:
    """One segment: its fields as they are written, by the numbers of the standard (0 is its name)."""

    fields: tuple[str, ...]
    signs: "EncodingCharacters"

    @property
    def name(self) -> str:
        """Return PID, PV1, …"""
        return self.fields[0]

    def repetitions(self, number: int) -> list[list[str]]:
        """Return every repetition of a field that is not empty, as components; each of these is its first part."""
        if number >= len(self.fields):
            return []
        parts = self.fields[number].split(self.signs.repetition) if self.signs.repetition else [self.fields[number]]
        repetitions = [[self.signs.plain(component) for component in self.signs.components(part)] for part in parts]
        return [each for each in repetitions if any(each)]

    def text(self, number: int, component: int = 1) -> str:
        """Return a component of the first repetition; empty where it is not there."""
        return part(next(iter(self.repetitions(number)), []), component)


def part(components: list[str], number: int) -> str:
    """Return the component with this number, from 1; empty where it is not there."""
    return components[number - 1] if number <= len(components) else ""


@dataclass(frozen=True)
class EncodingCharacters:
    """The separators that a message uses, and the encoding of its escapes in hexadecimal."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    charset: str = "utf-8"

    def components(self, text: str) -> list[str]:
        """Return the components of a repetition as they are written."""
        return text.split(self.component) if self.component else [text]

    def plain(self, component: str) -> str:
        """Return the first part of a component, its escapes resolved; what is to be deleted (`""`) is empty."""
        first = component.split(self.subcomponent)[0] if self.subcomponent else component
        if first.strip() == EMPTY:
            return ""
        if self.escape and self.escape in first:
            sign = re.escape(self.escape)
            first = re.sub(rf"{sign}([^{sign}]*){sign}", lambda found: self._unescaped(found[1]), first)
        return first.strip()

    def _unescaped(self, code: str) -> str:
        known = {"F": self.field, "S": self.component, "R": self.repetition, "E": self.escape, "T": self.subcomponent}
        if code in known:
            return known[code]
        if code[:1] == "X":
            try:
                return bytes.fromhex(code[1:]).decode(self.charset, "replace")
            except ValueError:
                return ""
        return " " if code in {".br", ".sp", ".in", ".ti"} else ""


@dataclass(frozen=True)
class HL7Message:
    """A message: its segments in their order, and the encoding that it came in."""

    segments: tuple[Segment, ...]
    charset: str = field(default="utf-8")

    @property
    def header(self) -> Segment:
        """Return its MSH."""
        return self.segments[0]

    def first(self, name: str) -> Segment:
        """Return the first segment of this name; an empty one where there is none."""
        return next((one for one in self.segments if one.name == name), Segment((name,), self.header.signs))

    def all(self, name: str) -> list[Segment]:
        """Return every segment of this name."""
        return [one for one in self.segments if one.name == name]


def parse(raw: bytes) -> HL7Message:
    """Take a message apart. Raises `UnreadableMessage`."""
    text, charset = decode(raw)
    lines = [line for line in ENDS.split(text) if line.strip()]
    if not lines or not lines[0].lstrip().startswith("MSH") or len(lines[0].strip()) < 4:
        raise UnreadableMessage("holds no MSH")
    lines[0] = lines[0].strip()
    signs = _signs(lines[0], charset)
    return HL7Message(tuple(_segment(line, signs) for line in _whole(lines, signs)), charset)


def decode(raw: bytes) -> tuple[str, str]:
    """Return the text of a message and its encoding: as MSH-18 says, where that can be. Raises `UnreadableMessage`."""
    for mark, name in UTF_16:
        if raw.startswith(mark):
            return _decoded(raw, (name,))
    raw = raw.removeprefix(UTF_8_MARK)
    declared = CHARSETS.get(_declared(raw), "")
    if declared.startswith("iso8859"):
        # Text in UTF-8 under this label is met often; text of Western Europe that happens to be UTF-8 is not.
        return _decoded(raw, ("utf-8", declared))
    return _decoded(raw, (declared, "utf-8", "gb18030") if declared else ("utf-8", "gb18030"))


def _decoded(raw: bytes, charsets: tuple[str, ...]) -> tuple[str, str]:
    for charset in charsets:
        try:
            return raw.decode(charset), charset
        except UnicodeDecodeError:
            continue
    raise UnreadableMessage("is in no encoding that is read: MSH-18 says which one it is")


def _declared(raw: bytes) -> str:
    """Return MSH-18 as it is written, without its further repetitions."""
    header = re.split(rb"[\r\n]", raw.lstrip(), maxsplit=1)[0]
    fields = header.split(header[3:4]) if len(header) > 3 else []
    return fields[17].split(b"~")[0].decode("ascii", "replace").strip().upper() if len(fields) > 17 else ""


def _signs(header: str, charset: str) -> EncodingCharacters:
    sign = header[3]
    if sign.isalnum() or sign.isspace():
        raise UnreadableMessage("has an MSH without separators")
    given = header[4:].split(sign, 1)[0]
    component, repetition, escape, subcomponent = tuple(given + "^~\\&"[len(given) :])[:4]
    return EncodingCharacters(sign, component, repetition, escape, subcomponent, charset)


def _whole(lines: list[str], signs: EncodingCharacters) -> list[str]:
    """Return the segments: a line that begins none goes on where the one before it broke off."""
    segments: list[str] = []
    for line in lines:
        if segments and not (SEGMENT.match(line.strip()[:3]) and line.strip()[3:4] in {signs.field, ""}):
            segments[-1] += f" {line.strip()}"
        else:
            segments.append(line.strip() if signs.field.strip() else line)
    return segments


def _segment(line: str, signs: EncodingCharacters) -> Segment:
    fields = line.split(signs.field)
    if fields[0] == "MSH":
        fields.insert(1, signs.field)
    return Segment(tuple(fields), signs)
