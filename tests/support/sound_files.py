"""Sound files as recorders, switchboards and crashes leave them, written byte by byte for the tests that read them."""

import io
import random
import struct
from collections.abc import Iterator

import av
import numpy as np
from numpy.typing import NDArray

from recordings.speech.audio_chunks import PcmLayout
from recordings.storage.oversized_chunks import OversizedChunks
from recordings.storage.wav_repair import repaired

RATE = 8000
GUID = bytes.fromhex("00000000100080 0000AA00389B71")
PCM, FLOAT, ALAW, ULAW = 1, 3, 6, 7


def tone(seconds: float = 1.0, rate: int = RATE, channels: int = 1, hertz: float = 400.0) -> NDArray[np.float64]:
    """A sine at half of full scale, moments × channels; each channel an octave above the one before."""
    moments = np.arange(round(seconds * rate)) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * hertz * 2**each * moments) for each in range(channels)], axis=1)


def chunk(name: bytes, data: bytes, length: int | None = None, is_padded: bool = True, order: str = "<") -> bytes:
    """A part of a RIFF file, whose `length` may lie and whose padding may be missing."""
    said = struct.pack(order + "I", len(data) if length is None else length)
    return name + said + data + (b"\0" if is_padded and len(data) % 2 else b"")


def riff(*chunks: bytes, magic: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack(">I" if magic == b"RIFX" else "<I", len(body)) + body


def form(coding: int, bits: int, rate: int = RATE, channels: int = 1, order: str = "<") -> bytes:
    block = channels * bits // 8
    return chunk(b"fmt ", struct.pack(order + "HHIIHH", coding, channels, rate, rate * block, block, bits), order=order)


def extensible(coding: int, bits: int, valid: int, rate: int = RATE, channels: int = 1) -> bytes:
    """The format of WAVE_FORMAT_EXTENSIBLE."""
    block = channels * bits // 8
    head = struct.pack("<HHIIHHHHI", 0xFFFE, channels, rate, rate * block, block, bits, 22, valid, 0)
    return chunk(b"fmt ", head + struct.pack("<H", coding) + GUID)


def integers(samples: NDArray[np.float64], bits: int, order: str = "<") -> bytes:
    """The samples as whole numbers of 8, 16, 24 or 32 bits."""
    if bits == 8:
        return bytes((np.round(samples * 127) + 128).astype(np.uint8).tobytes())
    whole = np.round(samples * (2 ** (bits - 1) - 1)).astype(order + "i4" if bits > 16 else order + "i2")
    raw: bytes = whole.tobytes()
    if bits != 24:
        return raw
    first = 1 if order == ">" else 0
    return np.frombuffer(raw, np.uint8).reshape(-1, 4)[:, first : first + 3].tobytes()


def floats(samples: NDArray[np.float64], bits: int = 32) -> bytes:
    return samples.astype("<f4" if bits == 32 else "<f8").tobytes()


def coded(samples: NDArray[np.float64], codec: str) -> bytes:
    """Samples of one channel as FFmpeg's coder `codec` (`pcm_alaw`, `pcm_mulaw`, …) writes them."""
    coder: av.AudioCodecContext = av.CodecContext.create(codec, "w")  # type: ignore[assignment]
    coder.sample_rate, coder.layout, coder.format = RATE, "mono", "s16"
    pcm = np.round(samples[:, :1] * 32767).astype(np.int16).T
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm), format="s16", layout="mono")
    frame.sample_rate = RATE
    return b"".join(bytes(packet) for packet in [*coder.encode(frame), *coder.encode(None)])


def packed(samples: NDArray[np.float64], kind: str, codec: str, rate: int = RATE) -> bytes:
    """A file of another kind (`mp3`, `flac`, `ogg`, `mp4`, …)."""
    layout = {1: "mono", 2: "stereo"}[samples.shape[1]]
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        assert isinstance(stream, av.AudioStream)
        pcm = np.round(samples * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm), format="s16", layout=layout)
        frame.sample_rate = rate
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=rate, frame_size=stream.frame_size)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return out.getvalue()


def long_silence(hours: float, rate: int = 1000) -> bytes:
    """Hours of nothing in a FLAC file, at 1 kHz a hundred kilobytes an hour."""
    out = io.BytesIO()
    with av.open(out, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        silence = np.zeros((1, 4608), dtype=np.int16)
        for number in range(round(hours * 3600 * rate / 4608)):
            frame = av.AudioFrame.from_ndarray(silence, format="s16", layout="mono")
            frame.sample_rate, frame.pts = rate, number * 4608
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def seeds() -> list[bytes]:
    """Whole files of many kinds, a fraction of a second each: what mutations start from."""
    short = tone(0.3, channels=2)
    data, order = integers(short, 16), form(PCM, 16, channels=2)
    return [
        riff(order, chunk(b"data", data)),
        riff(order, chunk(b"LIST", b"INFOISFT\x05\0\0\0abcde"), chunk(b"data", data), chunk(b"LIST", b"INFO")),
        riff(order, chunk(b"data", data, 0)),
        riff(form(PCM, 24, 44_100, 2), chunk(b"data", integers(short, 24))),
        riff(form(FLOAT, 32, 48_000, 2), chunk(b"data", floats(short))),
        riff(extensible(PCM, 32, 24, channels=2), chunk(b"data", integers(short, 32))),
        riff(form(ULAW, 8), chunk(b"fact", bytes(4)), chunk(b"data", coded(short, "pcm_mulaw"))),
        riff(form(PCM, 16, channels=2, order=">"), chunk(b"data", integers(short, 16, ">"), order=">"), magic=b"RIFX"),
        packed(short, "mp3", "mp3"),
        packed(short, "flac", "flac"),
        packed(short, "ogg", "libopus", 48_000),
        packed(short, "mp4", "aac"),
        packed(short, "wav", "adpcm_ms"),
        packed(short, "au", "pcm_s16be"),
        packed(short, "aiff", "pcm_s16be"),
        packed(short, "w64", "pcm_s16le"),
    ]


def mutated(count: int, seed: int) -> Iterator[bytes]:
    """Damaged files, always the same ones: bits turned, numbers replaced, pieces cut, doubled, moved and mixed."""
    chance, whole = random.Random(seed), seeds()  # noqa: S311 - the same files each time
    for number in range(count):
        data = bytearray(whole[number % len(whole)])
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            _damage(data, chance, whole)
        yield bytes(data)


def _damage(data: bytearray, chance: random.Random, whole: list[bytes]) -> None:
    head = min(len(data), 120)
    at = chance.randrange(max(1, head if chance.random() < 0.7 else len(data)))
    size = chance.choice((1, 2, 4, 8, 300))
    match chance.randrange(7):
        case 0:
            data[at : at + 1] = bytes([data[at] ^ 1 << chance.randrange(8)]) if data else b""
        case 1:
            data[at : at + 4] = chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000)).to_bytes(4, "little")
        case 2:
            data[at : at + size] = chance.randbytes(size)
        case 3:
            del data[at : at + size]
        case 4:
            data[at:at] = data[at : at + size] * chance.choice((1, 2, 50))
        case 5:
            del data[chance.randrange(len(data) + 1) :]
        case _:
            other = chance.choice(whole)
            data[at:] = other[chance.randrange(len(other)) :]


def settled(data: bytes, seconds: float | None) -> tuple[bytes, PcmLayout]:
    """The file as it is kept of `data`, and how the sound lies in it."""
    oversized = OversizedChunks()
    for start in range(0, len(data), 1000):
        oversized.feed(data[start : start + 1000])
    found = repaired(io.BytesIO(data), seconds, oversized.offsets())
    return data if found.pieces is None else b"".join(found.pieces()), found.layout
