"""Numbers and spellings: what is stored for people, and what counts as the same in a comparison."""

import pytest

from hotline.values.language import Language
from recordings.speech.engines.hallucinations import is_formula, is_hallucinated, is_loop, without_echo
from recordings.speech.normalisation import comparable, tidy
from recordings.speech.phrases import contains_phrase
from recordings.transcripts.spoken_numbers import zh_numbers

ZH, EN = Language.MANDARIN, Language.ENGLISH


@pytest.mark.parametrize(
    ("spoken", "figures"),
    [
        ("二十九度", "29度"),
        ("15万", "150000"),
        ("十五万", "150000"),
        ("十", "10"),
        ("一百零五", "105"),
        ("一百二", "120"),
        ("两千零五", "2005"),
        ("三万零五十", "30050"),
        ("一千二百万", "12000000"),
        ("幺幺九六", "1196"),
        ("没有数字", "没有数字"),
    ],
)
def test_mandarin_numbers_become_figures(spoken: str, figures: str) -> None:
    assert zh_numbers(spoken) == figures


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Twenty-nine", "29"),
        ("one zero zero oh", "1000"),
        ("Nine thirty", "9:30"),
        ("one hundred and fifty two days", "152 days"),
        ("two thousand sixteen", "2016"),
        ("Mr. Zhang's wound, isn't it?", "mister zhangs wound isnt it"),
    ],
)
def test_english_of_two_spellings_compares_equal(one: str, other: str) -> None:
    assert comparable(one, EN) == comparable(other, EN)


def test_oh_is_a_figure_only_beside_figures() -> None:
    assert comparable("Oh, two one", EN) == "0 2 1"
    assert comparable("Oh dear", EN) == "oh dear"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("8,000元", "八千元"),
        ("37.5度", "三十七点五度"),
        ("5%", "百分之五"),
        ("請問，您好！", "请问您好"),
        ("１０２４", "一零二四"),
    ],
)
def test_mandarin_of_two_spellings_compares_equal(one: str, other: str) -> None:
    assert comparable(one, ZH) == comparable(other, ZH)


def test_stored_mandarin_is_simplified_with_digit_strings_as_figures_and_quantities_as_words() -> None:
    assert tidy(" 您好,工號一零二四為您服務,請等一下 ", ZH) == "您好，工号1024为您服务，请等一下"


def test_an_echo_at_the_end_is_said_once_even_when_its_last_copy_is_cut_off() -> None:
    phrase = [11, 12, 13, 14, 15]
    assert without_echo([1, 2, *phrase * 4, 11, 12]) == [1, 2, *phrase]
    assert without_echo([7] * 9) == [7] * 9  # a number with equal digits is no echo
    assert without_echo(list(range(40))) == list(range(40))


def test_invented_text_is_told_from_a_short_answer_on_a_poor_line() -> None:
    assert is_hallucinated("谢谢", -1.2, 0.8)
    assert is_hallucinated("anything", -2.0, 0.1)
    assert not is_hallucinated("Yes.", -0.7, 0.8)
    assert is_formula("字幕由某某提供")
    assert is_formula("Thank you for watching!")
    assert not is_formula("Thank you for calling.")
    assert is_loop("哈哈哈哈" * 10)


@pytest.mark.parametrize(
    ("text", "phrase", "language"),
    [
        ("您好，世人民依愿", "医院", ZH),
        ("宁好这里是", "您好", ZH),
        ("这个不规我管", "不归我管", ZH),
        ("That is not my problems.", "not my problem", EN),
        ("Helo, city hospital", "hello", EN),
    ],
)
def test_a_phrase_is_found_although_it_was_recognised_a_little_wrong(
    text: str, phrase: str, language: Language
) -> None:
    assert contains_phrase(text, phrase, language)


@pytest.mark.parametrize(
    ("text", "phrase", "language"),
    [
        ("喂，什么事", "您好", ZH),
        ("挺好的", "您好", ZH),
        ("That is a problem of the wound", "not my problem", EN),
        ("Yeah, what is it?", "hello", EN),
        ("", "hello", EN),
    ],
)
def test_a_phrase_is_not_found_in_other_words(text: str, phrase: str, language: Language) -> None:
    assert not contains_phrase(text, phrase, language)
