"""The file of a recording as we keep it: as it came where its head is right, else written anew, piece by piece."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from recordings.errors import UnreadableAudio
from recordings.speech.audio_chunks import PcmLayout, pcm_layout
from recordings.storage import audio, decoding
from recordings.storage.audio import TELEPHONE_RATE
from recordings.storage.oversized_chunks import MaskedChunks
from recordings.storage.wav_file import HEADER_BYTES, wav_header
from recordings.storage.wav_lengths import Source, WavHeader, is_wav, read_header

# A provider rounds a recording's length; what is shorter than this against its word is still being written.
ROUNDING_SECONDS = 1.5
PIECE = 1 << 18


@dataclass(frozen=True)
class KeptFile:
    """How the sound lies in the file that is kept, and its pieces; `None` where that is the file as it came."""

    shape: PcmLayout
    pieces: Callable[[], Iterator[bytes]] | None = None


def repaired(source: Source, seconds: float | None, spots: tuple[int, ...] = ()) -> KeptFile:
    """How to keep the file `source`, in which FFmpeg is not to believe what stands at `spots` (`greedy`).

    `seconds` is how long it lasts by the provider's word, rounded; `None` without one. Raises `UnreadableAudio`, also
    when the file seems not to be finished: when it is shorter than either says, or its head says no length.
    """
    view = MaskedChunks(source, spots)
    found = read_header(view) if is_wav(view.read(12)) else None
    if found is not None:
        _check_finished(found, seconds)
    known = None if found is None else pcm_layout(view)
    if found is None or known is None:
        settled = _decoded(source)
    elif found.is_honest:
        settled = KeptFile(known)
    else:
        settled = _with_head(source, found)
    if seconds is not None and settled.shape.seconds < seconds - ROUNDING_SECONDS:
        raise UnreadableAudio(f"{settled.shape.seconds:.1f} s came of {seconds:.0f} s")
    return settled


def _check_finished(found: WavHeader, seconds: float | None) -> None:
    """Raise when less is there than the head says and nobody else contradicts it."""
    if found.promised is None and seconds is None:
        raise UnreadableAudio("its length is not written yet")
    said = (found.promised or 0) / found.block / found.rate
    if found.is_short and (seconds is None or abs(said - seconds) <= ROUNDING_SECONDS):
        raise UnreadableAudio(f"its sound ends after {found.there} of {found.promised} bytes")


def _with_head(source: Source, found: WavHeader) -> KeptFile:
    """Its sound is plain, but its head does not tell the truth."""

    def pieces() -> Iterator[bytes]:
        yield wav_header(found.rate, found.channels, found.there)
        source.seek(found.start)
        left = found.there
        while left > 0 and (piece := source.read(min(PIECE, left))):
            left -= len(piece)
            yield piece

    return KeptFile(PcmLayout(found.rate, found.channels, HEADER_BYTES, found.there), pieces)


def _decoded(source: Source) -> KeptFile:
    """It is no plain WAV: decoded once to know its length, and once more to be written."""
    channels, length = 1, 0
    for block in audio.at_telephone_rate(decoding.streamed(source)):
        channels, length = block.shape[1], length + block.size * 2

    def pieces() -> Iterator[bytes]:
        yield wav_header(TELEPHONE_RATE, channels, length)
        for block in audio.at_telephone_rate(decoding.streamed(source)):
            yield audio.to_pcm(block).tobytes()

    return KeptFile(PcmLayout(TELEPHONE_RATE, channels, HEADER_BYTES, length), pieces)
