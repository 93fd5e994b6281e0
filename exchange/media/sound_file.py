"""Sound files of any kind, read by FFmpeg's library within fixed limits, at any rate by soxr.

Bare mu-law, which has no head, is read by `decode.py`. Nothing here knows of calls.
"""

import io
import math
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import soxr
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from exchange.media.audio import RATE, to_pcm
from exchange.media.wav_lengths import is_wav, with_true_lengths

Block = NDArray[np.float32]  # moments × channels, between -1 and 1
LONGEST_SECONDS = 3600
OWN_SECONDS = 24 * 3600  # of the exchange's own recordings, which nobody else has written
# As much work as the longest file in two channels at 48 kHz: with more channels or a higher rate it must be shorter.
SAMPLES_A_SECOND = 48_000 * 2
CHANNELS, RATES = range(1, 17), range(1_000, 384_001)
# Without these lists FFmpeg would open playlists too, which name other files and addresses, and codings nobody sends.
KINDS = "wav,w64,mp3,flac,ogg,mov,mp4,m4a,aac,aiff,au,amr"
CODINGS = ("pcm_", "adpcm_", "mp2", "mp3", "flac", "vorbis", "opus", "aac", "alac", "amr", "gsm")
WAV_CODINGS = ("pcm_", "adpcm_", "mp2", "mp3", "gsm")  # what takes little work for its size
# FFmpeg takes 24 valid bits in 32 for the floats of a forgotten program; what is written today are integers.
REALLY = {"pcm_f24le": "pcm_s32le"}
BIG_ENDIAN = b"RIFX"  # FFmpeg reads the head of such a file rightly, and its samples in the wrong order
WORST_SHARE = 0.1  # of the pieces of a file that may be damaged
QUALITY = "VHQ"


class UnreadableSound(ValueError):
    """No sound, or none that is read here; the message says what it is."""


def is_known(data: bytes) -> bool:
    """Return whether it begins like a sound file: WAV, MP3, AAC, Ogg, FLAC, M4A, AU, AIFF, AMR."""
    is_mpeg = len(data) > 2 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[2] < 0xF0
    return is_marked(data) or is_mpeg


def is_marked(data: bytes) -> bool:
    """Return whether letters say that it is a sound file; bare MP3 and AAC begin with bits that mu-law may begin with
    too.
    """
    starts = (b"OggS", b"fLaC", b".snd", b"FORM", b"ID3", b"#!AMR", b"riff")
    return is_wav(data) or data.startswith(starts) or data[4:8] == b"ftyp"


def read(source: Path | str | bytes, rate: int = RATE, longest_seconds: int = LONGEST_SECONDS) -> bytes:
    """Return the sound of a file (its path or its bytes) as mono 16-bit PCM at `rate`. Raises `UnreadableSound`."""
    return b"".join(_converted(blocks(_bytes(source), longest_seconds), rate, is_mixed=True))


def read_channels(source: Path | str | bytes, rate: int = RATE, longest_seconds: int = LONGEST_SECONDS) -> list[bytes]:
    """Read like `read`, each channel apart."""
    return _converted(blocks(_bytes(source), longest_seconds), rate, is_mixed=False)


def duration(source: Path | str | bytes) -> float:
    """Return the length in seconds. Raises `UnreadableSound`."""
    return math.fsum(len(block) / rate for block, rate in blocks(_bytes(source)))


def resample(samples: Block, from_rate: int, to_rate: int) -> Block:
    """Return the same sound (moments, or moments × channels) at another rate; nothing folds back into the telephone
    band.
    """
    if from_rate == to_rate:
        return samples
    return np.asarray(soxr.resample(samples, from_rate, to_rate, quality=QUALITY), dtype=np.float32)


def blocks(data: bytes, longest_seconds: int = LONGEST_SECONDS) -> Iterator[tuple[Block, int]]:
    """Yield the sound in small pieces with its rate. Raises `UnreadableSound`, also midway, when it is damaged or too
    long.
    """
    if not is_known(data):
        raise UnreadableSound("not a sound file: WAV, MP3, FLAC, Ogg, M4A, AIFF and AU can be read")
    data, options = with_true_lengths(data) if is_wav(data) else (data, {})
    try:
        with av.open(io.BytesIO(data), "r", options={"format_whitelist": KINDS} | options) as container:
            stream = _stream(container)
            decoded = _decoded(container, stream, _codec(stream, is_big_endian=data.startswith(BIG_ENDIAN)))
            for block in _bounded(decoded, stream, longest_seconds):
                yield block, stream.rate
    except UnreadableSound:
        raise
    except (av.error.FFmpegError, ValueError, IndexError, OverflowError) as error:
        raise UnreadableSound(f"not a sound file that can be read: {type(error).__name__}") from error


def _bytes(source: Path | str | bytes) -> bytes:
    return source if isinstance(source, bytes) else Path(source).read_bytes()


def _stream(container: InputContainer) -> AudioStream:
    if not container.streams.audio:
        raise UnreadableSound("the file holds no sound")
    stream = container.streams.audio[0]
    codec: AudioCodecContext | None = stream.codec_context
    coding = codec.codec.canonical_name if codec else "something unknown"
    if not coding.startswith(WAV_CODINGS if container.format.name == "wav" else CODINGS):
        raise UnreadableSound(f"sound coded as {coding} is not supported: use PCM, A-law or mu-law")
    if stream.channels not in CHANNELS or stream.rate not in RATES:
        raise UnreadableSound(f"a file with {stream.channels} channels at {stream.rate} Hz is not supported")
    return stream


def _bounded(decoded: Iterator[Block], stream: AudioStream, longest_seconds: int) -> Iterator[Block]:
    left = longest_seconds * min(SAMPLES_A_SECOND, stream.rate * stream.channels)
    for block in decoded:
        left -= block.size
        if left < 0:
            raise UnreadableSound(f"the sound is longer than can be read, {longest_seconds // 60} minutes")
        yield block


def _decoded(container: InputContainer, stream: AudioStream, codec: AudioCodecContext) -> Iterator[Block]:
    plain = av.AudioResampler(format="flt")
    good = bad = 0
    for packet in container.demux(stream):
        try:
            frames = codec.decode(packet)
        except av.error.InvalidDataError:
            bad += 1
            continue
        good += len(frames)
        for frame in frames:
            for part in plain.resample(frame):
                block = part.to_ndarray().reshape(-1, stream.channels)
                yield np.clip(np.nan_to_num(block), -1.0, 1.0)
    if bad > WORST_SHARE * (good + bad):
        raise UnreadableSound("the file is damaged")


def _codec(stream: AudioStream, *, is_big_endian: bool) -> AudioCodecContext:
    name = stream.codec_context.name
    really = REALLY.get(name, name)
    if is_big_endian and really.startswith("pcm_"):
        really = f"{really.removesuffix('le')}be" if really.endswith("le") else really
    if really == name:
        return stream.codec_context
    codec = av.CodecContext.create(really, "r")
    assert isinstance(codec, AudioCodecContext)  # noqa: S101 - the name of an audio coding
    codec.sample_rate, codec.layout = stream.rate, stream.layout.name
    return codec


def _converted(read: Iterator[tuple[Block, int]], rate: int, *, is_mixed: bool) -> list[bytes]:
    """Return the channels as PCM; nothing is held of the file but what is read of it at the moment."""
    channels: list[bytearray] = []
    change: soxr.ResampleStream | None = None
    for block, own_rate in read:
        sound = block.mean(axis=1, keepdims=True) if is_mixed else block
        if not channels:
            channels = [bytearray() for _ in range(sound.shape[1])]
            change = None if own_rate == rate else soxr.ResampleStream(own_rate, rate, sound.shape[1], quality=QUALITY)
        _add(channels, change.resample_chunk(sound) if change else sound)
    if change:
        _add(channels, change.resample_chunk(np.zeros((0, len(channels)), dtype=np.float32), last=True))
    return [bytes(channel) for channel in channels]


def _add(channels: list[bytearray], sound: Block) -> None:
    for channel, samples in zip(channels, sound.reshape(-1, len(channels)).T, strict=True):
        channel += to_pcm(samples * 32768.0)
