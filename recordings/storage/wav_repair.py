"""The file of a recording as we keep it: as it came where its header is right, else written anew, piece by piece."""

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
    """The layout of the sound in the file that is kept, and its pieces; `None` where that is the file as it came."""

    layout: PcmLayout
    pieces: Callable[[], Iterator[bytes]] | None = None


def repaired(source: Source, seconds: float | None, offsets: tuple[int, ...] = ()) -> KeptFile:
    """Return how to keep the file `source`, in which FFmpeg must skip the oversized chunks at `offsets`.

    `seconds` is how long it lasts by the provider's word, rounded; `None` without one. Raises `UnreadableAudio`, also
    when the file seems not to be finished: when it is shorter than either says, or its head says no length.
    """
    view = MaskedChunks(source, offsets)
    header = read_header(view) if is_wav(view.read(12)) else None
    if header is not None:
        _check_finished(header, seconds)
    layout = None if header is None else pcm_layout(view)
    if header is None or layout is None:
        kept = _decoded(source)
    elif header.is_honest:
        kept = KeptFile(layout)
    else:
        kept = _with_head(source, header)
    if seconds is not None and kept.layout.seconds < seconds - ROUNDING_SECONDS:
        raise UnreadableAudio(f"{kept.layout.seconds:.1f} s came of {seconds:.0f} s")
    return kept


def _check_finished(header: WavHeader, seconds: float | None) -> None:
    """Raise when less is there than the header says and nobody else contradicts it."""
    if header.declared is None and seconds is None:
        raise UnreadableAudio("its length is not written yet")
    promised_seconds = (header.declared or 0) / header.block / header.rate
    if header.is_short and (seconds is None or abs(promised_seconds - seconds) <= ROUNDING_SECONDS):
        raise UnreadableAudio(f"its sound ends after {header.present} of {header.declared} bytes")


def _with_head(source: Source, header: WavHeader) -> KeptFile:
    """Keep plain sound under a true header: its own does not tell the truth."""

    def pieces() -> Iterator[bytes]:
        yield wav_header(header.rate, header.channels, header.present)
        source.seek(header.start)
        left = header.present
        while left > 0 and (piece := source.read(min(PIECE, left))):
            left -= len(piece)
            yield piece

    return KeptFile(PcmLayout(header.rate, header.channels, HEADER_BYTES, header.present), pieces)


def _decoded(source: Source) -> KeptFile:
    """Keep what is no plain WAV: decode it once for its length, and once more to write it."""
    channels, length = 1, 0
    for block in audio.at_telephone_rate(decoding.streamed(source)):
        channels, length = block.shape[1], length + block.size * 2

    def pieces() -> Iterator[bytes]:
        yield wav_header(TELEPHONE_RATE, channels, length)
        for block in audio.at_telephone_rate(decoding.streamed(source)):
            yield audio.to_pcm(block).tobytes()

    return KeptFile(PcmLayout(TELEPHONE_RATE, channels, HEADER_BYTES, length), pieces)
