"""The lengths in a WAV file that can be believed: streams, crashes and old recorders leave zero, all ones or a wrong
one.

FFmpeg reads the file; here it is only compared what the file says of its sound and what it holds.
"""

import io
from dataclasses import dataclass, replace

import av
from av.audio.codeccontext import AudioCodecContext

from recordings.storage.seekable import Seekable

Source = io.RawIOBase | io.BytesIO
Options = dict[str, str]
MAGIC = (b"RIFF", b"RIFX", b"RF64", b"BW64")
HEAD_BYTES = 1 << 16
GREEDY = (b"LIST", b"bext", b"_PMX")
# From here on a length stands for "not known yet", as streams write it.
UNKNOWN_BYTES = 0x7FFF_0000
LEAST_SECONDS = 0.1  # less than this behind the sound is no sound that was forgotten
# A head tells all there is to know of WAV, so nothing is tried out, and pieces are larger: a tenth of the time.
QUICKLY: Options = {"format_whitelist": "wav", "probesize": "4096", "max_size": "16384"}


@dataclass(frozen=True)
class WavHeader:
    """The header of a WAV file of samples of one size, and how much of its sound is there (bytes)."""

    coding: str
    rate: int
    channels: int
    start: int
    block: int  # bytes of one moment of all channels
    declared: int | None  # None where the head says no length, or more than twice of what there is
    present: int

    @property
    def is_short(self) -> bool:
        """Return whether less is there than was declared."""
        return self.declared is not None and self.present + self.block <= self.declared

    @property
    def is_honest(self) -> bool:
        """Return whether what was declared is there, no more and no less."""
        return self.declared is not None and abs(self.present - self.declared) < self.block


def is_wav(head: bytes) -> bool:
    """Return whether it begins as a WAV file does, in either byte order."""
    return head[:4] in MAGIC and head[8:12] == b"WAVE"


def read_header(source: Source) -> WavHeader | None:
    """Return header and presence of the sound; None when it holds no sound, or none whose samples have one size."""
    header = _header_seen_by_ffmpeg(source)
    if header is None or _is_chunk(source, header.start):
        return None
    size = source.seek(0, io.SEEK_END)
    is_known = header.declared is not None and header.declared < min(UNKNOWN_BYTES, 2 * size)
    there = size - header.start
    if header.declared is not None and not _goes_on(source, header):
        there = min(there, header.declared)
    source.seek(0)
    # FFmpeg reads the head of such a file rightly, and takes its samples for the usual ones.
    order = "big-endian " if source.read(4) == b"RIFX" else ""
    return replace(
        header,
        coding=order + header.coding,
        declared=header.declared if is_known else None,
        present=there - there % header.block,
    )


def without_oversized_chunks(data: bytes) -> bytes:
    """Return the file without the names of chunks that claim to end behind it: FFmpeg takes as much
    memory as they say.
    """
    changed: bytearray | None = None
    for name in GREEDY:
        at = data.find(name, 12)
        while at >= 0:
            if _length(data, at) > len(data) - at - 8:
                changed = changed or bytearray(data)
                changed[at : at + 4] = b"JUNK"
            at = data.find(name, at + 4)
    return bytes(changed) if changed else data


def with_true_lengths(data: bytes) -> tuple[bytes, Options]:
    """Return a WAV file, and the options with which FFmpeg reads all of its sound and nothing else."""
    data = without_oversized_chunks(data)
    header = _header_seen_by_ffmpeg(io.BytesIO(data))
    if header is None or _is_chunk(io.BytesIO(data), header.start):
        # A part between head and sound has a wrong length, or the sound has none and another part follows it.
        rebuilt = _rebuilt(data, header.start if header else 12)
        if rebuilt is None:
            return data[: header.start] if header else data, QUICKLY
        data, header = rebuilt, _header_seen_by_ffmpeg(io.BytesIO(rebuilt))
    is_longer = header is not None and _goes_on(io.BytesIO(data), header)
    return data, QUICKLY | ({"ignore_length": "1"} if is_longer else {})


def streaming_options(source: Source) -> Options | None:
    """Return the options with which FFmpeg reads a WAV file as it is; `None` where its header must be mended first."""
    header = _header_seen_by_ffmpeg(source)
    if header is None or _is_chunk(source, header.start):
        return None
    return QUICKLY | ({"ignore_length": "1"} if _goes_on(source, header) else {})


class _EndlessFile(Seekable):
    """A file that seems longer than it is: of one that ends too soon, FFmpeg does not tell what was declared."""

    def __init__(self, source: Source) -> None:
        super().__init__(2 * source.seek(0, io.SEEK_END) + HEAD_BYTES)
        self._source = source

    def read(self, size: int | None = -1) -> bytes:
        self._source.seek(self._at)
        data = self._source.read(size if size is not None and size >= 0 else HEAD_BYTES) or b""
        self._at += len(data)
        return data


def _header_seen_by_ffmpeg(source: Source) -> WavHeader | None:
    try:
        with av.open(_EndlessFile(source), "r", options=QUICKLY) as container:
            stream = container.streams.audio[0]
            codec: AudioCodecContext | None = stream.codec_context
            first = next((packet for packet in container.demux(stream) if packet.size), None)
            if codec is None or not codec.name.startswith("pcm_") or first is None:
                return None
            if first.pos is None or not first.duration or not stream.duration:
                return None
            block = first.size // first.duration
            return WavHeader(codec.name, stream.rate, stream.channels, first.pos, block, stream.duration * block, 0)
    except (av.error.FFmpegError, ValueError, IndexError, OverflowError):
        return None


def _goes_on(source: Source, header: WavHeader) -> bool:
    """Return whether there is more sound where it should be over."""
    end = header.start + (header.declared or 0)
    is_more = source.seek(0, io.SEEK_END) - end > LEAST_SECONDS * header.rate * header.block
    return is_more and not any(_is_chunk(source, at) for at in (end, end + 1))


def _is_chunk(source: Source, at: int) -> bool:
    """Return whether another chunk of the file begins there: four letters and a length that fits."""
    size = source.seek(0, io.SEEK_END)
    source.seek(0)
    order = (source.read(4) or b"")[:4]
    source.seek(at)
    head = source.read(8) or b""
    is_named = len(head) == 8 and head[:4].isascii() and head[:4].decode().isprintable()
    return is_named and int.from_bytes(head[4:], "big" if order == b"RIFX" else "little") <= size - at - 7


def _rebuilt(data: bytes, start: int) -> bytes | None:
    """Return the file without all chunks but format and sound, found by name, the sound not before `start`."""
    form = data.find(b"fmt ", 12, HEAD_BYTES)
    if form < 0 or not 14 <= _length(data, form) <= 64:
        return None
    at = data.find(b"data", start, start + HEAD_BYTES)
    while at >= 0 and not (_length(data, at) >= UNKNOWN_BYTES or _length(data, at) <= len(data) - at - 8):
        at = data.find(b"data", at + 1, start + HEAD_BYTES)
    if at < 0:
        return None
    # The long forms (RF64, BW64) keep the length in a part of its own, which is left out here.
    magic = data[:4] if data[:4] == b"RIFX" else b"RIFF"
    return magic + data[4:12] + data[form : form + 8 + _length(data, form)] + data[at:]


def _length(data: bytes, at: int) -> int:
    return int.from_bytes(data[at + 4 : at + 8], "big" if data[:4] == b"RIFX" else "little")
