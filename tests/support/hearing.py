"""What tests hold a recogniser to: rates over whole texts, because single signs differ from processor to processor."""

from collections.abc import Iterable

import jiwer

from hotline.values.language import Language
from recordings.speech.normalisation import comparable


def error_rate(said: Iterable[str], heard: Iterable[str], language: Language) -> float:
    """How much of what was said was heard otherwise: by characters in Mandarin, by words in English."""
    truth, found = (comparable(" ".join(texts), language) for texts in (said, heard))
    return float((jiwer.cer if language is Language.MANDARIN else jiwer.wer)(truth, found))
