"""Cuts a long text where a speaker takes breath, so that no call's words keep all others waiting. Pure."""

import re

LONGEST = 200
# A full stop of ours counts before a space only: it stands within numbers too.
_SENTENCE = re.compile(r"(?<=[。！？；…\n])|(?<=[.!?;])(?=\s)")
_BREATH = re.compile(r"[，、：,:\s](?!.*[，、：,:\s])", re.DOTALL)


def cut(text: str, longest: int = LONGEST) -> list[str]:
    """Return the text in pieces of at most `longest` letters, whole sentences where they fit; a short text stays as it
    is.
    """
    if len(text) <= longest:
        return [text]
    pieces = [""]
    for sentence in _SENTENCE.split(text):
        for part in _short(sentence, longest):
            if len(pieces[-1]) + len(part) > longest:
                pieces.append("")
            pieces[-1] += part
    return [piece.strip() for piece in pieces if piece.strip()]


def _short(sentence: str, longest: int) -> list[str]:
    """Cut a sentence that is too long at its last comma or space that fits."""
    parts = []
    while len(sentence) > longest:
        breath = _BREATH.search(sentence[:longest])
        at = breath.end() if breath else longest
        parts.append(sentence[:at])
        sentence = sentence[at:]
    return [*parts, sentence]
