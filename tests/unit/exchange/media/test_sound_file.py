"""Files that lie about their length, of every coding, and what is no sound: read to their end, or refused."""

import resource
import struct
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from exchange.media import decode, sound_file
from exchange.media.sound_file import UnreadableSound
from tests.support import sound_files as made

CASES = Path(__file__).resolve().parents[4] / ".." / "shared" / "cases" / "wav"
SOUND = made.tone()
DATA = made.integers(SOUND, 16)
FORM = made.form(made.PCM, 16)
LIST = b"INFOISFT\x05\0\0\0abcde"


def samples(pcm: bytes) -> NDArray[np.float64]:
    return np.frombuffer(pcm, dtype="<i2") / 32768


def peak_megabytes() -> float:
    """The most memory that this process has ever had, in megabytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def is_the_tone(pcm: bytes, within: float = 0.01) -> bool:
    """Whether it is the second of tone, apart from its very ends, where a change of rate rings."""
    heard = samples(pcm)
    return len(heard) == len(SOUND) and float(np.abs(heard - SOUND[:, 0])[80:-80].max()) < within


@pytest.mark.parametrize("name", ["10-data-zero", "13-data-short", "21-ext-float32", "30-float32", "31-pcm24"])
def test_files_of_the_field_hold_all_of_their_call(name: str) -> None:
    good = sound_file.read_channels(CASES / "00-good.wav")
    assert sound_file.read_channels(CASES / f"{name}.wav") == good


@pytest.mark.parametrize("name", ["14-ulaw-data-zero", "23-ext-alaw"])
def test_files_of_the_field_in_the_laws_of_the_telephone_are_the_same_call(name: str) -> None:
    for good, law in zip(
        sound_file.read_channels(CASES / "00-good.wav"), sound_file.read_channels(CASES / f"{name}.wav"), strict=True
    ):
        assert np.abs(samples(good) - samples(law)).max() < 0.02


@pytest.mark.parametrize(
    "data",
    [
        made.riff(FORM, made.chunk(b"data", DATA, 0)),
        made.riff(FORM, made.chunk(b"data", DATA, 0xFFFFFFFF)),
        made.riff(FORM, made.chunk(b"data", DATA, 0xFFFFFFFF - 36)),
        made.riff(FORM, made.chunk(b"data", DATA, 0x7FFFFFFF)),
        made.riff(FORM, made.chunk(b"data", DATA, len(DATA) + 1000)),
        made.riff(FORM, made.chunk(b"data", DATA, 4000)),
        made.riff(FORM, made.chunk(b"LIST", LIST), made.chunk(b"data", DATA)),
        made.riff(FORM, made.chunk(b"LIST", LIST, is_padded=False), made.chunk(b"data", DATA)),
        made.riff(FORM, made.chunk(b"LIST", LIST, 0), made.chunk(b"data", DATA)),
        made.riff(FORM, made.chunk(b"LIST", LIST, 0x7FFFFFFF), made.chunk(b"data", DATA)),
        made.riff(FORM, made.chunk(b"LIST", b"INFOdata, recorde", is_padded=False), made.chunk(b"data", DATA)),
        made.riff(made.chunk(b"JUNK", bytes(28)), FORM, made.chunk(b"data", DATA)),
        made.riff(made.chunk(b"bext", bytes(603), is_padded=False), FORM, made.chunk(b"data", DATA)),
        made.riff(FORM, made.chunk(b"data", b""), made.chunk(b"data", DATA)),
        made.riff(FORM, made.chunk(b"data", DATA), made.chunk(b"LIST", b"INFO" + b"x" * 9000)),
        made.riff(FORM, made.chunk(b"data", DATA), made.chunk(b"id3 ", b"x" * 9001, is_padded=False)),
        made.riff(
            made.chunk(b"ds64", struct.pack("<QQQI", 0, len(DATA), len(SOUND), 0)),
            FORM,
            made.chunk(b"data", DATA, 0xFFFFFFFF),
            magic=b"RF64",
        ),
        made.riff(made.chunk(b"ds64", bytes(28)), FORM, made.chunk(b"data", DATA, 0xFFFFFFFF), magic=b"RF64"),
    ],
    ids=range(18),
)  # fmt: skip
def test_what_a_file_says_of_its_length_is_not_believed(data: bytes) -> None:
    assert is_the_tone(sound_file.read(data))


@pytest.mark.parametrize(
    "data",
    [
        made.riff(made.form(made.PCM, 8), made.chunk(b"data", made.integers(SOUND, 8))),
        made.riff(made.form(made.PCM, 24), made.chunk(b"data", made.integers(SOUND, 24))),
        made.riff(made.form(made.PCM, 32), made.chunk(b"data", made.integers(SOUND, 32))),
        made.riff(made.form(made.FLOAT, 32), made.chunk(b"data", made.floats(SOUND))),
        made.riff(made.form(made.FLOAT, 64), made.chunk(b"data", made.floats(SOUND, 64))),
        made.riff(made.extensible(made.PCM, 16, 16), made.chunk(b"data", DATA)),
        made.riff(made.extensible(made.PCM, 32, 24), made.chunk(b"data", made.integers(SOUND, 32))),
        made.riff(made.extensible(made.FLOAT, 32, 32), made.chunk(b"data", made.floats(SOUND))),
        made.riff(made.extensible(made.ALAW, 8, 8), made.chunk(b"data", made.coded(SOUND, "pcm_alaw"))),
        made.riff(made.extensible(made.ULAW, 8, 8), made.chunk(b"data", made.coded(SOUND, "pcm_mulaw"))),
        made.packed(SOUND, "wav", "adpcm_ms"),
        made.packed(SOUND, "wav", "adpcm_ima_wav"),
        *(
            made.riff(
                made.form(made.PCM, bits, order=">"),
                made.chunk(b"data", made.integers(SOUND, bits, ">"), order=">"),
                magic=b"RIFX",
            )
            for bits in (16, 24, 32)
        ),
    ],
    ids=range(15),
)
def test_every_coding_of_wav_is_the_sound_it_holds(data: bytes) -> None:
    pcm = sound_file.read(data)
    assert is_the_tone(pcm[: 2 * len(SOUND)].ljust(2 * len(SOUND), b"\0"), within=0.03)


@pytest.mark.parametrize("rate", [11_025, 16_000, 44_100, 48_000])
def test_six_channels_at_any_rate_are_kept_apart(rate: int) -> None:
    many = made.tone(rate=rate, channels=3)
    data = made.riff(made.form(made.PCM, 16, rate, 6), made.chunk(b"data", made.integers(np.hstack([many, many]), 16)))
    found = sound_file.read_channels(data)
    assert len(found) == 6
    assert is_the_tone(found[0])
    assert is_the_tone(found[3])
    assert found[1] == found[4] != found[0]


@pytest.mark.parametrize(
    ("kind", "codec", "rate"),
    [("mp3", "mp3", 8000), ("flac", "flac", 8000), ("ogg", "libopus", 48_000), ("mp4", "aac", 8000)],
)
def test_what_another_kind_of_file_holds_is_played_under_the_name_of_wav(kind: str, codec: str, rate: int) -> None:
    pcm = decode.decode(made.packed(made.tone(rate=rate), kind, codec, rate), "audio/wav", "/hold.wav")
    heard = np.abs(np.fft.rfft(samples(pcm)[2000:6000]))
    assert int(heard.argmax()) * 2 == 400


def test_a_file_cut_in_its_middle_is_played_as_far_as_it_goes() -> None:
    whole = made.riff(FORM, made.chunk(b"data", DATA))
    assert sound_file.read(whole[: 44 + 8001]) == DATA[:8000]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<html><body>404 not found</body></html>" * 40, "audio/wav"),
        ("<html>找不到</html>".encode() * 400, "audio/basic"),
        (b"", "audio/wav"),
        (b"", "audio/basic"),
        (DATA, "audio/wav"),
        (b"RIFF\0\0\0\0AVI " + bytes(100), "audio/wav"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/secret.wav\n", "audio/mpeg"),
        (b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + b"#EXTM3U\nfile:///etc/passwd\n", "audio/mpeg"),
        (made.riff(made.form(made.PCM, 16, rate=1), made.chunk(b"data", DATA)), "audio/wav"),
        (made.riff(made.form(made.PCM, 16, rate=0), made.chunk(b"data", DATA)), "audio/wav"),
        (made.riff(made.form(made.PCM, 16, channels=0), made.chunk(b"data", DATA)), "audio/wav"),
        (made.riff(made.form(made.PCM, 16, channels=40), made.chunk(b"data", DATA)), "audio/wav"),
        (made.riff(made.form(0x0161, 16), made.chunk(b"data", DATA)), "audio/wav"),
        (made.riff(FORM), "audio/wav"),
    ],
    ids=range(14),
)
def test_what_is_no_sound_is_refused_and_never_noise(data: bytes, kind: str) -> None:
    with pytest.raises(UnreadableSound):
        decode.decode(data, kind, "/prompt")


def test_hours_of_silence_in_a_small_file_are_refused_before_they_take_memory() -> None:
    small = made.long_silence(2)
    assert len(small) < 1_000_000
    read = 0
    with pytest.raises(UnreadableSound, match="60 minutes"):  # noqa: PT012 - what was read until then is looked at
        for block, _ in sound_file.blocks(small):
            read += len(block)
    assert read <= sound_file.LONGEST_SECONDS * 1000


def test_a_part_that_claims_a_gigabyte_takes_none() -> None:
    text = made.chunk(b"LIST", LIST + b"\0ICMT" + struct.pack("<I", 0x3F000000), 0x40000011)
    greedy = made.riff(FORM, text, made.chunk(b"data", DATA))
    before = peak_megabytes()
    assert is_the_tone(sound_file.read(greedy))
    assert peak_megabytes() - before < 100


def test_mu_law_that_begins_with_silence_is_not_taken_for_mp3() -> None:
    spoken = b"\xff\xff\xfe\xff" * 100 + made.coded(SOUND, "pcm_mulaw")
    assert is_the_tone(decode.decode(spoken, "audio/basic")[800:], within=0.03)


def test_bare_mu_law_is_no_longer_than_any_file() -> None:
    with pytest.raises(UnreadableSound, match="60 minutes"):
        decode.decode(b"\xff" * (sound_file.LONGEST_SECONDS * 8000 + 1), "audio/basic")


def test_hundreds_of_damaged_files_are_sound_or_refused() -> None:
    outcomes = {"sound": 0, "refused": 0}
    for data in made.mutated(400, seed=11):
        began = time.process_time()
        try:
            decode.decode(data, "audio/wav", "/a.wav")
            outcomes["sound"] += 1
        except UnreadableSound:
            outcomes["refused"] += 1
        assert time.process_time() - began < 30
    assert min(outcomes.values()) > 40, outcomes
