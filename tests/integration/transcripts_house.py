"""A recorded call with its words, as rows and sealed sound: for tests of search, corrections and retention."""

import hashlib
import io
import wave
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from hotline.clock import new_id
from hotline.context import AppContext
from hotline.models import Call, Recording, Transcript, User, Utterance
from hotline.values.access import Role
from hotline.values.intent import Intent
from hotline.values.language import Language
from hotline.values.states.call import CallOutcome, CallStatus
from hotline.values.states.recording import RecordingState
from recordings.search import service
from recordings.storage import sealed_sound_service

ZH_LINES = (
    ("agent", "您好，市人民医院热线，工号一零二四为您服务"),
    ("caller", "我叫王小明，电话一三八零零一三八零零零"),
    ("agent", "好的，心内科专家号还有"),
    ("caller", "血压一百五十，九十五，谢谢"),
)


@dataclass
class Recorded:
    """A call, its recording and its transcript."""

    call: Call
    recording: Recording
    transcript: Transcript


def wav(seconds: float = 13.0, rate: int = 8000, channels: int = 2) -> bytes:
    """A steady tone on every channel."""
    time = np.arange(int(seconds * rate)) / rate
    tone = (0.3 * np.sin(2 * np.pi * 300 * time) * 32767).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(channels)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes(np.repeat(tone[:, None], channels, axis=1).tobytes())
    return file.getvalue()


def recorded(
    context: AppContext, ended_at: datetime, lines: tuple[tuple[str, str], ...] = ZH_LINES, **of_call: Any
) -> Recorded:
    """An ended call of `lines`, three seconds each; every character or word of them with its time."""
    language = of_call.pop("language", Language.MANDARIN)
    data, recording_id = wav(3.0 * len(lines) + 1), new_id()
    lock = sealed_sound_service.put(
        context.objects, context.keyring, f"recordings/{recording_id}/{new_id()}", recording_id, [data]
    )
    call = Call(
        **{
            "provider_sid": f"CA{new_id()}", "language": language, "status": CallStatus.ENDED, "intent": Intent.ENQUIRY,
            "outcome": CallOutcome.ANSWERED, "started_at": ended_at - timedelta(minutes=2), "last_report_at": ended_at,
            "ended_at": ended_at,
        } | of_call
    )  # fmt: skip
    with context.database.write() as session:
        session.add(call)
        session.flush()
        recording = Recording(
            id=recording_id, provider_sid=f"RE{new_id()}", call_id=call.id, state=RecordingState.TRANSCRIBED,
            seconds=3.0 * len(lines) + 1, channels=2, size=len(data), digest=hashlib.sha256(data).hexdigest(),
            blob=lock.blob, data_key=lock.data_key, key_id=lock.key_id, started_at=ended_at, stored_at=ended_at,
        )  # fmt: skip
        session.add(recording)
        session.flush()
        transcript = Transcript(
            recording_id=recording_id, call_id=call.id, engine="whisper-base", language=language, made_at=ended_at
        )
        transcript.utterances = [
            _utterance(n * 3.0, speaker, text, language) for n, (speaker, text) in enumerate(lines)
        ]
        session.add(transcript)
        session.flush()
        service.index_transcript(session, context.keyring, transcript)
    return Recorded(call, recording, transcript)


def _utterance(start: float, speaker: str, text: str, language: Language) -> Utterance:
    pieces = list(text) if language is Language.MANDARIN else text.split()
    step = 2.5 / len(pieces)
    words = [[start + n * step, start + (n + 1) * step, piece, 0.9 if n else 0.3] for n, piece in enumerate(pieces)]
    return Utterance(speaker=speaker, start=start, end=start + 2.5, text=text, confidence=0.8, words=words)


def a_user(context: AppContext, role: Role = Role.SUPERVISOR) -> str:
    """The id of a new user."""
    with context.database.write() as session:
        user = User(login=new_id(), password="x", name="周敏", role=role)
        session.add(user)
    return user.id
