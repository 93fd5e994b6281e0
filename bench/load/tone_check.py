"""The tones that were sent, as the recordings of `bench.exchange` hold them."""

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

from bench.load.exchange_load import LoadCall, LoadTelephone
from exchange.media.audio import frames
from exchange.media.sound_file import read_channels


@dataclass(frozen=True)
class ToneFaults:
    """The faults of a recorded tone: frames that are not in it, and how often it is interrupted."""

    lost: int = 0
    gaps: int = 0

    def is_of_the_load(self, pauses: int) -> bool:
        """Return whether nothing is lost, and whoever spoke fell silent as often as the tone does."""
        return not self.lost and self.gaps <= pauses


def wholeness(folder: Path, talks: list[LoadCall]) -> dict[str, int]:
    """Count the recordings that hold both tones to the last sample, those the load itself interrupted, and the rest."""
    notes = [json.loads(path.read_text("utf-8")) | {"path": path} for path in (folder / "recordings").glob("*.json")]
    by_call = {note["call_sid"]: note["path"].with_suffix(".wav") for note in notes}
    found = [(talk, faults_of(by_call.get(talk.caller.call), talk)) for talk in talks]
    whole = sum(not any(each.lost or each.gaps for each in faults) for _, faults in found)
    excused = sum(all(each.is_of_the_load(talk.pauses) for each in faults) for talk, faults in found) - whole
    everything = [each for _, faults in found for each in faults]
    return {
        "recordings": len(by_call),
        "whole": whole,
        "broken_by_load": excused,
        "broken": len(talks) - whole - excused,
        "lost_frames": sum(each.lost for each in everything),
        "gaps": sum(each.gaps for each in everything),
        "pauses_of_load": max((talk.pauses for talk in talks), default=0),
    }


def faults_of(path: Path | None, talk: LoadCall) -> list[ToneFaults]:
    """Return the faults of both who talk; without a recording all is lost."""
    tellers = (talk.caller, talk.agent)
    channels = read_channels(path) if path else [b"", b""]
    return [_faults(each, channel) for each, channel in zip(tellers, channels, strict=True)]


def _faults(telephone: LoadTelephone, channel: bytes) -> ToneFaults:
    """Return no faults when the whole tone stands in the channel in one piece."""
    if telephone.said() in channel:
        return ToneFaults()
    places = {frame: place for place, frame in enumerate(telephone.tune)}
    heard = [places.get(frame) for frame in frames(channel)]
    sounding = [at for at, place in enumerate(heard) if place is not None]
    gaps = sum(after - before > 1 for before, after in itertools.pairwise(sounding))
    lost = telephone.told - len(sounding)
    # In one piece and yet not the same: something stands in the wrong place.
    return ToneFaults(lost or int(not gaps), gaps)
