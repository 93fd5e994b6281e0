"""The lengths in a WAV file that can be believed: streams, crashes and old recorders leave zero, all ones or a wrong
one.

FFmpeg reads the file; here it is only compared what the file says of its sound and what it holds.
"""

import io
from dataclasses import dataclass

import av
from av.audio.codeccontext import AudioCodecContext

MAGIC = (b"RIFF", b"RIFX", b"RF64", b"BW64")
HEAD_BYTES = 1 << 16
GREEDY = (b"LIST", b"bext", b"_PMX")
# From here on a length stands for "not known yet", as streams write it.
UNKNOWN_BYTES = 0x7FFF_0000
LEAST_SECONDS = 0.1  # less than this behind the sound is no sound that was forgotten
Options = dict[str, str]
# A head tells all there is to know of WAV, so nothing is tried out, and pieces are larger: a tenth of the time.
QUICKLY: Options = {"format_whitelist": "wav", "probesize": "4096", "max_size": "16384"}


@dataclass(frozen=True)
class DeclaredLength:
    """The file's own word: where its sound begins, how long it is, and how many bytes a second of it takes."""

    start: int
    promised: int
    second: int


class _EndlessBytes(io.BytesIO):
    """A file that seems longer than it is: of one that ends too soon, FFmpeg does not tell what was promised."""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = super().seek(offset, whence)
        return 2 * at + HEAD_BYTES if whence == io.SEEK_END else at


def is_wav(data: bytes) -> bool:
    """Return whether it begins as a WAV file does, in either byte order."""
    return data[:4] in MAGIC and data[8:12] == b"WAVE"


def with_true_lengths(data: bytes) -> tuple[bytes, Options]:
    """Return a WAV file, and the options with which FFmpeg reads all of its sound and nothing else."""
    data = _without_oversized_chunks(data)
    declared = _declared_length(data)
    if declared is None or _is_chunk(data, declared.start):
        # A part between head and sound has a wrong length, or the sound has none and another part follows it.
        rebuilt = _rebuilt(data, declared.start if declared else 12)
        if rebuilt is None:
            return data[: declared.start] if declared else data, QUICKLY
        data, declared = rebuilt, _declared_length(rebuilt)
    is_longer = declared is not None and _goes_on(data, declared)
    return data, QUICKLY | ({"ignore_length": "1"} if is_longer else {})


def _without_oversized_chunks(data: bytes) -> bytes:
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


def _declared_length(data: bytes) -> DeclaredLength | None:
    """Return None when FFmpeg finds no sound in it whose samples have one size."""
    try:
        with av.open(_EndlessBytes(data), "r", options=QUICKLY) as container:
            stream = container.streams.audio[0]
            codec: AudioCodecContext | None = stream.codec_context
            first = next((packet for packet in container.demux(stream) if packet.size), None)
            if codec is None or not codec.name.startswith("pcm_") or first is None:
                return None
            if first.pos is None or not first.duration or not stream.duration:
                return None
            block = first.size // first.duration
            return DeclaredLength(first.pos, stream.duration * block, stream.rate * block)
    except (av.error.FFmpegError, ValueError, IndexError, OverflowError):
        return None


def _goes_on(data: bytes, declared: DeclaredLength) -> bool:
    """Return whether there is more sound where it should be over."""
    end = declared.start + declared.promised
    is_more = len(data) - end > LEAST_SECONDS * declared.second
    return is_more and not any(_is_chunk(data, at) for at in (end, end + 1))


def _is_chunk(data: bytes, at: int) -> bool:
    """Return whether another chunk of the file begins there: four letters and a length that fits."""
    name = data[at : at + 4]
    return len(name) == 4 and name.isascii() and name.decode().isprintable() and _length(data, at) <= len(data) - at - 7


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
