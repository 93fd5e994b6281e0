"""The sound of a recording from the provider into our store, piece by piece: it is nowhere held whole."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hotline.context import AppContext
from hotline.encryption.keyring import Undecipherable
from hotline.errors import NotFound
from hotline.models import Recording
from hotline.object_store import orphans
from recordings.errors import Altered, Incomplete, TooLarge, UnreadableAudio
from recordings.speech.partial_transcripts import Shape
from recordings.storage import sealed_sound
from recordings.storage.declared_lengths import Claims
from recordings.storage.sealed_sound import Lock
from recordings.storage.wav_repair import settle
from telephony.provider import Provider


@dataclass(frozen=True)
class Brought:
    """A recording that lies in our store and was read back: what its row is to keep, and how its sound lies in it."""

    lock: Lock
    shape: Shape


@contextmanager
def brought(context: AppContext, provider: Provider, recording: Recording, seconds: float | None) -> Iterator[Brought]:
    """Bring the sound here. Unless the block has its blob named in the row, it is deleted again.

    `seconds` is how long it lasts by the provider's word. Raises `ProviderDown` and `Incomplete` when it should be
    tried again, `ProviderRefused`, `TooLarge`.
    """
    folder, claims = f"recordings/{recording.id}", Claims()
    with orphans.fresh(context, folder) as name:
        with provider.fetch_recording(recording.provider_sid, recording.channels or 2) as pieces:
            lock = sealed_sound.put(
                context, name, recording.id, _seen(pieces, claims, context.settings.recording_megabytes)
            )
        source = sealed_sound.Sealed(context, lock.proof(recording.id))
        try:
            settled = settle(source, seconds, claims.spots())
        except UnreadableAudio as error:
            raise Incomplete(f"the provider's file cannot be read: {error}") from error
        if settled.pieces is None:
            yield _read_back(context, recording, lock, settled.shape)
            return
        with orphans.fresh(context, folder) as better:
            lock = sealed_sound.put(context, better, recording.id, settled.pieces())
            yield _read_back(context, recording, lock, settled.shape)


def _seen(pieces: Iterable[bytes], claims: Claims, megabytes: int) -> Iterator[bytes]:
    for piece in pieces:
        claims.see(piece)
        if claims.size > megabytes << 20:
            raise TooLarge(f"the provider's file is larger than {megabytes} MB; raise RECORDING_MEGABYTES")
        yield piece


def _read_back(context: AppContext, recording: Recording, lock: Lock, shape: Shape) -> Brought:
    try:
        sealed_sound.check(context, lock.proof(recording.id))
    except (Altered, Undecipherable, NotFound) as error:
        raise Incomplete("the store gave back something else than it was given") from error
    return Brought(lock, shape)
