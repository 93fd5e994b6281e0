"""The hints of a language, from the hospital's file, its staff and departments, and the most frequent corrections."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Agent, Department
from hotline.values.language import Language
from recordings.speech.hints import SHORTEST, Hints
from recordings.speech.hints_file import words_of
from recordings.transcripts.queries import frequent


def hints_for(session: Session, file: Path | None, language: Language) -> Hints:
    """Return the hints of a language: the file's words, names of staff and departments, frequent corrections."""
    staff = [name for name in session.scalars(select(Agent.name)) if _fits(name, language)]
    label = Department.label_zh if language is Language.MANDARIN else Department.label_en
    places = list(session.scalars(select(label)))
    words = [*words_of(file)[language], *staff, *frequent(session, language), *places]
    return Hints(language, tuple(dict.fromkeys(word for word in words if len(word) >= SHORTEST)))


def _fits(name: str, language: Language) -> bool:
    is_chinese = any("\u4e00" <= sign <= "\u9fff" for sign in name)
    return is_chinese is (language is Language.MANDARIN)
