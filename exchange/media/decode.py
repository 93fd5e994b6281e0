"""Sound in whatever form an application sends it, and MP3 out."""

import codecs
import io
from collections.abc import Sequence
from typing import Any

import av
import numpy as np

from exchange.media import g711, sound_file
from exchange.media.audio import RATE
from exchange.media.sound_file import UnreadableSound

ULAW_TYPES = frozenset({"audio/basic", "audio/ulaw", "audio/x-ulaw", "audio/mulaw", "audio/x-mulaw", "audio/pcmu"})
ULAW_ENDINGS = (".ulaw", ".ul", ".mulaw")
TEXT_BYTES = 4096


def is_bare_ulaw(data: bytes, kind: str, name: str) -> bool:
    """Return whether it is to be read as mu-law without a header."""
    is_ulaw = kind in ULAW_TYPES or name.lower().endswith(ULAW_ENDINGS)
    return is_ulaw and not sound_file.is_marked(data)


def decode(data: bytes, kind: str = "", name: str = "") -> bytes:
    """Return sound as PCM of the exchange's kind. `kind` is its media type. Raises `UnreadableSound`."""
    if not is_bare_ulaw(data, kind, name):
        return sound_file.read(data)
    if not data or _is_text(data):
        raise UnreadableSound("a text, and no sound")
    if len(data) > sound_file.LONGEST_SECONDS * RATE:
        raise UnreadableSound(f"the sound is longer than can be read, {sound_file.LONGEST_SECONDS // 60} minutes")
    return g711.decode(data, g711.ULAW)


def mp3(channels: Sequence[bytes]) -> bytes:
    """Return an MP3 file of one or two channels."""
    out = io.BytesIO()
    layout = "stereo" if len(channels) == 2 else "mono"
    samples = np.stack([np.frombuffer(channel, dtype="<i2") for channel in channels], axis=1)
    with av.open(out, "w", format="mp3") as container:
        stream: Any = container.add_stream("mp3", rate=RATE)
        stream.layout = layout
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.reshape(1, -1)), format="s16", layout=layout)
        frame.sample_rate = RATE
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=RATE, frame_size=1152)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return out.getvalue()


def _is_text(data: bytes) -> bool:
    """Return whether it is the page of an error rather than sound; in mu-law even silence is no text."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data[:TEXT_BYTES])
    except UnicodeDecodeError:
        return False
    return all(sign.isprintable() or sign.isspace() for sign in text)
