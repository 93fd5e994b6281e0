"""Stretches of speech packed into one piece of sound, words back at their places, tokens back to words."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.speech.engines import tokens
from recordings.speech.engines.packing import packs
from recordings.speech.voice_activity import MARGIN_SECONDS, SpeechSegment
from recordings.storage.audio import TELEPHONE_RATE

PAUSES_AND_LENGTHS = st.lists(st.tuples(st.floats(0.6, 9), st.floats(0.2, 20)), min_size=1, max_size=12)


def stretches_of(parts: list[tuple[float, float]]) -> list[SpeechSegment]:
    found, at = [], 0.0
    for pause, length in parts:
        start, end = at + pause, at + pause + length
        found.append(SpeechSegment(start, end, max(at, start - MARGIN_SECONDS), end + 0.3))
        at = end
    return found


@given(PAUSES_AND_LENGTHS)
def test_every_stretch_is_in_one_pack_in_order_and_no_pack_is_too_long(parts: list[tuple[float, float]]) -> None:
    stretches = stretches_of(parts)
    made = packs(stretches, 29.0)
    assert [stretch for pack in made for stretch in pack.stretches] == stretches
    assert all(pack.seconds <= 29.0 + 1e-9 for pack in made)


@given(PAUSES_AND_LENGTHS)
def test_the_middle_of_every_stretch_comes_back_to_its_own_place(parts: list[tuple[float, float]]) -> None:
    for pack in packs(stretches_of(parts), 29.0):
        for piece, (stretch, begin) in enumerate(zip(pack.stretches, pack.starts, strict=True)):
            middle = begin + (stretch.start + stretch.end) / 2 - stretch.cut_start
            assert pack.piece_of(middle - 0.05, middle + 0.05) == piece
            assert pack.in_channel(middle, piece) == pytest.approx((stretch.start + stretch.end) / 2)
            assert stretch.start <= pack.in_channel(begin, piece) <= stretch.end


def test_a_word_that_swallowed_the_pause_before_it_belongs_to_the_stretch_in_which_it_ends() -> None:
    [pack] = packs([SpeechSegment(3.8, 5.6, 3.3, 6.1), SpeechSegment(20.0, 21.2, 19.5, 21.7)], 29.0)
    assert pack.piece_of(2.1, 3.5) == 1


def test_the_sound_of_a_pack_is_as_long_as_the_pack() -> None:
    [pack] = packs([SpeechSegment(1.0, 2.0, 0.5, 2.5), SpeechSegment(4.0, 5.0, 3.5, 5.5)], 29.0)
    assert len(pack.sound(np.zeros(6 * TELEPHONE_RATE, np.int16))) == round(pack.seconds * TELEPHONE_RATE)


def test_tokens_that_are_parts_of_words_and_of_characters_become_whole_words_with_times() -> None:
    parts = [b" Is", b" child", b"ren", b"'s", b",", "你".encode()[:2], "你".encode()[2:], "好".encode()]

    def decode(ids: list[int]) -> str:
        return b"".join(parts[number] for number in ids).decode("utf-8", "replace")

    path = [(number, number * 10 + step) for number in range(8) for step in range(10)]
    found = tokens.words(range(8), decode, path, [0.5] * 8)
    assert [word.text for word in found] == [" Is", " children's,", "你", "好"]
    assert [word.start for word in found] == pytest.approx([0.0, 0.2, 1.0, 1.4])
    assert [word.end for word in found] == pytest.approx([0.2, 0.8, 1.4, 1.58])


def test_the_tokenizer_s_lost_merge_is_put_back_once() -> None:
    for merges, lost in ((["Ġ a", "Ġt h"], "Ġ t"), ([["Ġ", "a"]], ["Ġ", "t"])):
        whole = tokens.mended(json.dumps({"model": {"merges": merges}}))
        assert json.loads(whole)["model"]["merges"] == [lost, *merges]
        assert json.loads(tokens.mended(whole)) == json.loads(whole)
