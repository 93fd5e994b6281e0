"""G.711: sound of the telephone network, A-law and mu-law, by tables after ITU-T G.711. Pure."""

from functools import cache

import numpy as np

ULAW, ALAW = 0, 8  # payload types of RFC 3551
NAMES = {ULAW: "PCMU", ALAW: "PCMA"}
Samples = np.typing.NDArray[np.int16]
Codes = np.typing.NDArray[np.uint8]


def decode(payload: bytes, kind: int) -> bytes:
    """PCM of a packet."""
    pcm: bytes = _samples(kind)[np.frombuffer(payload, dtype=np.uint8)].tobytes()
    return pcm


def encode(pcm: bytes, kind: int) -> bytes:
    """A packet's payload of PCM: each sample becomes the nearest value the law knows."""
    payload: bytes = _codes(kind)[np.frombuffer(pcm, dtype="<u2")].tobytes()
    return payload


@cache
def _samples(kind: int) -> Samples:
    codes = np.arange(256)
    return (_alaw(codes ^ 0x55) if kind == ALAW else _ulaw(~codes & 0xFF)).astype("<i2")


def _ulaw(codes: "np.typing.NDArray[np.int64]") -> "np.typing.NDArray[np.int64]":
    size = ((((codes & 0x0F) << 3) + 0x84) << ((codes & 0x70) >> 4)) - 0x84
    return np.where(codes & 0x80, -size, size)


def _alaw(codes: "np.typing.NDArray[np.int64]") -> "np.typing.NDArray[np.int64]":
    segment, step = (codes & 0x70) >> 4, (codes & 0x0F) << 4
    size = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(codes & 0x80, size, -size)


@cache
def _codes(kind: int) -> Codes:
    """For every 16 bit sample, seen as an unsigned number, the nearest code."""
    values = _samples(kind).astype(np.int64)
    order = np.argsort(values, kind="stable")
    middles = (values[order][1:] + values[order][:-1]) / 2
    samples = np.arange(65536).astype(np.uint16).view(np.int16)
    codes = order[np.searchsorted(middles, samples)].astype(np.uint8)
    if kind == ULAW:
        codes[0] = 0xFF  # silence has two codes; this is the one that everybody sends
    return codes
