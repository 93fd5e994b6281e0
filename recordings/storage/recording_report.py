"""The provider's report on a recording."""

from dataclasses import dataclass

from hotline.values.states.recording import RecordingKind, RecordingState


@dataclass(frozen=True)
class RecordingReport:
    """The recording `provider_sid` is in this state; its length in whole seconds and its channels where reported."""

    provider_sid: str
    state: RecordingState
    seconds: int | None = None
    channels: int | None = None
    kind: RecordingKind = RecordingKind.CONVERSATION
