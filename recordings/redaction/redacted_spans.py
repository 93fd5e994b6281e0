"""The seconds of a recording that must not be heard, because something personal is said there. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hotline.values.language import Language
from recordings.redaction.digit_runs import SpokenText
from recordings.redaction.mask import KnownNames, PersonalDataSpan, find_personal_data

# Sound hidden before and after a word: alignment is a little late or early.
MARGIN_SECONDS = 0.25


class RedactedSpan(NamedTuple):
    """The seconds of a speaker that must not be heard."""

    speaker: str
    start: float
    end: float


def redacted_spans(
    lines: Sequence[tuple[SpokenText, Sequence[Sequence[object]]]], language: Language, known: KnownNames | None = None
) -> list[RedactedSpan]:
    """Return the seconds of each speaker that must not be heard.

    Each line comes with its words as they are stored, `[start, end, text, confidence]`. Personal data is sought in the
    shown text and in the words themselves; where the words do not show what the text does, the whole line is hidden.
    """
    texts = [line for line, _ in lines]
    shown = {span.line for span in find_personal_data(texts, language, known)}
    glue = "" if language is Language.MANDARIN else " "
    worded = [
        SpokenText(line.speaker, line.start, line.end, glue.join(str(w[2]) for w in words)) for line, words in lines
    ]
    by_words = find_personal_data(worded, language, known)
    hidden = [
        RedactedSpan(texts[n].speaker, texts[n].start, texts[n].end) for n in shown - {span.line for span in by_words}
    ]
    for span in by_words:
        line, words = lines[span.line]
        times = _times(words, glue, span)
        hidden.append(RedactedSpan(line.speaker, *(times or (line.start, line.end))))
    return _merged(hidden)


def _times(words: Sequence[Sequence[object]], glue: str, span: PersonalDataSpan) -> tuple[float, float] | None:
    at, touched = 0, []
    for word in words:
        end = at + len(str(word[2]))
        if at < span.end and end > span.start:
            touched.append(word)
        at = end + len(glue)
    if not touched:
        return None
    return float(str(touched[0][0])), float(str(touched[-1][1]))


def _merged(hidden: Iterable[RedactedSpan]) -> list[RedactedSpan]:
    merged: list[RedactedSpan] = []
    for speaker, start, end in sorted((s, max(0.0, a - MARGIN_SECONDS), b + MARGIN_SECONDS) for s, a, b in hidden):
        if merged and merged[-1].speaker == speaker and start <= merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(end, merged[-1].end))
        else:
            merged.append(RedactedSpan(speaker, start, end))
    return merged
