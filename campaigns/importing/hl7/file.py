"""Files of HL7 messages: one after the other, framed as in MLLP, or in a batch (FHS, BHS); read one by one."""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from campaigns.importing.hl7 import events, message
from campaigns.importing.hl7.message import UTF_8_MARK, UTF_16, UnreadableMessage
from campaigns.importing.validation import Item, SourceDefaults
from crm.errors import UnreadableFile
from crm.feeds import csv_file
from crm.feeds.file_limits import FileLimits
from crm.feeds.rejected_field import RejectedField

BLOCK = 1 << 16
LARGEST_MESSAGE = 1 << 20
# A segment ends at any of these, and so does a frame of MLLP. None of them is part of a character of GB 18030 or UTF-8.
END = re.compile(rb"[\r\n\x0b\x1c]+")
TRAILER = b"BTS"
BATCH = (b"FHS", b"BHS", TRAILER, b"FTS")


def read(file: Path, given: SourceDefaults, limits: FileLimits) -> Iterator[tuple[int, Item]]:
    """Yield each event with the number of its message, from 1. Raises `UnreadableFile` when there is none."""
    csv_file.check_size(file, limits)
    number = begun = 0
    with csv_file.opened(file) as source:
        for raw in messages(_recoded(source)):
            if raw.startswith(TRAILER):
                if _count(raw) not in {None, number - begun}:
                    yield number, [RejectedField(number, "BTS-1", "tells another number of messages than stand there")]
                begun = number
                continue
            number += 1
            for item in _items(raw, number, given):
                yield number, item
    if not number:
        raise UnreadableFile(f"{file.name}: holds no HL7 message; each begins with MSH")


def split(raw: bytes) -> list[bytes]:
    """Return the messages of a packet, which may be a batch; what holds no MSH cannot be read."""
    return [one for one in messages(io.BytesIO(raw)) if not one.startswith(TRAILER)] or [raw]


def messages(source: BinaryIO) -> Iterator[bytes]:
    """Yield each message, and the end of each batch; of one that is too long only so much that it shows.

    What stands before the first MSH is a message that cannot be read.
    """
    held: list[bytes] = []
    size = 0
    for segment in _segments(source):
        start = segment.lstrip()[:3]
        if (start == b"MSH" or start in BATCH) and held:
            yield b"\r".join(held)
            held, size = [], 0
        if start == TRAILER:
            yield segment.lstrip()
        elif start not in BATCH and size <= LARGEST_MESSAGE:
            held.append(segment)
            size += len(segment)
    if held:
        yield b"\r".join(held)


def _items(raw: bytes, number: int, given: SourceDefaults) -> list[Item]:
    if len(raw) > LARGEST_MESSAGE:
        return [[RejectedField(number, "message", f"is longer than {LARGEST_MESSAGE >> 20} MB")]]
    try:
        return events.read(message.parse(raw), number, given)
    except UnreadableMessage as fault:
        return [[RejectedField(number, "message", str(fault))]]


def _segments(source: BinaryIO) -> Iterator[bytes]:
    """Yield each segment that is not blank; the rest of one that is too long is passed over."""
    left, is_passed = b"", False
    for block in iter(lambda: source.read(BLOCK), b""):
        *whole, left = END.split(left + block)
        for number, segment in enumerate(whole):
            if segment.strip() and not (is_passed and number == 0):
                yield segment
        is_passed = is_passed and not whole
        if len(left) > LARGEST_MESSAGE:
            if not is_passed:
                yield left
            left, is_passed = b"", True
    if left.strip() and not is_passed:
        yield left


def _recoded(source: BinaryIO) -> BinaryIO:
    """Return the file in UTF-8 where it is in UTF-16, so that its lines can be told apart."""
    start = source.read(4)
    source.seek(0)
    for mark, name in UTF_16:
        if start.startswith(mark):
            try:
                return io.BytesIO(UTF_8_MARK + source.read().decode(name).removeprefix("\ufeff").encode())
            except UnicodeDecodeError:
                break
    return source


def _count(trailer: bytes) -> int | None:
    text = trailer[4:].split(trailer[3:4])[0].strip() if len(trailer) > 4 else b""
    return int(text) if text.isdigit() and len(text) < 9 else None
