"""Prompts: rendered once by the worker's function, served by content, replaced by the hospital's own recordings."""

import io
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from hotline.context import AppContext
from hotline.models import Prompt
from hotline.values.language import Language
from ivr.errors import PromptMissing
from ivr.flow import flow_file
from ivr.prompts import melody
from ivr.prompts import service as prompt_service
from ivr.prompts.engines import espeak
from ivr.prompts.sound_service import Sounds, url_of
from telephony.verbs import Play, Say

NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)


def seconds(sound: bytes) -> float:
    with wave.open(io.BytesIO(sound)) as opened:
        assert (opened.getframerate(), opened.getnchannels(), opened.getsampwidth()) == (8000, 1, 2)
        return float(opened.getnframes()) / 8000


def test_prompt_is_said_until_it_is_rendered_and_played_from_then_on(context: AppContext) -> None:
    flow = flow_file.load(context.settings).flow
    assert prompt_service.prepare(context.database, context.notifier, flow, NOW) > 60
    assert prompt_service.prepare(context.database, context.notifier, flow, NOW) == 0
    sounds = Sounds(context, flow)
    sounds.refresh(NOW)
    said = Say(flow.phrases["thanks"][Language.ENGLISH], Language.ENGLISH)
    assert sounds.voiced(said) == said
    digest = prompt_service.digest(Language.ENGLISH, said.text)
    with pytest.raises(PromptMissing):
        sounds.audio(digest)
    prompt_service.render(context, digest, NOW)
    prompt_service.render(context, digest, NOW + timedelta(hours=1))
    sounds.refresh(NOW + timedelta(seconds=4))
    assert sounds.voiced(said) == Play(url_of(digest))
    assert 1 < seconds(sounds.audio(digest)) < 5
    with context.database.read() as session:
        assert session.scalars(select(Prompt.rendered_at).where(Prompt.digest == digest)).one() == NOW


def test_recording_of_the_hospital_takes_the_place_of_one_prompt_and_of_the_music(
    context: AppContext, tmp_path: Path
) -> None:
    own = melody.hold_music()[:8044]
    (tmp_path / "zh-CN").mkdir()
    (tmp_path / "zh-CN" / "thanks.wav").write_bytes(own)
    (tmp_path / "music.wav").write_bytes(own + b"\0\0")
    flow = flow_file.load(context.settings).flow
    settings = context.settings.model_copy(update={"prompts_folder": tmp_path})
    sounds = Sounds(AppContext(settings, context.keyring, context.database, context.notifier, context.objects), flow)
    played = sounds.voiced(Say(flow.phrases["thanks"][Language.MANDARIN], Language.MANDARIN))
    assert isinstance(played, Play)
    assert sounds.audio(played.url.removeprefix("/voice/prompts/").removesuffix(".wav")) == own
    assert sounds.audio(sounds.music) == own + b"\0\0"
    other = Say(flow.phrases["thanks"][Language.ENGLISH], Language.ENGLISH)
    assert sounds.voiced(other) == other


@pytest.mark.parametrize("language", list(Language))
def test_same_text_gives_the_same_sound_each_time(language: Language) -> None:
    text = flow_file.read_file(flow_file.STANDARD, _house()).flow.phrases["position_next"][language]
    first = espeak.synthesise(text, language)
    espeak.synthesise("120", Language.ENGLISH)
    again = espeak.synthesise(text, language)
    assert abs(seconds(first) - seconds(again)) < 0.05
    assert seconds(first) > 0.8


def _house() -> flow_file.Installation:
    return flow_file.Installation(dict.fromkeys(Language, "H"), ZoneInfo("Asia/Shanghai"))


def test_numbers_to_dial_are_spelled_and_numbers_of_keys_are_not() -> None:
    assert espeak.pronounced("拨打120，按1", Language.MANDARIN) == "拨打一二零，按1"
    assert espeak.pronounced("dial 120, number 12", Language.ENGLISH) == "dial 1 2 0, number 12"


def test_music_is_twenty_seconds_that_loop_without_a_click() -> None:
    sound = melody.hold_music()
    assert seconds(sound) == pytest.approx(20)
    samples = memoryview(sound[44:]).cast("h")
    assert abs(samples[0] - samples[-1]) < 3000
