"""Who a person is: what is taken from lists, in which form two spellings are one, and what is refused and why."""

import re
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.feeds.mojibake import KNOWN, is_garbled
from crm.patients import identity_card, person_fields

CASES = Path(__file__).resolve().parents[4] / ".." / "shared" / "cases"
TODAY = date(2026, 11, 29)


def first_cells(file: Path) -> tuple[str, str]:
    """The patient's number and name in the one row of a case."""
    number, name = file.read_text("utf-8").split("\n")[1].split(",")[:2]
    return number, name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("林晓", "林晓"),
        ("王\ue863", "王\ue863"),  # of a name system of its own
        ("王\U0003158e", "王\U0003158e"),  # newer than Python's tables
        ("𠮷野", "𠮷野"),
        ("﨑山", "﨑山"),
        ("O´Brien", "O'Brien"),
        ("O\u2019Brien", "O'Brien"),
        ("Jean\u2010Luc", "Jean-Luc"),
        ("李\u200b晓", "李晓"),
        ("\ufeff林晓", "林晓"),
        ("\u202e林\u00ad晓\u202c", "林晓"),
        ("张 三", "张三"),
        ("张\u3000三", "张三"),
        ("张三*", "张三"),
        ("'张三", "张三"),
        ("Ｌｉｎ　Ｘｉａｏ", "Lin Xiao"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉．买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉.买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉 · 买买提", "阿卜杜拉·买买提"),
        ("J.R. Smith", "J.R. Smith"),
        ("Rene\u0301e", "Renée"),
        ("Éé", "Éé"),
        ("Nguyễn Văn A", "Nguyễn Văn A"),
        ("محمد", "محمد"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("王锘", "王锘"),
        ("王芳1", "王芳1"),
    ],
)
def test_a_name_is_taken_as_it_is_shown(text: str, shown: str) -> None:
    assert person_fields.name(text) == shown


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张 三", "张三"),
        ("张三*", "张三"),
        ("李\u200b晓", "李晓"),
        ("葛\U000e0100城", "葛城"),
        ("Ｌｉｎ　Ｘｉａｏ", "lin xiao"),
        ("O´Brien", "o\u2019brien"),
        ("阿卜杜拉•买买提", "阿卜杜拉.买买提"),
        ("\uf900", "豈"),
        ("Rene\u0301e", "renée"),
    ],
)
def test_two_spellings_of_a_name_are_one_person(one: str, other: str) -> None:
    assert person_fields.name_key(person_fields.name(one)) == person_fields.name_key(person_fields.name(other))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("\u200b ", "is empty"),
        ("#N/A", "spreadsheet"),
        ("#REF!", "spreadsheet"),
        ("#VALUE!", "spreadsheet"),
        ("＃N/A", "spreadsheet"),
        ("NULL", "stands for no name"),
        ("None", "stands for no name"),
        ("nan", "stands for no name"),
        ("N/A", "stands for no name"),
        ("无", "stands for no name"),
        ("不详", "stands for no name"),
        ("无名氏", "stands for no name"),
        ("-", "no letter"),
        ("——", "no letter"),
        ("·", "no letter"),
        ("?", "character was lost"),
        ("？", "character was lost"),
        ("张?", "character was lost"),
        ("张\ufffd", "wrong encoding"),
        ("锟斤拷", "wrong encoding"),
        ("烫烫烫", "wrong encoding"),
        ("ÁÖÏþ", "wrong encoding"),
        ("æž—æ™“", "wrong encoding"),
        ("æ\x9e\x97æ\x99\x93", "wrong encoding"),
        ("RenÃ©e", "wrong encoding"),
        ("鏋楁檽", "wrong encoding"),
        ("张*", "masked"),
        ("张**", "masked"),
        ("张*三", "masked"),
        ("13800000011", "columns swapped"),
        ("王🙂", "emoji"),
        ("王\uffff", "no part of a name"),
        ("王\x00芳", "no part of a name"),
        ("王" * 81, "longer than"),
    ],
)
def test_what_is_no_name_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        person_fields.name(text)


def test_a_name_in_any_wrong_encoding_is_refused() -> None:
    for name in ("林晓", "王芳", "欧阳娜娜", "李敏"):
        for wrong in (name.encode("gbk").decode("latin-1"), name.encode("utf-8").decode("latin-1")):
            assert is_garbled(wrong), ascii(wrong)
        assert not is_garbled(name)


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=4))
def test_a_name_that_gb_2312_has_is_never_called_garbled(name: str) -> None:
    try:
        name.encode("gb2312")
    except UnicodeEncodeError:
        return
    assert not is_garbled(name) or name in KNOWN


@given(st.text(max_size=12) | st.text(alphabet="林晓·• '*.?#-张\u200b\ufe00\U000e0100Ａé", max_size=12))
def test_a_name_that_is_taken_stays_as_it_is_when_read_again(text: str) -> None:
    try:
        shown = person_fields.name(text)
    except ValueError:
        return
    assert person_fields.name(shown) == shown
    key = person_fields.name_key(shown)
    assert key
    assert person_fields.name_key(key) == key
    assert not any(unicodedata.category(sign) in {"Cf", "Cc"} for sign in shown)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("00042", "00042"),
        ("\u202d00042\u202c", "00042"),
        ("'00042", "00042"),
        ("42.0", "42"),
        (" M 1 ", "M1"),
        ("Ｍ１", "M1"),
        ("ZY－001", "ZY-001"),
        ("123456789012345678", "123456789012345678"),
        ("11010519491231002x", "11010519491231002X"),
    ],
)
def test_a_patients_number_has_one_form(text: str, number: str) -> None:
    assert person_fields.patient_number(text) == number
    assert person_fields.patient_number(number) == number


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("#N/A", "stands for no number"),
        ("NULL", "stands for no number"),
        ("-", "stands for no number"),
        ("无", "stands for no number"),
        ("nan", "stands for no number"),
        ("0", "nothing but zeros"),
        ("1.1E+17", "rounded"),
        ("4,2E+17", "rounded"),
        ("1.10101196001021E+17", "rounded"),
        ("110101196001021000", "rounded"),
        ("110105194912310021", "check digit"),
        ("M" * 41, "longer than"),
        ("M\x00", "cannot be printed"),
        ("M\ufffd", "cannot be printed"),
    ],
)
def test_what_is_no_patients_number_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        person_fields.patient_number(text)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("11010519491231002X", True),
        ("110105194912310021", False),
        ("110105194913310020", False),
        ("1101051949123100", False),
    ],
)
def test_an_identity_card_is_known_by_its_check_digit(text: str, is_one: bool) -> None:
    assert identity_card.is_one(text) == is_one


def test_the_names_and_numbers_of_the_field_are_one_person_or_refused() -> None:
    taken, refused = {}, set()
    for file in sorted((CASES / "csv").glob("[ni][ad]*-??.csv")):
        number, name = first_cells(file)
        try:
            taken[file.stem] = person_fields.patient_number(number), person_fields.name(name)
        except ValueError:
            refused.add(file.stem)
    assert refused == {"name-06", "name-07", "id-05", "id-10", "id-12", "id-14"}
    assert taken == {
        "name-03": ("M3", "王\ue863"),
        "name-04": ("M4", "王\U0003158e"),
        "name-10": ("M10", "O'Brien"),
        "name-14": ("M14", "李晓"),
        "name-23": ("M23", "林晓"),
        "id-03": ("00042", "林晓"),
        "id-06": ("42", "林晓"),
        "id-08": ("00042", "林晓"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "1960-01-02",
        "1960/1/2",
        "1960.1.2",
        "1960年1月2日",
        "１９６０－０１－０２",
        "19600102",
        "19600102.0",
        "'1960-01-02",
        "1960-01-02 00:00:00",
        "1960-01-02T08:00:00+08:00",
        "19600102000000",
        "19600102000000+0800",
    ],
)
def test_a_day_of_birth_as_hospitals_write_it_is_read(text: str) -> None:
    assert person_fields.birth_date(text, TODAY) == date(1960, 1, 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "不详",
        "NULL",
        "0000-00-00",
        "00000000",
        "1960",
        "1960-01",
        "196001",
        "1960年1月",
        "1900-01-01",
        "1899-12-30",
        "00010101",
    ],
)
def test_a_day_of_birth_that_is_not_known_to_the_day_is_none(text: str) -> None:
    assert person_fields.birth_date(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("22282", "spreadsheet's own number"),
        ("22282.0", "spreadsheet's own number"),
        ("60-01-02", "two digits"),
        ("600102", "two digits"),
        ("01/02/1960", "cannot be told apart"),
        ("1960-02-30", "no such day"),
        ("2026-11-30", "after today"),
        ("1889-12-31", "before 1890"),
        ("1900-01-012", "no date"),
        ("#N/A", "no date"),
        ("soon", "no date"),
    ],
)
def test_what_is_no_day_of_birth_is_refused_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        person_fields.birth_date(text, TODAY)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-02", date(2026, 11, 2)),
        ("2026-10", date(2026, 10, 31)),
        ("2026-11", TODAY),
        ("2026", TODAY),
        ("2025", date(2025, 12, 31)),
        ("不详", None),
        ("", None),
    ],
)
def test_a_partial_day_of_death_is_its_last_possible_day(text: str, day: date | None) -> None:
    assert person_fields.died_on(text, TODAY) == day
