"""Sound in whatever form an application sends it, and MP3 out. WAV and mu-law are read here, the rest by PyAV."""

import importlib.util
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from exchange import wav
from exchange.audio import RATE, to_pcm

ULAW_TYPES = frozenset({"audio/basic", "audio/ulaw", "audio/x-ulaw", "audio/mulaw", "audio/x-mulaw", "audio/pcmu"})
ULAW_ENDINGS = (".ulaw", ".ul", ".mulaw")
LONGEST_SECONDS = 4 * 3600


def is_packed(data: bytes) -> bool:
    """Whether it begins like MP3, Ogg, FLAC, MP4, AU or AIFF, and so takes more work than WAV."""
    is_mpeg = len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0
    return is_mpeg or data[:4] in (b"OggS", b"fLaC", b".snd", b"FORM") or data[:3] == b"ID3" or data[4:8] == b"ftyp"


def sound(data: bytes, kind: str = "", name: str = "") -> bytes:
    """The sound as PCM of the exchange's kind; ValueError when it is none. `kind` is its media type."""
    if is_packed(data):
        return _by_av(data)
    if data[:4] != b"RIFF" and (kind in ULAW_TYPES or name.lower().endswith(ULAW_ENDINGS)):
        return to_pcm(wav.from_ulaw(data))
    return wav.read(data)


def mp3(channels: Sequence[bytes]) -> bytes:
    """An MP3 file of one or two channels; RuntimeError where PyAV is not installed."""
    if not _has_av():
        raise RuntimeError("MP3 needs PyAV: install the package av")
    import av

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


def _has_av() -> bool:
    return importlib.util.find_spec("av") is not None


def _by_av(data: bytes) -> bytes:
    if not _has_av():
        raise ValueError("only WAV and mu-law can be played here: for more install the package av")
    import av

    pieces: list[bytes] = []
    size = 0
    try:
        with av.open(io.BytesIO(data), "r") as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                for piece in resampler.resample(frame):
                    pieces.append(piece.to_ndarray().astype("<i2").tobytes())
                    size += len(pieces[-1])
                if size > 2 * RATE * LONGEST_SECONDS:
                    raise ValueError("the sound is longer than four hours")
            pieces += [piece.to_ndarray().astype("<i2").tobytes() for piece in resampler.resample(None)]
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(f"not a sound that can be read: {error}") from error
    return b"".join(pieces)
