"""The way of a recording's sound from the provider into our store, piece by piece: it is nowhere held whole."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hotline.context import AppContext
from hotline.encryption.keyring import Keyring, Undecipherable
from hotline.errors import NotFound
from hotline.models import Recording
from hotline.object_store import orphans
from hotline.object_store.store import ObjectStore
from recordings.errors import DigestMismatch, IncompleteRecording, RecordingTooLarge, UnreadableAudio
from recordings.speech.audio_chunks import PcmLayout
from recordings.storage import sealed_sound_service
from recordings.storage.oversized_chunks import OversizedChunks
from recordings.storage.sealed_sound_service import Envelope
from recordings.storage.wav_repair import repaired
from telephony.provider import Provider


@dataclass(frozen=True)
class FetchedRecording:
    """A recording that lies in our store and was read back: what its row is to keep, and its layout."""

    envelope: Envelope
    layout: PcmLayout


@contextmanager
def fetched_recording(
    context: AppContext, provider: Provider, recording: Recording, seconds: float | None
) -> Iterator[FetchedRecording]:
    """Fetch the sound into our store. Unless the block has its blob named in the row, it is deleted again.

    `seconds` is how long it lasts by the provider's word. Raises `ProviderDown` and `IncompleteRecording` when it
    should be tried again, `ProviderRefused`, `RecordingTooLarge`.
    """
    folder, oversized = f"recordings/{recording.id}", OversizedChunks()
    with orphans.fresh(context.database, context.objects, folder) as name:
        with provider.fetch_recording(recording.provider_sid, recording.channels or 2) as pieces:
            envelope = sealed_sound_service.put(
                context.objects,
                context.keyring,
                name,
                recording.id,
                _seen(pieces, oversized, context.settings.recording_megabytes),
            )
        source = sealed_sound_service.SealedFile(context.objects, context.keyring, envelope.proof(recording.id))
        try:
            kept = repaired(source, seconds, oversized.offsets())
        except UnreadableAudio as error:
            raise IncompleteRecording(f"the provider's file cannot be read: {error}") from error
        if kept.pieces is None:
            yield _read_back(context.objects, context.keyring, recording, envelope, kept.layout)
            return
        with orphans.fresh(context.database, context.objects, folder) as better:
            envelope = sealed_sound_service.put(context.objects, context.keyring, better, recording.id, kept.pieces())
            yield _read_back(context.objects, context.keyring, recording, envelope, kept.layout)


def _seen(pieces: Iterable[bytes], oversized: OversizedChunks, megabytes: int) -> Iterator[bytes]:
    for piece in pieces:
        oversized.feed(piece)
        if oversized.size > megabytes << 20:
            raise RecordingTooLarge(f"the provider's file is larger than {megabytes} MB; raise RECORDING_MEGABYTES")
        yield piece


def _read_back(
    objects: ObjectStore, keyring: Keyring, recording: Recording, envelope: Envelope, layout: PcmLayout
) -> FetchedRecording:
    try:
        sealed_sound_service.verify(objects, keyring, envelope.proof(recording.id))
    except (DigestMismatch, Undecipherable, NotFound) as error:
        raise IncompleteRecording("the store gave back something else than it was given") from error
    return FetchedRecording(envelope, layout)
