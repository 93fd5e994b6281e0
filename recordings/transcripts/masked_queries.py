"""A transcript as it is shown and handed out: readable, corrected, masked unless the original is asked for, doubt
marked.
"""

import difflib
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from hotline.models import Agent, Call, Patient, Transcript, User, Utterance
from hotline.values.language import Language
from recordings.redaction import mask
from recordings.redaction import redacted_spans as hidden
from recordings.redaction.mask import KnownNames, PersonalDataSpan, SpokenText
from recordings.transcripts import queries as transcript_queries
from recordings.transcripts.displayed_utterance import MASKED, PLAIN, UNSURE, DisplayedUtterance, TextPiece
from recordings.transcripts.readable import readable

# Below this a word is marked as doubtful; measured, two of three such words of Whisper's are wrong.
DOUBT = 0.5


def known_names(session: Session, call: Call) -> KnownNames:
    """Return who is known by name in this call: the staff, who stay, and the patients of its number, who are masked."""
    staff = session.scalars(select(Agent.name))
    patients: list[str] = []
    if call.caller_index is not None:
        patients = list(session.scalars(select(Patient.name).where(Patient.number_index == call.caller_index)))
    return KnownNames(staff=frozenset(staff), people=frozenset(name for name in patients if len(name) > 1))


def spoken_texts(transcript: Transcript) -> list[SpokenText]:
    """Return the lines of a transcript as they are shown, before masking."""
    return [
        SpokenText(one.speaker, one.start, one.end, readable(transcript_queries.current_text(one), transcript.language))
        for one in transcript.utterances
    ]


def displayed_utterances(
    session: Session, transcript: Transcript, known: KnownNames, *, original: bool = False
) -> list[DisplayedUtterance]:
    """Return every utterance, by time. Only with `original` does personal data stay readable."""
    texts = spoken_texts(transcript)
    hidden: dict[int, list[PersonalDataSpan]] = {}
    for span in () if original else mask.find_personal_data(texts, transcript.language, known):
        hidden.setdefault(span.line, []).append(span)
    authors = _authors(session, transcript)
    machine = _machine(transcript, known, original=original)
    return [
        DisplayedUtterance(
            id=row.id,
            speaker=row.speaker,
            start=row.start,
            end=row.end,
            pieces=pieces(line.text, row, hidden.get(number, []), transcript.language),
            confidence=row.confidence,
            machine=machine.get(row.id),
            corrected_by=authors.get(row.corrections[-1].user_id, "–") if row.corrections else None,
        )
        for number, (row, line) in enumerate(zip(transcript.utterances, texts, strict=True))
    ]


def redacted_audio_spans(transcript: Transcript, known: KnownNames) -> list[hidden.RedactedSpan]:
    """Return the seconds of the sound that must not be heard."""
    pairs = [(text, row.words or []) for text, row in zip(spoken_texts(transcript), transcript.utterances, strict=True)]
    return hidden.redacted_spans(pairs, transcript.language, known)


def pieces(text: str, row: Utterance, hidden: Sequence[PersonalDataSpan], language: Language) -> tuple[TextPiece, ...]:
    """Return the text cut where doubt or masking begins and ends."""
    kinds = [PLAIN] * len(text) if row.corrections else _doubts(text, row)
    for span in hidden:
        kinds[span.start : span.end] = [MASKED] * (span.end - span.start)
    cut: list[TextPiece] = []
    masks = {span.start: mask.LABELS[language][span.kind] for span in hidden}
    for at, (sign, kind) in enumerate(zip(text, kinds, strict=True)):
        if kind == MASKED:
            if at in masks:
                cut.append(TextPiece(masks[at], MASKED))
        elif cut and cut[-1].kind == kind:
            cut[-1] = TextPiece(cut[-1].text + sign, kind)
        else:
            cut.append(TextPiece(sign, kind))
    return tuple(cut)


def _doubts(text: str, row: Utterance) -> list[str]:
    """Return for each sign of the shown text whether the word that it came from is doubtful."""
    kinds = [PLAIN] * len(text)
    words = row.words or []
    if not any(float(word[3]) < DOUBT for word in words):
        return kinds
    spoken = "".join(str(word[2]) for word in words)
    doubtful = [float(word[3]) < DOUBT for word in words for _ in str(word[2])]
    bare = [(at, sign) for at, sign in enumerate(text) if not sign.isspace()]
    matcher = difflib.SequenceMatcher(None, spoken, "".join(sign for _, sign in bare), autojunk=False)
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        for offset in range(b_end - b):
            source = a + offset if kind == "equal" else min(a + offset, a_end - 1)
            is_known = kind != "insert" and a < a_end and source < len(doubtful)
            if is_known and doubtful[source]:
                kinds[bare[b + offset][0]] = UNSURE
    return kinds


def _authors(session: Session, transcript: Transcript) -> dict[str, str]:
    ids = {one.user_id for row in transcript.utterances for one in row.corrections}
    return {user.id: user.name for user in session.scalars(select(User).where(User.id.in_(ids)))} if ids else {}


def _machine(transcript: Transcript, known: KnownNames, *, original: bool) -> dict[str, str]:
    """Return the machine's text of corrected lines, masked like the rest."""
    rows = [row for row in transcript.utterances if row.corrections]
    texts = [readable(row.text, transcript.language) for row in rows]
    if not original and rows:
        spoken = [SpokenText(row.speaker, row.start, row.end, text) for row, text in zip(rows, texts, strict=True)]
        texts = mask.mask(spoken, transcript.language, known)
    return {row.id: text for row, text in zip(rows, texts, strict=True)}
