"""Recordings on a disk that is slow, full, or full of another exchange's leftovers."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from exchange.calls.call_details import StatusCallback
from exchange.calls.recording.growing_wav import GrowingWav
from exchange.calls.recording.store import RecordingStore
from exchange.media import sound_file
from exchange.media.audio import frames
from exchange.media.clock import Ticker
from exchange.media.tones import tone
from exchange.media.wav_file import HEADER_BYTES

CALLBACK = StatusCallback("http://app.test/recorded", "POST", ("in-progress", "completed", "absent"))


def recordings(folder: Path, told: list[dict[str, str]]) -> RecordingStore:
    made = RecordingStore(folder, Ticker(), "AC1", lambda: "http://exchange.test")
    made.report = lambda _order, _callback, params: told.append(params)
    return made


def test_slow_disk_holds_nobody_up_and_loses_nothing(tmp_path: Path) -> None:
    waiting: list[Callable[[], None]] = []
    path = tmp_path / "slow.wav"
    tape = GrowingWav(path, 2, "both", waiting.append)
    said, heard = list(frames(tone([500], 2))), list(frames(tone([900], 2)))
    tape.write(said[:50], heard[:50])
    tape.write(said[50:90], heard[50:90])
    assert path.stat().st_size == HEADER_BYTES
    waiting.pop(0)()
    tape.write(said[90:], heard[90:])
    assert tape.close() == 2.0
    for late in waiting:
        late()
    assert sound_file.read_channels(path) == [b"".join(said), b"".join(heard)]


def test_thread_of_the_disk_writes_in_order(tmp_path: Path) -> None:
    made = recordings(tmp_path, [])
    made.write_in_thread()
    several = [made.start(made.new_facts(f"CA{n}", 1, "test", CALLBACK)) for n in range(5)]
    for n, recording in enumerate(several):
        for frame in frames(tone([400 + 100 * n], 3.3)):
            recording.frame(frame, bytes(320))
    for recording in several:
        recording.stop()
    made.close()
    assert [sound_file.read(made.path(each.facts.sid)) for each in several] == [
        tone([400 + 100 * n], 3.3) for n in range(5)
    ]


def test_disk_that_refuses_costs_the_rest_of_the_recording_and_is_told(tmp_path: Path) -> None:
    told: list[dict[str, str]] = []
    made = recordings(tmp_path, told)
    recording = made.start(made.new_facts("CA1", 1, "test", CALLBACK))
    sound = list(frames(tone([500], 4)))
    for frame in sound[:100]:
        recording.frame(frame, bytes(320))
    assert recording._tape
    recording._tape._file.close()
    for frame in sound[100:]:
        recording.frame(frame, bytes(320))
    assert [each["RecordingStatus"] for each in told] == ["in-progress", "completed"]
    assert told[-1]["RecordingDuration"] == "2"
    assert not made.active


def test_recording_that_a_kill_cut_short_is_finished_once_and_marked(tmp_path: Path) -> None:
    first = recordings(tmp_path / "first", [])
    recording = first.start(first.new_facts("CA1", 1, "test", CALLBACK))
    for frame in frames(tone([500], 2)):
        recording.frame(frame, bytes(320))
    shutil.copytree(tmp_path / "first", tmp_path / "killed")
    recording.stop()
    told: list[dict[str, str]] = []
    for _ in range(2):
        again = recordings(tmp_path / "killed", told)
        again.load()
        facts = again.facts[recording.facts.sid]
        assert (facts.status, facts.seconds, facts.was_cut_short) == ("completed", 2.0, True)
    assert [each["RecordingStatus"] for each in told] == ["completed"]


def test_unreadable_note_costs_no_other_recording_and_no_start(tmp_path: Path) -> None:
    first = recordings(tmp_path, [])
    kept = first.start(first.new_facts("CA1", 1, "test", CALLBACK))
    kept.frame(tone([500], 0.02), bytes(320))
    kept.stop()
    (tmp_path / f"RE{'0' * 32}.json").write_text('{"sid": "RE', "utf-8")
    (tmp_path / f"RE{'1' * 32}.json").write_text(json.dumps({"sid": "RE1"}), "utf-8")
    (tmp_path / f"RE{'2' * 32}.new").write_text("{", "utf-8")
    again = recordings(tmp_path, [])
    again.load()
    assert list(again.facts) == [kept.facts.sid]
    assert not list(tmp_path.glob("*.new"))
