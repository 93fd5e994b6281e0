"""The errors of recordings and recognition.

HotlineError
├── UnreadableAudio         a file is no WAV, or of a coding that is not known
├── EngineMissing           no engine or model can do this language here; the message says how to get one
├── ModelDamaged            the weights of a model are not those that were published
├── DigestMismatch          stored sound is not what was stored
├── RecordingTooLarge       a recording is larger than the setting allows; the provider's copy is kept
├── DeletionFailed          what was deleted can still be read from our store
├── Discard
│   └── UnknownCall         the provider speaks of a recording whose call we never had
└── Retry
    ├── IncompleteRecording the provider's file is shorter than it promised; it may still be growing
    └── ProviderCopyRemains the provider refuses to delete its copy
"""

from hotline.errors import Discard, HotlineError, Retry


class UnreadableAudio(HotlineError):
    """The sound cannot be read; the message says what it is and what to do."""

    code = "unreadable_audio"
    is_permanent = True


class EngineMissing(HotlineError):
    """Nothing here can recognise this language; the message names the remedy."""

    code = "engine_missing"
    is_permanent = True


class ModelDamaged(HotlineError):
    """A model's files do not have the digest that was published."""

    code = "model_damaged"
    is_permanent = True


class UnknownCall(Discard):
    """A callback names a call that is not ours."""

    code = "unknown_call"


class IncompleteRecording(Retry):
    """The fetched file holds less sound than the provider said."""

    code = "incomplete_recording"


class ProviderCopyRemains(Retry):
    """The provider keeps a copy that it was asked to delete; it must be asked again until it is gone."""

    code = "still_at_provider"


class DigestMismatch(HotlineError):
    """A recording does not have the digest that was written down when it was stored."""

    code = "altered_recording"
    is_permanent = True


class RecordingTooLarge(HotlineError):
    """The provider's file is larger than `RECORDING_MEGABYTES`."""

    code = "recording_too_large"
    is_permanent = True


class DeletionFailed(HotlineError):
    """The store still returns what was deleted."""

    code = "still_in_store"
