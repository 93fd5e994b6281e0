"""Which lengths of a WAV file can be believed: streams, crashes and old recorders leave zero, all ones or a wrong one.

FFmpeg reads the file; here it is only compared what the file says of its sound and what it holds.
"""

import io
from dataclasses import dataclass

import av
from av.audio.codeccontext import AudioCodecContext

MAGIC = (b"RIFF", b"RIFX", b"RF64", b"BW64")
ENDLESS = 1 << 40
HEAD_BYTES = 1 << 16
# From here on a length stands for "not known yet", as streams write it.
UNKNOWN_BYTES = 0x7FFF_0000
LEAST_SECONDS = 0.1  # less than this behind the sound is no sound that was forgotten
Options = dict[str, str]
# A head tells all there is to know of WAV, so nothing is tried out, and pieces are larger: a tenth of the time.
QUICKLY: Options = {"format_whitelist": "wav", "probesize": "4096", "max_size": "16384"}


@dataclass(frozen=True)
class Sound:
    """Where the sound begins, how long it is by the file's own word, and how many bytes a second of it takes."""

    start: int
    promised: int
    second: int


class _Endless(io.BytesIO):
    """A file that seems to have no end: of one that ends too soon, FFmpeg does not tell what was promised."""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = super().seek(offset, whence)
        return ENDLESS if whence == io.SEEK_END else at


def is_wav(data: bytes) -> bool:
    """Whether it begins as a WAV file does, in either byte order."""
    return data[:4] in MAGIC and data[8:12] == b"WAVE"


def honest(data: bytes) -> tuple[bytes, Options]:
    """The file, and the options with which FFmpeg reads all of its sound and nothing else; others come as they are."""
    if not is_wav(data):
        return data, {}
    sound = _sound(data)
    if sound is None:
        rebuilt = _rebuilt(data)
        return (data, QUICKLY) if rebuilt is None else (rebuilt, _options(rebuilt))
    if _is_part(data, sound.start):
        # The length was zero because there is nothing; what follows is another part of the file.
        return _rebuilt(data, sound.start) or data[: sound.start], QUICKLY
    return data, _options(data, sound)


def _options(data: bytes, sound: Sound | None = None) -> Options:
    sound = sound or _sound(data)
    if sound is None or sound.promised >= UNKNOWN_BYTES:
        return QUICKLY
    end = sound.start + sound.promised
    is_more = len(data) - end > LEAST_SECONDS * sound.second
    is_sound = is_more and not any(_is_part(data, at) for at in (end, end + 1))
    return QUICKLY | {"ignore_length": "1"} if is_sound else QUICKLY


def _sound(data: bytes) -> Sound | None:
    """What the file says; None when FFmpeg finds no sound of a constant size in it."""
    try:
        with av.open(_Endless(data), "r", options=QUICKLY) as container:
            stream = container.streams.audio[0]
            codec: AudioCodecContext | None = stream.codec_context
            if codec is None or not codec.name.startswith("pcm_"):
                return Sound(0, UNKNOWN_BYTES, 1)
            first = next((packet for packet in container.demux(stream) if packet.size), None)
            if first is None or first.pos is None or not first.duration or not stream.duration:
                return None
            block = first.size // first.duration
            return Sound(first.pos, stream.duration * block, stream.rate * block)
    except (av.error.FFmpegError, ValueError, IndexError, OverflowError):
        return None


def _is_part(data: bytes, at: int) -> bool:
    """Whether another part of the file begins there: four letters and a length that fits."""
    name = data[at : at + 4]
    return len(name) == 4 and name.isascii() and name.decode().isprintable() and _length(data, at) <= len(data) - at - 7


def _rebuilt(data: bytes, start: int = 12) -> bytes | None:
    """The file without all parts but format and sound, found by name: those between them have wrong lengths."""
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
