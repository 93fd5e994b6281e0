"""Say, Play and Pause: what is heard, how often, and what is fetched."""

from collections.abc import Callable
from pathlib import Path

from exchange.media import wav_file
from exchange.media.audio import level_db
from exchange.media.tones import tone
from exchange.webhooks.webhook import WebhookResponse
from tests.unit.exchange.stage import SITE, Stage, Story

Staged = Callable[[Story], None]


def sound(tmp_path: Path, seconds: float, **headers: str) -> WebhookResponse:
    """A WAV file of a tone at 16 kHz, as a server sends it."""
    path = tmp_path / "sound.wav"
    wav_file.write(path, [tone([600], 2 * seconds)], rate=16_000)
    return WebhookResponse(200, {"Content-Type": "audio/wav", **headers}, path.read_bytes(), f"{SITE}/sound.wav")


def test_file_is_played_as_often_as_asked_and_told_to_the_telephone(staged: Staged, tmp_path: Path) -> None:
    # docs/voice/twiml/play: "The 'loop' attribute specifies how many times the audio file is played"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Play loop="3">sound.wav</Play>', "/sound.wav": sound(tmp_path, 1)}
        caller, _ = await stage.dials()
        await stage.passes(2.7)
        assert level_db(caller.hears_now) > -20
        assert caller.prompts == [f"{SITE}/sound.wav"]
        await stage.passes(0.4)
        assert caller.ended == "completed"
        assert len(stage.app.asked("/sound.wav")) == 1

    staged(story)


def test_file_is_fetched_again_after_its_time_and_never_kept_when_told_so(staged: Staged, tmp_path: Path) -> None:
    # docs/voice/twiml: "Twilio will cache files when HTTP headers allow it (via ETag and Last-Modified headers)"
    async def story(stage: Stage) -> None:
        twice = "<Play>{0}</Play><Pause length='3'/><Play>{0}</Play>"
        stage.app.pages = {
            "/voice": "".join(twice.format(name) for name in ("short.wav", "never.wav", "usual.wav")),
            "/short.wav": sound(tmp_path, 0.1, **{"Cache-Control": "max-age=2"}),
            "/never.wav": sound(tmp_path, 0.1, **{"Cache-Control": "no-cache"}),
            "/usual.wav": sound(tmp_path, 0.1),
        }
        await stage.dials()
        await stage.passes(11)
        fetched = [len(stage.app.asked(f"/{name}.wav")) for name in ("short", "never", "usual")]
        assert fetched == [2, 2, 1]

    staged(story)


def test_file_that_cannot_be_had_or_played_is_skipped(staged: Staged) -> None:
    # docs/voice/twiml/play: "Twilio retrieves the file from a URL that you provide"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": "<Play>missing.wav</Play><Play>broken.wav</Play><Play>http://[</Play><Say>still here</Say>",
            "/broken.wav": WebhookResponse(200, {"Content-Type": "audio/wav"}, b"no sound"),
        }
        stage.app.failures = {"/missing.wav": [404]}
        caller, _ = await stage.dials()
        assert caller.prompts == ["still here"]

    staged(story)


def test_keys_are_played_as_tones(staged: Staged) -> None:
    # docs/voice/twiml/number: "Each 'w' character tells Twilio to wait 0.5 seconds instead of playing a digit"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Play digits="12w3"/>'}
        caller, _ = await stage.dials()
        await stage.passes(1.3)
        assert caller.ended == "completed"
        assert sum(level_db(frame) > -20 for frame in caller.heard) == 15

    staged(story)


def test_words_are_said_as_often_as_asked_with_silence_between_verbs_as_told(staged: Staged) -> None:
    # docs/voice/twiml/pause: "The `<Pause>` verb waits silently for a specific number of seconds"
    async def story(stage: Stage) -> None:
        stage.app.pages = {"/voice": '<Say loop="2">a</Say><Pause length="2"/><Say>b</Say><Say/>'}
        caller, _ = await stage.dials()
        await stage.passes(2)
        assert caller.prompts == ["a"]
        assert level_db(caller.hears_now) < -80
        await stage.passes(1.1)
        assert caller.prompts == ["a", "b"]
        assert [event["state"] for event in caller.events("prompt")][:2] == ["start", "end"]

    staged(story)


def test_document_that_is_sound_is_played(staged: Staged, tmp_path: Path) -> None:
    # docs/voice/twiml: "Twilio plays the audio file to the caller, and then hangs up"
    async def story(stage: Stage) -> None:
        stage.app.pages = {
            "/voice": sound(tmp_path, 1),
            "/sound.wav": sound(tmp_path, 1),
        }
        caller, _ = await stage.dials()
        await stage.passes(0.5)
        assert level_db(caller.hears_now) > -20

    staged(story)
