"""The way of a recording's sound from the provider into our store, piece by piece: it is nowhere held whole."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hotline.context import AppContext
from hotline.encryption.keyring import Undecipherable
from hotline.errors import NotFound
from hotline.models import Recording
from hotline.object_store import orphans
from recordings.errors import DigestMismatch, IncompleteRecording, RecordingTooLarge, UnreadableAudio
from recordings.speech.audio_chunks import PcmLayout
from recordings.storage import sealed_sound
from recordings.storage.oversized_chunks import OversizedChunks
from recordings.storage.sealed_sound import Envelope
from recordings.storage.wav_repair import repaired
from telephony.provider import Provider


@dataclass(frozen=True)
class FetchedRecording:
    """A recording that lies in our store and was read back: what its row is to keep, and its layout."""

    lock: Envelope
    shape: PcmLayout


@contextmanager
def fetched_recording(
    context: AppContext, provider: Provider, recording: Recording, seconds: float | None
) -> Iterator[FetchedRecording]:
    """Fetch the sound into our store. Unless the block has its blob named in the row, it is deleted again.

    `seconds` is how long it lasts by the provider's word. Raises `ProviderDown` and `IncompleteRecording` when it
    should be tried again, `ProviderRefused`, `RecordingTooLarge`.
    """
    folder, claims = f"recordings/{recording.id}", OversizedChunks()
    with orphans.fresh(context, folder) as name:
        with provider.fetch_recording(recording.provider_sid, recording.channels or 2) as pieces:
            lock = sealed_sound.put(
                context, name, recording.id, _seen(pieces, claims, context.settings.recording_megabytes)
            )
        source = sealed_sound.SealedFile(context, lock.proof(recording.id))
        try:
            settled = repaired(source, seconds, claims.spots())
        except UnreadableAudio as error:
            raise IncompleteRecording(f"the provider's file cannot be read: {error}") from error
        if settled.pieces is None:
            yield _read_back(context, recording, lock, settled.shape)
            return
        with orphans.fresh(context, folder) as better:
            lock = sealed_sound.put(context, better, recording.id, settled.pieces())
            yield _read_back(context, recording, lock, settled.shape)


def _seen(pieces: Iterable[bytes], claims: OversizedChunks, megabytes: int) -> Iterator[bytes]:
    for piece in pieces:
        claims.see(piece)
        if claims.size > megabytes << 20:
            raise RecordingTooLarge(f"the provider's file is larger than {megabytes} MB; raise RECORDING_MEGABYTES")
        yield piece


def _read_back(context: AppContext, recording: Recording, lock: Envelope, shape: PcmLayout) -> FetchedRecording:
    try:
        sealed_sound.verify(context, lock.proof(recording.id))
    except (DigestMismatch, Undecipherable, NotFound) as error:
        raise IncompleteRecording("the store gave back something else than it was given") from error
    return FetchedRecording(lock, shape)
