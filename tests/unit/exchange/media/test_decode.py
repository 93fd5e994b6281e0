"""Sound in other codings than WAV."""

import struct

import numpy as np
import pytest

from exchange.media import decode, g711
from exchange.media.audio import level_db
from exchange.media.tones import tone


def pitch(pcm: bytes) -> float:
    samples = np.frombuffer(pcm, dtype="<i2").astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(samples * np.hanning(len(samples))))) * 8000 / len(samples))


def test_mu_law_survives_the_way_there_and_back() -> None:
    # docs/voice/twiml/play: "audio/ulaw: μ-law audio format"
    pcm = tone([700], 0.5)
    back = decode.decode(g711.encode(pcm, g711.ULAW), "audio/basic")
    difference = np.frombuffer(pcm, "<i2").astype(int) - np.frombuffer(back, "<i2")
    assert np.abs(difference).max() <= 256
    assert decode.decode(g711.encode(pcm, g711.ULAW), "application/octet-stream", "/hold.ulaw") == back
    assert g711.encode(bytes(2), g711.ULAW) == b"\xff"


def test_mp3_is_read_and_written_with_one_channel_or_two() -> None:
    # docs/voice/twiml/play: "audio/mpeg: mpeg layer 3 audio"; docs/voice/twiml/record: "To request the recording in MP3
    # format, append ".mp3" to the `RecordingUrl` value"
    pytest.importorskip("av")
    low, high = tone([500], 1.0), tone([1300], 1.0)
    alone = decode.decode(decode.mp3([low]))
    assert pitch(alone[4000:12000]) == pytest.approx(500, abs=3)
    assert abs(len(alone) - len(low)) < 4000
    both = decode.decode(decode.mp3([low, bytes(len(low))]))
    assert level_db(both[4000:12000]) < level_db(alone[4000:12000]) - 3
    assert decode.mp3([low, high])[:2] in (b"ID", b"\xff\xfb", b"\xff\xf3", b"\xff\xe3")


def test_au_files_are_read() -> None:
    pytest.importorskip("av")
    head = b".snd" + struct.pack(">IIIII", 24, 0xFFFFFFFF, 1, 8000, 1)
    assert pitch(decode.decode(head + g711.encode(tone([600], 0.5), g711.ULAW))) == pytest.approx(600, abs=3)


@pytest.mark.parametrize(
    "data", [b"", b"no sound", b"ID3 but nothing follows", b"RIFF\0\0\0\0WAVE", b"\xff\xfb" + b"x" * 9]
)
def test_what_is_no_sound_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode.decode(data, "audio/mpeg", "/a.mp3")
