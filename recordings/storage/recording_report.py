"""A report of a recording by the provider, as a value."""

from dataclasses import dataclass

from hotline.values.states.recording import RecordingKind, RecordingState


@dataclass(frozen=True)
class RecordingReport:
    """The recording `provider_sid` is in this state; its length in whole seconds and channels where they were said."""

    provider_sid: str
    state: RecordingState
    seconds: int | None = None
    channels: int | None = None
    kind: RecordingKind = RecordingKind.CONVERSATION
