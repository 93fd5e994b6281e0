"""From Whisper's tokens to words with times: tokens are pieces of words, in Mandarin even of characters."""

import json
from collections.abc import Callable, Sequence

import numpy as np

from recordings.speech.recognition import RecognisedWord

SECONDS_PER_STEP = 0.02  # of the encoder's output, two mel frames
CUT_SIGN = "\ufffd"  # what decoding yields for half a character
CLOSING = frozenset(",.!?;:%)]}'\"，。！？；：、）】》”’…")


def mended(text: str) -> str:
    """Return the tokenizer's file with the merge that its package lost: the first one, of a space and a `t`.

    Without it 1,174 of its words (" the", " to", " thank") are spelt in pieces that the network never saw.
    """
    tokenizer = json.loads(text)
    merges = tokenizer["model"]["merges"]
    lost = ["\u0120", "t"] if merges and isinstance(merges[0], list) else "\u0120 t"
    if lost not in merges[:1]:
        merges.insert(0, lost)
    return json.dumps(tokenizer)


def words(
    ids: Sequence[int], decode: Callable[[list[int]], str], path: Sequence[tuple[int, int]], chances: Sequence[float]
) -> list[RecognisedWord]:
    """Return the words of a text in `ids`, each with its times in the sound and the mean probability of its tokens.

    `path` is the alignment: pairs of token and time step, rising. A word of Mandarin is a character; spaces that belong
    to a word stay in its text.
    """
    begins = _begins(path, len(ids))
    result: list[RecognisedWord] = []
    for first, last, text in _pieces(ids, decode):
        chance = float(np.mean(chances[first:last])) if len(chances) >= last else 0.0
        if result and text.strip() and set(text.strip()) <= CLOSING:
            result[-1] = RecognisedWord(result[-1].start, result[-1].end, result[-1].text + text, result[-1].confidence)
            continue
        result.append(RecognisedWord(begins[first], begins[last], text, chance))
    return result


def _begins(path: Sequence[tuple[int, int]], count: int) -> list[float]:
    """Return the second at which each token begins, and one more: the end of the last."""
    begins: list[float] = []
    for token, step in path:
        while len(begins) <= min(token, count):
            begins.append(step * SECONDS_PER_STEP)
    end = path[-1][1] * SECONDS_PER_STEP if path else 0.0
    return [*begins, *[end] * (count + 1 - len(begins))]


def _pieces(ids: Sequence[int], decode: Callable[[list[int]], str]) -> list[tuple[int, int, str]]:
    """Return words as (first token, one past the last, text): whole characters, and letters up to the next space."""
    pieces: list[tuple[int, int, str]] = []
    first = 0
    for index in range(len(ids)):
        text = decode(list(ids[first : index + 1]))
        if CUT_SIGN in text and index + 1 < len(ids):
            continue
        if pieces and _continues(pieces[-1][2], text):
            pieces[-1] = (pieces[-1][0], index + 1, pieces[-1][2] + text)
        else:
            pieces.append((first, index + 1, text))
        first = index + 1
    return pieces


def _continues(before: str, text: str) -> bool:
    """Return whether these letters belong to the word before: nothing but letters, figures and apostrophes between
    them.
    """
    return all(sign.isascii() and (sign.isalnum() or sign in "'-") for sign in (text[:1] or " ", before[-1:] or " "))
