"""Sound files of any kind, read piece by piece by FFmpeg's library, within fixed limits."""

import io
from collections.abc import Iterator

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from recordings.errors import UnreadableAudio
from recordings.storage.wav_lengths import Options, Source, is_wav, streaming_options, with_true_lengths

Floats = NDArray[np.float32]  # between -1 and 1
CHANNELS, RATES = range(1, 17), range(1_000, 384_001)
# All channels together, at 8 kHz: a file read whole takes no more than 160 MB. Longer recordings are read in parts.
MOST_SECONDS = 9_000
# As much work as that at 48 kHz: with a higher rate a file must be shorter.
MOST_SAMPLES = MOST_SECONDS * 48_000
# Without these lists FFmpeg would open playlists too, which name other files and addresses, and codings nobody sends.
KINDS = "wav,w64,mp3,flac,ogg,mov,mp4,m4a,aac,aiff,au,amr"
CODINGS = ("pcm_", "adpcm_", "mp2", "mp3", "flac", "vorbis", "opus", "aac", "alac", "amr", "gsm")
MARKS = (b"OggS", b"fLaC", b".snd", b"FORM", b"ID3", b"#!AMR", b"riff")
# FFmpeg takes 24 valid bits in 32 for the floats of a forgotten program; what is written today are integers.
REALLY = {"pcm_f24le": "pcm_s32le"}
BIG_ENDIAN = b"RIFX"  # FFmpeg reads the head of such a file rightly, and its samples in the wrong order
WORST_SHARE = 0.1  # of the pieces of a file that may be damaged
MOST_MENDED_BYTES = 64 << 20  # of a file whose head is mended, which is read whole
EXPORT = "export it as WAV (PCM, 16 bit)"


def blocks(data: bytes) -> Iterator[tuple[Floats, int, int]]:
    """Yield the sound in small pieces (moments × channels), with rate and number of channels; one
    empty piece at least.
    """
    if not _is_known(data):
        raise UnreadableAudio(f"no sound in it that can be read; {EXPORT}")
    data, options = with_true_lengths(data) if is_wav(data) else (data, {})
    yield from _read(io.BytesIO(data), options, is_big_endian=data.startswith(BIG_ENDIAN))


def streamed(source: Source) -> Iterator[tuple[Floats, int, int]]:
    """Yield like `blocks`, without reading the whole file unless its header must be mended. Raises
    `UnreadableAudio`.
    """
    source.seek(0)
    head = source.read(16) or b""
    if not _is_known(head):
        raise UnreadableAudio(f"no sound in it that can be read; {EXPORT}")
    options = streaming_options(source) if is_wav(head) else {}
    if options is not None:
        source.seek(0)
        yield from _read(source, options, is_big_endian=head.startswith(BIG_ENDIAN))
        return
    if source.seek(0, io.SEEK_END) > MOST_MENDED_BYTES:
        raise UnreadableAudio(f"its head is damaged, and it is too large to be mended; {EXPORT}")
    source.seek(0)
    yield from blocks(source.read() or b"")


def _read(source: Source, options: Options, *, is_big_endian: bool) -> Iterator[tuple[Floats, int, int]]:
    try:
        with av.open(source, "r", options={"format_whitelist": KINDS} | options) as container:
            stream = _stream(container)
            yield np.zeros((0, stream.channels), dtype=np.float32), stream.rate, stream.channels
            for block in _bounded(container, stream, _codec(stream, is_big_endian=is_big_endian)):
                yield block, stream.rate, stream.channels
    except (av.error.FFmpegError, ValueError, IndexError, OverflowError) as error:
        raise UnreadableAudio(f"no sound in it that can be read; {EXPORT}") from error


def _is_known(data: bytes) -> bool:
    """Return whether it begins like a sound file, so that FFmpeg need not guess."""
    is_mpeg = len(data) > 2 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[2] < 0xF0
    return is_wav(data) or is_mpeg or data.startswith(MARKS) or data[4:8] == b"ftyp"


def _stream(container: InputContainer) -> AudioStream:
    if not container.streams.audio:
        raise UnreadableAudio(f"no sound in it that can be read; {EXPORT}")
    stream = container.streams.audio[0]
    codec: AudioCodecContext | None = stream.codec_context
    if codec is None or not codec.codec.canonical_name.startswith(CODINGS):
        raise UnreadableAudio(f"its coding is not supported; {EXPORT}")
    if stream.channels not in CHANNELS or stream.rate not in RATES:
        raise UnreadableAudio(f"a file with {stream.channels} channels at {stream.rate} Hz cannot be used")
    return stream


def _bounded(container: InputContainer, stream: AudioStream, codec: AudioCodecContext) -> Iterator[Floats]:
    left = min(MOST_SAMPLES, MOST_SECONDS * stream.rate)
    for block in _decoded(container, stream, codec):
        left -= block.size
        if left < 0:
            hours = MOST_SECONDS / 3600 / stream.channels
            raise UnreadableAudio(f"it is longer than {hours:.1f} hours; cut it into shorter files")
        yield block


def _decoded(container: InputContainer, stream: AudioStream, codec: AudioCodecContext) -> Iterator[Floats]:
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
                yield np.clip(np.nan_to_num(part.to_ndarray().reshape(-1, stream.channels)), -1.0, 1.0)
    if bad > WORST_SHARE * (good + bad):
        raise UnreadableAudio(f"the file is damaged; {EXPORT}")


def _codec(stream: AudioStream, *, is_big_endian: bool) -> AudioCodecContext:
    name = stream.codec_context.name
    really = REALLY.get(name, name)
    if is_big_endian and really.startswith("pcm_") and really.endswith("le"):
        really = f"{really.removesuffix('le')}be"
    if really == name:
        return stream.codec_context
    codec = av.CodecContext.create(really, "r")
    assert isinstance(codec, AudioCodecContext)  # noqa: S101 - the name of an audio coding
    codec.sample_rate, codec.layout = stream.rate, stream.layout.name
    return codec
