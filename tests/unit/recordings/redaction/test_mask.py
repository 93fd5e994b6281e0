"""What is masked in a dialogue and what stays: names, addresses, numbers, and the sound that is hidden with them."""

import pytest

from hotline.values.language import Language
from recordings.redaction import mask, redacted_spans
from recordings.redaction.mask import KnownNames, SpokenText

ZH, EN = Language.MANDARIN, Language.ENGLISH
KNOWN = KnownNames(staff=frozenset({"陈静", "Anna Reed"}), numbers=frozenset({"02012345678"}))


def lines(*said: str) -> list[SpokenText]:
    """Caller and agent in turn, three seconds each."""
    return [SpokenText(("caller", "agent")[n % 2], n * 3.0, n * 3.0 + 2.5, text) for n, text in enumerate(said)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("我叫王小明，想挂心内科", "我叫〔姓名〕，想挂心内科"),
        ("我叫李强今年五十三岁", "我叫〔姓名〕今年五十三岁"),
        ("姓名是欧阳春晓。", "姓名是〔姓名〕。"),
        ("我姓张", "我姓〔姓名〕"),
        ("张女士您好", "〔姓名〕女士您好"),
        ("我是张建国。", "我是〔姓名〕。"),
        ("家属叫刘洋，电话13800138000", "家属叫〔姓名〕，电话〔电话号码〕"),
        ("我家住在上海市徐汇区漕溪北路18号3号楼501室，谢谢", "我家住在〔地址〕，谢谢"),
        ("送到建国路88号2单元", "送到〔地址〕"),
        ("座机是零幺零六五五二九九八八", "座机是〔电话号码〕"),
        ("护照是E12345678", "护照是〔号码〕"),
        ("尾号是八零零零", "尾号是〔号码〕"),
    ],
)
def test_what_names_a_person_is_masked_in_mandarin(text: str, shown: str) -> None:
    assert mask.mask(lines(text), ZH, KNOWN) == [shown]


@pytest.mark.parametrize(
    "text",
    [
        "我是高血压病人，血压150/95",
        "您好，工号1024为您服务，我是陈静",
        "挂2026年3月15号上午9点30分的号",
        "一共1500000元，三十二块五",
        "王医生的号还有吗，门诊楼三楼5号诊室",
        "我是周一来的，我是来问问的",
        "请拨打120或者12320",
        "每日三次，每次两片，吃了半个月",
        "我们医院电话是02012345678",
        "住院三天，住的是双人间",
    ],
)
def test_what_names_nobody_stays_in_mandarin(text: str) -> None:
    assert mask.mask(lines(text), ZH, KNOWN) == [text]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("My name is John Smith.", "My name is [name]."),
        ("my name is john smith and i need help", "my name is [name] and i need help"),
        ("Mrs. Brown, please hold.", "Mrs. [name], please hold."),
        ("I live at 12 Baker Street, apartment 4B.", "I live at [address]."),
        ("It is spelled S-M-I-T-H", "It is spelled [name]"),
        ("Write to john.smith@example.org please", "Write to [e-mail] please"),
        ("I'm Wei Zhang", "I'm [name]"),
    ],
)
def test_what_names_a_person_is_masked_in_english(text: str, shown: str) -> None:
    assert mask.mask(lines(text), EN, KNOWN) == [shown]


@pytest.mark.parametrize(
    "text",
    [
        "This is Anna Reed speaking, how may I help you?",
        "I'm calling about my blood pressure, 150 over 95.",
        "March 15, 2026 at 9:30, room 12",
        "It costs 1,500,000 yuan",
        "Thank you. I am sorry to hear that.",
        "Take two tablets three times a day for ten days",
    ],
)
def test_what_names_nobody_stays_in_english(text: str) -> None:
    assert mask.mask(lines(text), EN, KNOWN) == [text]


def test_a_name_is_masked_wherever_it_comes_again_even_spelt_otherwise() -> None:
    shown = mask.mask(lines("我叫王小明", "王晓明您好，请稍等"), ZH, KNOWN)
    assert shown == ["我叫〔姓名〕", "〔姓名〕您好，请稍等"]


def test_a_number_told_in_pieces_is_masked_in_all_of_them_and_where_the_agent_repeats_it() -> None:
    told = lines("我的手机一三八", "138，对", "嗯零零一三", "好的", "八千，谢谢")
    assert mask.mask(told, ZH, KNOWN) == [
        "我的手机〔电话号码〕",
        "〔电话号码〕，对",
        "嗯〔电话号码〕",
        "好的",
        "〔电话号码〕，谢谢",
    ]


def test_the_check_digit_and_the_rule_of_luhn_are_kept() -> None:
    assert mask.is_identity("11010519491231002X")
    assert not mask.is_identity("110105194912310021")
    assert not mask.is_identity("11010519491331002X")
    assert mask.is_card("4111111111111111")
    assert not mask.is_card("4111111111111112")


def test_the_sound_of_a_number_is_hidden_with_a_margin_and_the_rest_is_heard() -> None:
    text = "电话13800138000好"
    words = [[n * 0.2, n * 0.2 + 0.2, sign, 0.9] for n, sign in enumerate(text)]
    line = SpokenText("caller", 0.0, 3.0, text)
    [(speaker, start, end)] = redacted_spans.redacted_spans([(line, words)], ZH)
    assert speaker == "caller"
    assert start == pytest.approx(0.4 - redacted_spans.MARGIN_SECONDS)
    assert end == pytest.approx(2.6 + redacted_spans.MARGIN_SECONDS)


def test_a_line_whose_words_do_not_show_what_its_text_does_is_hidden_whole() -> None:
    line = SpokenText("caller", 4.0, 7.0, "我叫王小明")  # as a person corrected it
    words = [[4.0, 4.5, "我", 0.9], [4.5, 7.0, "教", 0.2]]
    assert redacted_spans.redacted_spans([(line, words)], ZH) == [("caller", 3.75, 7.25)]
    assert redacted_spans.redacted_spans([(line, [])], ZH) == [("caller", 3.75, 7.25)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("呃5551234谢谢", "呃〔号码〕谢谢"),  # seven digits that nobody asked for
        ("我是19500312出生的", "我是19500312出生的"),  # a day is no number
        ("一共8812345块", "一共8812345块"),
        ("一共13812345678块", "一共〔电话号码〕块"),  # what follows excuses a sum, not eleven digits
    ],
)
def test_where_a_number_begins_to_be_somebodys(text: str, shown: str) -> None:
    assert mask.mask(lines(text), ZH, KNOWN) == [shown]


def test_a_number_within_an_address_of_mail_hides_the_whole() -> None:
    text = "Write to john1381234567@example.org please"
    assert mask.mask(lines(text), EN, KNOWN) == ["Write to [number] please"]


def test_the_answer_may_come_a_turn_after_the_question() -> None:
    asked = [
        SpokenText("agent", 0, 1, "您的电话？"),
        SpokenText("caller", 2, 3, "等一下"),
        SpokenText("caller", 4, 5, "6612"),
    ]
    assert mask.mask(asked, ZH, KNOWN)[-1] == "〔号码〕"
